package server_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server"
)

// TestDeclaredGroups: a group, or a member of it, that the configuration names no longer is none from the next start on.
func TestDeclaredGroups(t *testing.T) {
	const pool, client, password = "us-east-1_Groups001", "groupsclient", "Correct-Horse-1"
	dsn := filepath.Join(t.TempDir(), "gate.db")
	groups := func(names []string, members map[string][]string) (ada, bob []string) {
		t.Helper()
		p := server.UserPool{ID: pool, Clients: []server.Client{{ID: client, AuthFlows: []string{"ALLOW_USER_PASSWORD_AUTH"}}}}
		for _, name := range names {
			p.Groups = append(p.Groups, server.Group{Name: name})
		}
		for name, in := range members {
			p.Users = append(p.Users, server.User{Username: name, Password: password, Groups: in})
		}
		address, stop := running(t, &server.Server{DSN: dsn, Config: &server.Config{UserPools: []server.UserPool{p}}})
		defer stop()
		return groupsIn(t, address, client, "ada", password), groupsIn(t, address, client, "bob", password)
	}
	for _, c := range []struct {
		names   []string
		members map[string][]string
		ada     []string
		bob     []string
	}{
		{[]string{"admins", "staff"}, map[string][]string{"ada": {"admins", "staff"}, "bob": {"staff"}}, []string{"admins", "staff"}, []string{"staff"}},
		{[]string{"admins", "staff"}, map[string][]string{"ada": {"staff"}, "bob": nil}, []string{"staff"}, nil},
		{[]string{"admins"}, map[string][]string{"ada": {"admins"}}, []string{"admins"}, nil},
		{[]string{"admins", "staff"}, map[string][]string{"bob": {"staff"}}, nil, []string{"staff"}},
	} {
		ada, bob := groups(c.names, c.members)
		if !slices.Equal(ada, c.ada) || !slices.Equal(bob, c.bob) {
			t.Errorf("%v: ada %v, bob %v", c.members, ada, bob)
		}
	}
}

// groupsIn signs a user in and gives the groups of the ID token.
func groupsIn(t *testing.T, address, client, user, password string) []string {
	t.Helper()
	status, _, body := post(t, address, "AWSCognitoIdentityProviderService.InitiateAuth",
		`{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"`+client+`","AuthParameters":{"USERNAME":"`+user+`","PASSWORD":"`+password+`"}}`)
	var out wire.AuthOutput
	if err := json.Unmarshal([]byte(body), &out); err != nil || status != 200 || out.AuthenticationResult == nil {
		t.Fatalf("sign-in of %s: %d %s", user, status, body)
	}
	says, err := token.Peek(out.AuthenticationResult.IdToken)
	if err != nil {
		t.Fatal(err)
	}
	return says.Claims.Strings("cognito:groups")
}

// TestPrecedence: a group without a precedence comes after all that have one (developer guide, "Adding groups to a user pool").
func TestPrecedence(t *testing.T) {
	p := server.UserPool{
		ID: "us-east-1_Groups002", Clients: []server.Client{{ID: "groupsclient", AuthFlows: []string{"ALLOW_USER_PASSWORD_AUTH"}}},
		Groups: []server.Group{{Name: "a"}, {Name: "b", Precedence: new(7)}, {Name: "c", Precedence: new(0)}},
		Users:  []server.User{{Username: "ada", Password: "Correct-Horse-1", Groups: []string{"a", "b", "c"}}},
	}
	address := serve(t, &server.Server{Config: &server.Config{UserPools: []server.UserPool{p}}})
	if got := groupsIn(t, address, "groupsclient", "ada", "Correct-Horse-1"); !slices.Equal(got, []string{"c", "b", "a"}) {
		t.Errorf("%v", got)
	}
}

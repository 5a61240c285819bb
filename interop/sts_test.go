package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server"
)

// TestBoto3STS has boto3 assume roles: by a user, in a chain, with a token of an identity pool, and with session policies and
// tags that the gate then keeps it to.
func TestBoto3STS(t *testing.T) {
	python := boto3(t)
	st := gatepasstest.New(t, func(s *server.Server) { s.Config = stsConfig() })
	env := []string{"ADMIN_KEY=" + adminKey, "ADMIN_SECRET=" + adminSecret, "CLERK_KEY=" + clerkKey}
	t.Log(run(t, configOf(st), env, python, filepath.Join("py", "sts.py")))
}

// stsConfig has a role Worker for the account, a role Boss for Worker alone, and an identity pool with the basic flow.
func stsConfig() *server.Config {
	c := server.Sample(gatepasstest.Password)
	c.Admins = admins()
	c.IdentityPools[0].AllowClassic, c.IdentityPools[0].AllowGuests, c.IdentityPools[0].UnauthenticatedRole = true, true, "Guest"
	everything := map[string]server.Document{"all": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`}
	trust := func(who string) *server.Document {
		d := server.Document(fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:%s"},"Action":["sts:AssumeRole","sts:TagSession"]}}`, who))
		return &d
	}
	tagged := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:notes/prod/${aws:PrincipalTag/method}/notes"}}`
	c.Roles = append(c.Roles,
		server.Role{Name: "Worker", Trust: trust("root"), Policies: everything},
		server.Role{Name: "Boss", Trust: trust("role/Worker"), Policies: everything},
		server.Role{Name: "Tagged", Trust: trust("role/Worker"), Policies: map[string]server.Document{"tagged": server.Document(tagged)}},
		server.Role{Name: "Guest", Policies: everything})
	for name, mail := range map[string]string{"ForAda": "ada@example.com", "ForBob": "bob@example.com"} {
		doc := server.Document(fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/mail":%q}}}}`, mail))
		c.Roles = append(c.Roles, server.Role{Name: name, Trust: trustOf(server.SampleIdentityPool, "authenticated"), Policies: map[string]server.Document{"mail": doc}})
	}
	return c
}

// TestCLIRoles has the AWS CLI assume roles by its profiles: from a user's key, in a chain, and with the token of a file.
func TestCLIRoles(t *testing.T) {
	need(t, "pip install awscli", "aws")
	st := gatepasstest.New(t, func(s *server.Server) { s.Config = stsConfig() })
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	guest := openIDToken(t, st)
	write(t, token, guest)
	file := filepath.Join(dir, "config")
	const arn = "arn:aws:iam::000000000000:role/"
	write(t, file, strings.Join([]string{
		"[profile user]", "aws_access_key_id = " + adminKey, "aws_secret_access_key = " + adminSecret, "endpoint_url = " + st.URL,
		"[profile worker]", "role_arn = " + arn + "Worker", "source_profile = user", "role_session_name = desk", "endpoint_url = " + st.URL,
		"[profile boss]", "role_arn = " + arn + "Boss", "source_profile = worker", "role_session_name = corner", "endpoint_url = " + st.URL,
		"[profile web]", "role_arn = " + arn + "Guest", "web_identity_token_file = " + token, "role_session_name = web", "endpoint_url = " + st.URL, "",
	}, "\n"))
	for profile, want := range map[string]string{
		"user":   "arn:aws:iam::000000000000:user/root",
		"worker": "arn:aws:sts::000000000000:assumed-role/Worker/desk",
		"boss":   "arn:aws:sts::000000000000:assumed-role/Boss/corner",
		"web":    "arn:aws:sts::000000000000:assumed-role/Guest/web",
	} {
		env := []string{"AWS_CONFIG_FILE=" + file, "AWS_PROFILE=" + profile, "HOME=" + dir}
		got := run(t, configOf(st), env, "aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text")
		if strings.TrimSpace(got) != want {
			t.Errorf("%s: %s, want %s", profile, got, want)
		}
	}
}

// openIDToken is the token of a guest, by the basic flow.
func openIDToken(t *testing.T, st *gatepasstest.Stand) string {
	t.Helper()
	call := wire.Caller{}
	var id wire.GetIdOutput
	var open wire.GetOpenIdTokenOutput
	if err := call.Call(t.Context(), st.URL, wire.TargetIdentity, "GetId", wire.GetIdInput{IdentityPoolId: server.SampleIdentityPool}, &id); err != nil {
		t.Fatal(err)
	}
	if err := call.Call(t.Context(), st.URL, wire.TargetIdentity, "GetOpenIdToken", wire.GetOpenIdTokenInput{IdentityId: id.IdentityId}, &open); err != nil {
		t.Fatal(err)
	}
	return open.Token
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server"
	"github.com/gatepass/gatepass/sigv4"
)

const (
	adminID  = "AKIASERVERADMIN00001"
	clerkID  = "AKIASERVERCLERK00001"
	adminKey = "server-secret-of-the-test-only-000000001"
)

// signed calls an operation of identity pools as the owner of an access key.
func signed(url, accessKeyID, op string, in, out any) error {
	signer := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.Generic("cognito-identity")}
	caller := wire.Caller{Sign: func(r *http.Request, body []byte) error {
		return signer.Sign(r, sigv4.Credentials{AccessKeyID: accessKeyID, SecretAccessKey: adminKey}, sigv4.HashOf(body), time.Now())
	}}
	return caller.Call(context.Background(), url, wire.TargetIdentity, op, in, out)
}

// TestPassRole: who sets the roles of an identity pool must be allowed to pass each of them (5.1.14).
func TestPassRole(t *testing.T) {
	c := server.Sample("")
	may := func(actions, resource string) server.Document {
		return server.Document(fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":[%s],"Resource":%q}}`, actions, resource))
	}
	const role = "arn:aws:iam::000000000000:role/"
	c.Admins = []server.Admin{
		{Name: "root", AccessKeyID: adminID, Secret: adminKey, Policies: map[string]server.Document{"all": may(`"*"`, "*")}},
		{Name: "clerk", AccessKeyID: clerkID, Secret: adminKey, Policies: map[string]server.Document{
			"pools": may(`"cognito-identity:*"`, "arn:aws:cognito-identity:us-east-1:000000000000:identitypool/"+server.SampleIdentityPool),
			"pass": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + role + `Notes*",` +
				`"Condition":{"StringEquals":{"iam:PassedToService":"cognito-identity.amazonaws.com"}}}}`,
		}},
	}
	url := serve(t, &server.Server{Config: c, Handlers: server.SampleHandlers()})
	in := wire.IdentityPoolRoles{IdentityPoolId: server.SampleIdentityPool, Roles: map[string]string{"authenticated": role + "NotesUser"}}
	for _, id := range []string{adminID, clerkID} {
		if err := signed(url, id, "SetIdentityPoolRoles", in, &struct{}{}); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	in.RoleMappings = map[string]wire.RoleMapping{
		"cognito-idp.us-east-1.amazonaws.com/" + server.SampleUserPool + ":" + server.SampleClient: {
			Type: "Rules", AmbiguousRoleResolution: "Deny",
			RulesConfiguration: &wire.RulesConfiguration{Rules: []wire.MappingRule{{Claim: "sub", MatchType: "Equals", Value: "x", RoleARN: role + "Admin"}}},
		},
	}
	if err := signed(url, adminID, "SetIdentityPoolRoles", in, &struct{}{}); err != nil {
		t.Error(err)
	}
	var e *wire.Error
	err := signed(url, clerkID, "SetIdentityPoolRoles", in, &struct{}{})
	if !errors.As(err, &e) || e.Code != "NotAuthorizedException" || e.Message != "Access to Role '"+role+"Admin' is forbidden." {
		t.Errorf("5.1.14: %v", err)
	}
	// The clerk's policy names one identity pool, and none is not that one.
	for op, in := range map[string]any{
		"ListIdentityPools":    wire.ListIdentityPoolsInput{MaxResults: 1},
		"DescribeIdentityPool": wire.IdentityPoolInput{IdentityPoolId: "us-east-1:99999999-9999-4999-8999-999999999999"},
	} {
		if err := signed(url, clerkID, op, in, &struct{}{}); !errors.As(err, &e) || e.Code != "AccessDeniedException" {
			t.Errorf("%s: %v", op, err)
		}
	}
	if status, h, _ := post(t, url, "AWSCognitoIdentityService.ListIdentityPools", `{"MaxResults":1}`); status != 400 || !strings.HasPrefix(h.Get("x-amzn-errortype"), "MissingAuthenticationToken") {
		t.Errorf("unsigned: %d %v", status, h)
	}
}

// TestResourceTags: the tags of an identity pool are condition keys of the calls about it.
func TestResourceTags(t *testing.T) {
	c := server.Sample("")
	c.Admins = []server.Admin{
		{Name: "root", AccessKeyID: adminID, Secret: adminKey, Policies: map[string]server.Document{"all": everything}},
		{Name: "clerk", AccessKeyID: clerkID, Secret: adminKey, Policies: map[string]server.Document{
			"red": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"cognito-identity:DescribeIdentityPool","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"red"}}}}`,
		}},
	}
	url := serve(t, &server.Server{Config: c, Handlers: server.SampleHandlers()})
	in := wire.IdentityPoolInput{IdentityPoolId: server.SampleIdentityPool}
	for team, ok := range map[string]bool{"": false, "blue": false, "red": true} {
		if team != "" {
			tag := wire.TagResourceInput{ResourceArn: "arn:aws:cognito-identity:us-east-1:000000000000:identitypool/" + server.SampleIdentityPool, Tags: map[string]string{"Team": team}}
			if err := signed(url, adminID, "TagResource", tag, &struct{}{}); err != nil {
				t.Fatal(err)
			}
		} else if err := signed(url, adminID, "UntagResource", wire.UntagResourceInput{
			ResourceArn: "arn:aws:cognito-identity:us-east-1:000000000000:identitypool/" + server.SampleIdentityPool, TagKeys: []string{"Team"},
		}, &struct{}{}); err != nil {
			t.Fatal(err)
		}
		err := signed(url, clerkID, "DescribeIdentityPool", in, &wire.IdentityPool{})
		if (err == nil) != ok {
			t.Errorf("a pool of team %q: %v", team, err)
		}
	}
}

// TestRequestTags: who may set or take away some tags of an identity pool sets and takes away no others.
func TestRequestTags(t *testing.T) {
	c := server.Sample("")
	some := `"Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["color"]}}}`
	c.Admins = []server.Admin{{Name: "clerk", AccessKeyID: clerkID, Secret: adminKey, Policies: map[string]server.Document{
		"color": server.Document(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cognito-identity:*",` + some + `,
			{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/color":"red"}}}]}`),
	}}}
	url := serve(t, &server.Server{Config: c, Handlers: server.SampleHandlers()})
	pool := "arn:aws:cognito-identity:us-east-1:000000000000:identitypool/" + server.SampleIdentityPool
	for _, try := range []struct {
		op string
		in any
		ok bool
	}{
		{"TagResource", wire.TagResourceInput{ResourceArn: pool, Tags: map[string]string{"color": "blue"}}, true},
		{"TagResource", wire.TagResourceInput{ResourceArn: pool, Tags: map[string]string{"color": "red"}}, false},
		{"TagResource", wire.TagResourceInput{ResourceArn: pool, Tags: map[string]string{"team": "blue"}}, false},
		{"UntagResource", wire.UntagResourceInput{ResourceArn: pool, TagKeys: []string{"color"}}, true},
		{"UntagResource", wire.UntagResourceInput{ResourceArn: pool, TagKeys: []string{"color", "team"}}, false},
		{"CreateIdentityPool", map[string]any{"IdentityPoolName": "n", "AllowUnauthenticatedIdentities": false, "IdentityPoolTags": map[string]string{"color": "blue"}}, true},
		{"CreateIdentityPool", map[string]any{"IdentityPoolName": "n", "AllowUnauthenticatedIdentities": false, "IdentityPoolTags": map[string]string{"team": "red"}}, false},
	} {
		var e *wire.Error
		err := signed(url, clerkID, try.op, try.in, &struct{}{})
		if try.ok != (err == nil) || !try.ok && (!errors.As(err, &e) || e.Code != "AccessDeniedException") {
			t.Errorf("%s %v: %v", try.op, try.in, err)
		}
	}
}

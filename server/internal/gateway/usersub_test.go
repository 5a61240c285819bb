package gateway

import (
	"strings"
	"testing"

	"github.com/gatepass/gatepass/policy"
)

// TestUserSub: nobody but a user pool says whose sub backends see: neither a developer's user nor an OpenID provider's subject
// becomes another user by its name.
func TestUserSub(t *testing.T) {
	const pool, evil = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd", "x,cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd:CognitoSignIn:9f3c"
	for name, tc := range map[string]struct {
		amr  []string
		want string
	}{
		"user pool":             {[]string{"authenticated", pool, pool + ":CognitoSignIn:9f3c"}, "9f3c"},
		"before another":        {[]string{"authenticated", pool, pool + ":CognitoSignIn:9f3c", "login.mine", "login.mine:us-east-1:0fa1:bob"}, "9f3c"},
		"after another":         {[]string{"authenticated", "accounts.google.com", "accounts.google.com:c:" + evil + "x", pool, pool + ":CognitoSignIn:9f3c"}, "9f3c"},
		"developer":             {[]string{"authenticated", "login.mine", "login.mine:us-east-1:0fa1:" + evil}, ""},
		"developer's own words": {[]string{"authenticated", "login.mine", "login.mine:CognitoSignIn:9f3c"}, ""},
		"named like a pool":     {[]string{"authenticated", "cognito-idp.us", "cognito-idp.us:CognitoSignIn:9f3c"}, ""},
		"openid":                {[]string{"authenticated", "id.example/a", "id.example/a:client:" + evil}, ""},
		"guest":                 {[]string{"unauthenticated"}, ""},
		"nothing":               {nil, ""},
	} {
		p := policy.Principal{IdentityID: "us-east-1:7b2c", AMR: tc.amr}
		if len(tc.amr) > 0 {
			p.CognitoProvider = strings.Join(tc.amr[1:], ",")
		}
		id := identityOf(p, "", "")
		if id.UserSub != tc.want || (id.AuthenticationType == "authenticated") != (len(tc.amr) > 1) {
			t.Errorf("%s: %+v", name, id)
		}
	}
}

package userpool

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
)

// TestStrictPools: a setting that gatepass would not hold is refused by name.
func TestStrictPools(t *testing.T) {
	w := newWorld(t)
	for field, value := range map[string]any{
		"LambdaConfig": object{"PreSignUp": "arn"}, "SmsConfiguration": object{}, "Schema": []object{}, "DeviceConfiguration": object{},
		"UserPoolAddOns": object{}, "lambdaConfig": object{},
	} {
		_, err := w.try("CreateUserPool", object{"PoolName": "p", field: value})
		if e := wire.AsError(err); err == nil || e.Code != "InvalidParameterException" || !strings.Contains(e.Message, field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	for field, value := range map[string]any{
		"UsernameAttributes": []string{"phone_number"}, "AliasAttributes": []string{"phone_number"}, "AutoVerifiedAttributes": []string{"phone_number"},
		"MfaConfiguration": "SOMETIMES", "PoolName": "", "Policies": object{"PasswordPolicy": object{"MinimumLength": 5}},
	} {
		in := object{"PoolName": "p"}
		in[field] = value
		if _, err := w.try("CreateUserPool", in); err == nil || wire.AsError(err).Code != "InvalidParameterException" {
			t.Errorf("%s: %v", field, err)
		}
	}
	pool, _ := w.poolWith(nil, nil)
	for name, in := range map[string]object{
		"unknown flow":     {"ExplicitAuthFlows": []string{"ALLOW_CUSTOM_AUTH"}},
		"unknown field":    {"AllowedOAuthFlows": []string{"code"}},
		"existence":        {"PreventUserExistenceErrors": "MAYBE"},
		"short access":     {"AccessTokenValidity": 4, "TokenValidityUnits": object{"AccessToken": "minutes"}},
		"odd unit":         {"AccessTokenValidity": 4, "TokenValidityUnits": object{"AccessToken": "fortnights"}},
		"negative":         {"RefreshTokenValidity": -1},
		"access > refresh": {"AccessTokenValidity": 24, "RefreshTokenValidity": 1, "TokenValidityUnits": object{"RefreshToken": "hours"}},
		"long session":     {"AuthSessionValidity": 16},
		"rotating refresh": {"ExplicitAuthFlows": everyFlow, "RefreshTokenRotation": object{"Feature": "ENABLED"}},
	} {
		in["UserPoolId"], in["ClientName"] = pool, "app"
		if _, err := w.try("CreateUserPoolClient", in); err == nil || wire.AsError(err).Code != "InvalidParameterException" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDescribe: what was created is what is described, and defaults are those of
// the documentation.
func TestDescribe(t *testing.T) {
	w := newWorld(t)
	pool, _ := w.emailPool()
	got, _ := w.must("DescribeUserPool", object{"UserPoolId": pool})["UserPool"].(object)
	policies, _ := got["Policies"].(object)
	policy, _ := policies["PasswordPolicy"].(object)
	if got["Arn"] != "arn:aws:cognito-idp:us-east-1:000000000000:userpool/"+pool || got["MfaConfiguration"] != "OFF" || policy["MinimumLength"] != 8.0 || policy["RequireSymbols"] != true {
		t.Errorf("pool: %v", got)
	}
	made, _ := w.must("CreateUserPoolClient", object{"UserPoolId": pool, "ClientName": "app", "GenerateSecret": true})["UserPoolClient"].(object)
	if made["PreventUserExistenceErrors"] != "ENABLED" || len(str(made, "ClientId")) != 26 || len(str(made, "ClientSecret")) < 50 || made["EnableTokenRevocation"] != true {
		t.Errorf("client: %v", made)
	}
	described, _ := w.must("DescribeUserPoolClient", object{"UserPoolId": pool, "ClientId": made["ClientId"]})["UserPoolClient"].(object)
	if described["ClientSecret"] != made["ClientSecret"] {
		t.Error("DescribeUserPoolClient has another secret")
	}
	w.refused("AdminCreateUser", object{"UserPoolId": pool, "Username": ada, "TemporaryPassword": "No-Digits"},
		"InvalidPasswordException", "Password did not conform with password policy: Password must have numeric characters")
	other, _ := w.emailPool()
	w.refused("DescribeUserPoolClient", object{"UserPoolId": other, "ClientId": made["ClientId"]},
		"ResourceNotFoundException", "User pool client "+str(made, "ClientId")+" does not exist.")
	w.refused("DescribeUserPool", object{"UserPoolId": "us-east-1_nowhere"}, "ResourceNotFoundException", "User pool us-east-1_nowhere does not exist.")
	w.refused("InitiateAuth", object{"ClientId": "nobody", "AuthFlow": "USER_SRP_AUTH"}, "ResourceNotFoundException", "User pool client nobody does not exist.")
}

// TestFlows: a flow that is not enabled, not public or not known is refused.
func TestFlows(t *testing.T) {
	w := newWorld(t)
	pool, client := w.poolWith(nil, object{"ExplicitAuthFlows": []string{}})
	_, none := pool, str(w.client(pool, object{"ExplicitAuthFlows": []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH"}}), "ClientId")
	w.user(pool, "ada")
	params := object{"USERNAME": "ada", "PASSWORD": goodPassword, "SRP_A": "2"}
	const code = "InvalidParameterException"
	for _, c := range []struct{ op, client, flow, message string }{
		{"InitiateAuth", client, "USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH flow not enabled for this client"},
		{"InitiateAuth", none, "USER_SRP_AUTH", "USER_SRP_AUTH is not enabled for the client."},
		{"InitiateAuth", none, "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN_AUTH is not enabled for the client."},
		{"InitiateAuth", none, "ADMIN_USER_PASSWORD_AUTH", "Initiate Auth method not supported."},
		{"InitiateAuth", client, "CUSTOM_AUTH", "gatepass does not support the flow CUSTOM_AUTH"},
		{"InitiateAuth", client, "USER_AUTH", "gatepass does not support the flow USER_AUTH"},
		{"InitiateAuth", client, "", "Missing required parameter AuthFlow"},
		{"AdminInitiateAuth", client, "ADMIN_NO_SRP_AUTH", "Auth flow not enabled for this client"},
		{"AdminInitiateAuth", client, "USER_PASSWORD_AUTH", "gatepass does not support the flow USER_PASSWORD_AUTH"},
	} {
		in := object{"ClientId": c.client, "AuthFlow": c.flow, "AuthParameters": params}
		if c.op == "AdminInitiateAuth" {
			in["UserPoolId"] = pool
		}
		w.refused(c.op, in, code, c.message)
	}
	w.refused("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": object{"USERNAME": "ada"}}, code, "Missing required parameter SRP_A")
	w.refused("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": object{"SRP_A": "2"}}, code, "Missing required parameter USERNAME")
	w.refused("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": object{"CHALLENGE_NAME": "SRP_A"}},
		code, "gatepass does not support the authentication parameter CHALLENGE_NAME")
	out := w.must("AdminInitiateAuth", object{"UserPoolId": pool, "ClientId": none, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": object{"USERNAME": "ada", "PASSWORD": goodPassword}})
	result(t, out)
	b, err := w.beginSRP(client, "ada", nil)
	if err != nil {
		t.Fatal(err)
	}
	result(t, w.must("AdminRespondToAuthChallenge", object{
		"UserPoolId": pool, "ClientId": client, "ChallengeName": challengeSRP, "ChallengeResponses": w.responses(pool, b, goodPassword),
	}))
}

// TestConfirmations has the texts around codes.
func TestConfirmations(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.must("SignUp", object{"ClientId": client, "Username": ada, "Password": goodPassword})
	first := w.code()
	w.refused("SignUp", object{"ClientId": client, "Username": ada, "Password": goodPassword},
		"UsernameExistsException", "An account with the given email already exists.")
	w.refused("SignUp", object{"ClientId": client, "Username": "not an address", "Password": goodPassword},
		"InvalidParameterException", "1 validation error detected: Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+")
	w.refused("SignUp", object{"ClientId": client, "Username": "ada", "Password": goodPassword}, "InvalidParameterException", "Username should be an email.")
	w.must("ResendConfirmationCode", object{"ClientId": client, "Username": ada})
	second := w.code()
	confirm := func(code string) object { return object{"ClientId": client, "Username": ada, "ConfirmationCode": code} }
	if first != second {
		w.refused("ConfirmSignUp", confirm(first), "CodeMismatchException", "Invalid verification code provided, please try again.")
	}
	w.clock.advance(24 * time.Hour)
	w.refused("ConfirmSignUp", confirm(second), "ExpiredCodeException", "Invalid code provided, please request a code again.")
	w.must("ResendConfirmationCode", object{"ClientId": client, "Username": ada})
	code := w.code()
	oks, codes := together(10, func(int) error { _, err := w.try("ConfirmSignUp", confirm(code)); return err })
	if oks != 1 {
		t.Errorf("one code ten times at once: %d, %v", oks, codes)
	}
	w.refused("ConfirmSignUp", confirm(code), nae, "User cannot be confirmed. Current status is CONFIRMED")
	w.refused("AdminConfirmSignUp", object{"UserPoolId": pool, "Username": ada}, nae, "User cannot be confirmed. Current status is CONFIRMED")
	w.refused("ResendConfirmationCode", object{"ClientId": client, "Username": ada}, "InvalidParameterException", "User is already confirmed.")
	for range 5 {
		w.must("ForgotPassword", object{"ClientId": client, "Username": ada})
	}
	w.refused("ForgotPassword", object{"ClientId": client, "Username": ada}, "LimitExceededException", "Attempt limit exceeded, please try after some time.")
	closed, closedClient := w.poolWith(object{"AdminCreateUserConfig": object{"AllowAdminCreateUserOnly": true}}, nil)
	w.refused("SignUp", object{"ClientId": closedClient, "Username": "ada", "Password": goodPassword}, nae, "SignUp is not permitted for this user pool")
	w.refused("AdminGetUser", object{"UserPoolId": closed, "Username": "ada"}, "UserNotFoundException", "User does not exist.")
}

// TestChangePassword: the old password counts as an attempt like any other.
func TestChangePassword(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada)
	access := str(w.signedIn(client, ada), "AccessToken")
	in := object{"AccessToken": access, "PreviousPassword": badPassword, "ProposedPassword": newGood}
	for range 5 {
		w.refused("ChangePassword", in, nae, incorrect)
	}
	_, err := w.password(client, ada, goodPassword)
	wantError(t, "sign-in", err, nae, locked)
	w.clock.advance(2 * time.Second)
	in["PreviousPassword"] = goodPassword
	w.must("ChangePassword", in)
	_, err = w.password(client, ada, goodPassword)
	wantError(t, "the old password", err, nae, incorrect)
	if _, err := w.password(client, ada, newGood); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

// TestF18 is the grammar of Filter, which never reaches SQL.
func TestF18(t *testing.T) {
	w := newWorld(t)
	pool, _ := w.poolWith(nil, nil)
	for _, name := range []string{"ada", "adam", `a"b`, "bob"} {
		w.user(pool, name, object{"Name": "email", "Value": "x@example.com"})
	}
	names := func(filter string) (list []string, err error) {
		out, err := w.try("ListUsers", object{"UserPoolId": pool, "Filter": filter, "AttributesToGet": []string{"email"}})
		users, _ := out["Users"].([]any)
		for _, u := range users {
			m, _ := u.(object)
			list = append(list, str(m, "Username"))
			if attrs, _ := m["Attributes"].([]any); len(attrs) != 1 {
				t.Errorf("attributes: %v", attrs)
			}
		}
		slices.Sort(list)
		return list, err
	}
	for filter, want := range map[string]string{
		`username = "ada"`: "[ada]", `username^="ad"`: "[ada adam]", `username = "a\"b"`: `[a"b]`, `status = "Enabled"`: `[a"b ada adam bob]`,
		`cognito:user_status = "CONFIRMED"`: `[a"b ada adam bob]`, `username = "' OR 1=1 --"`: "[]", `"username" = "bob"`: "[bob]",
	} {
		if got, err := names(filter); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v", filter, got, err)
		}
	}
	for _, filter := range []string{`email = "x" or email = "y"`, `username = "a`, `username "a"`, `password = "x"`, `username = a`, `username = "a\x"`, `=`, `username = "a"b"`} {
		if _, err := names(filter); err == nil || wire.AsError(err).Code != "InvalidParameterException" {
			t.Errorf("%s: %v", filter, err)
		}
	}
	w.refused("ListUsers", object{"UserPoolId": pool, "AttributesToGet": []string{"password"}}, "InvalidParameterException", "One or more requested attributes do not exist in user pool.")
	if _, err := w.try("ListUsers", object{"UserPoolId": pool, "Limit": 61}); err == nil {
		t.Error("61 users at once")
	}
}

// TestF19: a pagination token is of one query of one pool and comes from here.
func TestF19(t *testing.T) {
	w := newWorld(t)
	pool, _ := w.poolWith(nil, nil)
	other, _ := w.poolWith(nil, nil)
	for i := range 7 {
		w.must("AdminCreateUser", object{"UserPoolId": pool, "Username": fmt.Sprint("user", i), "TemporaryPassword": goodPassword, "MessageAction": "SUPPRESS"})
	}
	seen, in := map[string]bool{}, object{"UserPoolId": pool, "Limit": 3}
	var page string
	for {
		out := w.must("ListUsers", in)
		users, _ := out["Users"].([]any)
		for _, u := range users {
			m, _ := u.(object)
			seen[str(m, "Username")] = true
		}
		if out["PaginationToken"] == nil {
			break
		}
		page = str(out, "PaginationToken")
		in["PaginationToken"] = page
	}
	if len(seen) != 7 {
		t.Errorf("seen: %v", seen)
	}
	for name, in := range map[string]object{
		"tampered":     {"UserPoolId": pool, "PaginationToken": flip(page, 50)},
		"other pool":   {"UserPoolId": other, "PaginationToken": page},
		"other filter": {"UserPoolId": pool, "PaginationToken": page, "Filter": `username = "ada"`},
	} {
		_, err := w.try("ListUsers", in)
		wantError(t, name, err, "InvalidParameterException", "Invalid pagination token.")
	}
	w.refused("ListUserPools", object{"MaxResults": 1, "NextToken": page}, "InvalidParameterException", "Invalid pagination token.")
	out := w.must("ListUserPools", object{"MaxResults": 1})
	out = w.must("ListUserPools", object{"MaxResults": 1, "NextToken": out["NextToken"]})
	if pools, _ := out["UserPools"].([]any); len(pools) != 1 || out["NextToken"] != nil {
		t.Errorf("second page of pools: %v", out)
	}
}

// TestF23: who takes a deleted user's name is somebody else.
func TestF23(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada)
	old := w.signedIn(client, ada)
	w.must("AdminDeleteUser", object{"UserPoolId": pool, "Username": ada})
	w.user(pool, ada)
	fresh := w.signedIn(client, ada)
	if w.claims(pool, str(old, "IdToken"), useID).String("sub") == w.claims(pool, str(fresh, "IdToken"), useID).String("sub") {
		t.Error("the sub was used again")
	}
	_, err := w.refresh(client, str(old, "RefreshToken"))
	wantError(t, "old refresh token", err, nae, "Invalid Refresh Token.")
	w.refused("GetUser", object{"AccessToken": str(old, "AccessToken")}, nae, "Access Token has been revoked")
}

// TestOperations: the table says which operations need a signature and on what.
func TestOperations(t *testing.T) {
	w := newWorld(t)
	for name := range operations {
		op, ok := w.Op(name)
		public := !strings.HasPrefix(name, "Admin") && !strings.HasPrefix(name, "Create") && !strings.HasPrefix(name, "Describe") && !strings.HasPrefix(name, "List")
		if !ok || op.Signed == public || op.Action != "cognito-idp:"+name {
			t.Errorf("%s: %+v", name, op)
		}
		if _, err := op.Run(t.Context(), []byte(`{}`)); err == nil {
			t.Errorf("%s does something when it is told nothing", name)
		}
		for _, body := range []string{"null", "[]", "{", `{"a":1}`, `{} {}`} {
			if _, err := op.Run(t.Context(), []byte(body)); err == nil || wire.AsError(err).Status != 400 {
				t.Errorf("%s of %s: %v", name, body, err)
			}
		}
	}
	if _, ok := w.Op("initiateauth"); ok {
		t.Error("operations are found in any case")
	}
	for body, want := range map[string]string{
		`{"UserPoolId":"us-east-1_abc"}`: "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abc",
		`{"UserPoolId":"*"}`:             "*", `{}`: "*", `{`: "*", `{"UserPoolId":7}`: "*",
	} {
		if got := w.Resource("AdminGetUser", []byte(body)); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
}

// TestAdminViews: AdminGetUser, Enable and Disable, by every name.
func TestAdminViews(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada, verifiedEmail())
	got := w.must("AdminGetUser", object{"UserPoolId": pool, "Username": ada})
	sub := str(got, "Username")
	if got["UserStatus"] != confirmed || got["Enabled"] != true {
		t.Errorf("user: %v", got)
	}
	again := w.must("AdminGetUser", object{"UserPoolId": pool, "Username": sub})
	if a, b := mustJSON(t, got), mustJSON(t, again); a != b {
		t.Errorf("%s and %s", a, b)
	}
	w.must("AdminDisableUser", object{"UserPoolId": pool, "Username": sub})
	_, err := w.password(client, ada, goodPassword)
	wantError(t, "disabled", err, nae, "User is disabled.")
	w.must("AdminEnableUser", object{"UserPoolId": pool, "Username": ada})
	w.signedIn(client, ada)
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// FuzzFilter: what is parsed matches the user it names and nothing panics.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{`username = "ada"`, `email ^= "a\"b"`, `sub="\\"`, `=`, ``} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseFilter(text)
		if err != nil || text == "" {
			return
		}
		quoted := strings.ReplaceAll(strings.ReplaceAll(parsed[0].Value, `\`, `\\`), `"`, `\"`)
		op := " = "
		if parsed[0].Prefix {
			op = " ^= "
		}
		if again, err := parseFilter(parsed[0].Attribute + op + `"` + quoted + `"`); err != nil || again[0] != parsed[0] {
			t.Errorf("%q: %+v, then %+v, %v", text, parsed, again, err)
		}
	})
}

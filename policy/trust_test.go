package policy

import (
	"testing"

	"pgregory.net/rapid"
)

func webIdentity(pool string, amr ...string) Principal {
	return Principal{FederatedProvider: "cognito-identity.amazonaws.com", IdentityPoolID: pool, IdentityID: "us-east-1:me", AMR: amr}
}

// TestTrustOfIdentityPools is the reference, section 4.6.
func TestTrustOfIdentityPools(t *testing.T) {
	trust := mustParse(t, Trust, cognitoTrust)
	trust.Name = "trust"
	provider := "cognito-idp.us-east-1.amazonaws.com/us-east-1_P:CognitoSignIn:sub"
	session := webIdentity("us-east-1:pool", "authenticated")
	session.Type, session.ARN = "AssumedRole", "arn:aws:sts::111122223333:assumed-role/r/CognitoIdentityCredentials"
	for _, c := range []struct {
		name, action string
		caller       Principal
		want         bool
	}{
		{"signed in", "sts:AssumeRoleWithWebIdentity", webIdentity("us-east-1:pool", "authenticated", provider), true},
		{"letter case", "STS:assumerolewithwebidentity", webIdentity("us-east-1:pool", "authenticated"), true},
		{"tags", "sts:TagSession", webIdentity("us-east-1:pool", "authenticated"), true},
		{"guest", "sts:AssumeRoleWithWebIdentity", webIdentity("us-east-1:pool", "unauthenticated"), false},
		{"no amr", "sts:AssumeRoleWithWebIdentity", webIdentity("us-east-1:pool"), false},
		{"other pool", "sts:AssumeRoleWithWebIdentity", webIdentity("us-east-1:other", "authenticated"), false},
		{"no pool", "sts:AssumeRoleWithWebIdentity", webIdentity("", "authenticated"), false},
		{"other action", "sts:AssumeRole", webIdentity("us-east-1:pool", "authenticated"), false},
		{"session of a role", "sts:AssumeRoleWithWebIdentity", session, false},
		{"other provider", "sts:AssumeRoleWithWebIdentity", Principal{FederatedProvider: "accounts.google.com", IdentityPoolID: "us-east-1:pool", AMR: []string{"authenticated"}}, false},
		{"nobody", "sts:AssumeRoleWithWebIdentity", Principal{}, false},
	} {
		d := EvaluateTrust(Request{Principal: c.caller, Action: c.action}, trust)
		if d.Allowed != c.want || d.Kind != Trust || d.Delegated || d.Allowed != (d.Policy == "trust") {
			t.Errorf("%s: got %+v", c.name, d)
		}
	}
}

// TestI14TrustPrincipals: who is named by what.
func TestI14TrustPrincipals(t *testing.T) {
	const account = "111122223333"
	role := Principal{Type: "AssumedRole", ARN: "arn:aws:sts::" + account + ":assumed-role/r/s", RoleARN: "arn:aws:iam::" + account + ":role/path/r", Account: account}
	user := Principal{Type: "User", ARN: "arn:aws:iam::" + account + ":user/ada", Account: account}
	web, anonymous := webIdentity("us-east-1:pool"), Principal{Type: "Anonymous"}
	const no, yes, delegated = 0, 1, 2
	for _, c := range []struct {
		principal               string
		role, user, web, nobody int
	}{
		{`"*"`, yes, yes, no, yes},
		{`{"AWS":"*"}`, yes, yes, no, yes},
		{`{"AWS":"111122223333"}`, delegated, delegated, no, no},
		{`{"AWS":"arn:aws:iam::111122223333:root"}`, delegated, delegated, no, no},
		{`{"AWS":"999922223333"}`, no, no, no, no},
		{`{"AWS":"arn:aws:iam::111122223333:role/path/r"}`, yes, no, no, no},
		{`{"AWS":"arn:aws:iam::111122223333:role/r"}`, no, no, no, no},
		{`{"AWS":"arn:aws:sts::111122223333:assumed-role/r/s"}`, yes, no, no, no},
		{`{"AWS":"arn:aws:sts::111122223333:assumed-role/r/other"}`, no, no, no, no},
		{`{"AWS":"arn:aws:iam::111122223333:user/ada"}`, no, yes, no, no},
		{`{"AWS":"arn:aws:iam::111122223333:user/Ada"}`, no, no, no, no},
		{`{"AWS":["111122223333","arn:aws:iam::111122223333:user/ada"]}`, delegated, yes, no, no},
		{`{"Federated":"cognito-identity.amazonaws.com"}`, no, no, yes, no},
		{`{"Federated":["accounts.google.com","cognito-identity.amazonaws.com"],"AWS":"999922223333"}`, no, no, yes, no},
		{`{"Federated":"accounts.google.com"}`, no, no, no, no},
		{`{"Service":"lambda.amazonaws.com"}`, no, no, no, no},
		{`{"CanonicalUser":"79a5"}`, no, no, no, no},
	} {
		p := mustParse(t, Trust, `{"Statement":{"Effect":"Allow","Action":"sts:*","Principal":`+c.principal+`}}`)
		for i, caller := range []Principal{role, user, web, anonymous} {
			want := []int{c.role, c.user, c.web, c.nobody}[i]
			d := EvaluateTrust(Request{Principal: caller, Action: "sts:AssumeRole"}, p)
			if d.Allowed != (want != no) || d.Delegated != (want == delegated) {
				t.Errorf("%s, caller %d: got %+v", c.principal, i, d)
			}
		}
	}
}

func TestTrustDeny(t *testing.T) {
	allow := `{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com","AWS":"111122223333"},"Action":"*"}`
	for deny, want := range map[string]Reason{
		`"*"`: ExplicitDeny, `{"AWS":"*"}`: ExplicitDeny, `{"Federated":"cognito-identity.amazonaws.com"}`: ExplicitDeny,
		`{"AWS":"111122223333"}`: Allow, `{"Federated":"accounts.google.com"}`: Allow,
	} {
		p := mustParse(t, Trust, `{"Statement":[`+allow+`,{"Effect":"Deny","Principal":`+deny+`,"Action":"*"}]}`)
		d := EvaluateTrust(Request{Principal: webIdentity("us-east-1:pool"), Action: "sts:AssumeRoleWithWebIdentity"}, p)
		if d.Reason != want {
			t.Errorf("deny %s: got %v", deny, d.Reason)
		}
	}
}

// TestBetterThanDelegated: a statement that names the caller counts before one
// that names its account, wherever it stands.
func TestBetterThanDelegated(t *testing.T) {
	account := `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*"}`
	user := `{"Sid":"direct","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ada"},"Action":"*"}`
	caller := Principal{Type: "User", ARN: "arn:aws:iam::111122223333:user/ada", Account: "111122223333"}
	twice := mustParse(t, Trust, `{"Statement":[`+account+","+account+`]}`)
	if d := EvaluateTrust(Request{Principal: caller, Action: "sts:AssumeRole"}, twice); !d.Delegated || d.Statement.Index != 0 {
		t.Errorf("of two delegations the first counts: got %+v", d)
	}
	for _, doc := range []string{account + "," + user, user + "," + account} {
		d := EvaluateTrust(Request{Principal: caller, Action: "sts:AssumeRole"}, mustParse(t, Trust, `{"Statement":[`+doc+`]}`))
		if !d.Allowed || d.Delegated || d.Statement.Sid != "direct" {
			t.Errorf("%s: got %+v", doc, d)
		}
	}
}

// TestOpenTrust: no pattern lets in guests as well as users without OpenTrust seeing it.
func TestOpenTrust(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := ""
		for _, c := range "unauthenticated" { // each of it kept, left out or made a wildcard
			pattern += rapid.SampledFrom([]string{string(c), "", "?", "*", string(c)}).Draw(t, "piece")
		}
		glob := string(encodeGlob(nil, pattern))
		if matchGlob(glob, "authenticated") && matchGlob(glob, "unauthenticated") && !matchGlob(glob, anyAMR) {
			t.Errorf("%q", pattern)
		}
	})
	for _, one := range []string{"authenticated", "unauthenticated", "cognito-idp.us-east-1.amazonaws.com/*", "?nauthenticated", "a*"} {
		if leavesOpen(cognitoIdentity+":amr", one) {
			t.Errorf("%q leaves open who", one)
		}
	}
}

// TestNamesake: whoever has the ARN of another who is gone is allowed nothing in that one's place, and denied everything.
func TestNamesake(t *testing.T) {
	user := Principal{Type: "User", ARN: "arn:aws:iam::111122223333:user/ada", Account: "111122223333", UserID: "AIDA2"}
	for principal, want := range map[string]struct{ allows, delegated, denies bool }{
		`{"AWS":"arn:aws:iam::111122223333:user/ada"}`: {false, false, true},
		`{"AWS":"111122223333"}`:                       {true, true, true},
		`"*"`:                                          {true, false, true},
	} {
		req := Request{Principal: user, Action: "sts:AssumeRole", Namesake: true}
		allow := mustParse(t, Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":`+principal+`,"Action":"sts:AssumeRole"}}`)
		deny := mustParse(t, Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":`+principal+`,"Action":"sts:AssumeRole"}}`)
		d := EvaluateTrust(req, allow)
		if d.Allowed != want.allows || d.Delegated != want.delegated {
			t.Errorf("%s: %+v", principal, d)
		}
		if denied := EvaluateTrust(req, deny).Reason == ExplicitDeny; denied != want.denies {
			t.Errorf("%s: denied %v", principal, denied)
		}
	}
}

package identity_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/identity"
	"github.com/gatepass/gatepass/server/internal/sts"
	"github.com/gatepass/gatepass/server/store"
)

// assumeWeb is AssumeRoleWithWebIdentity with a token.
func (w *world) assumeWeb(role, raw string, pairs ...string) (wire.AssumeRoleWithWebIdentityResult, error) {
	w.t.Helper()
	w.sts.VerifyToken = func(ctx context.Context, raw string) (sts.WebIdentity, error) {
		v, err := w.VerifyWebIdentity(ctx, raw)
		return sts.WebIdentity(v), err
	}
	form := url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "Version": {sts.Version}, "RoleArn": {arn(role)}, "RoleSessionName": {"web"}, "WebIdentityToken": {raw}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	_, op, err := w.sts.Op(form)
	if err != nil || op.Signed {
		w.t.Fatal(op.Signed, err)
	}
	out, err := op.Run(w.t.Context(), sts.Caller{Context: policy.NewContext()}, form)
	got, _ := out.(wire.AssumeRoleWithWebIdentityResult)
	return got, err
}

// resolved is whose credentials these are.
func (w *world) resolved(c wire.STSCredentials) policy.Principal {
	w.t.Helper()
	_, p, _, err := w.sts.Resolve(w.t.Context(), c.AccessKeyId, c.SessionToken, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func refused(t *testing.T, what string, err error, status int, code, message string) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) || e.Code != code || message != "" && e.Message != message || e.Status != status {
		t.Errorf("%s: %v\nwant %d %s: %s", what, err, status, code, message)
	}
}

// TestBasicFlow: GetOpenIdToken, then AssumeRoleWithWebIdentity, gives what the enhanced flow gives, under a name of the
// caller's choice and for as long as the role lasts.
func TestBasicFlow(t *testing.T) {
	w := newWorld(t)
	id := w.mustID(poolID, login(w.idToken()))
	open, err := w.openID(id, login(w.idToken()))
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.assumeWeb("users", open.Token)
	if err != nil {
		t.Fatal(err)
	}
	if out.SubjectFromWebIdentityToken != id || out.Audience != poolID || out.Provider != "cognito-identity.amazonaws.com" ||
		out.AssumedRoleUser.AssumedRoleId != "AROAUSERS0000000000AA:web" || out.AssumedRoleUser.Arn != "arn:aws:sts::"+account+":assumed-role/users/web" {
		t.Errorf("%+v", out)
	}
	p := w.resolved(out.Credentials)
	want := []string{"authenticated", provider, provider + ":CognitoSignIn:ada"}
	if p.IdentityID != id || p.IdentityPoolID != poolID || !slices.Equal(p.AMR, want) || p.FederatedProvider != "cognito-identity.amazonaws.com" ||
		p.CognitoProvider != provider+","+provider+":CognitoSignIn:ada" {
		t.Errorf("%+v", p)
	}
	const denied = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
	_, err = w.assumeWeb("guests", open.Token)
	refused(t, "a role for guests", err, 403, "AccessDenied", denied)
	_, err = w.assumeWeb("nobody", open.Token)
	refused(t, "no such role", err, 403, "AccessDenied", denied)
	guest := w.mustID(poolID, nil)
	open, err = w.openID(guest, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.assumeWeb("users", open.Token)
	refused(t, "a guest, a role for users", err, 403, "AccessDenied", denied)
	if out, err = w.assumeWeb("guests", open.Token, "DurationSeconds", "900"); err != nil || out.Credentials.Expiration != "2026-11-24T12:15:00Z" {
		t.Errorf("a guest: %v %v", out.Credentials.Expiration, err)
	}
	// Policies that let in the identities of any pool, or guests with users, are no trust (CVE-2024-28056).
	for name, condition := range map[string]string{
		"no aud":                `"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"unauthenticated"}`,
		"amr that lets in both": `"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + poolID + `"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"*authenticated"}`,
		"no amr":                `"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + poolID + `"}`,
	} {
		w.update(func(tx *store.Tx) error {
			return tx.PutRole(store.Role{Name: "loose", ARN: arn("loose"), ID: "AROALOOSE0000000000AA", Trust: trustWith(condition)})
		})
		_, err = w.assumeWeb("loose", open.Token)
		refused(t, name, err, 403, "AccessDenied", denied)
	}
	w.now = w.now.Add(10 * time.Minute)
	_, err = w.assumeWeb("guests", open.Token)
	refused(t, "an old token", err, 400, "ExpiredTokenException", "")
	w.now = start
	if _, err := call[struct{}](w, "DeleteIdentities", wire.DeleteIdentitiesInput{IdentityIdsToDelete: []string{guest}}); err != nil {
		t.Fatal(err)
	}
	_, err = w.assumeWeb("guests", open.Token)
	refused(t, "a deleted identity", err, 403, "IDPRejectedClaim", "")
}

// TestBasicFlowTags: the tags of a developer's token become the session's, if the role takes them.
func TestBasicFlowTags(t *testing.T) {
	w := newWorld(t)
	w.developers(poolID)
	open, err := call[wire.GetOpenIdTokenOutput](w, "GetOpenIdTokenForDeveloperIdentity", wire.GetOpenIdTokenForDeveloperIdentityInput{
		IdentityPoolId: poolID, Logins: map[string]string{developer: "bob"}, PrincipalTags: map[string]string{"team": "red"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.assumeWeb("users", open.Token)
	refused(t, "a role that takes no tags", err, 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	w.allowTags()
	out, err := w.assumeWeb("users", open.Token)
	if err != nil || out.PackedPolicySize == 0 || w.resolved(out.Credentials).Tags["team"] != "red" {
		t.Errorf("%+v %v", out, err)
	}
}

// TestUnlinkedTokens: a token of the basic flow is good for nothing once a login it names is off the identity, whatever other
// logins that has.
func TestUnlinkedTokens(t *testing.T) {
	w := newWorld(t)
	w.developers(poolID)
	both := func() string {
		t.Helper()
		out, err := call[wire.GetOpenIdTokenOutput](w, "GetOpenIdTokenForDeveloperIdentity", wire.GetOpenIdTokenForDeveloperIdentityInput{
			IdentityPoolId: poolID, Logins: map[string]string{developer: "x:bob", provider: w.idToken()},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.assumeWeb("users", out.Token); err != nil {
			t.Fatal(err)
		}
		return out.Token
	}
	token := both()
	id := w.mustID(poolID, login(w.idToken()))
	open, err := w.openID(id, login(w.idToken()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call[wire.GetOpenIdTokenOutput](w, "GetOpenIdTokenForDeveloperIdentity", wire.GetOpenIdTokenForDeveloperIdentityInput{
		IdentityPoolId: poolID, IdentityId: id, Logins: map[string]string{developer: "bob"},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := call[map[string]any](w, "UnlinkDeveloperIdentity", wire.UnlinkDeveloperIdentityInput{
		IdentityId: id, IdentityPoolId: poolID, DeveloperProviderName: developer, DeveloperUserIdentifier: "x:bob",
	}); err != nil {
		t.Fatal(err)
	}
	_, err = w.assumeWeb("users", token)
	refused(t, "a developer's user, with bob there still", err, 403, "IDPRejectedClaim", "A login of the token was unlinked from its identity.")
	if _, err := w.assumeWeb("users", open.Token); err != nil {
		t.Errorf("the login that is left: %v", err)
	}
	token = both()
	if err := w.unlink(id, login(w.idToken()), provider); err != nil {
		t.Fatal(err)
	}
	for what, raw := range map[string]string{"both": token, "the user pool's alone": open.Token} {
		_, err = w.assumeWeb("users", raw)
		refused(t, what, err, 403, "IDPRejectedClaim", "A login of the token was unlinked from its identity.")
	}
}

// TestAdmission: a token that is not admitted is not signed.
func TestAdmission(t *testing.T) {
	w := newWorld(t)
	id := w.mustID(poolID, nil)
	busy := wire.Errorf("TooManyRequestsException", "Too many requests")
	w.Admit = func(context.Context, func() error) error { return busy }
	_, err := w.openID(id, nil)
	wantError(t, "GetOpenIdToken", err, busy.Code, busy.Message)
	w.Admit = func(_ context.Context, fn func() error) error { return fn() }
	if out, err := w.openID(id, nil); err != nil || out.Token == "" {
		t.Errorf("%v %v", out, err)
	}
}

const developer = "login.example"

// developers gives a pool a developer provider.
func (w *world) developers(pool string) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		p, err := tx.IdentityPool(w.t.Context(), pool)
		p.DeveloperProvider = developer
		return errors.Join(err, tx.PutIdentityPool(p))
	})
}

// trusts makes a role that trusts an OpenID provider, on a condition.
func (w *world) trusts(providerARN, condition string) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		return tx.PutRole(store.Role{Name: "oidc", ARN: arn("oidc"), ID: "AROAOIDC00000000000AA", Trust: `{"Version":"2012-10-17","Statement":{"Effect":"Allow",` +
			`"Principal":{"Federated":"` + providerARN + `"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":{` + condition + `}}}`})
	})
}

func (p *idp) token(changes ...any) string { return p.login(changes...)[p.key] }

func TestWebIdentityOIDC(t *testing.T) {
	w := newWorld(t)
	p := newIDP(t, w)
	w.trusts(p.arn, `"StringEquals":{"`+p.key+`:aud":"app"},"StringLike":{"`+p.key+`:sub":"repo:*"}`)
	out, err := w.assumeWeb("oidc", p.token("sub", "repo:a/b"))
	if err != nil {
		t.Fatal(err)
	}
	if out.Provider != p.arn || out.Audience != "app" || out.SubjectFromWebIdentityToken != "repo:a/b" {
		t.Errorf("%+v", out)
	}
	if who := w.resolved(out.Credentials); who.FederatedProvider != p.arn || who.IdentityID != "" || len(who.AMR) != 0 {
		t.Errorf("%+v", who)
	}
	const denied = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
	_, err = w.assumeWeb("oidc", p.token("sub", "x"))
	refused(t, "another subject", err, 403, "AccessDenied", denied)
	_, err = w.assumeWeb("oidc", p.token("sub", "repo:a/b", "aud", "web"))
	refused(t, "another client, by the trust policy", err, 403, "AccessDenied", denied)
	_, err = w.assumeWeb("users", p.token())
	refused(t, "a role of the identity pool", err, 403, "AccessDenied", denied)
	tags := func(principal, transitive any) map[string]any {
		return map[string]any{"principal_tags": principal, "transitive_tag_keys": transitive}
	}
	out, err = w.assumeWeb("oidc", p.token("sub", "repo:a/b", "https://aws.amazon.com/tags", tags(map[string]any{"team": []string{"red"}}, []string{"team"})))
	if err != nil || w.resolved(out.Credentials).Tags["team"] != "red" {
		t.Errorf("tags: %v", err)
	}
	for name, claim := range map[string]any{
		"no object": "x", "two values": tags(map[string]any{"a": []string{"b", "c"}}, nil), "a text": tags(map[string]any{"a": "b"}, nil),
	} {
		_, err = w.assumeWeb("oidc", p.token("sub", "repo:a/b", "https://aws.amazon.com/tags", claim))
		refused(t, name, err, 400, "InvalidIdentityToken", "")
	}
}

// TestWebIdentityUserPool: the ID tokens of a user pool are good for STS only if an administrator made the user pool an OpenID
// provider, and then nobody is asked over the network.
func TestWebIdentityUserPool(t *testing.T) {
	w := newWorld(t)
	_, err := w.assumeWeb("oidc", w.idToken())
	refused(t, "not declared", err, 400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for "+issuer)
	declared := identity.OIDCProviderARN(account, issuer)
	w.update(func(tx *store.Tx) error {
		return errors.Join(tx.PutUserPool(store.UserPool{ID: userPool}),
			tx.PutOIDCProvider(store.OIDCProvider{ARN: declared, Issuer: issuer, ClientIDs: []string{client}}))
	})
	w.trusts(declared, `"StringEquals":{"`+provider+`:sub":"ada"}`)
	out, err := w.assumeWeb("oidc", w.idToken())
	if err != nil || out.Provider != declared || out.Audience != client {
		t.Errorf("%+v %v", out, err)
	}
	_, err = w.assumeWeb("oidc", w.idToken("aud", "clientid2"))
	refused(t, "another client", err, 400, "InvalidIdentityToken", "Incorrect token audience")
	_, err = w.assumeWeb("oidc", w.idToken("aud", nil, "client_id", client, "token_use", "access"))
	refused(t, "an access token", err, 400, "InvalidIdentityToken", "")
	_, err = w.assumeWeb("oidc", w.idToken("exp", start.Add(-time.Minute).Unix()))
	refused(t, "expired", err, 400, "ExpiredTokenException", "")
}

// TestH06_WebTokens: whatever is not a token of a provider that was declared is InvalidIdentityToken, and nobody else is ever
// asked for keys.
func TestH06_WebTokens(t *testing.T) {
	w := newWorld(t)
	p := newIDP(t, w)
	w.trusts(p.arn, `"StringLike":{"`+p.key+`:sub":"*"}`)
	open, err := w.openID(w.mustID(poolID, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	payload := strings.Split(p.token(), ".")[1]
	undeclared := newStranger(t)
	const notJWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
	const unsigned = "Couldn't verify signed token."
	for name, c := range map[string]struct{ token, message string }{
		"no token":           {"abcd", notJWT},
		"unsigned":           {part(`{"alg":"RS256","kid":"k"}`) + "." + payload + ".", notJWT},
		"alg none":           {part(`{"alg":"none","kid":"k"}`) + "." + payload + "." + part("x"), notJWT},
		"alg None":           {part(`{"alg":"None"}`) + "." + payload + "." + part("x"), notJWT},
		"HS256":              {part(`{"alg":"HS256","kid":"k"}`) + "." + payload + "." + part("x"), notJWT},
		"a key in it":        {part(`{"alg":"RS256","kid":"k","jku":"`+undeclared.URL+`"}`) + "." + payload + "." + part("x"), notJWT},
		"no issuer":          {p.token("iss", nil), notJWT},
		"unknown issuer":     {p.token("iss", undeclared.URL), "No OpenIDConnect provider found in your account for " + undeclared.URL},
		"another scheme":     {p.token("iss", strings.Replace(p.URL, "http:", "https:", 1)), ""},
		"issuer with a path": {p.token("iss", p.URL+"/x"), "No OpenIDConnect provider found in your account for " + p.URL + "/x"},
		"file issuer":        {p.token("iss", "file:///etc/passwd"), "No OpenIDConnect provider found in your account for file:///etc/passwd"},
		"metadata service":   {p.token("iss", "http://169.254.169.254/latest"), "No OpenIDConnect provider found in your account for http://169.254.169.254/latest"},
		"another key":        {w.signed(userKeys()[1], "iss", p.URL, "aud", "app"), unsigned},
		"changed":            {strings.Split(p.token(), ".")[0] + "." + strings.Split(p.token("sub", "root"), ".")[1] + "." + strings.Split(p.token(), ".")[2], unsigned},
		"wrong audience":     {p.token("aud", "other"), "Incorrect token audience"},
		"no audience":        {p.token("aud", nil), "Incorrect token audience"},
		"two, no azp":        {p.token("aud", []string{"app", "evil"}), "Incorrect token audience"},
		"azp of another":     {p.token("aud", []string{"app", "evil"}, "azp", "evil"), "Incorrect token audience"},
		"no exp":             {p.token("exp", nil), ""},
		"no subject":         {p.token("sub", nil), ""},
		"long subject":       {p.token("sub", strings.Repeat("x", 256)), ""},
		"ours, another key":  {w.signed(userKeys()[0], "iss", "https://cognito-identity.amazonaws.com", "aud", poolID), unsigned},
		"ours, changed":      {open.Token[:len(open.Token)-8] + "AAAAAAAA", ""},
	} {
		_, err := w.assumeWeb("oidc", c.token)
		refused(t, name, err, 400, "InvalidIdentityToken", c.message)
	}
	if n := undeclared.asked.Load(); n != 0 {
		t.Errorf("a provider nobody declared was asked %d times", n)
	}
	_, err = w.assumeWeb("oidc", p.token("exp", start.Unix()))
	refused(t, "expired", err, 400, "ExpiredTokenException", "")
	p.Close()
	w.now = w.now.Add(2 * time.Hour)
	_, err = w.assumeWeb("oidc", w.signed(userKeys()[0], "iss", p.URL, "aud", "app"))
	refused(t, "the provider is away", err, 400, "IDPCommunicationError", "")
}

// newStranger is a provider that nobody has declared.
func newStranger(t *testing.T) *idp {
	t.Helper()
	w := newWorld(t)
	p := newIDP(t, w)
	p.jwks.Store(token.MarshalJWKS(userKeys()[1]))
	return p
}

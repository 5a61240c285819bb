package identity_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/identity"
	"github.com/gatepass/gatepass/server/store"
)

// idp is an OpenID provider on this machine.
type idp struct {
	*httptest.Server
	w        *world
	arn, key string // as IAM and as Logins name it
	jwks     atomic.Value
	asked    atomic.Int32
	discover func(w http.ResponseWriter, r *http.Request) // nil: as it should be
}

func newIDP(t *testing.T, w *world) *idp {
	t.Helper()
	p := &idp{w: w}
	p.jwks.Store(token.MarshalJWKS(userKeys()[0]))
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	p.arn, p.key = identity.OIDCProviderARN(account, p.URL), strings.TrimPrefix(p.URL, "http://")
	w.update(func(tx *store.Tx) error {
		return tx.PutOIDCProvider(store.OIDCProvider{ARN: p.arn, Issuer: p.URL, ClientIDs: []string{"app", "web"}})
	})
	w.accept(p.arn)
	return p
}

// accept lets the pool take the provider.
func (w *world) accept(arns ...string) {
	w.t.Helper()
	in, err := w.describe(poolID)
	if err != nil {
		w.t.Fatal(err)
	}
	in.IdentityPoolName, in.OpenIdConnectProviderARNs = "test", arns
	if _, err := call[wire.IdentityPool](w, "UpdateIdentityPool", in); err != nil {
		w.t.Fatal(err)
	}
}

func (p *idp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked.Add(1)
	switch {
	case r.URL.Path == "/keys":
		_, _ = w.Write(p.jwks.Load().([]byte))
	case r.URL.Path == "/.well-known/openid-configuration" && p.discover != nil:
		p.discover(w, r)
	case r.URL.Path == "/.well-known/openid-configuration":
		p.document(w, p.URL, p.URL+"/keys")
	default:
		http.NotFound(w, r)
	}
}

func (p *idp) document(w http.ResponseWriter, iss, keys string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, iss, keys)
}

func (p *idp) login(changes ...any) map[string]string { return p.signed(userKeys()[0], changes...) }

func (p *idp) signed(k *token.Key, changes ...any) map[string]string {
	return map[string]string{p.key: p.w.signed(k, append([]any{"iss", p.URL, "aud", "app", "token_use", nil}, changes...)...)}
}

func TestOIDCLogin(t *testing.T) {
	w := newWorld(t)
	w.addRoles("a")
	p := newIDP(t, w)
	id := w.mustID(poolID, p.login())
	if again := w.mustID(poolID, p.login("aud", "web")); again != id {
		t.Error("another client of the provider has another identity")
	}
	if w.mustID(poolID, login(w.idToken())) == id {
		t.Error("a user pool's user of that name has the identity")
	}
	who, err := w.as(p.login(), "")
	want := []string{"authenticated", p.key, p.key + ":app:ada"}
	if err != nil || who.RoleARN != arn("users") || !slices.Equal(who.AMR, want) {
		t.Errorf("%+v, %v", who, err)
	}
	if err := w.setRoles(map[string]wire.RoleMapping{p.arn: rules("Deny", rule("hd", "Equals", "example.com", "a"))}); err != nil {
		t.Fatal(err)
	}
	if who, err = w.as(p.login("hd", "example.com"), ""); err != nil || who.RoleARN != arn("a") {
		t.Errorf("%s, %v", who.RoleARN, err)
	}
	_, err = w.as(p.login(), "")
	wantError(t, "5.1.13", err, nae, ambiguousMsg)
	// Roles are a user pool's to give.
	if err := w.setRoles(map[string]wire.RoleMapping{p.arn: {Type: "Token", AmbiguousRoleResolution: "Deny"}}); err != nil {
		t.Fatal(err)
	}
	if who, err = w.as(p.login("cognito:roles", []string{arn("a")}, "cognito:preferred_role", arn("a")), ""); err != nil || who.RoleARN != arn("users") {
		t.Errorf("%s, %v", who.RoleARN, err)
	}
}

func TestOIDCRefuses(t *testing.T) {
	w := newWorld(t)
	p := newIDP(t, w)
	exp := start.Add(-time.Minute).Unix()
	for name, c := range map[string]struct {
		logins map[string]string
		text   string
	}{
		"5.1.06 iss is not the key":   {p.login("iss", issuer), noMatchIss},
		"5.1.06 iss with a slash":     {p.login("iss", p.URL+"/"), noMatchIss},
		"5.1.07 no aud":               {p.login("aud", nil), noAud},
		"5.1.08 another client":       {p.login("aud", "other"), unsupported},
		"5.1.08 unknown provider":     {map[string]string{"idp.example": w.idToken("iss", "https://idp.example")}, unsupported},
		"5.1.08 no subject":           {p.login("sub", nil), unsupported},
		"a user pool's words":         {p.login("sub", "x,"+provider+":CognitoSignIn:ada"), unsupported},
		"5.1.08 two without azp":      {p.login("aud", []string{"app", "other"}), unsupported},
		"5.1.08 two, for the other":   {p.login("aud", []string{"app", "other"}, "azp", "other"), unsupported},
		"5.1.09 expired":              {p.login("exp", exp), fmt.Sprintf("Invalid login token. Token expired: %d >= %d", start.Unix(), exp)},
		"5.1.09 expires now":          {p.login("exp", start.Unix()), fmt.Sprintf("Invalid login token. Token expired: %d >= %d", start.Unix(), start.Unix())},
		"5.1.10 another key":          {p.signed(userKeys()[2]), unverified},
		"5.1.10 another key, same id": {p.signed(userKeys()[1]), unverified},
		"5.1.10 not yet valid":        {p.login("nbf", start.Add(time.Hour).Unix()), unverified},
		"5.1.11 an identity pool's":   {p.login("iss", "https://cognito-identity.amazonaws.com"), cognitoToken},
	} {
		_, err := w.getID(poolID, c.logins)
		wantError(t, name, err, nae, c.text)
	}
	if _, err := w.getID(poolID, p.login("aud", []string{"other", "app"}, "azp", "app")); err != nil {
		t.Errorf("two audiences with azp: %v", err)
	}
	if n := p.asked.Load(); n > 4 {
		t.Errorf("the provider was asked %d times", n)
	}
	w.accept()
	_, err := w.getID(poolID, p.login())
	wantError(t, "a provider that was taken out", err, nae, unsupported)
}

// TestOIDCKeys: new keys are found, asking is bounded, and old keys end.
func TestOIDCKeys(t *testing.T) {
	w := newWorld(t)
	p := newIDP(t, w)
	id := w.mustID(poolID, p.login())
	asked := p.asked.Load()
	p.jwks.Store(token.MarshalJWKS(userKeys()[2]))
	_, err := w.getID(poolID, p.signed(userKeys()[2]))
	wantError(t, "within the pause", err, nae, unverified)
	w.now = w.now.Add(30 * time.Second)
	if got, err := w.getID(poolID, p.signed(userKeys()[2])); err != nil || got != id {
		t.Errorf("after the pause: %s, %v", got, err)
	}
	_, err = w.getID(poolID, p.login())
	wantError(t, "the old key", err, nae, unverified)
	if n := p.asked.Load() - asked; n != 2 {
		t.Errorf("asked %d times", n)
	}
	p.Close()
	w.now = w.now.Add(59 * time.Minute)
	if _, err := w.getID(poolID, p.signed(userKeys()[2])); err != nil {
		t.Errorf("fresh keys, provider away: %v", err)
	}
	w.now = w.now.Add(2 * time.Minute)
	_, err = w.getID(poolID, p.signed(userKeys()[2]))
	wantError(t, "old keys, provider away", err, "ExternalServiceException", "")
}

// TestOIDCSlow: a provider that is slow to show new keys keeps nobody waiting whose token the keys at hand verify.
func TestOIDCSlow(t *testing.T) {
	w := newWorld(t)
	p := newIDP(t, w)
	w.mustID(poolID, p.login())
	w.now = w.now.Add(30 * time.Second)
	asked, answer := make(chan struct{}), make(chan struct{})
	p.discover = func(http.ResponseWriter, *http.Request) { close(asked); <-answer }
	stranger := make(chan error)
	go func() {
		_, err := w.getID(poolID, p.signed(userKeys()[2]))
		stranger <- err
	}()
	<-asked
	w.mustID(poolID, p.login())
	select {
	case err := <-stranger:
		t.Errorf("the one with the unknown key was not the one to wait: %v", err)
	default:
	}
	close(answer)
	wantError(t, "an unknown key", <-stranger, nae, unverified)
}

// TestOIDCProviderMisbehaves: whatever a provider answers, nobody is let in by it and nothing else is asked.
func TestOIDCProviderMisbehaves(t *testing.T) {
	secret := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the server behind a redirect was asked") }))
	defer secret.Close()
	for name, answer := range map[string]func(p *idp, w http.ResponseWriter, r *http.Request){
		"not found": func(_ *idp, w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"not JSON":  func(_ *idp, w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("x")) },
		"another issuer": func(p *idp, w http.ResponseWriter, _ *http.Request) {
			p.document(w, "https://idp.example", p.URL+"/keys")
		},
		"redirect": func(_ *idp, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, secret.URL, http.StatusFound)
		},
		"metadata": func(p *idp, w http.ResponseWriter, _ *http.Request) {
			p.document(w, p.URL, "http://169.254.169.254/latest")
		},
		"private net": func(p *idp, w http.ResponseWriter, _ *http.Request) { p.document(w, p.URL, "http://10.0.0.1/") },
		"a file":      func(p *idp, w http.ResponseWriter, _ *http.Request) { p.document(w, p.URL, "file:///etc/passwd") },
		"no keys":     func(p *idp, w http.ResponseWriter, _ *http.Request) { p.document(w, p.URL, p.URL+"/none") },
		"too long": func(p *idp, w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(strings.Repeat(" ", 2<<20)))
			p.document(w, p.URL, p.URL+"/keys")
		},
	} {
		w := newWorld(t)
		p := newIDP(t, w)
		p.discover = func(rw http.ResponseWriter, r *http.Request) { answer(p, rw, r) }
		_, err := w.getID(poolID, p.login())
		wantError(t, name, err, "ExternalServiceException", "")
	}
	for name, keys := range map[string]string{"empty set": `{"keys":[]}`, "a secret": `{"keys":[{"kty":"oct","k":"AAAA"}]}`, "no set": `[]`} {
		w := newWorld(t)
		p := newIDP(t, w)
		p.jwks.Store([]byte(keys))
		_, err := w.getID(poolID, p.login())
		wantError(t, name, err, "ExternalServiceException", "")
	}
}

func TestReachable(t *testing.T) {
	for address, want := range map[string][2]bool{ // as a provider elsewhere, as one on this machine
		"127.0.0.1:80":       {false, true},
		"[::1]:80":           {false, true},
		"[::ffff:7f00:1]:80": {false, true},
		"169.254.169.254:80": {false, false},
		"[fe80::1%eth0]:80":  {false, false},
		"0.0.0.0:80":         {false, false},
		"224.0.0.1:80":       {false, false},
		"10.0.0.1:443":       {true, false}, // an operator's own provider
		"93.184.215.14:443":  {true, false},
		"name:443":           {false, false},
	} {
		for i, local := range []bool{false, true} {
			if got := identity.Reachable(address, local) == nil; got != want[i] {
				t.Errorf("%s, local %v: %v", address, local, got)
			}
		}
	}
	for iss, want := range map[string]string{
		"https://idp.example":        "idp.example",
		"https://idp.example/tenant": "idp.example/tenant",
		"https://idp.example/":       "idp.example",
		"http://127.0.0.1:8080":      "127.0.0.1:8080",
		"http://idp.example":         "",
		"https://a@idp.example":      "",
		"https://idp.example/?x":     "",
		"https://":                   "",
		"file:///etc/passwd":         "",
	} {
		if want != "" {
			want = "arn:aws:iam::111122223333:oidc-provider/" + want
		}
		if got := identity.OIDCProviderARN(account, iss); got != want {
			t.Errorf("%s: %q", iss, got)
		}
	}
}

// TestLoginProviders: public providers whose ID tokens can be verified.
func TestLoginProviders(t *testing.T) {
	w := newWorld(t)
	in := settings()
	in.SupportedLoginProviders = map[string]string{"accounts.google.com": "a.apps.googleusercontent.com;b", "appleid.apple.com": "com.example"}
	made, err := w.createPool(in)
	if err != nil || len(made.SupportedLoginProviders) != 2 {
		t.Fatal(made, err)
	}
	_, err = w.getID(made.IdentityPoolId, map[string]string{"accounts.google.com": w.idToken()})
	wantError(t, "another issuer's token", err, nae, noMatchIss)
}

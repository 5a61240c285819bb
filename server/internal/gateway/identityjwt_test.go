package gateway

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// tokenStand serves a signed and an open route whose backend gets identity tokens.
func tokenStand(t *testing.T, sign func(*identityClaims) (string, error)) *stand {
	t.Helper()
	s := newStand(t)
	s.g.IdentityIssuer = "https://gate.example/_gatepass"
	s.g.SignIdentity = func(_ context.Context, claims any) (string, error) { return sign(claims.(*identityClaims)) }
	open := s.proxyRoute(apidef.AuthNone)
	open.Path = "/open/{proxy+}"
	s.serve(apidef.API{
		ID: "abc123", IdentityToken: "notes-backend", Stages: []apidef.Stage{{Name: "prod"}},
		Routes: []apidef.Route{s.proxyRoute(apidef.AuthIAM), open},
	})
	return s
}

func TestIdentityTokenIsOfThisCall(t *testing.T) {
	var got identityClaims
	s := tokenStand(t, func(c *identityClaims) (string, error) { got = *c; return "header.claims.signature", nil })
	r := s.request("POST", "/prod/notes/a%20b?x=1&y", "body")
	r.Header.Set("X-Gatepass-Identity", "of.the.client")
	seen := s.passed("signed", s.do(s.sign(r, "body")))
	if v := seen.header["X-Gatepass-Identity"]; len(v) != 1 || v[0] != "header.claims.signature" {
		t.Errorf("the backend got %q", v)
	}
	if got.ID != seen.header.Get("X-Gatepass-Request-Id") {
		t.Errorf("jti %q", got.ID)
	}
	got.ID = ""
	want := identityClaims{
		Issuer: "https://gate.example/_gatepass", Subject: "us-east-1:7b2c", Audience: "notes-backend",
		Issued: testTime.Unix(), Expires: testTime.Unix() + 120,
		API: "abc123", Stage: "prod", Method: "POST", Path: "/notes/a%20b", Query: "x=1&y", Host: testHost,
		UserARN:   "arn:aws:sts::111122223333:assumed-role/NotesRole/CognitoIdentityCredentials",
		AccountID: "111122223333", UserID: "AROAEXAMPLE:CognitoIdentityCredentials",
		IdentityID: "us-east-1:7b2c", IdentityPoolID: "us-east-1:0fa1", AuthenticationType: "authenticated",
		Provider: "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd,cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd:CognitoSignIn:9f3c",
		UserSub:  "9f3c",
	}
	if got != want {
		t.Errorf("claims\n%+v, want\n%+v", got, want)
	}
}

func TestIdentityTokenOfNobody(t *testing.T) {
	s := tokenStand(t, func(*identityClaims) (string, error) { return "never", nil })
	r := s.request("GET", "/prod/open/x", "")
	for _, name := range []string{"X-Gatepass-Identity", "x-gatepass-identity"} {
		r.Header[name] = []string{"of.the.client"}
	}
	if seen := s.passed("open", s.do(r)); seen.header["X-Gatepass-Identity"] != nil {
		t.Errorf("the backend got %q", seen.header["X-Gatepass-Identity"])
	}
}

// A sub is unique only at its issuer (RFC 7519 section 4.1.2), so the token says
// who gave it.
func TestIdentityTokenNamesTheIssuer(t *testing.T) {
	s := authorizedStand(t, apidef.Authorizer{Type: apidef.JWTAuthorizer, Issuer: "https://idp.example", Audience: []string{"app"}}, nil)
	var got identityClaims
	s.g.IdentityIssuer = "https://gate.example/_gatepass"
	s.g.SignIdentity = func(_ context.Context, claims any) (string, error) {
		got = *claims.(*identityClaims)
		return "header.claims.signature", nil
	}
	a := s.g.current().apis["abc123"][0].API
	a.IdentityToken = "notes-backend"
	s.serve(a)
	s.passed("JWT", s.do(s.with(`{"iss":"https://idp.example","aud":"app","sub":"9f3c"}`)))
	if got.Subject != "9f3c" || got.Provider != "https://idp.example" {
		t.Errorf("sub %q of %q", got.Subject, got.Provider)
	}
}

// A backend that trusts the token must not take a request without for an open one.
func TestIdentityTokenFaultRefuses(t *testing.T) {
	s := tokenStand(t, func(*identityClaims) (string, error) { return "", errors.New("no key") })
	s.refused("no key", s.do(s.signed("GET", "/prod/x", "")), 503, "ServiceUnavailableException")
}

func TestIdentityTokenNeedsASignerAndAnAudience(t *testing.T) {
	s := newStand(t)
	a := apidef.API{ID: "abc123", IdentityToken: "notes", Stages: []apidef.Stage{{Name: "prod"}}}
	if err := s.g.Serve(apidef.Catalog{APIs: []apidef.API{a}}); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "Endpoint") {
		t.Errorf("no signer: %v", err)
	}
	for _, audience := range []string{"a b", "\n", "ä", strings.Repeat("a", 257)} {
		if a.IdentityToken = audience; !errors.Is(Validate(a), ErrConfig) {
			t.Errorf("%q is taken", audience)
		}
	}
}

package server

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

const gateHost = ".execute-api.us-east-1.amazonaws.com"

// get calls an API of the server with a token.
func get(s *Server, api, path, bearer string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	r.Host = api + gateHost
	r.Header.Set("Authorization", "Bearer "+bearer)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// signIn gives the tokens of the sample's ada.
func signIn(t *testing.T, s *Server) (id, access string) {
	t.Helper()
	r := httptest.NewRequest("POST", "/", strings.NewReader(
		`{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"`+SampleClient+`","AuthParameters":{"USERNAME":"ada","PASSWORD":"Correct-horse-7"}}`))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.InitiateAuth")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var out struct {
		AuthenticationResult struct{ IdToken, AccessToken string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return out.AuthenticationResult.IdToken, out.AuthenticationResult.AccessToken
}

// guarded is an API whose route an authorizer guards.
func guarded(id string, auth apidef.Auth, def apidef.Authorizer, scopes ...string) apidef.API {
	def.Name = "auth"
	a := apidef.API{ID: id, Stages: []apidef.Stage{{Name: "prod"}}, Authorizers: []apidef.Authorizer{def}, Routes: []apidef.Route{{
		Path: "/x", Methods: []string{"GET"}, Auth: auth, Authorizer: "auth", Scopes: scopes,
		Integration: apidef.Integration{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") })},
	}}}
	if auth == apidef.AuthJWT {
		a.Protocol = apidef.HTTP
	}
	return a
}

// Authorizers take the tokens of this server's pools and of declared issuers,
// each only where it belongs.
func TestAuthorizersOfTheServer(t *testing.T) {
	ctx := context.Background()
	keys := make([]*token.Key, 2)
	for i := range keys {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		if keys[i], err = token.NewKey("", private); err != nil {
			t.Fatal(err)
		}
	}
	var idp *httptest.Server
	idp = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			_, _ = w.Write(token.MarshalJWKS(keys[0]))
			return
		}
		_, _ = io.WriteString(w, `{"issuer":"`+idp.URL+`","jwks_uri":"`+idp.URL+`/keys"}`)
	}))
	defer idp.Close()
	s := &Server{Config: Sample("Correct-horse-7"), Handlers: SampleHandlers()}
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	arn := "arn:aws:cognito-idp:us-east-1:000000000000:userpool/"
	issuer := "https://cognito-idp.us-east-1.amazonaws.com/" + SampleUserPool
	err := s.gateway.Serve(apidef.Catalog{APIs: []apidef.API{
		guarded("pool", apidef.AuthCognito, apidef.Authorizer{Type: apidef.CognitoAuthorizer, ProviderARNs: []string{arn + SampleUserPool}}),
		guarded("scoped", apidef.AuthCognito, apidef.Authorizer{Type: apidef.CognitoAuthorizer, ProviderARNs: []string{arn + SampleUserPool}}, "aws.cognito.signin.user.admin"),
		guarded("nopool", apidef.AuthCognito, apidef.Authorizer{Type: apidef.CognitoAuthorizer, ProviderARNs: []string{arn + "us-east-1_Other0000"}}),
		guarded("jwt", apidef.AuthJWT, apidef.Authorizer{Type: apidef.JWTAuthorizer, Issuer: issuer, Audience: []string{SampleClient}}),
		guarded("idp", apidef.AuthJWT, apidef.Authorizer{Type: apidef.JWTAuthorizer, Issuer: idp.URL, Audience: []string{"app"}}),
		guarded("away", apidef.AuthJWT, apidef.Authorizer{Type: apidef.JWTAuthorizer, Issuer: "http://127.0.0.1:1", Audience: []string{"app"}}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	id, access := signIn(t, s)
	foreign := func(key *token.Key, edit ...any) string {
		claims := map[string]any{"iss": idp.URL, "sub": "ada", "aud": "app", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix()}
		for i := 0; i < len(edit); i += 2 {
			claims[edit[i].(string)] = edit[i+1]
		}
		raw, err := token.Sign(key, token.RS256, claims)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	good := foreign(keys[0])
	head, rest, _ := strings.Cut(good, ".")
	for _, c := range []struct {
		name, api, token string
		status           int
	}{
		{"ID token", "pool", id, 200},
		{"D06 access token", "pool", access, 401},
		{"access token with the scope", "scoped", access, 200},
		{"D06 ID token for a scope", "scoped", id, 401},
		{"D07 another pool's", "nopool", id, 401},
		{"ID token by aud", "jwt", id, 200},
		{"access token by client_id", "jwt", access, 200},
		{"D07 a foreign token", "jwt", good, 401},
		{"D07 a foreign token for a pool", "pool", good, 401},
		{"declared issuer", "idp", good, 200},
		{"D07 a pool's token for another issuer", "idp", id, 401},
		{"another key", "idp", foreign(keys[1]), 401},
		{"another audience", "idp", foreign(keys[0], "aud", "web"), 401},
		{"D07 issuer with a slash", "idp", foreign(keys[0], "iss", idp.URL+"/"), 401},
		{"D08 expired", "idp", foreign(keys[0], "exp", time.Now().Add(-time.Minute).Unix()), 401},
		{"D08 no expiry", "idp", foreign(keys[0], "exp", nil), 401},
		{"D08 not yet", "idp", foreign(keys[0], "nbf", time.Now().Add(time.Hour).Unix()), 401},
		{"D08 issued ahead", "idp", foreign(keys[0], "iat", time.Now().Add(time.Hour).Unix()), 401},
		{"D01 none", "idp", "eyJhbGciOiJub25lIiwia2lkIjoiYSJ9." + strings.Split(rest, ".")[0] + ".", 401},
		{"D10 padded", "idp", head + "=." + rest, 401},
		{"D10 cut off", "idp", good[:len(good)-2], 401},
		{"D10 something after it", "idp", good + "A", 401},
		{"keys that cannot be had", "away", foreign(keys[0], "iss", "http://127.0.0.1:1"), 503},
	} {
		got := get(s, c.api, "/prod/x", c.token)
		if got.Code != c.status {
			t.Errorf("%s: %d %s %s", c.name, got.Code, got.Body, got.Header().Get("Www-Authenticate"))
		}
	}
	if got := get(s, "idp", "/prod/x", foreign(keys[0], "exp", int64(1))).Header().Get("Www-Authenticate"); !strings.HasSuffix(got, `error_description="the token has expired"`) {
		t.Error(got)
	}
}

// What a key has used of its quota outlasts the process.
func TestQuotaSurvivesRestart(t *testing.T) {
	dsn := t.TempDir() + "/gate.db"
	a := guarded("pool", apidef.AuthNone, apidef.Authorizer{})
	a.Authorizers, a.Routes[0].Authorizer, a.Routes[0].APIKeyRequired = nil, "", true
	now := time.Now() // of one month
	for i, want := range []int{200, 200, 429} {
		s := &Server{DSN: dsn, Now: func() time.Time { return now }}
		if err := s.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		err := s.gateway.Serve(apidef.Catalog{
			APIs: []apidef.API{a},
			Keys: []apidef.APIKey{{ID: "k", Value: "0123456789-0123456789", Enabled: true}},
			Plans: []apidef.UsagePlan{{
				ID: "p", Keys: []string{"k"}, Stages: []apidef.PlanStage{{API: "pool", Stage: "prod"}},
				Quota: &apidef.Quota{Limit: 2, Period: "MONTH"},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/prod/x", nil)
		r.Host = "pool" + gateHost
		r.Header.Set("X-Api-Key", "0123456789-0123456789")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("start %d: %d %s", i, w.Code, w.Body)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

package server_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
)

// tokenGate is a gate whose backend answers with the identity token it got.
func tokenGate(t *testing.T, configure ...func(*server.Server)) *gatepasstest.Stand {
	t.Helper()
	return gatepasstest.New(t, append(configure, func(s *server.Server) {
		s.Config = server.Sample("")
		s.Config.APIs[0].IdentityToken = "notes-backend"
		for name := range s.Handlers {
			s.Handlers[name] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, r.Header.Get("X-Gatepass-Identity"))
			})
		}
	})...)
}

func tokenOf(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %s, %v", resp.StatusCode, text, err)
	}
	return string(text)
}

func TestIdentityTokenVerifiesWithAnotherLibrary(t *testing.T) {
	st := tokenGate(t)
	ada := st.SignedIn("ada")
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, st.URL+"/_gatepass")
	if err != nil {
		t.Fatal(err)
	}
	raw := tokenOf(t, ada.HTTPClient(), st.API+"/notes")
	token, err := provider.Verifier(&oidc.Config{ClientID: "notes-backend"}).Verify(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(token.Subject, "us-east-1:") || token.Subject != claims["identity_id"] || claims["user_sub"] != ada.Claims().Subject() || claims["path"] != "/notes" || claims["method"] != "GET" || claims["stage"] != server.SampleStage {
		t.Errorf("subject %s, claims %v", token.Subject, claims)
	}
	if life := token.Expiry.Sub(token.IssuedAt); life <= 0 || life > 5*time.Minute {
		t.Errorf("valid for %s", life)
	}
	if _, err := provider.Verifier(&oidc.Config{ClientID: "another"}).Verify(ctx, raw); err == nil {
		t.Error("another audience takes it")
	}
}

// The keys outlive the process, sealed in the database.
func TestIdentityTokenKeysOutliveTheServer(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "gate.db")
	var sets [2]string
	for i := range sets {
		s := &server.Server{DSN: dsn}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/_gatepass/.well-known/jwks.json", nil))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		text := w.Body.Bytes()
		var set struct{ Keys []map[string]string }
		if json.Unmarshal(text, &set) != nil || len(set.Keys) != 1 || set.Keys[0]["d"] != "" || set.Keys[0]["alg"] != "ES256" {
			t.Fatalf("%s", text)
		}
		sets[i] = string(text)
	}
	if sets[0] != sets[1] {
		t.Errorf("%s\n%s", sets[0], sets[1])
	}
}

func TestIdentityTokenNeedsAnEndpoint(t *testing.T) {
	c := server.Sample("")
	c.APIs[0].IdentityToken = "notes-backend"
	s := &server.Server{Config: c, Handlers: server.SampleHandlers()}
	if err := s.Start(context.Background()); err == nil {
		t.Error("a gate without an address serves tokens whose keys nobody finds")
		_ = s.Close()
	}
}

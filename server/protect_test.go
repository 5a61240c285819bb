package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
)

// protected serves h at /api/ of a mux, for the role of the sample with one more
// policy.
func protected(t *testing.T, policy string, p server.Protection, h http.HandlerFunc) (*gatepasstest.Stand, string) {
	t.Helper()
	st := gatepasstest.New(t, func(s *server.Server) {
		s.Config = server.Sample("")
		s.Config.Roles[0].Policies["protected"] = server.Document(policy)
	})
	guarded, err := st.Server.Protect(p, h)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/{thing}", guarded)
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	return st, front.URL
}

const mayReadDocs = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:*:docs/prod/*/api/*"}}`

func status(t *testing.T, client *http.Client, r *http.Request) (int, http.Header, string) {
	t.Helper()
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

func request(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestProtectedHandlerKnowsItsCaller(t *testing.T) {
	st, url := protected(t, mayReadDocs, server.Protection{API: "docs"}, func(w http.ResponseWriter, r *http.Request) {
		id, ok := server.IdentityFrom(r.Context())
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%v %s %s %s %s|%s|%v|%s", ok, r.Method, r.RequestURI, r.PathValue("thing"), body, id.AuthenticationType, err, r.Header.Get("X-Gatepass-Identity-Id"))
		if id.IdentityID != r.Header.Get("X-Gatepass-Identity-Id") || id.UserSub == "" {
			t.Errorf("identity %+v", id)
		}
	})
	ada := st.SignedIn("ada")
	r := request(t, "PUT", url+"/api/one?q=1", "the body")
	r.Header.Set("X-Gatepass-Identity-Id", "of the client")
	code, _, text := status(t, ada.HTTPClient(strings.TrimPrefix(url, "http://")), r)
	if code != 200 || !strings.HasPrefix(text, "true PUT /api/one?q=1 one the body|authenticated|<nil>|us-east-1:") {
		t.Errorf("%d %s", code, text)
	}
}

func TestProtectedHandlerRefusals(t *testing.T) {
	st, url := protected(t, strings.Replace(mayReadDocs, "/prod/*/", "/prod/GET/", 1), server.Protection{API: "docs"}, func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the handler was called: %s %s", r.Method, r.RequestURI)
	})
	ada := st.SignedIn("ada")
	code, h, _ := status(t, http.DefaultClient, request(t, "GET", url+"/api/one", ""))
	if code != 403 || h.Get("x-amzn-ErrorType") != "MissingAuthenticationTokenException" {
		t.Errorf("E1 unsigned: %d %s", code, h.Get("x-amzn-ErrorType"))
	}
	code, h, text := status(t, ada.HTTPClient(strings.TrimPrefix(url, "http://")), request(t, "POST", url+"/api/one", ""))
	if code != 403 || h.Get("x-amzn-ErrorType") != "AccessDeniedException" || !strings.Contains(text, "docs/prod/POST/api/one") {
		t.Errorf("E17 denied: %d %s %s", code, h.Get("x-amzn-ErrorType"), text)
	}
	r := request(t, "GET", url+"/api/one", "")
	r.Header.Set("Authorization", "Bearer x")
	if code, h, _ = status(t, http.DefaultClient, r); code != 403 || h.Get("x-amzn-ErrorType") != "IncompleteSignatureException" {
		t.Errorf("E2 bearer: %d %s", code, h.Get("x-amzn-ErrorType"))
	}
}

func TestProtectedHandlerCORS(t *testing.T) {
	_, url := protected(t, mayReadDocs, server.Protection{API: "docs", CORS: &server.CORS{AllowOrigins: []string{"https://app.example"}}},
		func(http.ResponseWriter, *http.Request) { t.Error("the handler was called") })
	r := request(t, "OPTIONS", url+"/api/one", "")
	r.Header.Set("Origin", "https://app.example")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	code, h, _ := status(t, http.DefaultClient, r)
	if code != 204 || h.Get("Access-Control-Allow-Origin") != "https://app.example" || !strings.Contains(h.Get("Access-Control-Allow-Methods"), "PUT") {
		t.Errorf("preflight: %d %v", code, h)
	}
	r = request(t, "GET", url+"/api/one", "")
	r.Header.Set("Origin", "https://app.example")
	if code, h, _ = status(t, http.DefaultClient, r); code != 403 || h.Get("Access-Control-Allow-Origin") != "https://app.example" {
		t.Errorf("a refusal that browsers may read: %d %v", code, h)
	}
}

// The first part of an answer comes while the handler still works, and there is
// no deadline on it.
func TestProtectedHandlerStreams(t *testing.T) {
	first := make(chan struct{})
	st, url := protected(t, mayReadDocs, server.Protection{API: "docs"}, func(w http.ResponseWriter, r *http.Request) {
		if _, limited := r.Context().Deadline(); limited {
			t.Error("a deadline is on the handler")
		}
		_, _ = io.WriteString(w, "one\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		select {
		case <-first:
		case <-time.After(5 * time.Minute):
			t.Error("the first line did not come")
		}
		_, _ = io.WriteString(w, "two\n")
	})
	resp, err := st.SignedIn("ada").HTTPClient(strings.TrimPrefix(url, "http://")).Get(url + "/api/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() || lines.Text() != "one" {
		t.Fatalf("%d %s", resp.StatusCode, lines.Text())
	}
	close(first)
	if !lines.Scan() || lines.Text() != "two" {
		t.Errorf("then %q", lines.Text())
	}
}

func TestProtectRefusesWhatItCannotName(t *testing.T) {
	s := &server.Server{}
	defer func() { _ = s.Close() }()
	for _, p := range []server.Protection{{}, {API: "Docs"}, {API: "docs", Stage: "a/b"}} {
		if _, err := s.Protect(p, http.NotFoundHandler()); err == nil {
			t.Errorf("%+v is taken", p)
		}
	}
	broken := &server.Server{DSN: "nonsense://x"}
	if _, err := broken.Protect(server.Protection{API: "docs"}, http.NotFoundHandler()); err == nil {
		t.Error("a server that does not start protects")
	}
}

func TestIdentityFromOutside(t *testing.T) {
	if id, ok := server.IdentityFrom(context.Background()); ok || id != (server.Identity{}) {
		t.Errorf("%+v", id)
	}
}

// A handler that gives up half-way breaks the connection, and one that panics
// before it answered is a fault.
func TestProtectedHandlerPanics(t *testing.T) {
	st, url := protected(t, mayReadDocs, server.Protection{API: "docs"}, func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("thing") == "half" {
			_, _ = io.WriteString(w, strings.Repeat("x", 10_000))
		}
		panic(errors.New("boom"))
	})
	client := st.SignedIn("ada").HTTPClient(strings.TrimPrefix(url, "http://"))
	if code, _, text := status(t, client, request(t, "POST", url+"/api/whole", "")); code != 500 || strings.Contains(text, "boom") {
		t.Errorf("%d %s", code, text)
	}
	resp, err := client.Do(request(t, "POST", url+"/api/half", ""))
	if err != nil {
		return // broken off with the headers
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("a part passes for the whole: %d bytes", len(text))
	}
}

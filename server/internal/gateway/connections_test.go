package gateway

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

const managePolicy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:ManageConnections","Resource":"arn:aws:execute-api:us-east-1:111122223333:abc123/prod/POST/@connections/*"}}`

// managed is a call of the @connections API as SDKs make it, its path escaped.
func (s *socketStand) managed(method, id, body string) reply {
	s.t.Helper()
	return s.do(s.signed(method, "/prod/%40connections/"+url.QueryEscape(id), body))
}

func TestConnectionsPost(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone)
	s.policy = managePolicy
	conn, id := s.open()
	if got := s.managed("POST", id, "hello"); got.status != 200 || got.body != "" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := s.read(conn); got != "hello" {
		t.Errorf("got %s", got)
	}
	if got := s.do(s.signed("POST", "/prod/@connections/"+id, "plain")); got.status != 200 {
		t.Errorf("unescaped: %d %s", got.status, got.body)
	}
	if got := s.read(conn); got != "plain" {
		t.Errorf("got %s", got)
	}
	if got := s.managed("POST", id, strings.Repeat("x", maxMessage+1)); got.status != 413 || got.header.Get("x-amzn-ErrorType") != "PayloadTooLargeException" {
		t.Errorf("large: %d %s", got.status, got.body)
	}
}

func TestConnectionsGetAndDelete(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone)
	s.policy = strings.Replace(managePolicy, "/POST/", "/*/", 1)
	conn, id := s.open()
	got := s.managed("GET", id, "")
	var about struct {
		ConnectedAt, LastActiveAt string
		Identity                  struct{ SourceIP, UserAgent string }
	}
	if err := json.Unmarshal([]byte(got.body), &about); err != nil || got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if about.ConnectedAt != "2026-01-15T10:20:30.000Z" || about.LastActiveAt != about.ConnectedAt || about.Identity.SourceIP != "127.0.0.1" || about.Identity.UserAgent != "test" {
		t.Errorf("%s", got.body)
	}
	s.deleted(s, conn, id)
}

// deleted has by, this node or another, end a connection of s: the client and the
// function learn of it, and by finds it no more.
func (s *socketStand) deleted(by *socketStand, conn *websocket.Conn, id string) {
	s.t.Helper()
	ended := make(chan websocket.StatusCode, 1)
	go func() { ended <- s.closed(conn) }()
	if got := by.managed("DELETE", id, ""); got.status != 204 {
		s.t.Errorf("delete: %d %s", got.status, got.body)
	}
	if code := <-ended; code != websocket.StatusNormalClosure {
		s.t.Errorf("closed with %d", code)
	}
	s.event("$disconnect")
	for _, method := range []string{"GET", "POST", "DELETE"} {
		if got := by.managed(method, id, ""); got.status != 410 || got.header.Get("x-amzn-ErrorType") != "GoneException" {
			s.t.Errorf("%s: %d %s", method, got.status, got.body)
		}
	}
}

func TestConnectionsRefusals(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone, func(a *apidef.API) { a.Stages = append(a.Stages, apidef.Stage{Name: "dev"}) })
	s.policy = managePolicy
	_, id := s.open()
	check := func(name string, got reply, status int, errorType string) {
		t.Helper()
		if got.status != status || got.header.Get("x-amzn-ErrorType") != errorType {
			t.Errorf("%s: %d %s %s", name, got.status, got.header.Get("x-amzn-ErrorType"), got.body)
		}
	}
	path := "/prod/%40connections/" + url.QueryEscape(id)
	check("E1 unsigned", s.do(s.request("POST", path, "x")), 403, "MissingAuthenticationTokenException")
	got := s.managed("DELETE", id, "")
	check("E17 denied", got, 403, "AccessDeniedException")
	if !strings.Contains(got.body, "execute-api:ManageConnections on resource: arn:aws:execute-api:us-east-1:********3333:abc123/prod/DELETE/@connections/"+id) {
		t.Errorf("denied: %s", got.body)
	}
	check("method", s.managed("PUT", id, ""), 405, "MethodNotAllowedException")
	check("id", s.managed("POST", "nonsense!", ""), 400, "BadRequestException")
	s.policy = allowAll
	check("Invoke is not ManageConnections", s.managed("POST", id, ""), 403, "AccessDeniedException")
	s.policy = strings.Replace(managePolicy, "/prod/POST/", "/*/", 1)
	s.policy = strings.Replace(s.policy, "/@connections/*", "", 1)
	check("another stage", s.do(s.signed("POST", strings.Replace(path, "prod", "dev", 1), "x")), 410, "GoneException")
	check("E19 stage", s.do(s.signed("POST", strings.Replace(path, "prod", "none", 1), "x")), 403, "ForbiddenException")
}

// A backend that answers $connect may not yet send: the connection is not open.
func TestConnectionsBeforeItIsOpen(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone)
	s.policy = managePolicy
	if got := s.managed("POST", s.g.connectionID(), "x"); got.status != 410 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// On a domain of the API's own there is no stage in the path, and the ARN has it
// all the same.
func TestConnectionsOnADomain(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone, func(a *apidef.API) {
		a.Domains = []apidef.Domain{{Host: "chat.example", BasePath: "v1", Stage: "prod"}}
	})
	s.policy = managePolicy
	conn, id := s.open()
	r := s.request("POST", "/v1/%40connections/"+url.QueryEscape(id), "hello")
	r.Host = "chat.example"
	if got := s.do(s.sign(r, "hello")); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := s.read(conn); got != "hello" {
		t.Errorf("got %s", got)
	}
}

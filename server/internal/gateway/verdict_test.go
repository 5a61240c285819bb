package gateway

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/policy"
)

// TestDecisionIsShown: whoever is verified learns which statement decided, where
// the operator wants that, and never what it holds.
func TestDecisionIsShown(t *testing.T) {
	for _, row := range []struct{ statements, want string }{
		{`{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"}`, `Allow; kind=identity; policy="test"; statement="All"`},
		{`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"arn:aws:execute-api:*:*:*/secret-name"}`, `ExplicitDeny; kind=identity; policy="test"; statement="1"`},
		{`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:*/other-name"}`, `ImplicitDeny; kind=identity; nearest="test"; statement="0"; fails="Resource"`},
		{`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`, `ImplicitDeny; kind=identity; nearest="test"; statement="0"; fails="Condition aws:SecureTransport"`},
		{`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::other-name"}`, `ImplicitDeny; kind=identity`},
	} {
		s := newStand(t)
		s.g.ShowDecisions = true
		s.policy = `{"Version":"2012-10-17","Statement":[` + row.statements + `]}`
		got := s.do(s.signed("GET", "/prod/secret-name", ""))
		if h := got.header.Get("X-Gatepass-Decision"); h != row.want {
			t.Errorf("%s: header %q, want %q", row.statements, h, row.want)
		}
		if e := s.lastEvent(); e.Verdict != row.want {
			t.Errorf("%s: event %q", row.statements, e.Verdict)
		}
	}
}

// TestDecisionIsWithheld: strangers learn nothing, nobody does unless the
// operator wants it, and a backend cannot pretend to be the gate.
func TestDecisionIsWithheld(t *testing.T) {
	s := newStand(t)
	s.policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
	if h := s.do(s.signed("GET", "/prod/notes", "")).header.Get("X-Gatepass-Decision"); h != "" {
		t.Errorf("without the operator's wish: %q", h)
	}
	if e := s.lastEvent(); !strings.HasPrefix(e.Verdict, "ExplicitDeny") {
		t.Errorf("the log has %q", e.Verdict)
	}

	s = newStand(t)
	s.g.ShowDecisions = true
	stranger := s.signed("GET", "/prod/notes", "")
	stranger.Header.Set("X-Amz-Date", "20260115T102031Z") // so that the signature is wrong
	for name, r := range map[string]*http.Request{"unsigned": s.request("GET", "/prod/notes", ""), "wrong signature": stranger} {
		if h := s.do(r).header.Get("X-Gatepass-Decision"); h != "" {
			t.Errorf("%s: %q", name, h)
		}
	}
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Gatepass-Decision", "Allow; by the backend")
		_, _ = io.WriteString(w, "ok")
	}
	if h := s.do(s.signed("GET", "/prod/notes", "")).header["X-Gatepass-Decision"]; len(h) != 1 || strings.Contains(h[0], "backend") {
		t.Errorf("the backend said %q", h)
	}
}

// TestDenialIsSealed: whoever is verified gets why he was denied in a form that only the operator opens, and nobody else gets
// anything.
func TestDenialIsSealed(t *testing.T) {
	s := newStand(t)
	var asked []string
	s.g.Denied = func(req policy.Request, d policy.Decision, verdict string) string {
		asked = append(asked, d.Reason.String()+" "+req.Resource[strings.LastIndexByte(req.Resource, ':')+1:]+" "+verdict)
		return "sealed"
	}
	const header = "X-Gatepass-Authorization-Message"
	if h := s.do(s.signed("GET", "/prod/notes", "")).header.Get(header); h != "" {
		t.Errorf("allowed: %q", h)
	}
	s.policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
	if h := s.do(s.request("GET", "/prod/notes", "")).header.Get(header); h != "" {
		t.Errorf("unsigned: %q", h)
	}
	got := s.do(s.signed("GET", "/prod/notes", ""))
	if h := got.header.Get(header); h != "sealed" || got.status != http.StatusForbidden || len(asked) != 1 || !strings.HasPrefix(asked[0], "ExplicitDeny ") || !strings.Contains(asked[0], "/prod/GET/notes ExplicitDeny; kind=identity") {
		t.Errorf("%d %q %v", got.status, h, asked)
	}
}

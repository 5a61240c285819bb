package gateway

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

func corsStand(t *testing.T, c apidef.CORS) *stand {
	s := newStand(t)
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, CORS: &c, Routes: []apidef.Route{
		{Path: "/notes", Methods: []string{"GET", "POST"}, Auth: apidef.AuthIAM, Integration: apidef.Integration{URI: "BACKEND"}},
	}})
	return s
}

func preflight(origin, headers string) string {
	return "OPTIONS /prod/notes HTTP/1.1\r\nHost: " + testHost + "\r\nOrigin: " + origin +
		"\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: " + headers + "\r\n\r\n"
}

func TestPreflight(t *testing.T) {
	s := corsStand(t, apidef.CORS{AllowOrigins: []string{"https://app.example"}, AllowCredentials: true, MaxAge: time.Hour, ExposeHeaders: []string{"ETag"}})
	got := s.send(preflight("https://app.example", "authorization"))
	s.refused("preflight", got, 204, "")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "https://app.example", "Access-Control-Allow-Methods": "GET,POST",
		"Access-Control-Allow-Headers": signingHeaders, "Access-Control-Max-Age": "3600",
		"Access-Control-Allow-Credentials": "true", "Vary": "Origin",
		"Access-Control-Expose-Headers": "x-amzn-RequestId,x-amzn-ErrorType,Date,ETag",
	} {
		if v := got.header.Get(name); v != want {
			t.Errorf("%s = %q, want %q", name, v, want)
		}
	}
	got = s.send(preflight("https://evil.example", "authorization"))
	if got.header.Get("Access-Control-Allow-Origin")+got.header.Get("Access-Control-Allow-Methods") != "" {
		t.Errorf("foreign origin: %v", got.header)
	}
	plain := strings.Replace(preflight("https://app.example", "x"), "Access-Control-Request-Method: POST\r\n", "", 1)
	s.refused("an OPTIONS that is no preflight", s.send(plain), 403, "MissingAuthenticationTokenException")
	s = corsStand(t, apidef.CORS{AllowOrigins: []string{"*"}, AllowHeaders: []string{"*"}})
	got = s.send(preflight("https://any.example", "authorization,x-y"))
	if got.header.Get("Access-Control-Allow-Origin") != "*" || got.header.Get("Access-Control-Allow-Headers") != "authorization,x-y" {
		t.Errorf("any: %v", got.header)
	}
}

func TestCORSOnAnswers(t *testing.T) {
	s := corsStand(t, apidef.CORS{AllowOrigins: []string{"https://app.example"}})
	r := s.request("GET", "/prod/notes", "")
	r.Header.Set("Origin", "https://app.example")
	got := s.do(r)
	s.refused("unsigned", got, 403, "MissingAuthenticationTokenException")
	if got.header.Get("Access-Control-Allow-Origin") != "https://app.example" || !strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "x-amzn-ErrorType") {
		t.Errorf("refusal without CORS: %v", got.header)
	}
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Methods", "PURGE")
		_, _ = io.WriteString(w, "ok")
	}
	r = s.request("GET", "/prod/notes", "")
	r.Header.Set("Origin", "https://app.example")
	got = s.do(s.sign(r, ""))
	if v := got.header.Values("Access-Control-Allow-Origin"); len(v) != 1 || v[0] != "https://app.example" || got.header.Get("Access-Control-Allow-Methods") != "" {
		t.Errorf("the backend's word counted: %v", got.header)
	}
}

// TestDecisionIsExposed: a page may read why it was denied, where that is told.
func TestDecisionIsExposed(t *testing.T) {
	for _, told := range []bool{true, false} {
		s := corsStand(t, apidef.CORS{AllowOrigins: []string{"*"}})
		s.g.ShowDecisions = told
		s.policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
		r := s.signed("GET", "/prod/notes", "")
		r.Header.Set("Origin", "https://app.example")
		got := s.do(r)
		if list := got.header.Get("Access-Control-Expose-Headers"); strings.Contains(list, headerDecision) != told {
			t.Errorf("told: %v, exposed: %s", told, list)
		}
	}
}

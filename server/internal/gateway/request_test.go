package gateway

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

func ruled(t *testing.T, auth apidef.Auth, rules apidef.RequestRules) *stand {
	t.Helper()
	s := newStand(t)
	s.serve(apidef.API{
		ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}},
		Models: map[string]string{
			"Note": `{"$schema":"http://json-schema.org/draft-04/schema#","title":"Note","type":"object","required":["text"],
				"properties":{"text":{"type":"string","minLength":1},"n":{"type":"number","minimum":0,"exclusiveMinimum":true},
				"author":{"$ref":"https://apigateway.amazonaws.com/restapis/abc123/models/Author"}},"additionalProperties":false}`,
			"Author": `{"type":"object","required":["name"]}`,
		},
		Routes: []apidef.Route{{Path: "/n/{issuer}", Methods: []string{"ANY"}, Auth: auth, Request: &rules, Integration: apidef.Integration{URI: "BACKEND"}}},
	})
	return s
}

func TestE24RequiredParameters(t *testing.T) {
	s := ruled(t, apidef.AuthNone, apidef.RequestRules{CheckParameters: true, Parameters: map[string]bool{
		"method.request.querystring.qs1": true, "method.request.path.issuer": true, "method.request.header.x-header-param": true,
		"method.request.querystring.optional": false, "method.request.path.absent": true,
	}})
	for _, tt := range []struct{ target, header, want string }{
		{"/prod/n/1", "", "x-header-param, absent, qs1"},
		{"/prod/n/1?qs1=", "v", "absent, qs1"},
		{"/prod/n/1?qs1=2", " ", "x-header-param, absent"},
	} {
		r := s.request("GET", tt.target, "")
		if tt.header != "" {
			r.Header.Set("X-Header-Param", tt.header)
		}
		got := s.do(r)
		s.refused(tt.target, got, 400, "BadRequestException")
		if want := `{"message":"Missing required request parameters: [` + tt.want + `]"}`; got.body != want {
			t.Errorf("%s: %s, want %s", tt.target, got.body, want)
		}
	}
}

// TestE24UnsignedHeader: what was not signed does not count.
func TestE24UnsignedHeader(t *testing.T) {
	s := ruled(t, apidef.AuthIAM, apidef.RequestRules{CheckParameters: true, Parameters: map[string]bool{"method.request.header.X-A": true}})
	r := s.signed("GET", "/prod/n/1", "")
	r.Header.Set("X-A", "added")
	s.refused("unsigned", s.do(r), 400, "BadRequestException")
	s.signer.SignHeaders = []string{"X-A"}
	r = s.request("GET", "/prod/n/1", "")
	r.Header.Set("X-A", "signed")
	s.passed("signed", s.do(s.sign(r, "")))
}

func TestE24Bodies(t *testing.T) {
	s := ruled(t, apidef.AuthNone, apidef.RequestRules{CheckBody: true, Models: map[string]string{"application/json": "Note", "application/x-any": "Empty"}})
	for _, tt := range []struct {
		contentType, body string
		ok                bool
	}{
		{"application/json", `{"text":"a","n":1.5,"author":{"name":"x"}}`, true},
		{"", `{"text":"a"}`, true},
		{"application/json; charset=utf-8", `{"text":1}`, false},
		{"application/json", `{"text":"a","n":0}`, false},
		{"application/json", `{"text":"a","author":{}}`, false},
		{"application/json", `{"text":"a","more":1}`, false},
		{"application/json", `not JSON`, false},
		{"application/json", ``, false},
		{"application/json", `{"text":"a"} {}`, false},
		{"application/json", strings.Repeat("[", 1000), false},
		{"text/plain", `anything`, true},
		{"application/x-any", `anything`, true},
	} {
		r := s.request("POST", "/prod/n/1", tt.body)
		if tt.contentType != "" {
			r.Header.Set("Content-Type", tt.contentType)
		}
		got := s.do(r)
		if tt.ok {
			s.passed(tt.body, got)
			continue
		}
		s.refused(tt.body, got, 400, "BadRequestException")
		if got.body != `{"message":"Invalid request body"}` {
			t.Errorf("%s: %s", tt.body, got.body)
		}
	}
}

func TestRulesThatAreNotChecked(t *testing.T) {
	s := ruled(t, apidef.AuthNone, apidef.RequestRules{
		Parameters: map[string]bool{"method.request.header.X": true}, Models: map[string]string{"application/json": "Note"},
	})
	s.passed("no validator", s.do(s.request("POST", "/prod/n/1", "nonsense")))
}

func TestRulesRefusedWhenLoaded(t *testing.T) {
	for name, edit := range map[string]func(*apidef.API){
		"model":        func(a *apidef.API) { a.Routes[0].Request.Models = map[string]string{"application/json": "None"} },
		"parameter":    func(a *apidef.API) { a.Routes[0].Request.Parameters = map[string]bool{"method.request.cookie.x": true} },
		"schema":       func(a *apidef.API) { a.Models["Note"] = `{"type":"nothing"}` },
		"not JSON":     func(a *apidef.API) { a.Models["Note"] = `{` },
		"of a network": func(a *apidef.API) { a.Models["Note"] = `{"$ref":"http://127.0.0.1/schema.json"}` },
		"of a file":    func(a *apidef.API) { a.Models["Note"] = `{"$ref":"file:///etc/passwd"}` },
		"pattern":      func(a *apidef.API) { a.Models["Note"] = `{"pattern":"("}` },
		"draft 7":      func(a *apidef.API) { a.Models["Note"] = `{"$schema":"http://json-schema.org/draft-07/schema#"}` },
		"later":        func(a *apidef.API) { a.Models["Note"] = `{"properties":{"a":{"const":1}}}` },
		"on HTTP APIs": func(a *apidef.API) { a.Protocol, a.Models = apidef.HTTP, nil },
		"of other APIs": func(a *apidef.API) {
			a.Models["Note"] = `{"$ref":"https://apigateway.amazonaws.com/restapis/other/models/None"}`
		},
	} {
		a := apidef.API{
			ID: "abc", Stages: []apidef.Stage{{Name: "prod"}}, Models: map[string]string{"Note": `{}`},
			Routes: []apidef.Route{{
				Path: "/x", Methods: []string{"GET"}, Auth: apidef.AuthNone, Integration: apidef.Integration{URI: "http://127.0.0.1"},
				Request: &apidef.RequestRules{CheckBody: true, Models: map[string]string{"application/json": "Note"}},
			}},
		}
		edit(&a)
		if err := Validate(a); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

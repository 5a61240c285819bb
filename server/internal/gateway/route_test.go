package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

func okHandler(http.ResponseWriter, *http.Request) {}

func testAPI(t *testing.T, specs ...string) *api {
	t.Helper()
	a := apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}}
	for _, spec := range specs {
		method, path, _ := strings.Cut(spec, " ")
		a.Routes = append(a.Routes, apidef.Route{
			Path: path, Methods: []string{method}, Auth: apidef.AuthIAM,
			Integration: apidef.Integration{Handler: http.HandlerFunc(okHandler)},
		})
	}
	out, err := compile(a)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRouting holds section 1.3 of the reference; rows marked * were validated
// against AWS.
func TestRouting(t *testing.T) {
	tests := []struct {
		name, routes, call, want string
	}{
		{"* no such method on the specific resource: its general sibling", "POST /test,ANY /{proxy+}", "OPTIONS /test", "/{proxy+} test"},
		{"* exact options on proxy", "POST /test,OPTIONS /{proxy+}", "OPTIONS /test", "/{proxy+} test"},
		{"the specific resource has it", "POST /test,ANY /{proxy+}", "POST /test", "/test"},
		{"* method only on the variable", "GET /users/{userId},PATCH /users/me", "GET /users/me", "/users/{userId} me"},
		{"* method on the static sibling", "GET /users/{userId},PATCH /users/me", "PATCH /users/me", "/users/me"},
		{"* unknown path", "GET /a", "GET /b", ""},
		{"* wrong method", "GET /a", "POST /a", ""},
		{"* trailing slash, proxy value without it", "ANY /{proxy+}", "GET /proxy-value/", "/{proxy+} proxy-value"},
		{"* double slash inside a proxy value", "ANY /{proxy+}", "GET /a//b", "/{proxy+} a//b"},
		{"* extra slash before the resource", "GET /hardcoded", "GET //hardcoded", "/hardcoded"},
		{"* values stay encoded", "GET /{id}", "GET /test%2Balias@gmail.com", "/{id} test%2Balias@gmail.com"},
		{"trailing slash of a static path", "GET /notes", "GET /notes/", "/notes"},
		{"GET does not answer HEAD", "GET /notes", "HEAD /notes", ""},
		{"ANY answers HEAD", "ANY /notes", "HEAD /notes", "/notes"},
		{"exact method before ANY", "ANY /n/{a},GET /n/{a}", "GET /n/1", "/n/{a} 1"},
		{"static before variable before proxy", "GET /a/b,GET /a/{x},GET /a/{p+}", "GET /a/b", "/a/b"},
		{"variable before proxy", "GET /a/b,GET /a/{x},GET /a/{p+}", "GET /a/c", "/a/{x} c"},
		{"proxy for more segments", "GET /a/b,GET /a/{x},GET /a/{p+}", "GET /a/c/d", "/a/{p+} c/d"},
		{"backtrack out of a static branch", "GET /a/b/c,GET /{x}/b/d", "GET /a/b/d", "/{x}/b/d a"},
		{"greedy takes no empty rest", "GET /a/{p+}", "GET /a/", ""},
		{"greedy at the root takes no root", "GET /{p+}", "GET /", ""},
		{"root", "GET /", "GET /", "/"},
		{"a variable is not empty", "GET /a/{x}/b", "GET /a//b", ""},
		{"case matters", "GET /Notes", "GET /notes", ""},
		{"an escaped spelling is the same static path", "GET /admin,GET /{p+}", "GET /%61dmin", "/admin"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := testAPI(t, strings.Split(tt.routes, ",")...)
			method, path, _ := strings.Cut(tt.call, " ")
			got := ""
			if r, values := a.match(path, method); r != nil {
				got = strings.TrimSpace(r.Path + " " + strings.Join(values, " "))
			}
			if got != tt.want {
				t.Errorf("%s on %s = %q, want %q", tt.call, tt.routes, got, tt.want)
			}
		})
	}
}

func TestLocate(t *testing.T) {
	g := &Gateway{Region: "us-east-1", AccountID: "111122223333"}
	err := g.Serve(apidef.Catalog{APIs: []apidef.API{{
		ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}, {Name: "dev"}},
		Domains: []apidef.Domain{
			{Host: "api.example.com", Stage: "prod"},
			{Host: "api.example.com", BasePath: "orders", Stage: "dev"},
			{Host: "api.example.com", BasePath: "orders/v1", Stage: "prod"},
			{Host: "only.example.com", BasePath: "v1", Stage: "prod"},
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		host, target string
		want         Target
		ok           bool
	}{
		{testHost, "/prod/notes?a=/b", Target{"abc123", "prod", "/notes"}, true},
		{"ABC123.execute-api.localhost:8080", "/prod/notes/", Target{"abc123", "prod", "/notes/"}, true},
		{"abc123.execute-api.localhost.", "/prod", Target{"abc123", "prod", "/"}, true},
		{"abc123.execute-api.localhost", "/prod//x", Target{"abc123", "prod", "//x"}, true},
		{"abc123.execute-api.localhost", "/", Target{"abc123", "", "/"}, true},
		{"abc123.execute-api.localhost", "//prod/x", Target{"abc123", "", "/prod/x"}, true},
		{"other.execute-api.localhost", "/prod/x", Target{"other", "prod", "/x"}, true},
		{"localhost:4566", "/_aws/execute-api/Abc123/prod/notes", Target{"abc123", "prod", "/notes"}, true},
		{"localhost:4566", "/_aws/execute-api/abc123/prod", Target{"abc123", "prod", "/"}, true},
		{"localhost:4566", "/_aws/execute-apix/abc123/prod", Target{}, false},
		{"localhost:4566", "/", Target{}, false},
		{"abc123.execute-api.localhost", "/_aws/execute-api/abc123/prod/x", Target{"abc123", "_aws", "/execute-api/abc123/prod/x"}, true},
		{"api.example.com", "/notes", Target{"abc123", "prod", "/notes"}, true},
		{"API.example.com:8443", "/orders/7", Target{"abc123", "dev", "/7"}, true},
		{"api.example.com", "/orders/v1", Target{"abc123", "prod", "/"}, true},
		{"api.example.com", "/ordersx", Target{"abc123", "prod", "/ordersx"}, true},
		{"only.example.com", "/v2/x", Target{"", "", "/v2/x"}, true},
		{"evil.com", "/orders", Target{}, false},
	}
	for _, tt := range tests {
		got, ok := g.Locate(tt.host, tt.target)
		if got != tt.want || ok != tt.ok {
			t.Errorf("Locate(%q, %q) = %+v, %v; want %+v, %v", tt.host, tt.target, got, ok, tt.want, tt.ok)
		}
	}
}

// The path forms of LocalStack, and hosts of VPC endpoints.
func TestLocateForms(t *testing.T) {
	g := &Gateway{}
	if err := g.Serve(apidef.Catalog{APIs: []apidef.API{{ID: "abc", Stages: []apidef.Stage{{Name: "prod"}}}}}); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]Target{
		"localhost:4566 /_aws/execute-api/ABC/prod/a/b?x":          {"abc", "prod", "/a/b"},
		"localhost:4566 /_aws/execute-api/abc/prod":                {"abc", "prod", "/"},
		"localhost:4566 /restapis/abc/prod/_user_request_/a/b":     {"abc", "prod", "/a/b"},
		"localhost:4566 /restapis/abc/prod/_user_request_/":        {"abc", "prod", "/"},
		"localhost:4566 /restapis/abc/prod/_user_request_":         {"abc", "prod", "/"},
		"localhost:4566 /restapis/abc/prod/_user_request_//a":      {"abc", "prod", "//a"},
		"abc-vpce-01.execute-api.us-east-1.amazonaws.com /prod/a":  {"abc", "prod", "/a"},
		"abc.execute-api.localhost.localstack.cloud:4566 /prod/a":  {"abc", "prod", "/a"},
		"localhost:4566 /restapis/abc/stages":                      {},
		"localhost:4566 /restapis/abc/stages/prod":                 {},
		"localhost:4566 /restapis/abc/resources/_user_request_x/a": {},
		"localhost:4566 /restapis":                                 {},
	} {
		host, target, _ := strings.Cut(address, " ")
		got, ok := g.Locate(host, target)
		if got != want || ok != (want != Target{}) {
			t.Errorf("%s: %+v, %v", address, got, ok)
		}
	}
}

// A path form of an address stands for a host, and what is told of the call has
// no trace of it.
func TestContextPathOfForms(t *testing.T) {
	g := &Gateway{}
	if err := g.Serve(apidef.Catalog{APIs: []apidef.API{{ID: "abc", Stages: []apidef.Stage{{Name: "prod"}}}}}); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/_aws/execute-api/abc/prod/a/b?x=1", "/restapis/abc/prod/_user_request_/a/b?x=1"} {
		r := httptest.NewRequest("GET", target, nil)
		at, _ := g.Locate(r.Host, r.RequestURI)
		c := g.newCall(httptest.NewRecorder(), r, at)
		if c.contextPath() != "/prod/a/b" || c.eventPath() != "/a/b" || c.onDomain() {
			t.Errorf("%s: %s, %s, domain %v", target, c.contextPath(), c.eventPath(), c.onDomain())
		}
	}
}

package gateway

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

func TestValidate(t *testing.T) {
	h := apidef.Integration{Handler: http.HandlerFunc(okHandler)}
	good := func() apidef.API {
		return apidef.API{ID: "abc", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{{Path: "/n/{id}", Methods: []string{"GET"}, Auth: apidef.AuthIAM, Integration: h}}}
	}
	uri := func(s string) func(*apidef.API) {
		return func(a *apidef.API) { a.Routes[0].Integration = apidef.Integration{URI: s} }
	}
	path := func(s string) func(*apidef.API) { return func(a *apidef.API) { a.Routes[0].Path = s } }
	tests := []struct {
		name, field string
		edit        func(*apidef.API)
	}{
		{"good", "", func(*apidef.API) {}},
		{"uri without a path", "", uri("http://10.0.0.7:8080")},
		{"uri with a placeholder", "", uri("https://backend.internal/v1/{id}/x")},
		{"no id", "ID", func(a *apidef.API) { a.ID = "" }},
		{"upper-case id", "ID", func(a *apidef.API) { a.ID = "Abc" }},
		{"no stage", "Stages", func(a *apidef.API) { a.Stages = nil }},
		{"stage with a slash", "Stages[0].Name", func(a *apidef.API) { a.Stages[0].Name = "a/b" }},
		{"stage twice", "Stages[1].Name", func(a *apidef.API) { a.Stages = append(a.Stages, apidef.Stage{Name: "prod"}) }},
		{"domain of an unknown stage", "Domains[0].Stage", func(a *apidef.API) { a.Domains = []apidef.Domain{{Host: "x.com", Stage: "no"}} }},
		{"domain that shadows an API", "Domains[0].Host", func(a *apidef.API) { a.Domains = []apidef.Domain{{Host: "b.execute-api.x.com", Stage: "prod"}} }},
		{"base path with slashes around", "Domains[0].BasePath", func(a *apidef.API) { a.Domains = []apidef.Domain{{Host: "x.com", BasePath: "/v1", Stage: "prod"}} }},
		{"no auth", "Auth", func(a *apidef.API) { a.Routes[0].Auth = "" }},
		{"unknown auth", "Auth", func(a *apidef.API) { a.Routes[0].Auth = "SAML" }},
		{"auth in lower case", "Auth", func(a *apidef.API) { a.Routes[0].Auth = "aws_iam" }},
		{"no methods", "Methods", func(a *apidef.API) { a.Routes[0].Methods = nil }},
		{"method in lower case", "Methods[0]", func(a *apidef.API) { a.Routes[0].Methods = []string{"get"} }},
		{"TRACE", "Methods[0]", func(a *apidef.API) { a.Routes[0].Methods = []string{"TRACE"} }},
		{"method twice", "Methods", func(a *apidef.API) { a.Routes[0].Methods = []string{"GET", "GET"} }},
		{"relative path", "Path", path("n")},
		{"path with a final slash", "Path", path("/n/")},
		{"greedy in the middle", "Path", path("/{p+}/x")},
		{"dots", "Path", path("/a/../b")},
		{"variable twice", "Path", path("/{a}/{a}")},
		{"sibling variables of different names", "Path", func(a *apidef.API) {
			a.Routes = append(a.Routes, apidef.Route{Path: "/n/{other}", Methods: []string{"PUT"}, Auth: apidef.AuthIAM, Integration: h})
		}},
		{"neither integration", "Integration", func(a *apidef.API) { a.Routes[0].Integration = apidef.Integration{} }},
		{"both integrations", "Integration", func(a *apidef.API) { a.Routes[0].Integration.URI = "http://x" }},
		{"timeout over 29 s", "Integration.Timeout", func(a *apidef.API) { a.Routes[0].Integration.Timeout = 30 * time.Second }},
		{"header that is never forwarded", "Integration.Headers[0]", func(a *apidef.API) { a.Routes[0].Integration.Headers = []string{"x-gatepass-user-arn"} }},
		{"ftp", "Integration.URI", uri("ftp://x")},
		{"placeholder in the host", "Integration.URI", uri("http://{id}.evil.com/")},
		{"placeholder unknown", "Integration.URI", uri("http://x/{other}")},
		{"user in the address", "Integration.URI", uri("http://u:p@x/")},
		{"placeholder in the query", "Integration.URI", uri("http://x/?a={id}")},
		{"fragment in the address", "Integration.URI", uri("http://x/?a=b#c")},
		{"dots in the address", "Integration.URI", uri("http://x/a/../b")},
		{"C17 metadata address", "Integration.URI", uri("http://169.254.169.254/latest")},
		{"C17 metadata address, mapped", "Integration.URI", uri("http://[::ffff:169.254.169.254]/")},
		{"C17 link-local address", "Integration.URI", uri("http://[fe80::1]/")},
		{"cors without origins", "CORS.AllowOrigins", func(a *apidef.API) { a.CORS = &apidef.CORS{} }},
		{"cors * with credentials", "CORS.AllowOrigins[0]", func(a *apidef.API) { a.CORS = &apidef.CORS{AllowOrigins: []string{"*"}, AllowCredentials: true} }},
		{"cors origin with a path", "CORS.AllowOrigins[0]", func(a *apidef.API) { a.CORS = &apidef.CORS{AllowOrigins: []string{"https://a.com/"}} }},
		{"cors header injection", "CORS.AllowHeaders[0]", func(a *apidef.API) {
			a.CORS = &apidef.CORS{AllowOrigins: []string{"*"}, AllowHeaders: []string{"a\r\nb"}}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := good()
			tt.edit(&a)
			err := Validate(a)
			if tt.field == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), ": "+tt.field+": ") {
				t.Errorf("got %v, want one naming %s", err, tt.field)
			}
		})
	}
}

func TestServeKeepsOldOnError(t *testing.T) {
	g := &Gateway{}
	ok := apidef.API{ID: "abc", Stages: []apidef.Stage{{Name: "prod"}}}
	if err := g.Serve(apidef.Catalog{APIs: []apidef.API{ok}}); err != nil {
		t.Fatal(err)
	}
	if err := g.Serve(apidef.Catalog{APIs: []apidef.API{ok, ok}}); !errors.Is(err, ErrConfig) {
		t.Fatalf("the same API twice: %v", err)
	}
	if g.current().apis["abc"] == nil {
		t.Error("the APIs from before are gone")
	}
}

// What has not changed is not compiled again, whatever else is served anew; what
// has, is.
func TestServeKeepsWhatIsUnchanged(t *testing.T) {
	routes := []apidef.Route{{Path: "/n", Methods: []string{"GET"}, Auth: apidef.AuthNone, Integration: apidef.Integration{URI: "http://b.example/x"}}}
	is := func(id string, edit func(*apidef.API)) apidef.API {
		a := apidef.API{ID: id, Stages: []apidef.Stage{{Name: "prod"}}, Routes: routes}
		edit(&a)
		return a
	}
	same := func(*apidef.API) {}
	log := t.TempDir() + "/log"
	for name, tt := range map[string]struct {
		first, then func(*apidef.API)
		kept        bool
	}{
		"unchanged":          {same, same, true},
		"another deployment": {same, func(a *apidef.API) { a.Stages[0].Deployment = "d" }, false},
		"kept answers go":    {same, func(a *apidef.API) { a.Stages[0].Flushes++ }, false},
		"another route": {same, func(a *apidef.API) {
			a.Routes = []apidef.Route{{Path: "/n", Methods: []string{"GET"}, Auth: apidef.AuthIAM, Integration: routes[0].Integration}}
		}, false},
		"a file is opened anew": {
			func(a *apidef.API) {
				a.Stages[0].AccessLog = &apidef.AccessLog{Format: "$context.requestId", File: log}
			},
			func(a *apidef.API) {
				a.Stages[0].AccessLog = &apidef.AccessLog{Format: "$context.requestId", File: log}
			}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := &Gateway{Region: "us-east-1", AccountID: "123456789012"}
			defer func() { _ = g.Close() }()
			if err := g.Serve(apidef.Catalog{APIs: []apidef.API{is("abc", tt.first)}}); err != nil {
				t.Fatal(err)
			}
			before := g.current().apis["abc"][0]
			if err := g.Serve(apidef.Catalog{APIs: []apidef.API{is("other", same), is("abc", tt.then)}}); err != nil {
				t.Fatal(err)
			}
			if after := g.current().apis["abc"][0]; (before == after) != tt.kept {
				t.Errorf("kept: %v, want %v", before == after, tt.kept)
			}
		})
	}
}

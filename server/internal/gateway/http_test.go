package gateway

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// httpStand serves an HTTP API; routes are "METHOD /path AUTH", or "$default AUTH".
func httpStand(t *testing.T, edit func(*apidef.API), routes ...string) *stand {
	t.Helper()
	s := newStand(t)
	a := apidef.API{ID: "abc123", Protocol: apidef.HTTP, Stages: []apidef.Stage{{Name: "$default"}, {Name: "prod"}}}
	for _, text := range routes {
		f := strings.Fields(text)
		r := apidef.Route{Path: f[0], Auth: apidef.Auth(f[len(f)-1]), Integration: apidef.Integration{URI: "BACKEND"}}
		if len(f) == 3 {
			r.Methods, r.Path = f[:1], f[1]
		}
		a.Routes = append(a.Routes, r)
	}
	if edit != nil {
		edit(&a)
	}
	s.serve(a)
	return s
}

// answers checks status and body, and the headers of an HTTP API.
func (s *stand) answers(name string, got reply, status int, body string) {
	s.t.Helper()
	if got.err != nil || got.status != status || got.body != body {
		s.t.Errorf("%s: got %d %s (%v), want %d %s", name, got.status, got.body, got.err, status, body)
	}
	for _, key := range []string{"X-Amzn-Requestid", "X-Amz-Apigw-Id", "X-Amzn-Errortype"} {
		if got.header.Get(key) != "" {
			s.t.Errorf("%s: an HTTP API has no %s", name, key)
		}
	}
	if got.header.Get("Apigw-Requestid") == "" {
		s.t.Errorf("%s: no apigw-requestid", name)
	}
}

const (
	saysForbidden = `{"message":"Forbidden"}`
	saysNotFound  = `{"message":"Not Found"}`
)

// The documentation's table of HTTP API routes, and the order it states.
func TestHTTPRoutes(t *testing.T) {
	s := httpStand(t, nil, "GET /pets/dog/1 NONE", "GET /pets/dog/{id} NONE", "GET /pets/{proxy+} NONE", "ANY /{proxy+} NONE",
		"GET /{x}/full NONE", "GET /deep/{proxy+} NONE", "GET /deep/er/{proxy+} NONE", "ANY /both NONE", "GET /both NONE", "$default NONE")
	for target, want := range map[string]string{
		"GET /pets/dog/1":  "/pets/dog/1",
		"GET /pets/dog/2":  "/pets/dog/{id}",
		"GET /pets/cat/1":  "/pets/{proxy+}",
		"POST /test/5":     "/{proxy+}",
		"GET /":            "$default",
		"GET /deep/full":   "/{x}/full", // a full match before a greedy one
		"GET /deep/er/x":   "/deep/er/{proxy+}",
		"GET /deep/x":      "/deep/{proxy+}",
		"POST /pets/dog/1": "/{proxy+}",
		"GET /both":        "/both",
	} {
		method, path, _ := strings.Cut(target, " ")
		s.forget()
		s.passed(target, s.do(s.request(method, path, "")))
		if got := s.lastEvent().Route; got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
	}
}

// A stage is named by the first segment, or else is $default with the whole path.
func TestHTTPStages(t *testing.T) {
	s := httpStand(t, nil, "GET /pets NONE", "GET /prod/{x} NONE")
	for target, want := range map[string]string{"/prod/pets": "prod /pets", "/pets": "$default /pets"} {
		s.forget()
		sent := s.passed(target, s.do(s.request("GET", target, "")))
		if e := s.lastEvent(); e.Stage+" "+sent.target != want {
			t.Errorf("%s: %s %s", target, e.Stage, sent.target)
		}
	}
	for _, target := range []string{"/pets/", "/prod/pets/", "/nothing", "/prod/nothing", "/prod/x", "/$default/pets", "/"} {
		s.answers(target, s.do(s.request("GET", target, "")), 404, saysNotFound)
	}
	s.answers("never a 405", s.do(s.request("POST", "/pets", "")), 404, saysNotFound)
	named := httpStand(t, func(a *apidef.API) { a.Stages = a.Stages[1:] }, "GET /pets NONE")
	named.answers("no stage", named.do(named.request("GET", "/pets", "")), 404, saysNotFound)
	off := httpStand(t, func(a *apidef.API) {
		a.DisableEndpoint = true
		a.Domains = []apidef.Domain{{Host: "api.example.com", Stage: "prod"}}
	}, "GET /pets NONE")
	off.answers("disabled", off.do(off.request("GET", "/pets", "")), 404, saysNotFound)
	r := off.request("GET", "/pets", "")
	r.Host = "api.example.com"
	off.passed("the domain of a disabled endpoint", off.do(r))
}

// Every failure of IAM is 403 Forbidden; why is in the event.
func TestHTTPForbidden(t *testing.T) {
	s := httpStand(t, nil, "ANY /{proxy+} AWS_IAM")
	bad := s.signed("GET", "/notes", "")
	bad.Header.Set("Authorization", bad.Header.Get("Authorization")+"0")
	old := s.request("GET", "/notes", "")
	if err := s.signer.Sign(old, s.creds, [32]byte{1}, testTime.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	both := s.signed("GET", "/notes", "")
	both.URL.RawQuery = "X-Amz-Signature=1"
	for name, c := range map[string]struct {
		r    *http.Request
		kind string
	}{
		"unsigned":        {s.request("GET", "/notes", ""), "MissingAuthenticationToken"},
		"wrong signature": {bad, "InvalidSignature"},
		"expired":         {old, "InvalidSignature"},
		"two signatures":  {both, ""},
	} {
		s.forget()
		s.answers(name, s.do(c.r), 403, saysForbidden)
		if e := s.lastEvent(); e.Err == nil || !strings.Contains(e.Err.Error(), c.kind) {
			t.Errorf("%s: the event says %v", name, e.Err)
		}
	}
	s.policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:111122223333:abc123/$default/GET/mine"}]}`
	s.forget()
	s.answers("denied", s.do(s.signed("GET", "/notes", "")), 403, saysForbidden)
	if e := s.lastEvent(); e.Err == nil || !strings.Contains(e.Err.Error(), "is not authorized to perform: execute-api:Invoke") {
		t.Errorf("the event says %v", e.Err)
	}
	s.nothingForwarded()
	s.passed("the stage of the ARN is $default", s.do(s.signed("GET", "/mine", "")))
	s.keyErr = errors.New("gone")
	s.answers("keys unreadable", s.do(s.signed("GET", "/mine", "")), 503, `{"message":"Service Unavailable"}`)
}

func TestHTTPFailures(t *testing.T) {
	s := httpStand(t, func(a *apidef.API) {
		a.Routes[1].Integration.URI = "http://127.0.0.1:1"
		a.Routes[2].Integration.Timeout = minTimeout
	}, "ANY /{proxy+} NONE", "GET /dead NONE", "GET /slow NONE")
	s.answers("E25", s.do(s.request("GET", "/dead", "")), 500, `{"message":"Internal Server Error"}`)
	hold := make(chan struct{})
	s.answer = func(http.ResponseWriter, *http.Request) { <-hold }
	s.answers("E27", s.do(s.request("GET", "/slow", "")), 503, `{"message":"Service Unavailable"}`)
	close(hold)
	big := "POST /x HTTP/1.1\r\nHost: " + testHost + "\r\nContent-Length: 10485761\r\n\r\n"
	s.answers("too large", s.send(big), 413, `{"message":"Request Entity Too Large"}`)
}

// C16: the limit of 10240 bytes is of request line and headers together.
func TestC16HTTPHeaders(t *testing.T) {
	s := httpStand(t, nil, "ANY /{proxy+} NONE")
	r := s.request("GET", "/"+strings.Repeat("a", 6000), "")
	s.passed("a long path", s.do(r))
	r.Header.Set("X-Long", strings.Repeat("a", 6000))
	if got := s.do(r); got.status != 431 {
		t.Errorf("a long path and a long header: %d", got.status)
	}
	s.nothingForwarded()
	r = s.request("GET", "/x", "")
	r.Header.Set("X-Long", strings.Repeat("a", 6000))
	s.passed("a long header", s.do(r))
}

// The service answers preflights, also where no route does.
func TestHTTPCORS(t *testing.T) {
	s := httpStand(t, func(a *apidef.API) {
		a.CORS = &apidef.CORS{AllowOrigins: []string{"https://*", "http://localhost:3000"}, AllowMethods: []string{"*"}, MaxAge: time.Hour}
	}, "GET /pets NONE", "$default AWS_IAM")
	r := s.request("OPTIONS", "/anything", "")
	r.Header.Set("Origin", "https://app.example")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	got := s.do(r)
	h := got.header
	if got.status != 204 || h.Get("Access-Control-Allow-Origin") != "https://app.example" ||
		!strings.Contains(h.Get("Access-Control-Allow-Methods"), "PUT") || h.Get("Access-Control-Max-Age") != "3600" {
		t.Errorf("preflight: %d %v", got.status, h)
	}
	s.nothingForwarded()
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://backend.example")
	}
	for origin, want := range map[string]string{
		"https://app.example": "https://app.example", "http://localhost:3000": "http://localhost:3000", "http://localhost:3001": "",
	} {
		r := s.request("GET", "/pets", "")
		r.Header.Set("Origin", origin)
		got := s.do(r)
		if allowed := got.header.Get("Access-Control-Allow-Origin"); got.status != 200 || allowed != want {
			t.Errorf("%s: %d %q", origin, got.status, allowed)
		}
	}
}

func TestHTTPConfig(t *testing.T) {
	ok := apidef.API{ID: "a", Protocol: apidef.HTTP, Stages: []apidef.Stage{{Name: "$default"}}}
	for name, edit := range map[string]func(*apidef.API){
		"resource policy":   func(a *apidef.API) { a.Policy = allowAll },
		"gateway responses": func(a *apidef.API) { a.Responses = map[string]apidef.GatewayResponse{"ACCESS_DENIED": {}} },
		"key source":        func(a *apidef.API) { a.APIKeySource = "HEADER" },
		"$default of REST":  func(a *apidef.API) { a.Protocol = apidef.REST },
		"unknown protocol":  func(a *apidef.API) { a.Protocol = "SOAP" },
		"two $default": func(a *apidef.API) {
			a.Routes = append(a.Routes, a.Routes[0])
		},
		"a method of $default": func(a *apidef.API) { a.Routes[0].Methods = []string{"GET"} },
		"31 s":                 func(a *apidef.API) { a.Routes[0].Integration.Timeout = 31 * time.Second },
	} {
		a := ok
		a.Routes = []apidef.Route{{Path: "$default", Auth: apidef.AuthNone, Integration: apidef.Integration{URI: "http://127.0.0.1:1", Timeout: maxTimeoutHTTP}}}
		if err := Validate(a); err != nil {
			t.Fatal(err)
		}
		if edit(&a); !errors.Is(Validate(a), ErrConfig) {
			t.Errorf("%s: accepted", name)
		}
	}
}

// E19: a REST API that is not served at its endpoint is not there, by host or by
// path, and is at its own domain.
func TestE19DisabledEndpoint(t *testing.T) {
	s := newStand(t)
	s.serve(apidef.API{
		ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, DisableEndpoint: true, Routes: []apidef.Route{s.proxyRoute(apidef.AuthIAM)},
		Domains: []apidef.Domain{{Host: "api.example.com", BasePath: "v1", Stage: "prod"}},
	})
	for address, target := range map[string]string{
		testHost: "/prod/x", "localhost": "/_aws/execute-api/abc123/prod/x", "127.0.0.1": "/restapis/abc123/prod/_user_request_/x",
		"api.example.com": "/v2/x",
	} {
		r := s.request("GET", target, "")
		r.Host = address
		got := s.do(s.sign(r, ""))
		s.refused(address, got, 403, "ForbiddenException")
		if got.body != saysForbidden {
			t.Errorf("%s: %s", address, got.body)
		}
	}
	r := s.request("GET", "/v1/x", "")
	r.Host = "api.example.com"
	s.passed("its domain", s.do(s.sign(r, "")))
}

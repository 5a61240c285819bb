package gateway

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// corsMock is an OPTIONS method as consoles and templates make it.
func corsMock() apidef.Route {
	return apidef.Route{Path: "/n/{id}", Methods: []string{"OPTIONS"}, Auth: apidef.AuthNone, Integration: apidef.Integration{
		Type: apidef.Mock, Passthrough: "WHEN_NO_MATCH", Templates: map[string]string{"application/json": `{"statusCode": 200}`},
		Responses: []apidef.IntegrationResponse{{Status: 200, Parameters: map[string]string{
			"method.response.header.Access-Control-Allow-Headers": "'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token'",
			"method.response.header.Access-Control-Allow-Methods": "'GET,OPTIONS'",
			"method.response.header.Access-Control-Allow-Origin":  "'*'",
		}, Templates: map[string]string{"application/json": ""}}},
	}}
}

func TestMockCORS(t *testing.T) {
	s := newStand(t)
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{corsMock()}})
	r := s.request("OPTIONS", "/prod/n/1", "")
	r.Header.Set("Origin", "https://app.example")
	r.Header.Set("Access-Control-Request-Method", "GET")
	got := s.do(r)
	if got.status != 200 || got.body != "" || got.header.Get("Access-Control-Allow-Origin") != "*" || got.header.Get("Access-Control-Allow-Methods") != "GET,OPTIONS" ||
		got.header.Get("Access-Control-Allow-Headers") != "Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v", got)
	}
	s.nothingForwarded()
}

func mocked(t *testing.T, in apidef.Integration) *stand {
	t.Helper()
	in.Type = apidef.Mock
	s := newStand(t)
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{
		{Path: "/n/{id}", Methods: []string{"ANY"}, Auth: apidef.AuthNone, Integration: in},
	}})
	return s
}

func TestMock(t *testing.T) {
	s := mocked(t, apidef.Integration{
		Templates: map[string]string{"application/json": `#if($input.params('id') == "7"){"statusCode": 404}#elseif($input.params('id') == "8"){statusCode:500}#elseif($input.params('id') == "9")nonsense#else{"statusCode":200}#end`},
		Responses: []apidef.IntegrationResponse{
			{Status: 200, Templates: map[string]string{"application/json": `{"id":"$input.params('id')","stage":"$context.stage"}`, "text/plain": `plain`}},
			{Status: 404, Selection: `4\d{2}`, Templates: map[string]string{"application/json": `{"message":"none"}`}},
			{Status: 418, Selection: `50`},
		},
	})
	for target, want := range map[string]string{"/prod/n/1": `200 {"id":"1","stage":"prod"}`, "/prod/n/7": `404 {"message":"none"}`, "/prod/n/8": `200 {"id":"8","stage":"prod"}`, "/prod/n/9": `500 {"message": "Internal server error"}`} {
		got := s.do(s.request("GET", target, ""))
		if line := http.StatusText(0) + strings.TrimSpace(strings.Join([]string{itoa(got.status), got.body}, " ")); line != want {
			t.Errorf("%s: %s, want %s", target, line, want)
		}
	}
	r := s.request("GET", "/prod/n/1", "")
	r.Header.Set("Accept", "text/plain, */*")
	if got := s.do(r); got.body != "plain" {
		t.Errorf("%+v", got)
	}
}

func itoa(n int) string { return number(n) }

func TestMockPassthrough(t *testing.T) {
	responses := []apidef.IntegrationResponse{{Status: 200}}
	templates := map[string]string{"application/json": `{"statusCode":200}`}
	for _, tt := range []struct {
		name, passthrough, contentType string
		templates                      map[string]string
		want                           int
	}{
		{"template", "NEVER", "application/json; charset=utf-8", templates, 200},
		{"no type is JSON", "NEVER", "", templates, 200},
		{"never", "NEVER", "text/plain", templates, 415},
		{"never, none", "NEVER", "text/plain", nil, 415},
		{"when no templates, some", "WHEN_NO_TEMPLATES", "text/plain", templates, 415},
		{"when no templates, none", "WHEN_NO_TEMPLATES", "text/plain", nil, 200},
		{"when no match", "", "text/plain", templates, 200},
		{"default template", "NEVER", "text/plain", map[string]string{"$default": `{"statusCode":200}`}, 200},
	} {
		s := mocked(t, apidef.Integration{Passthrough: tt.passthrough, Templates: tt.templates, Responses: responses})
		r := s.request("POST", "/prod/n/1", `{"statusCode":200}`)
		if tt.contentType != "" {
			r.Header.Set("Content-Type", tt.contentType)
		}
		got := s.do(r)
		if got.status != tt.want || tt.want == 415 && got.body != `{"message":"Unsupported Media Type"}` {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
	s := mocked(t, apidef.Integration{Templates: templates})
	if got := s.do(s.request("GET", "/prod/n/1", "")); got.status != 500 || got.body != `{"message": "Internal server error"}` {
		t.Errorf("no integration response: %+v", got)
	}
}

func TestHTTPCustom(t *testing.T) {
	s := mappingStand(t, apidef.REST, apidef.AuthIAM, apidef.Integration{
		Type: apidef.HTTPCustom, URI: "BACKEND/items/{id}", Method: "POST",
		Parameters: map[string]string{
			"integration.request.querystring.page": "method.request.querystring.p", "integration.request.header.X-Who": "context.identity.cognitoIdentityId",
			"integration.request.path.id": "method.request.path.id",
		},
		Templates: map[string]string{"application/json": `{"wrapped":$input.json('$.a')}#set($context.requestOverride.header.X-Over = "o")#set($context.requestOverride.querystring.extra = "a b")`},
		Responses: []apidef.IntegrationResponse{
			{Status: 200, Parameters: map[string]string{
				"method.response.header.X-Id": "integration.response.header.X-Backend", "method.response.header.X-Body": "integration.response.body.list[0]",
				"method.response.header.Content-Type": "'application/hal+json'",
			}, Templates: map[string]string{"application/json": `{"first":$input.json('$.list[0]')}#set($context.responseOverride.header.X-Set = "s")`}},
			{Status: 503, Selection: `5\d\d`, Templates: map[string]string{"application/json": `#set($context.responseOverride.status = 502)busy`}},
		},
	})
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Backend", "b1")
		w.Header().Set("X-Hidden", "h")
		_, _ = io.WriteString(w, `{"list":["x"]}`)
	}
	s.signer.SignHeaders = []string{"X-Mine", "X-Who"}
	r := s.request("PUT", "/prod/n/7?p=2&q=3", `{"a":[1]}`)
	r.Header.Set("X-Mine", "m")
	r.Header.Set("X-Who", "mallory")
	r.Header.Set("Content-Type", "application/json")
	got := s.do(s.sign(r, `{"a":[1]}`))
	in := s.forwarded()
	if in.method != "POST" || in.target != "/items/7?page=2&extra=a%20b" || string(in.body) != `{"wrapped":[1]}` || in.header.Get("X-Who") != "us-east-1:7b2c" ||
		in.header.Get("X-Over") != "o" || in.header["X-Mine"] != nil || in.header.Get("User-Agent") != "AmazonAPIGateway_abc123" || in.header.Get("X-Amz-Date") != "" ||
		in.header.Get("Accept") != "application/json" || in.header.Get("X-Gatepass-Identity-Id") != "us-east-1:7b2c" || in.header.Get("Content-Type") != "application/json" {
		t.Errorf("backend saw %+v", in)
	}
	if got.status != 200 || got.body != `{"first":"x"}` || got.header.Get("X-Id") != "b1" || got.header.Get("X-Body") != "x" || got.header.Get("X-Set") != "s" ||
		got.header["X-Hidden"] != nil || got.header.Get("Content-Type") != "application/hal+json" {
		t.Errorf("%+v", got)
	}
	s.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }
	if got := s.do(s.signed("PUT", "/prod/n/7", `{}`)); got.status != 502 || got.body != "busy" {
		t.Errorf("%+v", got)
	}
	s.forwarded()
	s.backend.CloseClientConnections()
	s.backend.Close()
	if got := s.do(s.signed("PUT", "/prod/n/7", `{}`)); got.status != 500 || got.body != `{"message": "Internal server error"}` {
		t.Errorf("E25: %+v", got)
	}
}

func TestHTTPCustomFailures(t *testing.T) {
	in := apidef.Integration{
		Type: apidef.HTTPCustom, Templates: map[string]string{"application/json": `$util.base64Decode($input.path('$.a'))`},
		Responses: []apidef.IntegrationResponse{{Status: 200, Parameters: map[string]string{"method.response.header.X": "integration.response.header.Y"}}},
	}
	s := mappingStand(t, apidef.REST, apidef.AuthNone, in)
	if got := s.do(s.request("POST", "/prod/n/1", `{"a":"!"}`)); got.status != 500 {
		t.Errorf("a template that fails: %+v", got)
	}
	s.nothingForwarded()
	in.Timeout = minTimeout
	s = mappingStand(t, apidef.REST, apidef.AuthNone, in)
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	}
	for method, what := range map[string]string{http.MethodGet: "E27", http.MethodPut: "C13 an answer that hangs"} {
		if got := s.do(s.request(method, "/prod/n/1", "")); got.status != 504 {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

// TestContentHandling is the tables of "Content type conversions in API Gateway".
func TestContentHandling(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		handling, contentType string
		body, want            string
	}{
		{"text", "", "text/plain", "abc", "abc"},
		{"text to binary", toBinary, "text/plain", "YWJj", "abc"},
		{"text to text", toText, "text/plain", "abc", "abc"},
		{"binary", "", "image/png", "\xff\x01", "\xff\x01"},
		{"binary to binary", toBinary, "image/png", "\xff\x01", "\xff\x01"},
		{"binary to text", toText, "image/png", "abc", "YWJj"},
	} {
		s := handled(t, tt.handling, "")
		r := s.request("POST", "/prod/n/1", tt.body)
		r.Header.Set("Content-Type", tt.contentType)
		if got := s.passed(tt.name, s.do(r)); string(got.body) != tt.want {
			t.Errorf("request, %s: %q", tt.name, got.body)
		}
	}
	for _, tt := range []struct {
		name, handling, contentType, accept, body, want string
	}{
		{"text", "", "text/plain", "text/plain", "abc", "abc"},
		{"text to binary", toBinary, "text/plain", "text/plain", "YWJj", "abc"},
		{"text to text", toText, "text/plain", "image/png", "YWJj", "YWJj"},
		{"text for one who wants binary", "", "text/plain", "image/png", "YWJj", "abc"},
		{"binary for one who wants text", "", "image/png", "text/plain", "abc", "YWJj"},
		{"binary to binary", toBinary, "image/png", "text/plain", "abc", "abc"},
		{"binary to text", toText, "image/png", "image/png", "abc", "YWJj"},
		{"binary", "", "image/png", "image/png", "abc", "abc"},
	} {
		s := handled(t, "", tt.handling)
		s.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", tt.contentType)
			_, _ = io.WriteString(w, tt.body)
		}
		r := s.request("GET", "/prod/n/1", "")
		r.Header.Set("Accept", tt.accept)
		if got := s.do(r); got.body != tt.want {
			t.Errorf("answer, %s: %q", tt.name, got.body)
		}
	}
	s := handled(t, "", toBinary)
	s.answer = answerWith("not base64!")
	if got := s.do(s.request("GET", "/prod/n/1", "")); got.status != 500 {
		t.Errorf("not base64: %+v", got)
	}
}

func handled(t *testing.T, request, response string) *stand {
	t.Helper()
	s := newStand(t)
	s.serve(apidef.API{ID: "abc123", BinaryMediaTypes: []string{"image/png"}, Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{{
		Path: "/n/{id}", Methods: []string{"ANY"}, Auth: apidef.AuthNone, Integration: apidef.Integration{
			Type: apidef.HTTPCustom, URI: "BACKEND", ContentHandling: request, Responses: []apidef.IntegrationResponse{{Status: 200, ContentHandling: response}},
		},
	}}})
	return s
}

func TestHTTPCustomHandler(t *testing.T) {
	s := newStand(t)
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{{
		Path: "/n/{id}", Methods: []string{"ANY"}, Auth: apidef.AuthNone, Integration: apidef.Integration{
			Type: apidef.HTTPCustom,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, `{"id":"`+r.PathValue("id")+`"}`)
			}),
			Responses: []apidef.IntegrationResponse{{Status: 200, Templates: map[string]string{"application/json": `<$input.path('$.id')>`}}},
		},
	}}})
	if got := s.do(s.request("GET", "/prod/n/7", "")); got.body != "<7>" {
		t.Errorf("%+v", got)
	}
}

func TestCustomRefusedWhenLoaded(t *testing.T) {
	for name, in := range map[string]apidef.Integration{
		"template":         {Templates: map[string]string{"application/json": "#macro(x)"}},
		"answer template":  {Responses: []apidef.IntegrationResponse{{Status: 200, Templates: map[string]string{"a/b": "$nothing"}}}},
		"selection":        {Responses: []apidef.IntegrationResponse{{Status: 200, Selection: "("}}},
		"two defaults":     {Responses: []apidef.IntegrationResponse{{Status: 200}, {Status: 201}}},
		"status":           {Responses: []apidef.IntegrationResponse{{Status: 99}}},
		"response header":  {Responses: []apidef.IntegrationResponse{{Status: 200, Parameters: map[string]string{"method.response.header.Connection": "'x'"}}}},
		"response source":  {Responses: []apidef.IntegrationResponse{{Status: 200, Parameters: map[string]string{"method.response.header.X": "method.request.header.X"}}}},
		"passthrough":      {Passthrough: "SOMETIMES"},
		"content handling": {ContentHandling: "CONVERT"},
		"a URI":            {URI: "http://127.0.0.1"},
		"HTTP API's":       {ResponseParameters: map[string]map[string]string{"200": {"overwrite:statuscode": "200"}}},
	} {
		in.Type = apidef.Mock
		a := apidef.API{ID: "abc", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{{Path: "/x", Methods: []string{"GET"}, Auth: apidef.AuthNone, Integration: in}}}
		if err := Validate(a); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
		a.Routes[0].Integration = apidef.Integration{Type: apidef.Mock}
		if a.Protocol = apidef.HTTP; Validate(a) == nil {
			t.Error("MOCK on an HTTP API")
		}
	}
}

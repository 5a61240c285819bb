package gateway

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// mappingStand serves one route with an integration at the recording backend.
func mappingStand(t *testing.T, protocol apidef.Protocol, auth apidef.Auth, in apidef.Integration) *stand {
	t.Helper()
	s := newStand(t)
	if in.URI == "" {
		in.URI = "BACKEND"
	}
	s.serve(apidef.API{
		ID: "abc123", Protocol: protocol, Stages: []apidef.Stage{{Name: "prod", Variables: map[string]string{"table": "notes"}}},
		Routes: []apidef.Route{{Path: "/n/{id}", Methods: []string{"ANY"}, Auth: auth, Integration: in}},
	})
	return s
}

func TestRequestMappingREST(t *testing.T) {
	s := mappingStand(t, apidef.REST, apidef.AuthIAM, apidef.Integration{
		URI: "BACKEND/items/{item}/{tenant}?fixed=1",
		Parameters: map[string]string{
			"integration.request.header.X-Cognito-Id": "context.identity.cognitoIdentityId",
			"integration.request.header.X-User-Arn":   "context.identity.userArn",
			"integration.request.header.X-Table":      "stageVariables.table",
			"integration.request.header.X-Static":     "'a b'",
			"integration.request.header.X-From-Query": "method.request.querystring.q",
			"integration.request.header.X-Absent":     "method.request.header.X-Nothing",
			"integration.request.header.X-Body":       "method.request.body.a.b",
			"integration.request.header.X-All":        "method.request.multivaluequerystring.q",
			"integration.request.querystring.who":     "context.identity.cognitoIdentityId",
			"integration.request.querystring.copy":    "method.request.multivaluequerystring.q",
			"integration.request.path.item":           "method.request.path.id",
			"integration.request.path.tenant":         "method.request.querystring.t",
		},
	})
	s.signer.SignHeaders = []string{"X-Cognito-Id", "X-Absent", "X-Mine"}
	r := s.request("POST", "/prod/n/a%20b?q=1&q=2%263&who=mallory&t=x%2Fy", `{"a":{"b":"deep"}}`)
	for _, name := range []string{"X-Cognito-Id", "X-Absent"} {
		r.Header.Set(name, "mallory")
	}
	r.Header.Set("X-Mine", "mine")
	got := s.passed("mapped", s.do(s.sign(r, `{"a":{"b":"deep"}}`)))
	for name, want := range map[string]string{
		"X-Cognito-Id": "us-east-1:7b2c", "X-User-Arn": "arn:aws:sts::111122223333:assumed-role/NotesRole/CognitoIdentityCredentials",
		"X-Table": "notes", "X-Static": "a b", "X-From-Query": "2&3", "X-Absent": "", "X-Body": "deep", "X-All": "1", "X-Mine": "mine",
	} {
		if v := got.header[name]; want == "" && v != nil || want != "" && v[0] != want {
			t.Errorf("C02 %s: %q, want %q", name, v, want)
		}
	}
	if want := "/items/a%20b/x%2Fy?fixed=1&q=1&q=2%263&t=x%2Fy&copy=1&copy=2%263&who=us-east-1%3A7b2c"; got.target != want {
		t.Errorf("target %s, want %s", got.target, want)
	}
}

func TestRequestMappingHTTP(t *testing.T) {
	s := mappingStand(t, apidef.HTTP, apidef.AuthIAM, apidef.Integration{
		Method: "PUT",
		Parameters: map[string]string{
			"overwrite:header.x-id":        "$context.identity.cognitoIdentityId",
			"append:header.x-trusted":      "$context.identity.userArn",
			"append:header.x-note":         "v-$request.querystring.q-${request.header.user-agent}",
			"remove:header.x-secret":       "''",
			"append:querystring.table":     "$stageVariables.table",
			"remove:querystring.drop":      "",
			"overwrite:querystring.q":      "$request.body.k",
			"overwrite:path":               "/v2/${request.path.id}/x",
			"overwrite:header.x-full-path": "$request.path",
		},
	})
	s.signer.SignHeaders = []string{"X-Id", "X-Trusted", "X-Note", "X-Secret"}
	r := s.request("POST", "/prod/n/a%2Bb?q=1&drop=2&table=t", `{"k":"new"}`)
	for _, name := range []string{"X-Id", "X-Trusted", "X-Note", "X-Secret"} {
		r.Header.Set(name, "sent")
	}
	got := s.passed("mapped", s.do(s.sign(r, `{"k":"new"}`)))
	for name, want := range map[string]string{
		"X-Id": "us-east-1:7b2c", "X-Trusted": "arn:aws:sts::111122223333:assumed-role/NotesRole/CognitoIdentityCredentials",
		"X-Note": "sent|v-1-test", "X-Secret": "", "X-Full-Path": "/n/a%2Bb",
	} {
		if v := strings.Join(got.header[name], "|"); v != want {
			t.Errorf("C02 %s: %q, want %q", name, v, want)
		}
	}
	if got.method != "PUT" || got.target != "/v2/a%2Bb/x?table=t&table=notes&q=new" {
		t.Errorf("%s %s", got.method, got.target)
	}
}

// TestMappingRefusesRequests: what a caller sends never makes another path, a
// second header or a broken one.
func TestMappingRefusesRequests(t *testing.T) {
	s := mappingStand(t, apidef.REST, apidef.AuthNone, apidef.Integration{
		URI: "BACKEND/items/{item}", Parameters: map[string]string{
			"integration.request.path.item": "method.request.querystring.i", "integration.request.header.X-H": "method.request.querystring.h",
		},
	})
	s2 := mappingStand(t, apidef.REST, apidef.AuthNone, apidef.Integration{Parameters: map[string]string{"integration.request.header.X": "method.request.body.a"}})
	s2.refused("not JSON", s2.do(s2.request("POST", "/prod/n/1", "{no")), 400, "BadRequestException")
	s2.passed("no object", s2.do(s2.request("POST", "/prod/n/1", "plain")))
	for _, query := range []string{"i=..", "i=.", "i=%2E%2E", "i=a&h=a%0d%0ab", "i=a&h=%C3%A9", "i=a%00b", "i=a%5cb", "i=..%2Fadmin", "i=a%2F..%2F..%2Fadmin", "i=a%2F..;x"} {
		s.refused(query, s.do(s.request("GET", "/prod/n/1?"+query, "")), 400, "BadRequestException")
	}
	if got := s.passed("escaped", s.do(s.request("GET", "/prod/n/1?i=..a%2Fadmin%3Fx", ""))); !strings.HasPrefix(got.target, "/items/..a%2Fadmin%3Fx?") {
		t.Errorf("target %s", got.target)
	}
	s = mappingStand(t, apidef.HTTP, apidef.AuthNone, apidef.Integration{Parameters: map[string]string{"overwrite:path": "/v1/$request.querystring.p"}})
	for _, p := range []string{"..%2Fadmin", "a%3Fadmin=1", "a%23b", "a%20b", "a%0d%0a"} {
		if got := s.do(s.request("GET", "/prod/n/1?p="+p, "")); got.status != 400 {
			t.Errorf("%s: %d", p, got.status)
		}
		s.nothingForwarded()
	}
}

func TestResponseMappingHTTP(t *testing.T) {
	s := mappingStand(t, apidef.HTTP, apidef.AuthNone, apidef.Integration{ResponseParameters: map[string]map[string]string{
		"500": {"overwrite:statuscode": "403", "append:header.x-why": "$response.body.error.code", "remove:header.x-internal": "", "overwrite:header.x-stage": "$context.stage"},
	}})
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Internal", "1")
		w.Header().Set("X-Why", "because")
		w.WriteHeader(500)
		_, _ = io.WriteString(w, `{"error":{"code":"E7"}}`)
	}
	got := s.do(s.request("GET", "/prod/n/1", ""))
	if got.status != 403 || strings.Join(got.header["X-Why"], "|") != "because|E7" || got.header["X-Internal"] != nil || got.header.Get("X-Stage") != "prod" || got.body != `{"error":{"code":"E7"}}` {
		t.Errorf("%+v", got)
	}
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(500)
		_, _ = io.WriteString(w, "{no JSON")
	}
	if got := s.do(s.request("GET", "/prod/n/1", "")); got.status != 403 || got.header["X-Why"] != nil || got.body != "{no JSON" {
		t.Errorf("%+v", got)
	}
	s.answer = nil
	if got := s.do(s.request("GET", "/prod/n/1", "")); got.status != 200 || got.body != "ok" || got.header["X-Stage"] != nil {
		t.Errorf("%+v", got)
	}
}

func TestResponseMappingToNoBody(t *testing.T) {
	s := mappingStand(t, apidef.HTTP, apidef.AuthNone, apidef.Integration{ResponseParameters: map[string]map[string]string{"200": {"overwrite:statuscode": "204"}}})
	if got := s.do(s.request("GET", "/prod/n/1", "")); got.status != 204 || got.body != "" || got.err != nil {
		t.Errorf("%+v", got)
	}
}

func TestMappingsOfLambdaOnHTTPAPIs(t *testing.T) {
	s := mappingStand(t, apidef.HTTP, apidef.AuthNone, apidef.Integration{
		Type: apidef.Lambda, Parameters: map[string]string{"overwrite:header.x-table": "$stageVariables.table", "append:querystring.a": "1"},
		ResponseParameters: map[string]map[string]string{"200": {"overwrite:statuscode": "202", "overwrite:header.x-a": "b"}},
	})
	s.answer = answerWith(`{"statusCode":200,"body":"x"}`)
	got := s.do(s.request("GET", "/prod/n/1", ""))
	if in := s.forwarded(); !strings.Contains(string(in.body), `"x-table":"notes"`) || !strings.Contains(string(in.body), `"rawQueryString":"a=1"`) {
		t.Errorf("event %s", in.body)
	}
	if got.status != 202 || got.header.Get("X-A") != "b" {
		t.Errorf("%+v", got)
	}
}

func TestMappingsRefusedWhenLoaded(t *testing.T) {
	for _, tt := range []struct {
		protocol   apidef.Protocol
		key, value string
		kind       apidef.IntegrationType
	}{
		{apidef.REST, "integration.request.header.Content-Length", "'1'", ""},
		{apidef.REST, "integration.request.header.X-Gatepass-User-Sub", "'1'", ""},
		{apidef.REST, "integration.request.header.Host", "'x'", ""},
		{apidef.REST, "integration.request.header.X", "context.nothing", ""},
		{apidef.REST, "integration.request.header.X", "stageVariables.none", ""},
		{apidef.REST, "integration.request.header.X", "method.request.cookie.a", ""},
		{apidef.REST, "integration.request.header.X", "integration.response.header.a", ""},
		{apidef.REST, "integration.request.header.X", "method.request.body.a[?(@.b)]", ""},
		{apidef.REST, "integration.request.header.X", "text", ""},
		{apidef.REST, "integration.request.body.X", "'text'", ""},
		{apidef.REST, "overwrite:header.x", "text", ""},
		{apidef.REST, "integration.request.header.X", "'text'", apidef.Lambda},
		{apidef.HTTP, "overwrite:path", "/x", apidef.Lambda},
		{apidef.HTTP, "append:header.authorization", "x", ""},
		{apidef.HTTP, "append:header.X-Amz-Date", "x", ""},
		{apidef.HTTP, "overwrite:header.access-control-allow-origin", "x", ""},
		{apidef.HTTP, "overwrite:header.Via", "x", ""},
		{apidef.HTTP, "remove:header.x-amzn-trace-id", "", ""},
		{apidef.HTTP, "overwrite:statuscode", "200", ""},
		{apidef.HTTP, "append:path", "/x", ""},
		{apidef.HTTP, "set:header.x", "x", ""},
		{apidef.HTTP, "overwrite:header.x", "$request.cookie.x", ""},
		{apidef.HTTP, "overwrite:header.x", "$response.header.x", ""},
		{apidef.HTTP, "overwrite:header.x", "${request.header.x", ""},
		{apidef.HTTP, "integration.request.header.X", "'x'", ""},
	} {
		a := apidef.API{
			ID: "abc", Protocol: tt.protocol, Stages: []apidef.Stage{{Name: "prod"}},
			Routes: []apidef.Route{{Path: "/x", Methods: []string{"GET"}, Auth: apidef.AuthNone, Integration: apidef.Integration{
				Type: tt.kind, URI: "http://127.0.0.1", Parameters: map[string]string{tt.key: tt.value},
			}}},
		}
		if err := Validate(a); !errors.Is(err, ErrConfig) {
			t.Errorf("%s %s = %s: %v", tt.protocol, tt.key, tt.value, err)
		}
	}
}

func TestDefaultUserAgent(t *testing.T) {
	s := mappingStand(t, apidef.REST, apidef.AuthNone, apidef.Integration{})
	if got := s.passed("none", s.send("GET /prod/n/1 HTTP/1.1\r\nHost: "+testHost+"\r\n\r\n")); got.header.Get("User-Agent") != "AmazonAPIGateway_abc123" {
		t.Errorf("%q", got.header["User-Agent"])
	}
	if got := s.passed("own", s.send("GET /prod/n/1 HTTP/1.1\r\nHost: "+testHost+"\r\nUser-Agent: mine\r\n\r\n")); got.header.Get("User-Agent") != "mine" {
		t.Errorf("%q", got.header["User-Agent"])
	}
}

// FuzzMapping holds that no value makes another path than the one that was
// declared, another parameter or another header.
func FuzzMapping(f *testing.F) {
	for _, v := range []string{"a", "../x", "a?b=c", "a#b", "a\r\nX: y", "%2e%2e", "a/b", "é", "a&who=me", ".", "\\"} {
		f.Add(v)
	}
	st := &apidef.Stage{Name: "prod"}
	list, err := parseRequestREST(map[string]string{
		"integration.request.path.item": "method.request.querystring.v", "integration.request.querystring.who": "method.request.querystring.v",
		"integration.request.header.X-V": "method.request.querystring.v",
	}, st)
	if err != nil {
		f.Fatal(err)
	}
	at, err := newBackend("http://127.0.0.1/items/{item}/end", list.pathNames())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, v string) {
		c := &call{g: &Gateway{}, r: &http.Request{Host: testHost, Header: http.Header{}}, route: &route{}, stage: st}
		o := c.outgoing(&admitted{method: "GET", path: "/n", query: "v=" + queryEscape(v), header: http.Header{"X-V": {"mallory"}}}, true)
		if list.apply(c, o) != nil {
			return
		}
		out, err := o.request(t.Context(), c, at)
		if err != nil {
			return
		}
		path, query, _ := strings.Cut(out.URL.RequestURI(), "?")
		if n := strings.Count(path, "/"); n != 3 || !strings.HasPrefix(path, "/items/") || !strings.HasSuffix(path, "/end") || checkTarget(path) != nil {
			t.Errorf("%q made the path %q", v, path)
		}
		params := parseQuery(query)
		want := []string{v}
		if v == "" {
			want = nil
		}
		if !slices.Equal(params["who"], want) || len(params) > 2 {
			t.Errorf("%q made the query %q", v, query)
		}
		if !slices.Equal(out.Header["X-V"], want) || strings.ContainsAny(v, "\r\n") {
			t.Errorf("%q made the headers %q", v, out.Header)
		}
	})
}

package gateway

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// lambdaStand serves routes whose integration is the recording backend as a
// Lambda function, on the stages prod and dev.
func lambdaStand(t *testing.T, edit func(*apidef.API), answer string) *stand {
	t.Helper()
	s := newStand(t)
	in := apidef.Integration{Type: apidef.Lambda, URI: "BACKEND/2015-03-31/functions/notes/invocations"}
	a := apidef.API{
		ID: "abc123", Stages: []apidef.Stage{{Name: "prod", Deployment: "d1e2f3"}, {Name: "dev"}},
		Routes: []apidef.Route{
			{Path: "/notes/{id}", Methods: []string{"GET", "POST"}, Auth: apidef.AuthIAM, Integration: in},
			{Path: "/open/{proxy+}", Methods: []string{"ANY"}, Auth: apidef.AuthNone, Integration: in},
			{Path: "/open", Methods: []string{"ANY"}, Auth: apidef.AuthNone, Integration: in},
		},
	}
	if edit != nil {
		edit(&a)
	}
	s.serve(a)
	s.answer = answerWith(answer)
	return s
}

func nothing(*apidef.API) {}

// event1Of decodes what the function got as AWS's own library does, and as keys.
func (s *stand) event1Of(got reply) (events.APIGatewayProxyRequest, map[string]any) {
	s.t.Helper()
	in := s.passed("event", got)
	var typed events.APIGatewayProxyRequest
	var keys map[string]any
	if err := json.Unmarshal(in.body, &typed); err != nil {
		s.t.Fatalf("%s: %v", in.body, err)
	}
	if err := json.Unmarshal(in.body, &keys); err != nil {
		s.t.Fatal(err)
	}
	return typed, keys
}

func TestEvent1SignedCaller(t *testing.T) {
	s := lambdaStand(t, nil, `{"statusCode":200,"body":"hi"}`)
	e, keys := s.event1Of(s.do(s.signed("GET", "/prod/notes/42", "")))
	x := e.RequestContext
	want := events.APIGatewayRequestIdentity{
		CognitoIdentityPoolID: "us-east-1:0fa1", AccountID: "111122223333", CognitoIdentityID: "us-east-1:7b2c",
		Caller: "AROAEXAMPLE:CognitoIdentityCredentials", SourceIP: "127.0.0.1", AccessKey: "ASIAEXAMPLEACCESSKEY",
		CognitoAuthenticationType:     "authenticated",
		CognitoAuthenticationProvider: "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd,cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd:CognitoSignIn:9f3c",
		UserArn:                       "arn:aws:sts::111122223333:assumed-role/NotesRole/CognitoIdentityCredentials",
		UserAgent:                     "test", User: "AROAEXAMPLE:CognitoIdentityCredentials",
	}
	if diff := cmp.Diff(want, x.Identity); diff != "" {
		t.Error("identity:", diff)
	}
	if e.Resource != "/notes/{id}" || e.Path != "/notes/42" || e.HTTPMethod != "GET" || e.PathParameters["id"] != "42" || e.Body != "" || e.IsBase64Encoded {
		t.Errorf("event %+v", e)
	}
	if x.AccountID != "111122223333" || x.ResourcePath != "/notes/{id}" || x.Stage != "prod" || x.APIID != "abc123" || x.Protocol != "HTTP/1.1" ||
		x.DomainName != testHost || x.DomainPrefix != "abc123" || x.Path != "/prod/notes/42" || x.HTTPMethod != "GET" ||
		x.RequestTime != "15/Jan/2026:10:20:30 +0000" || x.RequestTimeEpoch != testTime.UnixMilli() || x.RequestID == "" || x.ExtendedRequestID == "" || x.ResourceID == "" {
		t.Errorf("context %+v", x)
	}
	for _, key := range []string{"queryStringParameters", "multiValueQueryStringParameters", "stageVariables", "body"} {
		if v, there := keys[key]; !there || v != nil {
			t.Errorf("%s is %v, want null", key, v)
		}
	}
	if _, there := keys["version"]; there {
		t.Error("a REST API's event has no version")
	}
	if _, there := keys["requestContext"].(map[string]any)["authorizer"]; there {
		t.Error("there is no authorizer")
	}
	for _, name := range []string{"Authorization", "X-Amz-Security-Token"} {
		if e.Headers[name] != "" || strings.Contains(toJSON(t, keys), "EXAMPLETOKEN") {
			t.Errorf("C09 %s reached the function", name)
		}
	}
	if e.Headers["Host"] != testHost || e.Headers["X-Amz-Date"] != "20260115T102030Z" || e.Headers["X-Forwarded-For"] != "127.0.0.1" || e.Headers["X-Amzn-Trace-Id"] == "" {
		t.Errorf("headers %v", e.Headers)
	}
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestEvent1Snapshots holds the values that were recorded of AWS (reference 1.3
// and 3.1).
func TestEvent1Snapshots(t *testing.T) {
	s := lambdaStand(t, func(a *apidef.API) { a.Stages[1].Variables = map[string]string{"table": "notes"} }, `{"statusCode":200}`)
	e, keys := s.event1Of(s.send("GET /dev/open/x//y/?email=test%2Balias%40gmail.com&price=10&plus=a+b&price=20&k HTTP/1.1\r\nHost: " + testHost +
		"\r\nX-A: 1\r\nX-A: 2\r\nX-Gatepass-User-Sub: mallory\r\nX-Amzn-Trace-Id: mallory\r\n\r\n"))
	if strings.Contains(toJSON(t, keys), "mallory") {
		t.Errorf("C02 %v", e.Headers)
	}
	if e.Path != "/open/x//y/" || e.PathParameters["proxy"] != "x//y" || e.RequestContext.Path != "/dev/open/x//y/" || e.StageVariables["table"] != "notes" {
		t.Errorf("path %q, %q, %q, %q", e.Path, e.PathParameters, e.RequestContext.Path, e.StageVariables)
	}
	if want := map[string]string{"email": "test+alias@gmail.com", "price": "20", "plus": "a b", "k": ""}; !reflect.DeepEqual(e.QueryStringParameters, want) {
		t.Errorf("query %q", e.QueryStringParameters)
	}
	if want := map[string][]string{"email": {"test+alias@gmail.com"}, "price": {"10", "20"}, "plus": {"a b"}, "k": {""}}; !reflect.DeepEqual(e.MultiValueQueryStringParameters, want) {
		t.Errorf("query %q", e.MultiValueQueryStringParameters)
	}
	if e.Headers["X-A"] != "2" || !reflect.DeepEqual(e.MultiValueHeaders["X-A"], []string{"1", "2"}) {
		t.Errorf("headers %q, %q", e.Headers["X-A"], e.MultiValueHeaders["X-A"])
	}
	id := keys["requestContext"].(map[string]any)["identity"].(map[string]any)
	for _, name := range []string{
		"accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType", "cognitoIdentityId",
		"cognitoIdentityPoolId", "principalOrgId", "user", "userArn", "userAgent",
	} {
		if v, there := id[name]; !there || v != nil {
			t.Errorf("identity.%s is %v, want null", name, v)
		}
	}
	if len(id) != 12 || id["sourceIp"] != "127.0.0.1" {
		t.Errorf("identity %v", id)
	}
	e, _ = s.event1Of(s.send("GET /prod//open/user/test%2Balias@gmail.com/test+alias@gmail.com HTTP/1.1\r\nHost: " + testHost + "\r\n\r\n"))
	if e.Path != "/open/user/test%2Balias@gmail.com/test+alias@gmail.com" || e.PathParameters["proxy"] != "user/test%2Balias@gmail.com/test+alias@gmail.com" ||
		e.RequestContext.Path != "/prod//open/user/test%2Balias@gmail.com/test+alias@gmail.com" {
		t.Errorf("path %q, %q, %q", e.Path, e.PathParameters, e.RequestContext.Path)
	}
}

func TestEvent1Bodies(t *testing.T) {
	s := lambdaStand(t, func(a *apidef.API) { a.BinaryMediaTypes = []string{"image/*", "application/pdf"} }, `{"statusCode":200}`)
	post := func(contentType, body string) events.APIGatewayProxyRequest {
		r := s.request("POST", "/prod/open", body)
		r.Header.Set("Content-Type", contentType)
		e, _ := s.event1Of(s.do(r))
		return e
	}
	for _, tt := range []struct {
		contentType, body, want string
		encoded                 bool
	}{
		{"application/json", `{"a":"é<&"}`, `{"a":"é<&"}`, false},
		{"image/png", "abc", "YWJj", true},
		{"Application/PDF; x=1", "abc", "YWJj", true},
		{"text/plain", "\xff\x00", "/wA=", true},
		{"", "plain", "plain", false},
	} {
		if e := post(tt.contentType, tt.body); e.Body != tt.want || e.IsBase64Encoded != tt.encoded {
			t.Errorf("%s: %q %v", tt.contentType, e.Body, e.IsBase64Encoded)
		}
	}
}

// event2Of decodes what the function of an HTTP API got.
func (s *stand) event2Of(got reply) (events.APIGatewayV2HTTPRequest, map[string]any) {
	s.t.Helper()
	in := s.passed("event", got)
	var typed events.APIGatewayV2HTTPRequest
	var keys map[string]any
	if err := json.Unmarshal(in.body, &typed); err != nil {
		s.t.Fatalf("%s: %v", in.body, err)
	}
	if err := json.Unmarshal(in.body, &keys); err != nil {
		s.t.Fatal(err)
	}
	return typed, keys
}

func httpAPI(edit func(*apidef.API)) func(*apidef.API) {
	return func(a *apidef.API) {
		a.Protocol = apidef.HTTP
		edit(a)
	}
}

func TestEvent2SignedCaller(t *testing.T) {
	s := lambdaStand(t, httpAPI(nothing), `{"statusCode":200,"body":"hi"}`)
	e, keys := s.event2Of(s.do(s.signed("POST", "/prod/notes/a%20b?a=1&a=2", "abc")))
	x := e.RequestContext
	want := &events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{
		AccessKey: "ASIAEXAMPLEACCESSKEY", AccountID: "111122223333", CallerID: "AROAEXAMPLE:CognitoIdentityCredentials",
		CognitoIdentity: events.APIGatewayV2HTTPRequestContextAuthorizerCognitoIdentity{
			AMR: []string{
				"authenticated", "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd",
				"cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd:CognitoSignIn:9f3c",
			},
			IdentityID: "us-east-1:7b2c", IdentityPoolID: "us-east-1:0fa1",
		},
		UserARN: "arn:aws:sts::111122223333:assumed-role/NotesRole/CognitoIdentityCredentials", UserID: "AROAEXAMPLE:CognitoIdentityCredentials",
	}
	if diff := cmp.Diff(want, x.Authorizer.IAM); diff != "" {
		t.Error("authorizer:", diff)
	}
	if e.Version != "2.0" || e.RouteKey != "POST /notes/{id}" || e.RawPath != "/prod/notes/a%20b" || e.RawQueryString != "a=1&a=2" ||
		e.QueryStringParameters["a"] != "1,2" || e.PathParameters["id"] != "a%20b" || e.Body != "YWJj" || !e.IsBase64Encoded {
		t.Errorf("event %+v", e)
	}
	h := events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: "POST", Path: "/prod/notes/a%20b", Protocol: "HTTP/1.1", SourceIP: "127.0.0.1", UserAgent: "test"}
	if x.HTTP != h || x.RouteKey != e.RouteKey || x.Stage != "prod" || x.Time != "15/Jan/2026:10:20:30 +0000" || x.TimeEpoch != testTime.UnixMilli() ||
		x.DomainName != testHost || x.DomainPrefix != "abc123" || x.AccountID != "111122223333" || x.APIID != "abc123" || x.RequestID == "" {
		t.Errorf("context %+v", x)
	}
	for name := range e.Headers {
		if name != strings.ToLower(name) || name == "authorization" || name == "x-amz-security-token" {
			t.Errorf("header %s", name)
		}
	}
	if iam := keys["requestContext"].(map[string]any)["authorizer"].(map[string]any)["iam"].(map[string]any); len(iam) != 7 || iam["principalOrgId"] != nil {
		t.Errorf("iam %v", iam)
	}
	for _, absent := range []string{"cookies", "stageVariables", "multiValueHeaders"} {
		if _, there := keys[absent]; there {
			t.Errorf("%s is there", absent)
		}
	}
}

func TestEvent2Open(t *testing.T) {
	s := lambdaStand(t, httpAPI(nothing), `{"statusCode":200}`)
	e, keys := s.event2Of(s.send("POST /dev/open/x HTTP/1.1\r\nHost: " + testHost + "\r\nCookie: a=1; b=2\r\nCookie: c=3\r\nX-A: 1\r\nX-A: 2\r\n" +
		"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"))
	if !reflect.DeepEqual(e.Cookies, []string{"a=1", "b=2", "c=3"}) || e.Headers["cookie"] != "" || e.Headers["x-a"] != "1,2" || e.Headers["content-length"] != "2" {
		t.Errorf("cookies %q, headers %q", e.Cookies, e.Headers)
	}
	if e.RouteKey != "ANY /open/{proxy+}" || e.Body != "{}" || e.IsBase64Encoded || e.RequestContext.Authorizer != nil {
		t.Errorf("event %+v", e)
	}
	if _, there := keys["queryStringParameters"]; there || keys["rawQueryString"] != "" {
		t.Errorf("query %v", keys)
	}
}

func TestEvent1OnHTTPAPIs(t *testing.T) {
	s := lambdaStand(t, httpAPI(func(a *apidef.API) {
		for i := range a.Routes {
			a.Routes[i].Integration.Payload = "1.0"
		}
	}), `{"statusCode":200}`)
	e, keys := s.event1Of(s.do(s.signed("GET", "/prod/notes/1", "")))
	id := keys["requestContext"].(map[string]any)["identity"].(map[string]any)
	if keys["version"] != "1.0" || e.Path != "/prod/notes/1" || len(id["cognitoAmr"].([]any)) != 3 {
		t.Errorf("event %v", keys)
	}
	_, keys = s.event1Of(s.do(s.request("GET", "/prod/open", "")))
	id = keys["requestContext"].(map[string]any)["identity"].(map[string]any)
	if amr, there := id["cognitoAmr"]; !there || amr != nil {
		t.Errorf("identity %v", id)
	}
}

func TestEventsOnADomain(t *testing.T) {
	s := lambdaStand(t, func(a *apidef.API) {
		a.Domains = []apidef.Domain{{Host: "api.example.com", BasePath: "v1", Stage: "prod"}}
	}, `{"statusCode":200}`)
	r := s.request("GET", "/v1/open/x", "")
	r.Host = "api.example.com"
	e, _ := s.event1Of(s.do(r))
	if e.Path != "/v1/open/x" || e.Resource != "/open/{proxy+}" || e.RequestContext.DomainName != "api.example.com" || e.RequestContext.Stage != "prod" {
		t.Errorf("event %+v", e)
	}
}

func TestEventAuthorizers(t *testing.T) {
	claims := map[string]string{"sub": "9f3c", "exp": "1"}
	for _, tt := range []struct {
		name     string
		auth     authorized
		one, two string
	}{
		{"cognito", authorized{kind: apidef.CognitoAuthorizer, claims: claims}, `{"claims":{"exp":"1","sub":"9f3c"}}`, `null`},
		{"jwt", authorized{kind: apidef.JWTAuthorizer, claims: claims}, `{"claims":{"exp":"1","sub":"9f3c"},"scopes":null}`, `{"jwt":{"claims":{"exp":"1","sub":"9f3c"},"scopes":null}}`},
		{"jwt scopes", authorized{kind: apidef.JWTAuthorizer, scopes: []string{"a"}}, `{"claims":null,"scopes":["a"]}`, `{"jwt":{"claims":null,"scopes":["a"]}}`},
		{
			"lambda",
			authorized{kind: apidef.RequestAuthorizer, principalID: "me", context: map[string]any{"k": "v"}, latency: 7 * time.Millisecond},
			`{"integrationLatency":7,"k":"v","principalId":"me"}`, `{"lambda":{"k":"v"}}`,
		},
		{"none", authorized{}, `null`, `null`},
	} {
		c := &call{auth: tt.auth, route: &route{}}
		if got := toJSON(t, c.eventAuthorizer()); got != tt.one {
			t.Errorf("%s, 1.0: %s", tt.name, got)
		}
		if got := toJSON(t, c.event2Authorizer()); got != tt.two {
			t.Errorf("%s, 2.0: %s", tt.name, got)
		}
	}
}

func TestE25E26E27LambdaProxy(t *testing.T) {
	for _, tt := range []struct {
		name         string
		answer       http.HandlerFunc
		status, http int
	}{
		{"E26 not JSON", answerWith("hi"), 502, 500},
		{"E26 function failed", answerWith(`{"errorMessage":"x","errorType":"Error"}`), 502, 500},
		{"E25 endpoint failed", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, 500, 500},
		{"E27 too late", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 504, 503},
	} {
		short := func(a *apidef.API) { a.Routes[2].Integration.Timeout = minTimeout }
		s := lambdaStand(t, short, "")
		s.answer = tt.answer
		got := s.do(s.request("GET", "/prod/open", ""))
		want := `{"message": "Internal server error"}`
		if tt.status == 504 {
			want = `{"message": "Endpoint request timed out"}`
		}
		if got.status != tt.status || got.body != want || got.header.Get("x-amzn-ErrorType") != "InternalServerErrorException" {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
		s = lambdaStand(t, httpAPI(short), "")
		s.answer = tt.answer
		if want = `{"message":"Internal Server Error"}`; tt.http == 503 {
			want = `{"message":"Service Unavailable"}`
		}
		if got = s.do(s.request("GET", "/prod/open", "")); got.status != tt.http || got.body != want {
			t.Errorf("%s, HTTP API: %d %s", tt.name, got.status, got.body)
		}
	}
}

// FuzzEvent holds the property that an event is the request: what is decoded
// from it is what was admitted.
func FuzzEvent(f *testing.F) {
	f.Add("GET", "/a%2fb/c", "a=1&b=%20&a=2", "v", []byte("body"), true)
	f.Add("POST", "//", "=&&%zz", "a b", []byte("\xff\x00"), false)
	f.Fuzz(func(t *testing.T, method, path, query, header string, body []byte, asHTTP bool) {
		if checkTarget("/"+path+"?"+query) != nil || strings.Contains(path, "?") || !isHeaderValue(header) || !utf8.ValidString(header) {
			return
		}
		r := &http.Request{Method: method, RequestURI: "/prod/" + path + "?" + query, Host: testHost, Header: http.Header{}, Proto: "HTTP/1.1"}
		c := &call{
			g: &Gateway{}, r: r, target: Target{API: "abc123", Stage: "prod", Path: "/" + path}, now: testTime,
			stage: &apidef.Stage{Name: "prod"}, api: &api{}, values: []string{path},
			route: &route{Route: apidef.Route{Path: "/{proxy+}", Methods: []string{methodAny}}, names: []string{"proxy+"}},
		}
		a := &admitted{method: method, path: c.target.Path, query: query, header: http.Header{"X-A": {header}}, body: body}
		if asHTTP {
			checkEvent2(t, c, a)
			return
		}
		text, err := c.event1(a, len(body)%2 == 0)
		var e events.APIGatewayProxyRequest
		if err != nil || json.Unmarshal(text, &e) != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := decodedBody(t, e.Body, e.IsBase64Encoded); e.PathParameters["proxy"] != path || got != string(body) || e.MultiValueHeaders["X-A"][0] != header {
			t.Errorf("event %s", text)
		}
		for name, values := range parseQuery(query) {
			if utf8.ValidString(name+strings.Join(values, "")) && !reflect.DeepEqual(e.MultiValueQueryStringParameters[name], values) {
				t.Errorf("%q: %q, want %q", name, e.MultiValueQueryStringParameters[name], values)
			}
		}
	})
}

func checkEvent2(t *testing.T, c *call, a *admitted) {
	t.Helper()
	text, err := c.event2(a)
	var e events.APIGatewayV2HTTPRequest
	if err != nil || json.Unmarshal(text, &e) != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if e.RawQueryString != a.query || e.RawPath != c.contextPath() || decodedBody(t, e.Body, e.IsBase64Encoded) != string(a.body) || e.Headers["x-a"] != a.header.Get("X-A") {
		t.Errorf("event %s", text)
	}
}

func decodedBody(t *testing.T, text string, encoded bool) string {
	t.Helper()
	if !encoded {
		return text
	}
	out, err := decode64([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

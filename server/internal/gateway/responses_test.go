package gateway

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// answeringStand serves /{proxy+} with IAM and /key with an API key, and the
// given gateway responses.
func answeringStand(t *testing.T, responses map[string]apidef.GatewayResponse) *stand {
	t.Helper()
	s := newStand(t)
	key := s.proxyRoute(apidef.AuthNone)
	key.Path, key.APIKeyRequired = "/key/{id}", true
	s.serve(apidef.API{
		ID: "abc123", Stages: []apidef.Stage{{Name: "prod", Variables: map[string]string{"tier": "gold"}}},
		Routes: []apidef.Route{s.proxyRoute(apidef.AuthIAM), key}, Responses: responses,
	})
	return s
}

func jsonTemplate(text string) map[string]string { return map[string]string{"application/json": text} }

// The response of the type, else that of its class, else AWS's own words.
func TestGatewayResponseOrder(t *testing.T) {
	s := answeringStand(t, map[string]apidef.GatewayResponse{
		"MISSING_AUTHENTICATION_TOKEN": {Status: 401, Templates: jsonTemplate(`{"m":$context.error.messageString,"t":"$context.error.responseType"}`)},
		"ACCESS_DENIED":                {Parameters: map[string]string{"gatewayresponse.header.X-Why": "'policy'"}},
		"DEFAULT_4XX":                  {Status: 418, Templates: jsonTemplate(`$context.error.message!`)},
	})
	got := s.do(s.request("GET", "/prod/x", ""))
	if got.status != 401 || got.body != `{"m":"Missing Authentication Token","t":"MISSING_AUTHENTICATION_TOKEN"}` ||
		got.header.Get("x-amzn-ErrorType") != "MissingAuthenticationTokenException" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("of the type: %d %s %v", got.status, got.body, got.header)
	}
	if got = s.do(s.request("GET", "/prod/key/1", "")); got.status != 418 || got.body != "Forbidden!" {
		t.Errorf("of the class: %d %s", got.status, got.body)
	}
	s.policy = strings.Replace(allowAll, "Allow", "Deny", 1)
	got = s.do(s.signed("GET", "/prod/x", ""))
	if got.status != 403 || !strings.HasPrefix(got.body, `{"Message":"User: arn`) || got.header.Get("X-Why") != "policy" {
		t.Errorf("of the type, without a template: %d %s", got.status, got.body)
	}
	s.policy, s.answer = allowAll, nil
	s.keyErr = errors.New("away")
	if got = s.do(s.signed("GET", "/prod/x", "")); got.status != 503 || got.body != `{"message":"Service Unavailable"}` {
		t.Errorf("of another class: %d %s", got.status, got.body)
	}
	if got = s.do(s.request("GET", "/nostage/x", "")); got.status != 403 || got.body != saysForbidden {
		t.Errorf("without a stage: %d %s", got.status, got.body)
	}
}

// Which type a refusal has.
func TestGatewayResponseTypes(t *testing.T) {
	all := map[string]apidef.GatewayResponse{}
	for _, kind := range responseTypes {
		all[kind] = apidef.GatewayResponse{Templates: jsonTemplate(kind)}
	}
	s := answeringStand(t, all)
	bad := s.signed("GET", "/prod/x", "")
	bad.Header.Set("Authorization", strings.Replace(bad.Header.Get("Authorization"), "Signature=", "Signature=0", 1))
	for want, got := range map[string]reply{
		"MISSING_AUTHENTICATION_TOKEN": s.do(s.request("GET", "/prod/x", "")),
		"INVALID_SIGNATURE":            s.do(bad),
		"INVALID_API_KEY":              s.do(s.request("GET", "/prod/key/1", "")),
		"REQUEST_TOO_LARGE":            s.send("POST /prod/x HTTP/1.1\r\nHost: " + testHost + "\r\nContent-Length: 10485761\r\n\r\n"),
		"DEFAULT_4XX":                  s.send("GET /prod/a/../b HTTP/1.1\r\nHost: " + testHost + "\r\n\r\n"),
	} {
		if got.body != want {
			t.Errorf("%s: %d %s", want, got.status, got.body)
		}
	}
	f := newFunction(t, func(map[string]any) string { return "{}" })
	a := authorizedStand(t, apidef.Authorizer{Type: apidef.TokenAuthorizer, URI: f.URL}, func(a *apidef.API) { a.Responses = all })
	for _, want := range []string{"AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE"} {
		if got := a.do(a.with("x")); got.status != 500 || got.body != want {
			t.Errorf("%s: %d %s", want, got.status, got.body)
		}
		f.failed = "Unhandled"
	}
	if got := a.do(a.with("")); got.status != 401 || got.body != "UNAUTHORIZED" {
		t.Errorf("%d %s", got.status, got.body)
	}
	dead := newStand(t)
	r := dead.proxyRoute(apidef.AuthNone)
	r.Integration.URI = "http://127.0.0.1:1"
	dead.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{r}, Responses: all})
	if got := dead.do(dead.request("GET", "/prod/x", "")); got.body != "INTEGRATION_FAILURE" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// Templates are plain substitution.
func TestGatewayResponseTemplates(t *testing.T) {
	for text, want := range map[string]string{
		`$context.stage.`:                                    "prod.",
		`$context.stage-$context.httpMethod`:                 "prod-GET",
		`$stageVariables.tier`:                               "gold",
		`$method.request.header.X-Who|`:                      "ada|",
		`$method.request.querystring.q|`:                     "2 b|",
		`$method.request.path.id|`:                           "a%20b|",
		`$context.authorizer.claims.cognito:username|`:       "|",
		`$context.nothing|$stageVariables.no|`:               "||",
		`$ $$ $5 $context $unknown.name`:                     "$ $$ $5 $context $unknown.name",
		`#if(true) $context.error.messageString #end`:        `#if(true) "Forbidden" #end`,
		`{"e":"$context.error.validationErrorString"}`:       `{"e":""}`,
		`$context.error.message$context.error.messageString`: `Forbidden"Forbidden"`,
	} {
		s := answeringStand(t, map[string]apidef.GatewayResponse{"INVALID_API_KEY": {Templates: jsonTemplate(text)}})
		r := s.request("GET", "/prod/key/a%20b?q=1&q=2+b", "")
		r.Header.Set("X-Who", "ada")
		if got := s.do(r); got.body != want {
			t.Errorf("%s: %s, want %s", text, got.body, want)
		}
	}
}

func TestGatewayResponseHeadersAndTypes(t *testing.T) {
	s := answeringStand(t, map[string]apidef.GatewayResponse{"INVALID_API_KEY": {
		Templates: map[string]string{"text/html": "<b>", "application/xml": "<x/>"},
		Parameters: map[string]string{
			"gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
			"gatewayresponse.header.X-Stage":                     "context.stage",
			"gatewayresponse.header.X-Who":                       "method.request.header.X-Who",
			"gatewayresponse.header.X-Tier":                      "stageVariables.tier",
			"gatewayresponse.header.X-None":                      "method.request.querystring.none",
		},
	}})
	for accept, want := range map[string]string{"text/html;q=0.9, application/xml": "text/html", "application/xml": "application/xml", "": "application/xml", "*/*": "application/xml"} {
		r := s.request("GET", "/prod/key/1", "")
		r.Header.Set("X-Who", "ada\tb")
		r.Header.Set("Accept", accept)
		got := s.do(r)
		h := got.header
		if h.Get("Content-Type") != want || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("X-Stage") != "prod" || h.Get("X-Who") != "ada\tb" || h.Get("X-Tier") != "gold" {
			t.Errorf("%s: %v", accept, h)
		}
		if _, ok := h["X-None"]; ok {
			t.Error("a header without a value")
		}
	}
}

func TestGatewayResponseConfig(t *testing.T) {
	header := func(name, from string) apidef.GatewayResponse {
		return apidef.GatewayResponse{Parameters: map[string]string{name: from}}
	}
	for name, c := range map[string]struct {
		kind string
		r    apidef.GatewayResponse
	}{
		"unknown type":       {"DEFAULT_3XX", apidef.GatewayResponse{}},
		"status":             {"THROTTLED", apidef.GatewayResponse{Status: 99}},
		"not a header":       {"THROTTLED", header("gatewayresponse.body.x", "'a'")},
		"an identity header": {"THROTTLED", header("gatewayresponse.header.X-Gatepass-User-Arn", "'a'")},
		"framing":            {"THROTTLED", header("gatewayresponse.header.Content-Length", "'1'")},
		"a line end":         {"THROTTLED", header("gatewayresponse.header.X-A", "'a\r\nb'")},
		"unknown variable":   {"THROTTLED", header("gatewayresponse.header.X-A", "context.nothing")},
		"no quotes":          {"THROTTLED", header("gatewayresponse.header.X-A", "a")},
		"not a content type": {"THROTTLED", apidef.GatewayResponse{Templates: map[string]string{"json": ""}}},
	} {
		a := apidef.API{ID: "a", Stages: []apidef.Stage{{Name: "prod"}}, Responses: map[string]apidef.GatewayResponse{c.kind: c.r}}
		if err := Validate(a); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

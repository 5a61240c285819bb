package gateway

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// functionStand serves a Lambda custom integration of the function notes, which
// the recording backend is.
func functionStand(t *testing.T, in apidef.Integration, answer string) *stand {
	t.Helper()
	s := newStand(t)
	in.Type, in.URI = apidef.LambdaCustom, "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:${stageVariables.fn}/invocations"
	c := apidef.Catalog{LambdaEndpoint: s.backend.URL, APIs: []apidef.API{{
		ID: "abc123", Stages: []apidef.Stage{{Name: "prod", Variables: map[string]string{"fn": "notes"}}}, BinaryMediaTypes: []string{"image/png"},
		Routes: []apidef.Route{{Path: "/n/{id}", Methods: []string{"ANY"}, Auth: apidef.AuthNone, Integration: in}},
	}}}
	if err := s.g.Serve(c); err != nil {
		t.Fatal(err)
	}
	s.answer = answerWith(answer)
	return s
}

var plainResponse = []apidef.IntegrationResponse{{Status: 200}}

// TestLambdaCustom: the function sees what the template made, under what Invoke
// takes, and nothing of the caller's; the caller what the mappings made.
func TestLambdaCustom(t *testing.T) {
	s := functionStand(t, apidef.Integration{
		Method: "POST", Passthrough: "NEVER",
		Parameters: map[string]string{"integration.request.path.id": "method.request.path.id", "integration.request.header.X-Stage": "context.stage", "integration.request.querystring.q": "method.request.querystring.q"},
		Templates:  map[string]string{"application/json": `{"id":"$input.params('id')","note":$input.json('$.note'),"fn":"$stageVariables.fn"}`},
		Responses: []apidef.IntegrationResponse{{
			Status: 201, Parameters: map[string]string{
				"method.response.header.Location": "integration.response.body.at", "method.response.header.X-Log": "integration.response.header.X-Amz-Log-Result",
			},
			Templates: map[string]string{"application/json": `{"made":$input.json('$.n[1]')}`},
		}},
	}, "")
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Log-Result", "bG9n")
		w.Header().Set("X-Hidden", "h")
		_, _ = io.WriteString(w, `{"at":"/n/8","n":[1,{"k":2}]}`)
	}
	r := s.request("PUT", "/prod/n/7?q=1", `{"note":[1,"a"]}`)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Mine", "m")
	got := s.do(r)
	if got.status != 201 || got.body != `{"made":{"k":2}}` || got.header.Get("Location") != "/n/8" || got.header.Get("X-Log") != "bG9n" || got.header["X-Hidden"] != nil {
		t.Errorf("%+v", got)
	}
	in := s.forwarded()
	if in.method != "POST" || in.target != "/2015-03-31/functions/notes/invocations" || string(in.body) != `{"id":"7","note":[1,"a"],"fn":"notes"}` {
		t.Errorf("%s %s %s", in.method, in.target, in.body)
	}
	want := map[string]string{"X-Amz-Invocation-Type": "RequestResponse", "Content-Type": "application/json", "X-Stage": "prod", "User-Agent": "AmazonAPIGateway", "Content-Length": "38"}
	for key := range in.header {
		if in.header.Get(key) != want[key] {
			t.Errorf("%s: %q, want %q", key, in.header.Get(key), want[key])
		}
		delete(want, key)
	}
	if len(want) > 0 {
		t.Errorf("not sent: %v", want)
	}
}

// TestLambdaCustomSelection is "Handle Lambda errors in API Gateway": patterns are
// held to the whole errorMessage, and what has none is the default's.
func TestLambdaCustomSelection(t *testing.T) {
	responses := []apidef.IntegrationResponse{
		{Status: 200},
		{Status: 400, Selection: `Malformed.*`, Templates: map[string]string{"application/json": `{"message":"$input.path('$.errorMessage')"}`}},
		{Status: 403, Selection: `.*"status":403.*`, Templates: map[string]string{"application/json": `$input.path('$.errorMessage')`}},
		{Status: 502, Selection: `Lines(\n|.)+`},
		{Status: 503, Selection: `One.line`},
		{Status: 504, Selection: `.*Task timed out after \d+\.\d+ seconds`},
	}
	timedOut := `{"errorMessage":"2026-01-15T10:20:30.000Z 7b2c Task timed out after 3.00 seconds"}`
	for name, tt := range map[string]struct {
		answer string
		status int
		body   string
	}{
		"success":                {`{"ok":true}`, 200, `{"ok":true}`},
		"standard error":         {`{"errorMessage":"Malformed input ...","errorType":"Error","stackTrace":["a"]}`, 400, `{"message":"Malformed input ..."}`},
		"custom error":           {`{"errorMessage":"{\"status\":403,\"why\":\"x\"}"}`, 403, `{"status":403,"why":"x"}`},
		"a part of the message":  {`{"errorMessage":"not Malformed"}`, 200, `{"errorMessage":"not Malformed"}`},
		"a pattern over lines":   {`{"errorMessage":"Lines\nof\ntext"}`, 502, `{"errorMessage":"Lines\nof\ntext"}`},
		"a dot is no line break": {`{"errorMessage":"One\nline"}`, 200, `{"errorMessage":"One\nline"}`},
		"timed out":              {timedOut, 504, timedOut},
		"another key's spelling": {`{"ErrorMessage":"Malformed"}`, 200, `{"ErrorMessage":"Malformed"}`},
		"an error that is none":  {`{"errorMessage":7}`, 200, `{"errorMessage":7}`},
		"a list":                 {`["errorMessage"]`, 200, `["errorMessage"]`},
		"null":                   {`null`, 200, `null`},
		"not JSON":               {`nonsense`, 200, `nonsense`},
		"nothing":                {``, 200, ``},
	} {
		for _, header := range []string{"", "Unhandled"} {
			s := functionStand(t, apidef.Integration{Responses: responses}, "")
			s.answer = func(w http.ResponseWriter, _ *http.Request) {
				if header != "" {
					w.Header().Set("X-Amz-Function-Error", header)
				}
				_, _ = io.WriteString(w, tt.answer)
			}
			if got := s.do(s.request("POST", "/prod/n/1", `{}`)); got.status != tt.status || got.body != tt.body {
				t.Errorf("%s, %q: %d %s", name, header, got.status, got.body)
			}
		}
	}
}

// TestLambdaCustomFaults: E25 where no integration response is for an answer, and
// where the endpoint gives none.
func TestLambdaCustomFaults(t *testing.T) {
	patterns := []apidef.IntegrationResponse{{Status: 400, Selection: "Malformed.*"}}
	body := []apidef.IntegrationResponse{{Status: 200, Templates: map[string]string{"application/json": `$util.base64Decode($input.path('$.a'))`}}}
	for name, tt := range map[string]struct {
		responses []apidef.IntegrationResponse
		answer    http.HandlerFunc
		body      string
	}{
		"no responses":        {nil, answerWith(`{}`), e25},
		"no match, no error":  {patterns, answerWith(`{}`), e25},
		"no match, an error":  {patterns, answerWith(`{"errorMessage":"x"}`), e25},
		"a template's fault":  {body, answerWith(`{"a":"!"}`), e25},
		"no such function":    {plainResponse, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, e25},
		"throttled":           {plainResponse, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, e25},
		"a redirect":          {plainResponse, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) }, e25},
		"202 to who waits":    {plainResponse, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202) }, e25},
		"too large an answer": {plainResponse, answerWith(strings.Repeat(" ", maxEvent+1)), `{"errorMessage":"the answer is larger than 6 MB"}`},
	} {
		s := functionStand(t, apidef.Integration{Responses: tt.responses}, "")
		s.answer = tt.answer
		status := 500
		if tt.body != e25 {
			status = 200 // as Lambda itself says it
		}
		if got := s.do(s.request("GET", "/prod/n/1", "")); got.status != status || got.body != tt.body {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		s.forwarded()
	}
}

// TestLambdaCustomEvents: what goes to the function without a template, by
// passthroughBehavior; JSON it must be.
func TestLambdaCustomEvents(t *testing.T) {
	templates := map[string]string{"application/json": `{"t":1}`, "text/csv": `nonsense`, "application/x-www-form-urlencoded": `{"form":"$input.body"}`}
	for name, tt := range map[string]struct {
		passthrough, contentType, body string
		templates                      map[string]string
		handling                       string
		status                         int
		event                          string
	}{
		"no body":                      {"", "", "", nil, "", 200, `{}`},
		"as it is":                     {"", "application/json", `[1]`, nil, "", 200, `[1]`},
		"no match":                     {"WHEN_NO_MATCH", "application/xml", `"x"`, templates, "", 200, `"x"`},
		"not JSON":                     {"", "text/plain", `a=b`, nil, "", 400, ""},
		"not UTF-8":                    {"", "text/plain", "\"\xff\"", nil, "", 400, ""},
		"a template's":                 {"NEVER", "application/json", `[1]`, templates, "", 200, `{"t":1}`},
		"a form's template":            {"NEVER", "application/x-www-form-urlencoded; charset=utf-8", `a=b`, templates, "", 200, `{"form":"a=b"}`},
		"a template's that is no JSON": {"", "text/csv", `1,2`, templates, "", 400, ""},
		"never":                        {"NEVER", "text/plain", `{}`, templates, "", 415, ""},
		"templates, none for it":       {"WHEN_NO_TEMPLATES", "text/plain", `{}`, templates, "", 415, ""},
		"no templates":                 {"WHEN_NO_TEMPLATES", "text/plain", `{}`, nil, "", 200, `{}`},
		"an image, as text":            {"", "image/png", "abc", map[string]string{"image/png": `"$input.body"`}, "CONVERT_TO_TEXT", 200, `"YWJj"`},
	} {
		s := functionStand(t, apidef.Integration{Passthrough: tt.passthrough, Templates: tt.templates, ContentHandling: tt.handling, Responses: plainResponse}, `{}`)
		r := s.request("POST", "/prod/n/1", tt.body)
		if tt.contentType != "" {
			r.Header.Set("Content-Type", tt.contentType)
		}
		if got := s.do(r); got.status != tt.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if tt.event == "" {
			s.nothingForwarded()
		} else if in := s.forwarded(); string(in.body) != tt.event {
			t.Errorf("%s: the function got %s", name, in.body)
		}
	}
	s := functionStand(t, apidef.Integration{Responses: plainResponse}, `{}`)
	s.refused("7 MB", s.do(s.request("POST", "/prod/n/1", `"`+strings.Repeat("x", 7<<20)+`"`)), 413, "RequestTooLargeException")
	s.nothingForwarded()
}

// TestLambdaCustomAsync is "Set up asynchronous invocation of the backend Lambda
// function": nothing of what a function returns is in the answer.
func TestLambdaCustomAsync(t *testing.T) {
	responses := []apidef.IntegrationResponse{{Status: 200}, {Status: 500, Selection: `.+`}}
	for name, tt := range map[string]struct {
		from, sent, kind string
		says, status     int
		body             string
	}{
		"always":               {"'Event'", "", "Event", 202, 200, ""},
		"an emulator that ran": {"'Event'", "", "Event", 200, 200, ""},
		"asked for":            {"method.request.header.InvocationType", "Event", "Event", 202, 200, ""},
		"not asked for":        {"method.request.header.InvocationType", "RequestResponse", "RequestResponse", 200, 500, `{"errorMessage":"x"}`},
		"left out":             {"method.request.header.InvocationType", "", "RequestResponse", 200, 500, `{"errorMessage":"x"}`},
		"not taken":            {"'Event'", "", "Event", 500, 500, e25},
		"a dry run":            {"'DryRun'", "", "", 204, 400, `{"message":"The invocation type is not RequestResponse or Event"}`},
	} {
		s := functionStand(t, apidef.Integration{Parameters: map[string]string{"integration.request.header.X-Amz-Invocation-Type": tt.from}, Responses: responses}, "")
		s.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.says)
			_, _ = io.WriteString(w, `{"errorMessage":"x"}`)
		}
		r := s.request("POST", "/prod/n/1", `{}`)
		if tt.sent != "" {
			r.Header.Set("InvocationType", tt.sent)
		}
		if got := s.do(r); got.status != tt.status || got.body != tt.body {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if tt.kind == "" {
			s.nothingForwarded()
		} else if in := s.forwarded(); in.header.Get("X-Amz-Invocation-Type") != tt.kind {
			t.Errorf("%s: %v", name, in.header)
		}
	}
}

// TestLambdaCustomBinary: the text in base64 that a function returns goes out as bytes.
func TestLambdaCustomBinary(t *testing.T) {
	responses := []apidef.IntegrationResponse{{Status: 200, ContentHandling: "CONVERT_TO_BINARY", Parameters: map[string]string{"method.response.header.Content-Type": "'image/png'"}}}
	for answer, want := range map[string]string{`"/wE="`: "200 \xff\x01", `"no base64"`: "500 " + e25, `{}`: "500 " + e25} {
		s := functionStand(t, apidef.Integration{Responses: responses}, answer)
		if got := s.do(s.request("GET", "/prod/n/1", "")); itoa(got.status)+" "+got.body != want {
			t.Errorf("%s: %d %q", answer, got.status, got.body)
		}
	}
}

func TestLambdaCustomRefusedWhenLoaded(t *testing.T) {
	const function = "arn:aws:lambda:us-east-1:111122223333:function:f"
	for name, tt := range map[string]struct {
		protocol apidef.Protocol
		in       apidef.Integration
	}{
		"no URI":               {apidef.REST, apidef.Integration{}},
		"another service":      {apidef.REST, apidef.Integration{URI: "arn:aws:apigateway:us-east-1:sqs:path/111122223333/q"}},
		"another method":       {apidef.REST, apidef.Integration{URI: function, Method: "GET"}},
		"a handler":            {apidef.REST, apidef.Integration{Handler: http.NotFoundHandler()}},
		"a version":            {apidef.REST, apidef.Integration{URI: function, Parameters: map[string]string{"integration.request.querystring.Qualifier": "'2'"}}},
		"a pattern of Java's":  {apidef.REST, apidef.Integration{URI: function, Responses: []apidef.IntegrationResponse{{Status: 200, Selection: "(?!x)"}}}},
		"a link-local address": {apidef.REST, apidef.Integration{URI: "http://169.254.169.254/"}},
		"an HTTP API":          {apidef.HTTP, apidef.Integration{URI: function}},
		"a WebSocket API":      {apidef.WebSocket, apidef.Integration{URI: function}},
	} {
		tt.in.Type = apidef.LambdaCustom
		rt := apidef.Route{Path: "/x", Methods: []string{"GET"}, Auth: apidef.AuthNone, Integration: tt.in}
		if tt.protocol == apidef.WebSocket {
			rt.Path, rt.Methods = "$connect", nil
		}
		a := apidef.API{ID: "abc", Protocol: tt.protocol, Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{rt}}
		if err := Validate(a); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server"
)

// TestExampleGate serves examples/gate.yaml with its OpenAPI document.
func TestExampleGate(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Method+" "+r.URL.Path+" of "+r.Header.Get("X-Caller"))
	}))
	t.Cleanup(backend.Close)
	t.Setenv("ADA_PASSWORD", adaPassword)
	t.Setenv("ADMIN_SECRET", "0123456789abcdef0123456789abcdef")
	c, err := server.ReadConfig("../examples/gate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Notes()) != 0 {
		t.Errorf("notes: %q", c.Notes())
	}
	c.APIs[0].Stages[0].Variables["backend"] = strings.TrimPrefix(backend.URL, "http://")
	url := serve(t, &server.Server{Config: c})
	s, api := signedIn(t, url, c), url+"/_aws/execute-api/notes/prod"
	for _, x := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/notes", "", 200, "GET /notes of us-east-1:"},
		{"POST", "/notes", `{"content":"a"}`, 200, "POST /notes of us-east-1:"},
		{"POST", "/notes", `{"other":"a"}`, 400, "Invalid request body"},
		{"GET", "/admin", "", 403, "is not authorized"},
		{"GET", "/health", "", 200, `{"status":"ok"}`},
	} {
		if status, body := call(t, s.HTTPClient(), x.method, api+x.path, x.body); status != x.status || !strings.Contains(body, x.want) {
			t.Errorf("%s %s %s: %d %s", x.method, x.path, x.body, status, body)
		}
	}
}

// TestEveryFeatureOfAPIs declares each field of an API and starts with it.
func TestEveryFeatureOfAPIs(t *testing.T) {
	dir := t.TempDir()
	doc := "openapi: 3.0.0\ninfo: {title: d, version: '1'}\nx-other: 1\npaths:\n  /a: {get: {x-amazon-apigateway-auth: {type: AWS_IAM}}, post: {x-amazon-apigateway-auth: {type: AWS_IAM}}}\n"
	if err := os.WriteFile(filepath.Join(dir, "d.yaml"), []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("THE_KEY", "0123456789abcdefghij")
	c, err := server.ParseConfig(filepath.Join(dir, "gate.yaml"), []byte(allOfAPIs))
	if err != nil {
		t.Fatal(err)
	}
	if notes := c.Notes(); len(notes) != 3 || !strings.HasPrefix(notes[2], "d.yaml: x-other: ") {
		t.Errorf("notes: %q", notes)
	}
	url := serve(t, &server.Server{Config: c, Handlers: server.SampleHandlers()})
	if status, body := call(t, http.DefaultClient, "GET", url+"/_aws/execute-api/doc/prod/a", ""); status != 403 || !strings.Contains(body, "Missing Authentication Token") {
		t.Errorf("a route of the document: %d %s", status, body)
	}
	if status, body := call(t, http.DefaultClient, "POST", url+"/_aws/execute-api/doc/prod/a", `{"content":"x"}`); status != 201 {
		t.Errorf("a route that is open by the file: %d %s", status, body)
	}
	if status, body := call(t, http.DefaultClient, "GET", url+"/_aws/execute-api/rest/prod/keyed", ""); status != 403 || !strings.Contains(body, "Forbidden") {
		t.Errorf("a route that wants a key: %d %s", status, body)
	}
	if status, _ := call(t, http.DefaultClient, "GET", url+"/_aws/execute-api/web/n", ""); status != 401 {
		t.Errorf("a route of a JWT authorizer: %d", status)
	}
}

const allOfAPIs = `
user_pools: [{id: us-east-1_P, clients: [{id: web}]}]
functions: {Known: "http://127.0.0.1:9/known"}
lambda_endpoint: http://127.0.0.1:9
api_keys: [{id: k, name: first, value_env: THE_KEY}]
usage_plans:
  - {id: p, name: plan, throttle: {rate: 5, burst: 5}, quota: {limit: 10, period: DAY}, stages: [{api: rest, stage: prod, throttles: {"GET /keyed": {rate: 1, burst: 1}}}], keys: [k]}
apis:
  - id: rest
    description: all of it
    stages: [{name: prod, variables: {to: "127.0.0.1:9"}, throttle: {rate: 10, burst: 5}, route_throttles: {"GET /keyed": {rate: 1, burst: 1}}, access_log: {format: $context.requestId}}]
    authorizers:
      - {name: users, user_pools: [us-east-1_P], identity_source: [method.request.header.X-Token]}
      - {name: fn, function: Known, ttl_seconds: 0, validation: "^[a-z]+$"}
      - {name: ask, type: REQUEST, function: Other, identity_source: [method.request.header.A]}
    policy: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: "*", Action: execute-api:Invoke, Resource: "*"}}
    gateway_responses:
      DEFAULT_4XX: {headers: {Access-Control-Allow-Origin: "*"}}
      THROTTLED: {status: 420, templates: {application/json: '{"calm": "down"}'}, parameters: {gatewayresponse.header.A: context.requestId}}
    models: {Note: {type: object}}
    binary_media_types: [image/png]
    api_key_source: HEADER
    routes:
      - {path: /users, methods: [GET], authorizer: users, scopes: [a/b], function: Other}
      - {path: /fn, methods: [GET], authorizer: fn, uri: "http://127.0.0.1:9", timeout: 5}
      - {path: /ask, methods: [GET], auth: CUSTOM, authorizer: ask, uri: "http://127.0.0.1:9", encoded_slash: true}
      - {path: /keyed, methods: [GET], auth: NONE, api_key_required: true, handler: notes}
      - path: /mapped/{id}
        methods: [POST]
        auth: AWS_IAM
        request: {parameters: {method.request.path.id: true}, models: {application/json: Note}, check_parameters: true, check_body: true}
        integration:
          type: HTTP
          uri: http://${stageVariables.to}/x
          method: PUT
          parameters: {integration.request.header.A: context.identity.caller}
          templates: {application/json: '{"b": $input.body}'}
          passthrough: NEVER
          responses: [{status: 200}, {status: 404, selection: "404", templates: {application/json: "{}"}}]
  - id: web
    protocol: HTTP
    stages: [$default]
    cors: {allow_origins: ["*"]}
    authorizers: [{name: jwt, issuer: "https://issuer.example", audience: [a]}]
    routes:
      - {path: /n, methods: [GET], authorizer: jwt, scopes: [read], integration: {type: AWS_PROXY, uri: Other, payload: "1.0"}}
      - {path: $default, methods: [ANY], auth: AWS_IAM, integration: {uri: "http://127.0.0.1:9", parameters: {"append:header.a": $context.requestId}, response_parameters: {"404": {"overwrite:statuscode": "400"}}}}
  - id: chat
    protocol: WEBSOCKET
    route_selection: $request.body.action
    stages: [live]
    authorizers: [{name: ask, function: Known, identity_source: [route.request.header.A]}]
    routes:
      - {path: $connect, auth: AWS_IAM, uri: "http://127.0.0.1:9/connect"}
      - {path: say, auth: NONE, function: Known}
  - id: guarded
    protocol: WEBSOCKET
    route_selection: $request.body.action
    stages: [live]
    authorizers: [{name: ask, function: Known, identity_source: [route.request.header.A]}]
    routes: [{path: $connect, authorizer: ask, function: Known}]
  - id: doc
    openapi: d.yaml
    uri: http://127.0.0.1:9
    stages: [prod]
    routes: [{path: /a, methods: [POST], auth: NONE, handler: notes}]
`

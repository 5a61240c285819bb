package openapi

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

const restDoc = `
openapi: 3.0.1
info: {title: notes, version: "1"}
servers: [{url: "https://x.example/{basePath}", variables: {basePath: {default: /v1/notes}}}]
x-amazon-apigateway-policy:
  Version: 2012-10-17
  Statement: {Effect: Allow, Principal: "*", Action: execute-api:Invoke, Resource: "*"}
x-amazon-apigateway-binary-media-types: [image/png]
x-amazon-apigateway-gateway-responses:
  DEFAULT_4XX:
    statusCode: "418"
    responseParameters: {gatewayresponse.header.X: "'*'"}
x-amazon-apigateway-request-validators:
  both: {validateRequestBody: true, validateRequestParameters: true}
x-amazon-apigateway-request-validator: both
security: [{sigv4: []}]
paths:
  /notes/{id}:
    parameters: [{$ref: '#/components/parameters/Id'}]
    get:
      operationId: getNote
      responses: {"200": {description: ok, headers: {ETag: {schema: {type: string}}}}}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: GET
        uri: http://127.0.0.1:9/{id}
        passthroughBehavior: when_no_match
        timeoutInMillis: 5000
        requestParameters: {integration.request.path.id: method.request.path.id}
    put:
      security: [{pool: [a/b], key: []}]
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:put/invocations
  /open:
    x-amazon-apigateway-any-method:
      security: []
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: 200}}
components:
  parameters:
    Id: {name: id, in: path, required: true, schema: {type: string}}
  schemas:
    Note: {type: object, properties: {next: {$ref: '#/components/schemas/Note'}}}
  securitySchemes:
    sigv4: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}
    key: {type: apiKey, name: x-api-key, in: header}
    pool:
      type: apiKey
      name: X-Token
      in: header
      x-amazon-apigateway-authtype: cognito_user_pools
      x-amazon-apigateway-authorizer: {type: cognito_user_pools, providerARNs: [arn:pool]}
`

func TestReadsREST(t *testing.T) {
	got, notes, err := Read([]byte(restDoc), Options{ID: "abc", BasePath: "split"})
	if err != nil || len(notes) != 0 {
		t.Fatal(err, notes)
	}
	id := map[string]bool{"method.request.path.id": true}
	want := apidef.API{
		ID: "abc", Name: "notes",
		Policy:           `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*"}}`,
		BinaryMediaTypes: []string{"image/png"},
		Responses:        map[string]apidef.GatewayResponse{"DEFAULT_4XX": {Status: 418, Parameters: map[string]string{"gatewayresponse.header.X": "'*'"}}},
		Models:           map[string]string{"Note": `{"type":"object","properties":{"next":{"$ref":"https://apigateway.amazonaws.com/restapis/abc/models/Note"}}}`},
		Authorizers:      []apidef.Authorizer{{Name: "pool", Type: apidef.CognitoAuthorizer, ProviderARNs: []string{"arn:pool"}, IdentitySource: []string{"method.request.header.X-Token"}}},
		Routes: []apidef.Route{{
			Path: "/notes/notes/{id}", Methods: []string{"GET"}, Auth: apidef.AuthIAM, OperationName: "getNote",
			Request:   &apidef.RequestRules{Parameters: id, CheckParameters: true, CheckBody: true},
			Responses: []apidef.MethodResponse{{Status: 200, Parameters: map[string]bool{"method.response.header.ETag": false}}},
			Integration: apidef.Integration{
				URI: "http://127.0.0.1:9/{id}", Method: "GET", Timeout: 5 * time.Second, Passthrough: "WHEN_NO_MATCH",
				Parameters: map[string]string{"integration.request.path.id": "method.request.path.id"},
			},
		}, {
			Path: "/notes/notes/{id}", Methods: []string{"PUT"}, Auth: apidef.AuthCognito, Authorizer: "pool", Scopes: []string{"a/b"}, APIKeyRequired: true,
			Request:     &apidef.RequestRules{Parameters: id, Models: map[string]string{"application/json": "Note"}, CheckParameters: true, CheckBody: true},
			Integration: apidef.Integration{Type: apidef.Lambda, URI: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:put/invocations"},
		}, {
			Path: "/notes/open", Methods: []string{"ANY"}, Auth: apidef.AuthNone, Request: &apidef.RequestRules{CheckParameters: true, CheckBody: true},
			Integration: apidef.Integration{Type: apidef.Mock, Templates: map[string]string{"application/json": `{"statusCode": 200}`}, Responses: []apidef.IntegrationResponse{{Status: 200}}},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestReadsHTTP reads a document in the form in which API Gateway exports HTTP
// APIs.
func TestReadsHTTP(t *testing.T) {
	got, notes, err := Read([]byte(`{
	  "openapi": "3.0.1", "info": {"title": "h", "version": "2026-01-01 00:00:00UTC"},
	  "servers": [{"url": "https://a.execute-api.us-east-1.amazonaws.com/{basePath}", "variables": {"basePath": {"default": ""}}}],
	  "tags": [{"name": "team", "x-amazon-apigateway-tag-value": "a"}],
	  "paths": {
	    "/$default": {"x-amazon-apigateway-any-method": {"isDefaultRoute": true, "responses": {"default": {"description": "d"}}, "x-amazon-apigateway-integration": {"$ref": "#/components/x-amazon-apigateway-integrations/one"}}},
	    "/n/{id}": {"get": {"security": [{"jwt": ["read"]}], "parameters": [{"name": "id", "in": "path", "required": true}], "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "ANY", "uri": "http://127.0.0.1:9", "payloadFormatVersion": "1.0", "connectionType": "INTERNET", "responseParameters": {"200": {"overwrite:header.a": "b"}}}}}
	  },
	  "components": {
	    "securitySchemes": {"jwt": {"type": "oauth2", "x-amazon-apigateway-authorizer": {"type": "jwt", "identitySource": "$request.header.Authorization", "jwtConfiguration": {"issuer": "https://i.example", "audience": ["a"]}}}},
	    "x-amazon-apigateway-integrations": {"one": {"type": "AWS_PROXY", "httpMethod": "POST", "uri": "arn:aws:lambda:us-east-1:000000000000:function:f", "payloadFormatVersion": "2.0"}}
	  },
	  "x-amazon-apigateway-cors": {"allowOrigins": ["https://a.example"], "maxAge": 60},
	  "x-amazon-apigateway-importexport-version": "1.0"
	}`), Options{Protocol: apidef.HTTP, ID: "h"})
	if err != nil || len(notes) != 0 {
		t.Fatal(err, notes)
	}
	want := apidef.API{
		ID: "h", Name: "h", Protocol: apidef.HTTP, Tags: map[string]string{"team": "a"},
		CORS:        &apidef.CORS{AllowOrigins: []string{"https://a.example"}, MaxAge: time.Minute},
		Authorizers: []apidef.Authorizer{{Name: "jwt", Type: apidef.JWTAuthorizer, Issuer: "https://i.example", Audience: []string{"a"}, IdentitySource: []string{"$request.header.Authorization"}}},
		Routes: []apidef.Route{
			{Path: "$default", Methods: []string{"ANY"}, Auth: apidef.AuthNone, Integration: apidef.Integration{Type: apidef.Lambda, URI: "arn:aws:lambda:us-east-1:000000000000:function:f", Payload: "2.0"}},
			{Path: "/n/{id}", Methods: []string{"GET"}, Auth: apidef.AuthJWT, Authorizer: "jwt", Scopes: []string{"read"}, Integration: apidef.Integration{URI: "http://127.0.0.1:9", Payload: "1.0", ResponseParameters: map[string]map[string]string{"200": {"overwrite:header.a": "b"}}}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

const swaggerDoc = `
swagger: "2.0"
info: {title: notes, version: "1"}
host: a.execute-api.us-east-1.amazonaws.com
basePath: /prod
schemes: [https]
paths:
  /n/{id}:
    post:
      consumes: [application/json]
      produces: [application/json]
      parameters:
        - {name: id, in: path, required: true, type: string}
        - {name: Note, in: body, required: true, schema: {$ref: "#/definitions/Note"}}
      responses: {"200": {description: ok, schema: {$ref: "#/definitions/Note"}, headers: {X: {type: string}}}}
      security: [{sigv4: []}]
      x-amazon-apigateway-integration: {type: http, httpMethod: PUT, uri: "http://127.0.0.1:9", responses: {default: {statusCode: "200"}}}
securityDefinitions:
  sigv4: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}
definitions:
  Note: {type: object, required: [content], properties: {content: {type: string}}}
`

func TestReadsSwagger(t *testing.T) {
	got, notes, err := Read([]byte(swaggerDoc), Options{ID: "s"})
	if err != nil || len(notes) != 0 {
		t.Fatal(err, notes)
	}
	model := map[string]string{"application/json": "Note"}
	want := []apidef.Route{{
		Path: "/n/{id}", Methods: []string{"POST"}, Auth: apidef.AuthIAM,
		Request:     &apidef.RequestRules{Parameters: map[string]bool{"method.request.path.id": true}, Models: model},
		Responses:   []apidef.MethodResponse{{Status: 200, Parameters: map[string]bool{"method.response.header.X": false}, Models: model}},
		Integration: apidef.Integration{Type: apidef.HTTPCustom, Method: "PUT", URI: "http://127.0.0.1:9", Responses: []apidef.IntegrationResponse{{Status: 200}}},
	}}
	if diff := cmp.Diff(want, got.Routes); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// operation is a document of one operation with more lines in it.
func operation(lines string) string {
	return "openapi: 3.0.0\ninfo: {title: t, version: '1'}\ncomponents:\n  securitySchemes:\n" +
		"    bearer: {type: http, scheme: bearer}\n    sigv4: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}\n" +
		"    fn: {type: apiKey, name: A, in: header, x-amazon-apigateway-authorizer: {type: token, authorizerUri: 'arn:x'}}\n" +
		"paths:\n  /a:\n    get:\n      " + strings.ReplaceAll(lines, "\n", "\n      ") + "\n"
}

// TestRefusesWhatWouldOpen: what API Gateway would enforce, or would pass over so
// that a route is open, is an error.
func TestRefusesWhatWouldOpen(t *testing.T) {
	for name, c := range map[string]struct{ doc, want string }{
		"scheme not enforced":   {operation("security: [{bearer: []}]"), "security.bearer: a scheme of type \"http\" is not enforced"},
		"unknown scheme":        {operation("security: [{other: []}]"), "no security scheme of this name"},
		"method in capitals":    {"openapi: 3.0.0\npaths: {/admin: {GET: {}}}\n", "no method"},
		"JWT of a REST API":     {"openapi: 3.0.0\ncomponents: {securitySchemes: {s: {type: oauth2, x-amazon-apigateway-authorizer: {type: jwt}}}}\n", "which is REST"},
		"no list":               {operation("security: {sigv4: []}"), "must be a list"},
		"IAM with authorizer":   {"openapi: 3.0.0\ncomponents: {securitySchemes: {s: {type: apiKey, x-amazon-apigateway-authtype: awsSigv4, x-amazon-apigateway-authorizer: {type: token}}}}\n", "or has an authorizer"},
		"two authorizers":       {operation("security: [{sigv4: [], fn: []}]"), "one authorizer"},
		"auth and security":     {operation("security: [{sigv4: []}]\nx-amazon-apigateway-auth: {type: NONE}"), "say the same"},
		"unknown auth":          {operation("x-amazon-apigateway-auth: {type: MAGIC}"), "MAGIC"},
		"unknown check":         {operation("x-amazon-apigateway-security-filter: on"), "may be a check"},
		"unknown validator":     {operation("x-amazon-apigateway-request-validator: v"), "no validator"},
		"unverified backend":    {operation("x-amazon-apigateway-integration: {type: http_proxy, uri: 'https://a', tlsConfig: {insecureSkipVerification: true}}"), "verified as they are"},
		"unknown integration":   {operation("x-amazon-apigateway-integration: {type: ftp}"), "\"FTP\" is not"},
		"private":               {operation("{}") + "x-amazon-apigateway-endpoint-configuration: {vpcEndpointIds: [vpce-1]}\n", "private APIs"},
		"reference to nowhere":  {operation("x-amazon-apigateway-integration: {$ref: '#/components/x'}"), "leads nowhere"},
		"reference to a file":   {operation("x-amazon-apigateway-integration: {$ref: 'other.yaml#/x'}"), "leads nowhere"},
		"reference to itself":   {"openapi: 3.0.0\npaths: {$ref: '#/paths'}\n", "leads nowhere"},
		"neither":               {"info: {}", "is not 3.0"},
		"a body of another API": {operation("requestBody: {content: {a/b: {schema: {$ref: '#/paths/a'}}}}"), "not to a schema"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Read([]byte(c.doc), Options{})
			if !errors.Is(err, ErrDocument) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Null says nothing: a route with it is guarded as the document says, while an
// empty list opens it.
func TestSecurityOfNull(t *testing.T) {
	const doc = `{"openapi":"3.0.1","info":{"title":"t"},"security":[{"sigv4":[]}],
		"paths":{"/null":{"get":{"security":null}},"/none":{"get":{}},"/open":{"get":{"security":[]}}},
		"components":{"securitySchemes":{"sigv4":{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authtype":"awsSigv4"}}}}`
	a, _, err := Read([]byte(doc), Options{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]apidef.Auth{"/null": apidef.AuthIAM, "/none": apidef.AuthIAM, "/open": apidef.AuthNone}
	for _, rt := range a.Routes {
		if rt.Auth != want[rt.Path] {
			t.Errorf("%s asks for %s, want %s", rt.Path, rt.Auth, want[rt.Path])
		}
	}
	if len(a.Routes) != len(want) {
		t.Errorf("%d routes", len(a.Routes))
	}
}

// The models of a Swagger document's answers are of what it says it produces.
func TestSwaggerProduces(t *testing.T) {
	const doc = `{"swagger":"2.0","info":{"title":"t"},"produces":["text/plain"],"definitions":{"M":{"type":"object"}},
		"paths":{"/a":{"get":{"responses":{"200":{"schema":{"$ref":"#/definitions/M"}}}}},
		"/b":{"get":{"produces":["application/json","a/b"],"responses":{"200":{"schema":{"$ref":"#/definitions/M"}}}}}}}`
	a, _, err := Read([]byte(doc), Options{ID: "a"})
	if err != nil || len(a.Routes) != 2 {
		t.Fatal(a.Routes, err)
	}
	for i, want := range []map[string]string{{"text/plain": "M"}, {"application/json": "M", "a/b": "M"}} {
		if diff := cmp.Diff(want, a.Routes[i].Responses[0].Models); diff != "" {
			t.Errorf("%s: -want +got\n%s", a.Routes[i].Path, diff)
		}
	}
}

// TestRequirementsOfSAM: SAM lists an API key beside an authorizer, and NONE,
// which is no scheme, for an open route. Both of a list are asked for.
func TestRequirementsOfSAM(t *testing.T) {
	head := "components: {securitySchemes: {api_key: {type: apiKey, name: x-api-key, in: header}, iam: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}}}\n"
	api, _, err := Read([]byte(head+"openapi: 3.0.0\npaths: {/a: {get: {security: [{api_key: []}, {iam: []}]}, put: {security: [{NONE: []}]}, post: {security: [{iam: []}, {}]}}}\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []apidef.Route{{Auth: apidef.AuthIAM, APIKeyRequired: true}, {Auth: apidef.AuthNone}, {Auth: apidef.AuthIAM}} {
		if got := api.Routes[i]; got.Auth != want.Auth || got.APIKeyRequired != want.APIKeyRequired {
			t.Errorf("%s: %+v", got.Methods, got)
		}
	}
}

func TestNotesWhatIsNotKept(t *testing.T) {
	api, notes, err := Read([]byte(operation(`summary: documentation is no news
security: [{sigv4: []}]
parameters: [{name: c, in: cookie}]
x-unknown: 1
x-amazon-apigateway-integration: {type: aws, uri: 'arn:aws:apigateway:us-east-1:sqs:path/q', httpMethod: POST, credentials: arn}
callbacks: {}`)+"x-amazon-apigateway-minimum-compression-size: 1024\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range notes {
		got = append(got, n.Path)
	}
	want := []string{
		"x-amazon-apigateway-minimum-compression-size", "paths./a.get.parameters[0]", "paths./a.get.x-amazon-apigateway-integration",
		"paths./a.get.x-unknown", "paths./a.get.callbacks",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if rt := api.Routes[0]; rt.Auth != apidef.AuthIAM || rt.Integration.Type != apidef.Mock || rt.Integration.Responses[0].Status != 501 {
		t.Errorf("a route that is not served keeps its guard: %+v", rt)
	}
}

// TestReadsLambdaCustom: of integrations with AWS services, those that invoke a
// function are kept, as API Gateway exports them; others answer 501.
func TestReadsLambdaCustom(t *testing.T) {
	const function = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:${stageVariables.fn}/invocations"
	for uri, served := range map[string]bool{
		function: true,
		"arn:aws-cn:apigateway:cn-north-1:lambda:path/2015-03-31/functions/arn:aws-cn:lambda:cn-north-1:000000000000:function:f/invocations": true,
		"http://127.0.0.1:9": true,
		"arn:aws:apigateway:us-east-1:lambda:action/ListFunctions":    false,
		"arn:aws:apigateway:us-east-1:sqs:path/000000000000/q":        false,
		"arn:aws:apigateway:us-east-1:dynamodb:action/PutItem":        false,
		"arn:aws:apigateway:us-east-1:s3:path/b/lambda:path/k":        false,
		"arn:aws:apigateway:us-east-1:states:action/StartExecution":   false,
		"arn:aws:apigateway:us-east-1:kinesis:action/PutRecord":       false,
		"arn:aws:apigateway:us-east-1:firehose:action/DescribeStream": false,
	} {
		doc := `{"openapi": "3.0.1", "paths": {"/a": {"post": {"x-amazon-apigateway-integration": {
			"type": "aws", "httpMethod": "POST", "uri": "` + uri + `", "passthroughBehavior": "when_no_templates", "timeoutInMillis": 5000,
			"requestParameters": {"integration.request.header.X-Amz-Invocation-Type": "'Event'"}, "requestTemplates": {"application/json": "{}"},
			"responses": {"default": {"statusCode": "200"}, "Malformed.*": {"statusCode": "400", "responseTemplates": {"application/json": "x"}}}}}}}}`
		got, notes, err := Read([]byte(doc), Options{ID: "a"})
		if err != nil {
			t.Fatal(err)
		}
		want := apidef.Integration{
			Type: apidef.LambdaCustom, URI: uri, Passthrough: "WHEN_NO_TEMPLATES", Timeout: 5 * time.Second,
			Parameters: map[string]string{"integration.request.header.X-Amz-Invocation-Type": "'Event'"}, Templates: map[string]string{"application/json": "{}"},
			Responses: []apidef.IntegrationResponse{{Status: 200}, {Status: 400, Selection: "Malformed.*", Templates: map[string]string{"application/json": "x"}}},
		}
		if !served {
			want = apidef.NotBuilt()
		}
		if diff := cmp.Diff(want, got.Routes[0].Integration); diff != "" || (len(notes) == 0) != served {
			t.Errorf("%s: -want +got\n%s\n%v", uri, diff, notes)
		}
	}
}

// TestSchemasAreNotMultiplied: operations that refer to one body without a name
// cannot make a small document a large API.
func TestSchemasAreNotMultiplied(t *testing.T) {
	var b strings.Builder
	b.WriteString("openapi: 3.0.0\ncomponents: {requestBodies: {B: {content: {a/b: {schema: {title: " + strings.Repeat("x", 1<<20) + "}}}}}}\npaths:\n")
	for i := range 100 {
		fmt.Fprintf(&b, "  /%d: {get: {requestBody: {$ref: '#/components/requestBodies/B'}}}\n", i)
	}
	if _, _, err := Read([]byte(b.String()), Options{}); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v", err)
	}
}

func TestHTTPHasNoResourcePolicy(t *testing.T) {
	_, _, err := Read([]byte("openapi: 3.0.0\nx-amazon-apigateway-policy: {}\n"), Options{Protocol: apidef.HTTP})
	if err == nil {
		t.Error("a resource policy that is not enforced was accepted")
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{restDoc, swaggerDoc, operation("security: [{fn: []}]"), `{"openapi":"3.1.0","paths":{"/":{"get":null}}}`} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, doc []byte, http bool) {
		o := Options{ID: "abc", BasePath: "prepend"}
		if http {
			o.Protocol = apidef.HTTP
		}
		api, _, err := Read(doc, o)
		if err != nil {
			return
		}
		for _, rt := range api.Routes {
			if rt.Auth == "" || len(rt.Methods) != 1 {
				t.Fatalf("a route without a guard or a method: %+v", rt)
			}
		}
		out, err := Write(api, "prod")
		if err != nil {
			return
		}
		again, _, err := Read(out, Options{ID: "abc", Protocol: o.Protocol})
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for i := range api.Routes {
			if a, b := api.Routes[i], again.Routes; len(b) != len(api.Routes) || !slices.ContainsFunc(b, func(r apidef.Route) bool {
				return r.Path == a.Path && r.Methods[0] == a.Methods[0] && r.Auth == a.Auth && r.Authorizer == a.Authorizer && r.APIKeyRequired == a.APIKeyRequired
			}) {
				t.Fatalf("the guard of %v changed\n%s", a, out)
			}
		}
	})
}

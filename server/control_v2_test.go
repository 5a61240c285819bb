package server_test

import (
	"net/http"
	"testing"

	"github.com/gatepass/gatepass/server"
)

// An HTTP API with a stage that deploys by itself serves each change at once; one
// without serves what it is given.
func TestControlHTTPAPI(t *testing.T) {
	p := controlled(t)
	const at = "/_aws/execute-api/$API"
	p.run(
		step{"POST", "/v2/apis", `{"name":"n","protocolType":"TCP"}`, 400, "Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]", ""},
		step{"POST", "/v2/apis", `{"protocolType":"HTTP"}`, 400, "Name cannot be blank", ""},
		step{"POST", "/v2/apis", `{"name":"n","protocolType":"HTTP","tags":{"team":"x"}}`, 201, `"protocolType":"HTTP"`, "API=apiId"},
		step{"GET", "/v2/apis/$API", "", 200, `"apiEndpoint":"https://$API.execute-api.us-east-1.amazonaws.com"`, ""},
		step{"GET", "/v2/apis/$API", "", 200, `"createdDate":"20`, ""},
		step{"GET", "/restapis/$API", "", 404, "Invalid API identifier specified", ""},
		step{"POST", "/v2/apis/$API/deployments", `{}`, 400, "no routes exist", ""},
		step{"POST", "/v2/apis/$API/integrations", `{"integrationType":"HTTP_PROXY","integrationMethod":"GET","integrationUri":"$BACKEND/one"}`, 201, `"connectionType":"INTERNET"`, "INT=integrationId"},
		step{"POST", "/v2/apis/$API/integrations", `{"integrationType":"AWS_PROXY","integrationSubtype":"SQS-SendMessage"}`, 400, "integrationSubtype", ""},
		step{"POST", "/v2/apis/$API/integrations", `{"integrationType":"HTTP_PROXY","integrationUri":"$BACKEND"}`, 400, "HttpMethod", ""},
		step{"POST", "/v2/apis/$API/routes", `{"routeKey":"GET notes"}`, 400, "The provided route key is not formatted properly", ""},
		step{"POST", "/v2/apis/$API/routes", `{"routeKey":"GET /notes","target":"integrations/nothere"}`, 400, "Invalid target", ""},
		step{"POST", "/v2/apis/$API/routes", `{"routeKey":"GET /notes","authorizationType":"JWT"}`, 400, "authorizer", ""},
		step{"POST", "/v2/apis/$API/routes", `{"routeKey":"GET /notes","target":"integrations/$INT"}`, 201, `"authorizationType":"NONE"`, "ROUTE=routeId"},
		step{"POST", "/v2/apis/$API/routes", `{"routeKey":"GET /notes"}`, 409, "already exists", ""},
		step{"POST", "/v2/apis/$API/stages", `{"stageName":"$default","autoDeploy":true}`, 201, `"autoDeploy":true`, ""},
		step{"POST", "/v2/apis/$API/stages", `{"stageName":"v1"}`, 201, `"stageName":"v1"`, ""},
		step{"GET", "/v2/apis/$API/stages/%24default", "", 200, "Successfully deployed stage", "AUTO=deploymentId"},
	)
	p.want(at+"/notes", 200, "backend saw /one")
	p.want(at+"/v1/notes", 404, "") // no deployment
	p.run(
		step{"POST", "/v2/apis/$API/deployments", `{"stageName":"v1","description":"d"}`, 201, `"deploymentStatus":"DEPLOYED","description":"d"`, "MANUAL=deploymentId"},
		step{"POST", "/v2/apis/$API/deployments", `{"stageName":"$default"}`, 400, "AutoDeploy", ""},
		step{"PATCH", "/v2/apis/$API/integrations/$INT", `{"integrationUri":"$BACKEND/two"}`, 200, `"integrationMethod":"GET","integrationUri":"$BACKEND/two"`, ""},
	)
	p.want(at+"/notes", 200, "backend saw /two")
	p.want(at+"/v1/notes", 200, "backend saw /one")
	p.run(
		step{"PATCH", "/v2/apis/$API/integrations/$INT", `{"integrationUri":"http://169.254.169.254/"}`, 200, "", ""},
		step{"GET", "/v2/apis/$API/stages/$default", "", 200, `"lastDeploymentStatusMessage":"Deployment attempt failed: `, ""},
		step{"GET", "/v2/apis/$API/deployments", "", 200, `"autoDeployed":true`, ""},
		step{"DELETE", "/v2/apis/$API/deployments/$MANUAL", "", 400, "Active stages", ""},
		step{"DELETE", "/v2/apis/$API/integrations/$INT", "", 409, "target of the route", ""},
	)
	p.want(at+"/notes", 200, "backend saw /two") // what was good is still served
	p.run(
		step{"PATCH", "/v2/apis/$API/routes/$ROUTE", `{"authorizationType":"AWS_IAM"}`, 200, `"authorizationType":"AWS_IAM"`, ""},
		step{"PATCH", "/v2/apis/$API/integrations/$INT", `{"integrationUri":"$BACKEND/two"}`, 200, "", ""},
	)
	p.want(at+"/notes", 403, `{"message":"Forbidden"}`)
	p.want(at+"/v1/notes", 200, "backend saw /one")
	p.run(
		step{"PATCH", "/v2/apis/$API", `{"corsConfiguration":{"allowOrigins":["https://app.example"]}}`, 200, `"allowOrigins":["https://app.example"]`, ""},
		step{"PATCH", "/v2/apis/$API", `{"description":"d"}`, 200, `"allowOrigins":["https://app.example"]`, ""},
		step{"PATCH", "/v2/apis/$API", `{"corsConfiguration":{"allowOrigins":["*"],"allowCredentials":true}}`, 400, "AllowCredentials", ""},
		step{"DELETE", "/v2/apis/$API/cors", "", 204, "", ""},
		step{"PATCH", "/v2/apis/$API", `{"apiId":"x"}`, 400, "apiId", ""},
		step{"DELETE", "/v2/apis/$API/routes/$ROUTE", "", 204, "", ""},
		step{"DELETE", "/v2/apis/$API/integrations/$INT", "", 204, "", ""},
		step{"DELETE", "/v2/apis/$API/stages/v1", "", 204, "", ""},
		step{"DELETE", "/v2/apis/$API", "", 204, "", ""},
		step{"GET", "/v2/apis/$API", "", 404, "NotFoundException", ""},
	)
	p.want(at+"/notes", 403, "") // no API
}

// Quick create makes the whole of an API.
func TestControlQuickCreate(t *testing.T) {
	p := controlled(t)
	p.run(
		step{"POST", "/v2/apis", `{"name":"n","protocolType":"HTTP","target":"$BACKEND"}`, 201, `"apiId"`, "API=apiId"},
		step{"GET", "/v2/apis/$API/routes", "", 200, `"routeKey":"$default"`, ""},
		step{"GET", "/v2/apis/$API/stages", "", 200, `"autoDeploy":true`, ""},
	)
	p.want("/_aws/execute-api/$API/any/where", 200, "backend saw /any/where")
}

// Authorizers and stage settings of HTTP APIs, tags, and what is refused.
func TestControlV2Parts(t *testing.T) {
	p := controlled(t)
	p.run(
		step{"POST", "/v2/apis", `{"name":"n","protocolType":"HTTP","target":"$BACKEND"}`, 201, "", "API=apiId"},
		step{"GET", "/v2/apis/$API/routes", "", 200, "", ""},
		step{"POST", "/v2/apis/$API/authorizers", `{"name":"j","authorizerType":"JWT","identitySource":["$request.header.Authorization"]}`, 400, "jwtConfiguration", ""},
		step{"POST", "/v2/apis/$API/authorizers", `{"name":"j","authorizerType":"JWT","identitySource":["$request.header.Authorization"],"jwtConfiguration":{"issuer":"https://cognito-idp.us-east-1.amazonaws.com/` + server.SampleUserPool + `","audience":["c"]}}`, 201, `"authorizerType":"JWT"`, "AUTH=authorizerId"},
		step{"PATCH", "/v2/apis/$API/authorizers/$AUTH", `{"name":"k"}`, 200, `"name":"k","authorizerType":"JWT"`, ""},
		step{"PATCH", "/v2/apis/$API/authorizers/$AUTH", `{"authorizerId":"x"}`, 400, "Identifiers cannot be changed", ""},
		step{"POST", "/v2/apis/$API/routes", `{"routeKey":"GET /x","apiKeyRequired":true}`, 400, "ApiKeyRequired", ""},
		step{"PATCH", "/v2/apis/$API/stages/$default", `{"stageVariables":{"a":"1","b":"2"}}`, 200, `"a":"1"`, ""},
		step{"PATCH", "/v2/apis/$API/stages/$default", `{"stageVariables":{"a":""}}`, 200, `"stageVariables":{"b":"2"}`, ""},
		step{"PATCH", "/v2/apis/$API/stages/$default", `{"defaultRouteSettings":{"dataTraceEnabled":true}}`, 400, "data trace", ""},
		step{"POST", "/v2/apis/$API/models", `{"name":"m","schema":"{}"}`, 400, "WEBSOCKET", ""},
		step{"DELETE", "/v2/apis/$API/authorizers/$AUTH", "", 204, "", ""},

		step{"POST", "/v2/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2F$API", `{"tags":{"team":"x","more":"y"}}`, 201, "", ""},
		step{"DELETE", "/v2/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2F$API?tagKeys=more", "", 204, "", ""},
		step{"GET", "/v2/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2F$API", "", 200, `{"tags":{"team":"x"}}`, ""},
		step{"GET", "/v2/apis/$API", "", 200, `"tags":{"team":"x"}`, ""},
		step{"GET", "/v2/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2Fnothere", "", 404, "Invalid resource ARN", ""},
		step{"GET", "/tags/arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Fapis%2F$API", "", 400, "Invalid resource ARN", ""},
		step{"PUT", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2F$API%2Fstages%2F%24default", `{"tags":{"s":"1"}}`, 204, "", ""},
		step{"GET", "/v2/apis/$API/stages/$default", "", 200, `"tags":{"s":"1"}`, ""},
	)
}

// A document becomes an API, and what is served a document again.
func TestControlImportExport(t *testing.T) {
	p := controlled(t)
	const doc = `{"openapi":"3.0.1","info":{"title":"notes","version":"1"},"paths":{
		"/notes":{"x-amazon-apigateway-any-method":{"responses":{"200":{"description":"ok","headers":{"X":{"schema":{"type":"string"}}},"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Note"}}}}},"parameters":[{"name":"q","in":"query","schema":{"type":"string"}}],"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Note"}}}},"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"$BACKEND/imported"}}},
		"/notes/{id}":{"get":{"security":[{"sigv4":[]}],"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{"description":"ok"}},
			"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"$BACKEND/imported/{id}"}}}},
		"components":{"schemas":{"Note":{"type":"object","properties":{"next":{"$ref":"#/components/schemas/Note"}}}},"securitySchemes":{"sigv4":{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authtype":"awsSigv4"}}}}`
	const other = `{"openapi":"3.0.1","info":{"title":"notes","version":"1"},"paths":{"/more":{"get":{"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"$BACKEND/more"}}}}}`
	p.run(
		step{"POST", "/restapis?mode=import", `{"openapi":"3.0.1"`, 400, "Errors found during import", ""},
		step{"POST", "/restapis?mode=import&failonwarnings=true", doc, 201, `"name":"notes"`, "API=id"},
		step{"GET", "/restapis/$API/resources", "", 200, `"path":"/notes/{id}"`, ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""},
	)
	p.want("/_aws/execute-api/$API/prod/notes", 200, "backend saw /imported")
	p.want("/_aws/execute-api/$API/prod/notes/1", 403, "MissingAuthenticationTokenException")
	p.run(
		step{"PUT", "/restapis/$API?mode=merge", other, 200, `"id":"$API"`, ""},
		step{"GET", "/restapis/$API/resources", "", 200, `"path":"/notes"`, ""},
		step{"PUT", "/restapis/$API?mode=replace", other, 400, `Enumeration value of OpenAPI import mode`, ""},
		step{"GET", "/restapis/$API/stages/prod/exports/oas30", "", 200, `"/notes/{id}"`, ""},
		step{"GET", "/restapis/$API/stages/prod/exports/oas20", "", 400, "oas30 or swagger", ""},
		step{"GET", "/restapis/$API/stages/prod/exports/swagger", "", 200, `"swagger": "2.0"`, ""},
		step{"GET", "/restapis/$API/stages/prod/exports/oas30?extensions=integrations", "", 200, `"x-amazon-apigateway-integration"`, ""},
	)
	if _, _, body := p.send("GET", "/restapis/$API/stages/prod/exports/oas30", ""); contains(body, "x-amazon-apigateway-integration") || contains(body, "/more") {
		t.Errorf("extensions nobody asked for, or what is not deployed: %s", body)
	}
	// What was exported makes the same API, whichever the form.
	_, _, first := p.send("GET", "/restapis/$API/stages/prod/exports/oas30?extensions=apigateway", "")
	for _, form := range []string{"oas30", "swagger"} {
		_, _, text := p.send("GET", "/restapis/$API/stages/prod/exports/"+form+"?extensions=apigateway", "")
		p.run(
			step{"POST", "/restapis?mode=import&failonwarnings=true", text, 201, "", "AGAIN=id"},
			step{"POST", "/restapis/$AGAIN/deployments", `{"stageName":"prod"}`, 201, "", ""},
		)
		if _, _, again := p.send("GET", "/restapis/$AGAIN/stages/prod/exports/oas30?extensions=apigateway", ""); !sameJSON(first, again) {
			t.Errorf("%s: of\n%s\ncame\n%s", form, first, again)
		}
	}
	p.run(
		step{"PUT", "/restapis/$API?mode=overwrite", other, 200, "", ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""},
	)
	p.want("/_aws/execute-api/$API/prod/more", 200, "backend saw /more")
	p.want("/_aws/execute-api/$API/prod/notes", 403, "MissingAuthenticationTokenException")

	p.run(
		step{"PUT", "/v2/apis", `{"body":` + quoted(p.expand(other)) + `}`, 201, `"protocolType":"HTTP"`, "HTTP=apiId"},
		step{"POST", "/v2/apis/$HTTP/stages", `{"stageName":"$default","autoDeploy":true}`, 201, "", ""},
	)
	p.want("/_aws/execute-api/$HTTP/more", 200, "backend saw /more")
	p.run(
		step{"PUT", "/v2/apis/$HTTP", `{"body":` + quoted(p.expand(doc)) + `}`, 201, `"apiId":"$HTTP"`, ""},
		step{"GET", "/v2/apis/$HTTP/exports/OAS30?outputType=YAML&stageName=%24default", "", 200, "/notes/{id}:", ""},
		step{"GET", "/v2/apis/$HTTP/exports/OAS20?outputType=JSON", "", 400, "OAS30", ""},
	)
	p.want("/_aws/execute-api/$HTTP/more", 404, "Not Found")
	p.want("/_aws/execute-api/$HTTP/notes", 200, "backend saw /imported")
}

// WebSocket APIs: their parts, and that what is deployed is one.
func TestControlWebSocketAPI(t *testing.T) {
	p := controlled(t)
	const api = "/v2/apis/$API"
	p.run(
		step{"POST", "/v2/apis", `{"name":"w","protocolType":"WEBSOCKET"}`, 400, "RouteSelectionExpression", ""},
		step{"POST", "/v2/apis", `{"name":"w","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action","corsConfiguration":{"allowOrigins":["*"]}}`, 400, "CORS", ""},
		step{"POST", "/v2/apis", `{"name":"w","protocolType":"WEBSOCKET","routeSelectionExpression":"$response.body.x"}`, 400, "cannot be served", ""},
		step{"POST", "/v2/apis", `{"name":"w","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`, 201, `"apiEndpoint":"wss://`, "API=apiId"},
		step{"POST", api + "/integrations", `{"integrationType":"HTTP_PROXY","integrationMethod":"POST","integrationUri":"$BACKEND/message"}`, 201, `"timeoutInMillis":29000`, "INT=integrationId"},
		step{"POST", api + "/routes", `{"routeKey":"send","target":"integrations/$INT"}`, 201, "", "SEND=routeId"},
		step{"POST", api + "/stages", `{"stageName":"$default"}`, 400, "Invalid stage name", ""},
		step{"POST", api + "/stages", `{"stageName":"live"}`, 201, "", ""},
		step{"POST", api + "/deployments", `{"stageName":"live"}`, 400, "$connect", ""}, // who may connect is not said
		step{"POST", api + "/routes", `{"routeKey":"$connect","authorizationType":"AWS_IAM","apiKeyRequired":false}`, 201, "", ""},
		step{"POST", api + "/routes", `{"routeKey":"other","apiKeyRequired":true,"target":"integrations/$INT"}`, 400, "$connect", ""},
		step{"POST", api + "/routes/$SEND/routeresponses", `{"routeResponseKey":"any"}`, 400, "$default", ""},
		step{"POST", api + "/routes/$SEND/routeresponses", `{"routeResponseKey":"$default"}`, 201, `"routeResponseId":"`, "ANSWER=routeResponseId"},
		step{"GET", api + "/routes/$SEND/routeresponses", "", 200, `"routeResponseKey":"$default"`, ""},
		step{"POST", api + "/models", `{"name":"m","schema":"{\"type\":\"object\"}"}`, 201, `"name":"m"`, ""},
		step{"POST", api + "/deployments", `{"stageName":"live"}`, 201, "DEPLOYED", ""},
	)
	r, err := http.NewRequest("GET", p.url+p.expand("/_aws/execute-api/$API/live"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		r.Header.Set(name, value)
	}
	if status, _, body := answer(t, r); status != 403 {
		t.Errorf("an unsigned handshake: %d %s", status, body)
	}
	p.run(
		step{"DELETE", api + "/routes/$SEND/routeresponses/$ANSWER", "", 204, "", ""},
		step{"POST", api + "/integrations/$INT/integrationresponses", `{"integrationResponseKey":"$default"}`, 201, `"integrationResponseKey":"$default"`, "MAP=integrationResponseId"},
		step{"POST", api + "/integrations/$INT/integrationresponses", `{"integrationResponseKey":"200"}`, 400, "Invalid integration response key", ""},
		step{"DELETE", api + "/integrations/$INT/integrationresponses/$MAP", "", 204, "", ""},
		step{"DELETE", api + "/stages/live/cache/authorizers", "", 204, "", ""},
		step{"PUT", api, `{"body":"{}"}`, 400, "", ""},
	)
}

// Conditions on the tags that a thing has, and on those it is to get.
func TestControlTagConditions(t *testing.T) {
	p := controlled(t)
	p.run(
		step{"POST", "/restapis", `{"name":"n","tags":{"_custom_id_":"blue","team":"blue"}}`, 201, "", ""},
		step{"POST", "/restapis", `{"name":"n","tags":{"_custom_id_":"red","team":"red"}}`, 201, "", ""},
	)
	p.key = taggedID
	p.run(
		step{"GET", "/restapis/blue/resources", "", 200, `"path":"/"`, ""},
		step{"GET", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fblue", "", 200, `"team":"blue"`, ""},
		step{"GET", "/restapis/red/resources", "", 403, "AccessDeniedException", ""},
		step{"GET", "/restapis/nothere", "", 403, "AccessDeniedException", ""},
		step{"GET", "/restapis", "", 403, "AccessDeniedException", ""},
		step{"POST", "/restapis", `{"name":"n","tags":{"team":"blue"}}`, 201, `"team":"blue"`, ""},
		step{"POST", "/restapis", `{"name":"n","tags":{"team":"red"}}`, 403, "AccessDeniedException", ""},
		step{"POST", "/restapis", `{"name":"n"}`, 403, "AccessDeniedException", ""},
	)
}

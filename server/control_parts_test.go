package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server"
)

// Every part of a REST API: made, read, changed by patches and removed.
func TestControlParts(t *testing.T) {
	p := controlled(t)
	const m = "/restapis/$API/resources/$ROOT/methods/POST"
	p.newAPI()
	p.run(
		step{"PATCH", "/restapis/$API", patch("add", "/binaryMediaTypes/image~1png", ""), 200, `"binaryMediaTypes":["image/png"]`, ""},
		step{"PATCH", "/restapis/$API", patch("replace", "/binaryMediaTypes/image~1png", "image/gif"), 200, `"binaryMediaTypes":["image/gif"]`, ""},
		step{"PATCH", "/restapis/$API", patch("remove", "/binaryMediaTypes/image~1gif", ""), 200, `"name":"n"`, ""},
		step{"PATCH", "/restapis/$API", patch("replace", "/description", "words"), 200, `"description":"words"`, ""},
		step{"PATCH", "/restapis/$API", patch("replace", "/disableExecuteApiEndpoint", "true"), 200, `"disableExecuteApiEndpoint":true`, ""},
		step{"PATCH", "/restapis/$API", patch("replace", "/name", ""), 400, "Name cannot be blank", ""},
		step{"PATCH", "/restapis/$API", patch("replace", "/disableExecuteApiEndpoint", "no"), 400, "it is true or false", ""},
		step{"PATCH", "/restapis/$API", `{"patchOperations":[{"op":"replace","path":"/disableExecuteApiEndpoint"}]}`, 400, "needs a value", ""},
		step{"PATCH", "/restapis/$API", patch("move", "/name", "x"), 400, "Invalid patch operation", ""},
		step{"PATCH", "/restapis/$API", patch("replace", "/id", "x"), 400, "Invalid patch path", ""},
		step{"PATCH", "/restapis/$API", patch("replace", "/binaryMediaTypes", "x"), 400, "Invalid patch path", ""},

		step{"POST", "/restapis/$API/models", `{"name":"Note","contentType":"application/json","schema":"{\"type\":\"object\"}"}`, 201, `"name":"Note"`, ""},
		step{"PATCH", "/restapis/$API/models/Note", patch("replace", "/description", "d"), 200, `"description":"d"`, ""},
		step{"GET", "/restapis/$API/models", "", 200, `"name":"Empty"`, ""},
		step{"POST", "/restapis/$API/requestvalidators", `{"id":"mine","name":"all","validateRequestBody":true}`, 201, `"validateRequestBody":true`, "VALID=id"},
		step{"PATCH", "/restapis/$API/requestvalidators/$VALID", patch("replace", "/validateRequestParameters", "true"), 200, `"validateRequestParameters":true`, ""},
		step{"GET", "/restapis/$API/requestvalidators", "", 200, `{"item":[{"id":"$VALID"`, ""},
		step{"POST", "/restapis/$API/authorizers", `{"name":"a","type":"COGNITO_USER_POOLS"}`, 400, "Provider ARNs", ""},
		step{"POST", "/restapis/$API/authorizers", `{"name":"a","type":"COGNITO_USER_POOLS","providerARNs":["arn:aws:cognito-idp:us-east-1:000000000000:userpool/` + server.SampleUserPool + `"],"identitySource":"method.request.header.Authorization"}`, 201, `"authType":"cognito_user_pools"`, "AUTH=id"},
		step{"POST", "/restapis/$API/authorizers", `{"name":"a","type":"TOKEN","authorizerUri":"x"}`, 400, "Authorizer name must be unique", ""},
		step{"GET", "/restapis/$API/authorizers/$AUTH", "", 200, `"name":"a"`, ""},
		step{"PATCH", "/restapis/$API/authorizers/$AUTH", patch("replace", "/name", "b"), 200, `"name":"b"`, ""},

		step{"PUT", m, `{"authorizationType":"COGNITO_USER_POOLS","authorizerId":"$AUTH","requestValidatorId":"$VALID","requestModels":{"application/json":"Note"},"requestParameters":{"method.request.header.X":true},"operationName":"Add"}`, 201, `"operationName":"Add"`, ""},
		step{"DELETE", "/restapis/$API/authorizers/$AUTH", "", 409, "ConflictException", ""},
		step{"DELETE", "/restapis/$API/models/Note", "", 409, "Cannot delete model 'Note', is referenced in method request: //POST", ""},
		step{"DELETE", "/restapis/$API/requestvalidators/$VALID", "", 409, "ConflictException", ""},
		step{"PATCH", m, patch("add", "/requestParameters/method.request.querystring.q", "true"), 200, `"method.request.querystring.q":true`, ""},
		step{"PATCH", m, patch("replace", "/authorizationType", "AWS_IAM"), 200, `"authorizationType":"AWS_IAM","apiKeyRequired":false`, ""},
		step{"PATCH", m, patch("remove", "/requestModels/application~1json", ""), 200, `"httpMethod":"POST"`, ""},
		step{"DELETE", "/restapis/$API/models/Note", "", 202, "", ""},
		step{"DELETE", "/restapis/$API/authorizers/$AUTH", "", 202, "", ""},

		step{"PUT", m + "/responses/200", `{"responseParameters":{"method.response.header.X":true},"responseModels":{"application/json":"Empty"}}`, 201, `"statusCode":"200"`, ""},
		step{"PUT", m + "/responses/200", `{}`, 409, "Response already exists for this resource", ""},
		step{"PUT", m + "/responses/9", `{}`, 400, "status code", ""},
		step{"PATCH", m + "/responses/200", patch("remove", "/responseModels/application~1json", ""), 201, `"statusCode":"200"`, ""},
		step{"GET", m + "/responses/200", "", 200, `"method.response.header.X":true`, ""},
		step{"GET", m + "/responses/404", "", 404, "Invalid Response status code specified", ""},

		step{"PUT", m + "/integration", `{"type":"AWS","httpMethod":"POST","uri":"arn:aws:apigateway:us-east-1:sqs:path/x"}`, 400, "integrations with AWS services other than Lambda functions", ""},
		step{"PUT", m + "/integration", `{"type":"HTTP_PROXY","httpMethod":"POST","uri":"http://x","connectionType":"VPC_LINK"}`, 400, "VPC links", ""},
		step{"PUT", m + "/integration", `{"type":"HTTP_PROXY","httpMethod":"POST","uri":"http://x","credentials":"arn:aws:iam::1:role/r"}`, 400, "credentials", ""},
		step{"PUT", m + "/integration", `{"type":"HTTP_PROXY","httpMethod":"POST","uri":"http://x","cacheKeyParameters":["a"]}`, 400, "caching", ""},
		step{"PUT", m + "/integration", `{"type":"HTTP_PROXY","uri":"http://x"}`, 400, "Enumeration value for HttpMethod must be non-empty", ""},
		step{"PUT", m + "/integration", `{"type":"HTTP","httpMethod":"POST","uri":"http://x","timeoutInMillis":30000}`, 400, "Timeout", ""},
		step{"PUT", m + "/integration", `{"type":"MOCK","requestTemplates":{"application/json":"{\"statusCode\":200}"}}`, 201, `"passthroughBehavior":"WHEN_NO_MATCH"`, ""},
		step{"PUT", m + "/integration/responses/500", `{}`, 404, "Invalid Response status code specified", ""},
		step{"PUT", m + "/integration/responses/200", `{"responseParameters":{"method.response.header.X":"'1'"}}`, 201, `"method.response.header.X":"'1'"`, ""},
		step{"PATCH", m + "/integration/responses/200", patch("replace", "/selectionPattern", "2.."), 200, `"selectionPattern":"2.."`, ""},
		step{"GET", m + "/integration", "", 200, `"integrationResponses":{"200":`, ""},
		step{"GET", m, "", 200, `"methodIntegration":{"type":"MOCK"`, ""},
		step{"GET", "/restapis/$API/resources?embed=methods", "", 200, `"methodIntegration"`, ""},
		step{"DELETE", m + "/integration/responses/200", "", 204, "", ""},
		step{"DELETE", m + "/integration", "", 204, "", ""},
		step{"GET", m + "/integration", "", 404, "Invalid Integration identifier specified", ""},
		step{"DELETE", m + "/responses/200", "", 204, "", ""},
		step{"DELETE", m, "", 204, "", ""},
		step{"DELETE", m, "", 404, "Invalid Method identifier specified", ""},

		step{"GET", "/restapis/$API/gatewayresponses/ACCESS_DENIED", "", 200, `"statusCode":"403","responseParameters":{},"responseTemplates":{"application/json":"{\"message\":$context.error.messageString}"},"defaultResponse":true`, ""},
		step{"PUT", "/restapis/$API/gatewayresponses/DEFAULT_4XX", `{"responseParameters":{"gatewayresponse.header.Access-Control-Allow-Origin":"'*'"}}`, 201, `"defaultResponse":false`, ""},
		step{"GET", "/restapis/$API/gatewayresponses/ACCESS_DENIED", "", 200, `"gatewayresponse.header.Access-Control-Allow-Origin":"'*'"`, ""},
		step{"PATCH", "/restapis/$API/gatewayresponses/ACCESS_DENIED", patch("replace", "/statusCode", "404"), 200, `"statusCode":"404"`, ""},
		step{"GET", "/restapis/$API/gatewayresponses", "", 200, `"responseType":"WAF_FILTERED"`, ""},
		step{"DELETE", "/restapis/$API/gatewayresponses/ACCESS_DENIED", "", 202, "", ""},
	)
}

// Lists go page by page.
func TestControlPages(t *testing.T) {
	p := controlled(t)
	for _, id := range []string{"aaa", "bbb", "ccc"} {
		p.run(
			step{"POST", "/restapis", `{"name":"n","tags":{"_custom_id_":"` + id + `"}}`, 201, "", ""},
			step{"POST", "/v2/apis", `{"name":"n","protocolType":"HTTP","tags":{"_custom_id_":"` + id + `2"}}`, 201, "", ""},
		)
	}
	p.run(
		step{"GET", "/restapis?limit=2", "", 200, `"id":"bbb"`, "NEXT=position"},
		step{"GET", "/restapis?limit=2&position=$NEXT", "", 200, `"id":"ccc"`, "END=position"},
		step{"GET", "/v2/apis?maxResults=2", "", 200, `"apiId":"bbb2"`, "NEXT2=nextToken"},
		step{"GET", "/v2/apis?maxResults=2&nextToken=$NEXT2", "", 200, `{"items":[{"name":"n"`, "END2=nextToken"},
		step{"GET", "/restapis?position=%21%21", "", 400, "Invalid position", ""},
	)
	if p.vars["END"] != "" || p.vars["END2"] != "" {
		t.Errorf("the last page has a token: %v", p.vars)
	}
}

// Keys and usage plans.
func TestControlPlans(t *testing.T) {
	p := controlled(t)
	p.serving()
	p.run(
		step{"POST", "/apikeys", `{"name":"k","enabled":true,"value":"0123456789abcdefghij-of-the-test"}`, 201, `"value":"0123456789abcdefghij-of-the-test"`, "KEY=id"},
		step{"POST", "/apikeys", `{"name":"k2","value":"0123456789abcdefghij-of-the-test"}`, 409, "API Key already exists", ""},
		step{"POST", "/apikeys", `{"name":"other","enabled":true}`, 201, `"value":"`, "KEY2=id"},
		step{"GET", "/apikeys/$KEY", "", 200, `{"id":"$KEY","name":"k"`, ""},
		step{"GET", "/apikeys/$KEY?includeValue=true", "", 200, `"value":"0123456789abcdefghij-of-the-test"`, ""},
		step{"GET", "/apikeys?name=k&includeValues=true", "", 200, `{"item":[{"id":"$KEY","value":"0123456789abcdefghij-of-the-test"`, ""},
		step{"PATCH", "/apikeys/$KEY", patch("replace", "/enabled", "false"), 200, `"enabled":false`, ""},
		step{"PATCH", "/apikeys/$KEY", patch("replace", "/value", "x"), 400, "Invalid patch path", ""},

		step{"POST", "/usageplans", `{"name":"p","apiStages":[{"apiId":"$API","stage":"none"}]}`, 404, "API Stage not found", ""},
		step{"POST", "/usageplans", `{"name":"p","quota":{"limit":10,"period":"YEAR"}}`, 400, "quota", ""},
		step{"POST", "/usageplans", `{"name":"p","throttle":{"rateLimit":5,"burstLimit":2},"quota":{"limit":10,"period":"DAY"}}`, 201, `"quota":{"limit":10,"offset":0,"period":"DAY"}`, "PLAN=id"},
		step{"PATCH", "/usageplans/$PLAN", patch("add", "/apiStages", "$API:prod"), 200, `"apiStages":[{"apiId":"$API","stage":"prod"}]`, ""},
		step{"PATCH", "/usageplans/$PLAN", patch("replace", "/throttle/rateLimit", "7.5"), 200, `"rateLimit":7.5`, ""},
		step{"PATCH", "/usageplans/$PLAN", patch("replace", "/throttle/rateLimit", "fast"), 400, "it is a number", ""},
		step{"PATCH", "/usageplans/$PLAN", patch("replace", "/apiStages/$API:prod/throttle/~1notes~1GET/rateLimit", "3"), 200, `"throttle":{"/notes/GET":{"burstLimit":0,"rateLimit":3}}`, ""},
		step{"POST", "/usageplans/$PLAN/keys", `{"keyId":"$KEY","keyType":"API_KEY"}`, 201, `{"id":"$KEY","type":"API_KEY","name":"k"}`, ""},
		step{"POST", "/usageplans/$PLAN/keys", `{"keyId":"$KEY","keyType":"API_KEY"}`, 409, "ConflictException", ""},
		step{"GET", "/usageplans/$PLAN/keys", "", 200, `{"item":[{"id":"$KEY"`, ""},
		step{"GET", "/usageplans/$PLAN/keys/$KEY2", "", 404, "Invalid Usage Plan Key identifier specified", ""},
		step{"GET", "/usageplans?keyId=$KEY", "", 200, `"id":"$PLAN"`, ""},
		step{"GET", "/usageplans?keyId=$KEY2", "", 200, `{"item":[]}`, ""},
		step{"DELETE", "/restapis/$API", "", 400, "usage plan", ""},
		step{"DELETE", "/restapis/$API/stages/prod", "", 400, "usage plan", ""},
		step{"DELETE", "/usageplans/$PLAN", "", 400, "associated with an API stage", ""},
		step{"DELETE", "/apikeys/$KEY", "", 202, "", ""},
		step{"GET", "/usageplans/$PLAN/keys", "", 200, `{"item":[]}`, ""},
		step{"PATCH", "/usageplans/$PLAN", patch("remove", "/apiStages", "$API:prod"), 200, `"apiStages":[]`, ""},
		step{"DELETE", "/usageplans/$PLAN", "", 202, "", ""},
		step{"DELETE", "/restapis/$API", "", 202, "", ""},
		step{"GET", "/account", "", 200, `"throttleSettings":{"burstLimit":5000,"rateLimit":10000}`, ""},
	)
}

// Domain names serve stages under base paths; both versions of the API show them.
func TestControlDomains(t *testing.T) {
	p := controlled(t)
	p.serving()
	p.run(
		step{"POST", "/domainnames", `{"domainName":"api.example","regionalCertificateArn":"arn:aws:acm:x","endpointConfiguration":{"types":["REGIONAL"]}}`, 201, `"domainNameStatus":"AVAILABLE"`, ""},
		step{"POST", "/domainnames", `{"domainName":"api.example"}`, 409, "already exists", ""},
		step{"POST", "/domainnames", `{"domainName":"Not A Host"}`, 400, "host name", ""},
		step{"POST", "/domainnames/api.example/basepathmappings", `{"basePath":"v1","restApiId":"$API","stage":"none"}`, 400, "Invalid stage identifier specified", ""},
		step{"POST", "/domainnames/api.example/basepathmappings", `{"basePath":"v1","restApiId":"nothere","stage":"prod"}`, 400, "Invalid REST API identifier specified", ""},
		step{"POST", "/domainnames/api.example/basepathmappings", `{"basePath":"v1","restApiId":"$API","stage":"prod"}`, 201, `{"basePath":"v1","restApiId":"$API","stage":"prod"}`, ""},
		step{"POST", "/domainnames/api.example/basepathmappings", `{"basePath":"v1","restApiId":"$API","stage":"prod"}`, 409, "Base path already exists for this domain name", ""},
		step{"POST", "/domainnames/api.example/basepathmappings", `{"basePath":"a/b","restApiId":"$API","stage":"prod"}`, 400, "slash character", ""},
	)
	atHost := func(path string, want int) {
		t.Helper()
		status, _, body := p.getAt("api.example", path)
		if status != want {
			t.Errorf("%s: %d %s, want %d", path, status, body, want)
		}
	}
	atHost("/v1", 200)
	atHost("/v2", 403)
	p.run(
		step{"GET", "/v2/domainnames/api.example/apimappings", "", 200, `"apiMappingKey":"v1"`, ""},
		step{"POST", "/v2/domainnames/api.example/apimappings", `{"apiId":"$API","stage":"prod","apiMappingKey":"a/b"}`, 201, `"apiMappingKey":"a/b"`, "MAP=apiMappingId"},
		step{"PATCH", "/domainnames/api.example/basepathmappings/v1", `{"patchOperations":[{"op":"replace","path":"/basePath","value":"(none)"}]}`, 200, `"basePath":"(none)"`, ""},
		step{"GET", "/domainnames/api.example/basepathmappings/(none)", "", 200, `"basePath":"(none)"`, ""},
		step{"DELETE", "/restapis/$API/stages/prod", "", 400, "mapped by the domain name", ""},
	)
	atHost("/a/b", 200)
	atHost("/", 200)
	p.run(
		step{"PATCH", "/v2/domainnames/api.example/apimappings/$MAP", `{"apiId":"$API","apiMappingKey":"c"}`, 200, `"apiMappingKey":"c"`, ""},
		step{"DELETE", "/v2/domainnames/api.example/apimappings/$MAP", "", 204, "", ""},
		step{"DELETE", "/domainnames/api.example/basepathmappings/%28none%29", "", 202, "", ""},
		step{"GET", "/v2/domainnames/api.example", "", 200, `"endpointType":"REGIONAL"`, ""},
		step{"GET", "/domainnames", "", 200, `"domainName":"api.example"`, ""},
		step{"DELETE", "/v2/domainnames/api.example", "", 204, "", ""},
		step{"GET", "/domainnames/api.example", "", 404, "NotFoundException", ""},
	)
}

// Stage settings that gatepass does not enforce are refused by name.
func TestControlStages(t *testing.T) {
	p := controlled(t)
	const stage = "/restapis/$API/stages/prod"
	p.newAPI()
	p.run(
		step{"PUT", rootGET, `{"authorizationType":"NONE"}`, 201, "", ""},
		step{"PUT", rootGET + "/integration", `{"type":"HTTP_PROXY","httpMethod":"GET","uri":"http://${stageVariables.host}/ok"}`, 201, "", ""},
		step{"POST", "/restapis/$API/deployments", `{}`, 201, "", "DEPLOYMENT=id"},
		step{"POST", "/restapis/$API/stages", `{"stageName":"prod","deploymentId":"$DEPLOYMENT","cacheClusterEnabled":true}`, 400, "caching", ""},
		step{"POST", "/restapis/$API/stages", `{"stageName":"a b","deploymentId":"$DEPLOYMENT"}`, 400, "Stage name", ""},
		step{"POST", "/restapis/$API/stages", `{"stageName":"prod","deploymentId":"$DEPLOYMENT","variables":{"host":"127.0.0.1:9"}}`, 201, `"host":"127.0.0.1:9"`, ""},
		step{"POST", "/restapis/$API/stages", `{"stageName":"prod","deploymentId":"$DEPLOYMENT"}`, 409, "Stage already exists", ""},
		step{"PATCH", stage, patch("replace", "/variables/host", "$HOST"), 200, `"host":"$HOST"`, ""},
		step{"PATCH", stage, patch("replace", "/~1notes/GET/metrics/enabled", "true"), 400, "metrics/enabled", ""},
		step{"PATCH", stage, patch("replace", "/*/*/logging/loglevel", "OFF"), 200, "prod", ""},
		step{"PATCH", stage, patch("replace", "/accessLogSettings/format", "$context.requestId"), 200, "requestId", ""},
		step{"PATCH", stage, patch("replace", "/accessLogSettings/destinationArn", "/etc/passwd"), 400, "ARN", ""},
		step{"PATCH", stage, patch("remove", "/accessLogSettings", ""), 200, "prod", ""},
		step{"GET", stage, "", 200, `"deploymentId":"$DEPLOYMENT"`, ""},
	)
}

// A key of a usage plan opens its stage at once, and no longer when it is gone;
// what the gateway refuses of plans is refused when it is written.
func TestControlKeysServed(t *testing.T) {
	p := controlled(t)
	const path = "/_aws/execute-api/$API/prod/"
	const value = "0123456789abcdefghij-of-the-test"
	with := func(want int) {
		t.Helper()
		r, err := http.NewRequest("GET", p.url+p.expand(path), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("x-api-key", value)
		if status, _, body := answer(t, r); status != want {
			t.Errorf("with the key: %d %s, want %d", status, body, want)
		}
	}
	p.newAPI()
	p.run(
		step{"PUT", rootGET, `{"authorizationType":"NONE","apiKeyRequired":true}`, 201, "", ""},
		step{"PUT", rootGET + "/integration", `{"type":"HTTP_PROXY","httpMethod":"GET","uri":"$BACKEND/ok"}`, 201, "", ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""},
		step{"POST", "/apikeys", `{"name":"k","enabled":true,"value":"` + value + `"}`, 201, "", "KEY=id"},
	)
	p.want(path, 403, "ForbiddenException")
	with(403) // in no plan
	p.run(
		step{"POST", "/usageplans", `{"name":"p","apiStages":[{"apiId":"$API","stage":"prod"}]}`, 201, "", "PLAN=id"},
		step{"POST", "/usageplans/$PLAN/keys", `{"keyId":"$KEY","keyType":"API_KEY"}`, 201, "", ""},
	)
	with(200)
	p.want(path, 403, "ForbiddenException")
	p.run(
		step{"POST", "/usageplans", `{"name":"q","apiStages":[{"apiId":"$API","stage":"prod"}]}`, 201, "", "OTHER=id"},
		step{"POST", "/usageplans/$OTHER/keys", `{"keyId":"$KEY","keyType":"API_KEY"}`, 400, "two plans", ""},
	)
	with(200)
	p.run(step{"PATCH", "/apikeys/$KEY", `{"patchOperations":[{"op":"replace","path":"/enabled","value":"false"}]}`, 200, "", ""})
	with(403)
	p.run(step{"PATCH", "/apikeys/$KEY", `{"patchOperations":[{"op":"replace","path":"/enabled","value":"true"}]}`, 200, "", ""})
	with(200)
	p.run(step{"DELETE", "/usageplans/$PLAN/keys/$KEY", "", 202, "", ""})
	with(403)
}

// The policy of an API is described as AWS describes it, and is what decides when
// it is deployed.
func TestControlPolicy(t *testing.T) {
	p := controlled(t)
	const policy = `{\"Version\":\"2012-10-17\", \"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"execute-api:Invoke\",\"Resource\":\"execute-api:/prod/GET/\"}}`
	p.run(
		step{"POST", "/restapis", `{"name":"n","policy":"{\"Version\":1}"}`, 400, "Policy", ""},
		step{"POST", "/restapis", `{"name":"n","policy":"` + policy + `"}`, 201, `"policy":"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":`, "API=id"},
		step{"GET", "/restapis/$API", "", 200, `\\\"Resource\\\":\\\"execute-api:\\/prod\\/GET\\/\\\"}}"`, "ROOT=rootResourceId"},
		step{"PUT", rootGET, `{"authorizationType":"NONE"}`, 201, "", ""},
		step{"PUT", rootGET + "/integration", `{"type":"HTTP_PROXY","httpMethod":"GET","uri":"$BACKEND/ok"}`, 201, "", ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"other"}`, 201, "", ""},
	)
	p.want("/_aws/execute-api/$API/prod/", 200, "backend saw /ok")
	p.want("/_aws/execute-api/$API/other/", 403, "User: anonymous is not authorized")
	p.run(step{"PATCH", "/restapis/$API", `{"patchOperations":[{"op":"replace","path":"/policy","value":"` + strings.Replace(policy, "Allow", "Deny", 1) + `"}]}`, 200, "Deny", ""})
	p.want("/_aws/execute-api/$API/prod/", 200, "backend saw /ok") // not deployed
	p.run(step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""})
	p.want("/_aws/execute-api/$API/prod/", 403, "with an explicit deny")
}

// Tokens of a user pool open what an authorizer of the control plane guards.
func TestControlAuthorizer(t *testing.T) {
	p := controlled(t)
	p.newAPI()
	p.run(
		step{"POST", "/restapis/$API/authorizers", `{"name":"a","type":"COGNITO_USER_POOLS","providerARNs":["arn:aws:cognito-idp:us-east-1:000000000000:userpool/` + server.SampleUserPool + `"]}`, 201, "", "AUTH=id"},
		step{"PUT", rootGET, `{"authorizationType":"COGNITO_USER_POOLS","authorizerId":"$AUTH"}`, 201, "", ""},
		step{"PUT", rootGET + "/integration", `{"type":"HTTP_PROXY","httpMethod":"GET","uri":"$BACKEND/ok"}`, 201, "", ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""},
	)
	p.want("/_aws/execute-api/$API/prod/", 401, "UnauthorizedException")
}

// A document may be of several MiB, and no more than AWS takes.
func TestControlSize(t *testing.T) {
	p := controlled(t)
	blank := strings.Repeat(" ", 5<<20)
	p.run(step{"POST", "/restapis", `{"name":"n"` + blank + `}`, 201, "", ""})
	if status, kind, body := p.send("POST", "/restapis", `{"name":"n"`+blank+blank+`}`); status != http.StatusRequestEntityTooLarge {
		t.Errorf("10 MiB: %d %s %s", status, kind, body)
	}
}

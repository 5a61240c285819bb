package interop

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/gatepasstest"
)

// guardedAPI is a REST API with every kind of guard but IAM.
const guardedAPI = `{
  "openapi": "3.0.1", "info": {"title": "guarded", "version": "1"},
  "x-amazon-apigateway-policy": {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
    {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/prod/GET/closed"}]},
  "x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": {
    "responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
    "responseTemplates": {"application/json": "{\"why\":$context.error.messageString}"}}},
  "components": {"securitySchemes": {
    "pool": {"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "cognito_user_pools",
      "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/POOL"]}},
    "door": {"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "custom",
      "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": "BACKEND/door", "authorizerResultTtlInSeconds": 60}},
    "key": {"type": "apiKey", "in": "header", "name": "x-api-key"}}},
  "paths": {
    "/mine": {"get": {"security": [{"pool": []}], "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "BACKEND/served"}}},
    "/door": {"get": {"security": [{"door": []}], "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "BACKEND/served"}}},
    "/keyed": {"get": {"security": [{"key": []}], "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "BACKEND/served"}}},
    "/closed": {"get": {"x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "BACKEND/served"}}}}}`

// lambdaDoor is a Lambda authorizer that lets the token "let-me-in" pass, and a
// backend.
func lambdaDoor(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/door" {
		_, _ = io.WriteString(w, "served")
		return
	}
	var event struct{ Type, AuthorizationToken, MethodArn string }
	effect := "Deny"
	if json.NewDecoder(r.Body).Decode(&event) == nil && event.Type == "TOKEN" && event.AuthorizationToken == "let-me-in" {
		effect = "Allow"
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"principalId": "ada", "policyDocument": map[string]any{
		"Version":   "2012-10-17",
		"Statement": []any{map[string]any{"Effect": effect, "Action": "execute-api:Invoke", "Resource": event.MethodArn}},
	}})
}

// TestGuardsAWSCLI: the AWS CLI makes APIs that are guarded by user pools, a
// Lambda function, API keys, JWTs and a resource policy, and curl meets each of
// the guards (API Gateway Developer Guide, "Control and manage access").
func TestGuardsAWSCLI(t *testing.T) {
	p := newProvisioner(t)
	back := httptest.NewServer(http.HandlerFunc(lambdaDoor))
	defer back.Close()
	pool := p.word(p.aws("cognito-idp", "create-user-pool", "--pool-name", "app"), "UserPool", "Id")
	client := p.word(p.aws("cognito-idp", "create-user-pool-client", "--user-pool-id", pool, "--client-name", "web",
		"--explicit-auth-flows", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"), "UserPoolClient", "ClientId")
	p.aws("cognito-idp", "admin-create-user", "--user-pool-id", pool, "--username", "ada", "--message-action", "SUPPRESS")
	p.aws("cognito-idp", "admin-set-user-password", "--user-pool-id", pool, "--username", "ada", "--password", gatepasstest.Password, "--permanent")
	signedIn := p.aws("cognito-idp", "initiate-auth", "--auth-flow", "USER_PASSWORD_AUTH", "--client-id", client,
		"--auth-parameters", "USERNAME=ada,PASSWORD="+gatepasstest.Password)
	id, access := p.word(signedIn, "AuthenticationResult", "IdToken"), p.word(signedIn, "AuthenticationResult", "AccessToken")

	doc := p.file("guarded.json", strings.NewReplacer("POOL", pool, "BACKEND", back.URL).Replace(guardedAPI))
	api := p.word(p.aws("apigateway", "import-rest-api", "--body", "fileb://"+strings.TrimPrefix(doc, "file://")), "id")
	p.aws("apigateway", "create-deployment", "--rest-api-id", api, "--stage-name", "prod")
	const value = "a-key-of-more-than-twenty-characters"
	key := p.word(p.aws("apigateway", "create-api-key", "--name", "ada", "--enabled", "--value", value), "id")
	plan := p.word(p.aws("apigateway", "create-usage-plan", "--name", "small", "--api-stages", "apiId="+api+",stage=prod",
		"--quota", "limit=2,period=MONTH", "--throttle", "rateLimit=1000,burstLimit=1000"), "id")
	p.aws("apigateway", "create-usage-plan-key", "--usage-plan-id", plan, "--key-id", key, "--key-type", "API_KEY")

	web := p.word(p.aws("apigatewayv2", "create-api", "--name", "web", "--protocol-type", "HTTP"), "ApiId")
	jwt := p.word(p.aws("apigatewayv2", "create-authorizer", "--api-id", web, "--name", "jwt", "--authorizer-type", "JWT", "--identity-source", "$request.header.Authorization",
		"--jwt-configuration", "Audience="+client+",Issuer=https://cognito-idp.us-east-1.amazonaws.com/"+pool), "AuthorizerId")
	to := p.word(p.aws("apigatewayv2", "create-integration", "--api-id", web, "--integration-type", "HTTP_PROXY", "--integration-method", "GET",
		"--integration-uri", back.URL+"/served", "--payload-format-version", "1.0"), "IntegrationId")
	p.aws("apigatewayv2", "create-route", "--api-id", web, "--route-key", "GET /mine", "--authorization-type", "JWT", "--authorizer-id", jwt, "--target", "integrations/"+to)
	p.aws("apigatewayv2", "create-stage", "--api-id", web, "--stage-name", "$default", "--auto-deploy")

	month := time.Now().UTC().Month() // of the quota
	rest, v2 := p.st.URL+"/_aws/execute-api/"+api+"/prod", p.st.URL+"/_aws/execute-api/"+web
	for _, c := range []struct{ url, header, want string }{
		{rest + "/mine", "Authorization: " + id, "served 200"},
		{rest + "/mine", "Authorization: Bearer " + id, "served 200"},
		{rest + "/mine", "Authorization: " + access, `{"why":"Unauthorized"} 401 *`},
		{rest + "/mine", "X-None: 1", `{"why":"Unauthorized"} 401 *`},
		{rest + "/door", "Authorization: let-me-in", "served 200"},
		{rest + "/door", "Authorization: let-him-in", `{"why":"User is not authorized to access this resource with an explicit deny in an identity-based policy"} 403 *`},
		{rest + "/keyed", "X-None: 1", `{"why":"Forbidden"} 403 *`},
		{rest + "/keyed", "x-api-key: " + value, "served 200"},
		{rest + "/keyed", "x-api-key: " + value, "served 200"},
		{rest + "/keyed", "x-api-key: " + value, `{"why":"Limit Exceeded"} 429 *`},
		{rest + "/closed", "X-None: 1", `{"why":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********0000:` + api +
			`/prod/GET/closed with an explicit deny in a resource-based policy"} 403 *`},
		{v2 + "/mine", "Authorization: Bearer " + id, "served 200"},
		{v2 + "/mine", "Authorization: Bearer " + access, "served 200"},
		{v2 + "/mine", "X-None: 1", `{"message":"Unauthorized"} 401`},
		{v2 + "/other", "X-None: 1", `{"message":"Not Found"} 404`},
	} {
		got := run(t, p.cfg, nil, "curl", "-sS", "-H", c.header, "-w", " %{http_code} %header{access-control-allow-origin}", c.url)
		if got = strings.TrimSpace(got); got != c.want && (!strings.HasSuffix(c.url, "/keyed") || month == time.Now().UTC().Month()) {
			t.Errorf("%s with %.30s: %s, want %s", c.url, c.header, got, c.want)
		}
	}
}

package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
)

// The CORS preflight of every tutorial, a request validator, and mappings: what
// the control plane keeps is what the gateway does.
func TestControlMappingsServed(t *testing.T) {
	p := controlled(t)
	const at = "/restapis/$API/resources/$ROOT/methods/"
	p.newAPI()
	p.run(
		step{"PUT", at + "OPTIONS", `{"authorizationType":"NONE"}`, 201, "", ""},
		step{"PUT", at + "OPTIONS/integration", `{"type":"MOCK","requestTemplates":{"application/json":"{\"statusCode\": 200}"}}`, 201, "", ""},
		step{"PUT", at + "OPTIONS/responses/200", `{"responseParameters":{"method.response.header.Access-Control-Allow-Origin":false}}`, 201, "", ""},
		step{"PUT", at + "OPTIONS/integration/responses/200", `{"responseParameters":{"method.response.header.Access-Control-Allow-Origin":"'https://app.example'"}}`, 201, "", ""},
		step{"POST", "/restapis/$API/requestvalidators", `{"name":"all","validateRequestParameters":true,"validateRequestBody":true}`, 201, "", "VALID=id"},
		step{"POST", "/restapis/$API/models", `{"name":"Note","contentType":"application/json","schema":"{\"type\":\"object\",\"required\":[\"text\"]}"}`, 201, "", ""},
		step{"PUT", at + "GET", `{"authorizationType":"NONE","requestValidatorId":"$VALID","requestParameters":{"method.request.querystring.q":true}}`, 201, "", ""},
		step{"PUT", at + "GET/integration", `{"type":"HTTP","httpMethod":"GET","uri":"$BACKEND/mapped"}`, 201, "", ""},
		step{"PUT", at + "GET/responses/200", `{}`, 201, "", ""},
		step{"PUT", at + "GET/integration/responses/200", `{"responseTemplates":{"application/json":"{\"fixed\":true}"}}`, 201, "", ""},
		step{"PUT", at + "POST", `{"authorizationType":"NONE","requestValidatorId":"$VALID","requestModels":{"application/json":"Note"}}`, 201, "", ""},
		step{"PUT", at + "POST/integration", `{"type":"HTTP_PROXY","httpMethod":"POST","uri":"$BACKEND/posted"}`, 201, "", ""},
		step{"PUT", "/restapis/$API/gatewayresponses/BAD_REQUEST_PARAMETERS", `{"statusCode":"422","responseTemplates":{"application/json":"{\"type\":\"$context.error.responseType\"}"}}`, 201, "", ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""},
	)
	const path = "/_aws/execute-api/$API/prod/"
	p.want(path+"?q=1", 200, `{"fixed":true}`)
	p.want(path, 422, `{"type":"BAD_REQUEST_PARAMETERS"}`) // E24, with the answer of the API's own
	for body, want := range map[string]int{`{"text":"x"}`: 200, `{}`: 400} {
		r, err := http.NewRequest("POST", p.url+p.expand(path), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if status, _, text := answer(t, r); status != want {
			t.Errorf("POST %s: %d %s, want %d", body, status, text, want)
		}
	}
	r, err := http.NewRequest("OPTIONS", p.url+p.expand(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Access-Control-Allow-Origin") != "https://app.example" {
		t.Errorf("preflight: %d %v", resp.StatusCode, resp.Header)
	}
}

// Throttling of a stage and of a method, by the settings the AWS CLI patches.
func TestControlThrottleServed(t *testing.T) {
	p := controlled(t)
	const method = "/restapis/$API/resources/$NOTES/methods/GET"
	set := func(path, value string) string { return patch("replace", path, value) }
	p.newAPI()
	p.run(
		step{"POST", "/restapis/$API/resources/$ROOT", `{"pathPart":"notes"}`, 201, "", "NOTES=id"},
		step{"PUT", method, `{"authorizationType":"NONE"}`, 201, "", ""},
		step{"PUT", method + "/integration", `{"type":"HTTP_PROXY","httpMethod":"GET","uri":"$BACKEND/ok"}`, 201, "", ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""},
		step{"PATCH", "/restapis/$API/stages/prod", set("/~1notes/GET/throttling/rateLimit", "0"), 200, `"notes/GET"`, ""},
		step{"PATCH", "/restapis/$API/stages/prod", set("/~1notes/GET/throttling/burstLimit", "0"), 200, `"throttlingBurstLimit":0`, ""},
	)
	p.want("/_aws/execute-api/$API/prod/notes", 429, "TooManyRequestsException")
	p.run(step{"PATCH", "/restapis/$API/stages/prod", `{"patchOperations":[{"op":"remove","path":"/~1notes/GET"}]}`, 200, "prod", ""})
	p.want("/_aws/execute-api/$API/prod/notes", 200, "backend saw /ok")
}

// A WebSocket API that the control plane made: a message goes to its route, and
// the answer comes back.
func TestControlWebSocketServed(t *testing.T) {
	p := controlled(t)
	const api = "/v2/apis/$API"
	p.run(
		step{"POST", "/v2/apis", `{"name":"w","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`, 201, "", "API=apiId"},
		step{"POST", api + "/integrations", `{"integrationType":"HTTP_PROXY","integrationMethod":"POST","integrationUri":"$BACKEND/message"}`, 201, "", "INT=integrationId"},
		step{"POST", api + "/integrations", `{"integrationType":"MOCK","requestTemplates":{"$default":"{\"statusCode\":200}"},"templateSelectionExpression":"\\$default"}`, 201, "", "MOCK=integrationId"},
		step{"POST", api + "/integrations/$MOCK/integrationresponses", `{"integrationResponseKey":"$default"}`, 201, "", ""},
		step{"POST", api + "/routes", `{"routeKey":"$connect","target":"integrations/$MOCK"}`, 201, "", ""},
		step{"POST", api + "/routes", `{"routeKey":"send","target":"integrations/$INT","routeResponseSelectionExpression":"$default"}`, 201, "", "SEND=routeId"},
		step{"POST", api + "/routes/$SEND/routeresponses", `{"routeResponseKey":"$default"}`, 201, "", ""},
		step{"POST", api + "/stages", `{"stageName":"live","autoDeploy":true}`, 201, "", ""},
		step{"GET", api + "/stages/live", "", 200, "Successfully deployed", ""},
	)
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(p.expand(p.url+"/_aws/execute-api/$API/live"), "http://", "ws://", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(`{"action":"send"}`)); err != nil {
		t.Fatal(err)
	}
	if _, text, err := conn.Read(t.Context()); err != nil || string(text) != "backend saw /message" {
		t.Errorf("%s, %v", text, err)
	}
}

// What a Lambda authorizer said is kept while other APIs are deployed, and given
// up when its stage is flushed or deployed again.
func TestControlFlushAuthorizers(t *testing.T) {
	p := controlled(t)
	var asked atomic.Int32
	fn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, `{"principalId":"u","policyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}]}}`)
	}))
	defer fn.Close()
	p.vars["FN"] = fn.URL
	p.newAPI()
	p.run(
		step{"POST", "/restapis/$API/authorizers", `{"name":"a","type":"TOKEN","authorizerUri":"$FN/ask"}`, 201, "", "AUTH=id"},
		step{"PUT", rootGET, `{"authorizationType":"CUSTOM","authorizerId":"$AUTH"}`, 201, "", ""},
		step{"PUT", rootGET + "/integration", `{"type":"HTTP_PROXY","httpMethod":"GET","uri":"$BACKEND/ok"}`, 201, "", ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""},
	)
	at := p.url + p.expand("/_aws/execute-api/$API/prod/")
	call := func(want int32) {
		t.Helper()
		r, err := http.NewRequest("GET", at, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "token")
		if status, _, body := answer(t, r); status != 200 || asked.Load() != want {
			t.Errorf("%d %s, asked %d times, want %d", status, body, asked.Load(), want)
		}
	}
	call(1)
	call(1)
	own := p.vars["API"]
	p.serving() // another API
	call(1)
	p.vars["API"] = own
	p.run(step{"DELETE", "/restapis/$API/stages/prod/cache/authorizers", "", 202, "", ""})
	call(2)
	p.run(step{"DELETE", "/restapis/$API/stages/prod/cache/authorizers", "", 202, "", ""})
	call(3)
	p.run(step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""})
	call(4)
	p.run(step{"DELETE", "/restapis/$API/stages/none/cache/authorizers", "", 404, "Invalid stage identifier", ""})
}

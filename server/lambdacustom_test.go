package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// notesFunction is a function as a Lambda service runs it: its event comes back, or
// what it threw.
func notesFunction(t *testing.T) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := io.ReadAll(r.Body)
		switch {
		case err != nil || r.Method != "POST" || r.URL.Path != "/2015-03-31/functions/notes/invocations":
			w.WriteHeader(http.StatusNotFound)
		case r.Header.Get("X-Amz-Invocation-Type") == "Event":
			w.WriteHeader(http.StatusAccepted)
		case strings.Contains(string(event), `"id":"0"`):
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = io.WriteString(w, `{"errorMessage":"NotFound: 0","errorType":"Error","stackTrace":[]}`)
		default:
			_, _ = io.WriteString(w, `{"event":`+string(event)+`}`)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/2015-03-31/functions/notes/invocations"
}

// lambdaCustom is an integration as API Gateway exports it.
func lambdaCustom(uri, parameters string) string {
	return `{"x-amazon-apigateway-auth": {"type": "NONE"}, "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
		"responses": {"200": {"description": "ok"}, "404": {"description": "none"}},
		"x-amazon-apigateway-integration": {"type": "aws", "httpMethod": "POST", "uri": "` + uri + `", "passthroughBehavior": "when_no_match",
			"requestParameters": {` + parameters + `}, "requestTemplates": {"application/json": "{\"id\":\"$input.params('id')\"}"},
			"responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "<$input.path('$.event.id')>"}},
				"NotFound: .*": {"statusCode": "404", "responseTemplates": {"application/json": "{\"message\":\"$input.path('$.errorMessage')\"}"}}}}}`
}

// TestLambdaCustomServed: an OpenAPI document with functions behind mapping
// templates is imported, served and exported again, and what is exported can be
// imported. PutIntegration makes the same.
func TestLambdaCustomServed(t *testing.T) {
	p := controlled(t)
	p.vars["FUNCTION"] = notesFunction(t)
	doc := `{"openapi": "3.0.1", "info": {"title": "notes", "version": "1"}, "paths": {
		"/n/{id}": {"get": ` + lambdaCustom("$FUNCTION", "") + `},
		"/later/{id}": {"get": ` + lambdaCustom("$FUNCTION", `"integration.request.header.X-Amz-Invocation-Type": "'Event'"`) + `},
		"/other/{id}": {"get": ` + lambdaCustom("arn:aws:apigateway:us-east-1:sqs:path/000000000000/q", "") + `}}}`
	p.run(
		step{"POST", "/restapis?mode=import", doc, 201, `other than Lambda functions`, "API=id"},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""},
	)
	p.wantNotes()
	status, _, text := p.send("GET", "/restapis/$API/stages/prod/exports/oas30?extensions=integrations", "")
	if status != 200 || !contains(text, `"type": "aws"`) || !contains(text, `"NotFound: .*"`) {
		t.Fatalf("%d %s", status, text)
	}
	p.run(
		step{"POST", "/restapis?mode=import", text, 201, "", "API=id"},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""},
	)
	p.wantNotes()
}

func (p *plane) wantNotes() {
	p.t.Helper()
	const at = "/_aws/execute-api/$API/prod/"
	p.want(at+"n/7", 200, "<7>")
	p.want(at+"n/0", 404, `{"message":"NotFound: 0"}`)
	p.want(at+"later/0", 200, "<>")
	p.want(at+"other/7", 501, `{"message":"Not Implemented"}`)
}

// TestControlLambdaCustom: put-integration --type AWS, as the AWS CLI sends it.
func TestControlLambdaCustom(t *testing.T) {
	p := controlled(t)
	p.vars["FUNCTION"] = notesFunction(t)
	p.newAPI()
	p.run(
		step{"PUT", rootGET, `{"authorizationType":"NONE"}`, 201, "", ""},
		step{"PUT", rootGET + "/responses/200", `{}`, 201, "", ""},
		step{"PUT", rootGET + "/responses/404", `{}`, 201, "", ""},
		step{"PUT", rootGET + "/integration", `{"type":"AWS","httpMethod":"POST","uri":"arn:aws:apigateway:us-east-1:dynamodb:action/GetItem"}`, 400, "AWS services other than Lambda functions", ""},
		step{"PUT", rootGET + "/integration", `{"type":"AWS","httpMethod":"POST","uri":"$FUNCTION","requestTemplates":{"application/json":"{\"id\":\"$input.params('id')\"}"}}`, 201, `"type":"AWS","httpMethod":"POST"`, ""},
		step{"PUT", rootGET + "/integration/responses/200", `{}`, 201, "", ""},
		step{"PUT", rootGET + "/integration/responses/404", `{"selectionPattern":"NotFound.*"}`, 201, `"selectionPattern":"NotFound.*"`, ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""},
	)
	p.want("/_aws/execute-api/$API/prod/?id=7", 200, `{"event":{"id":"7"}}`)
	p.want("/_aws/execute-api/$API/prod/?id=0", 404, `NotFound: 0`)
}

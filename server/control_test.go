package server_test

import (
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server"
	"github.com/gatepass/gatepass/sigv4"
)

const taggedID = "AKIASERVERTAGGED0001"

// plane is a client of the control plane. What a step saves stands for $NAME in
// later ones.
type plane struct {
	t    *testing.T
	url  string
	key  string
	vars map[string]string
}

// controlled starts a server with an administrator and one who may only read one
// API, and a backend that answers with the path it was asked for.
func controlled(t *testing.T) *plane {
	t.Helper()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "backend saw "+r.URL.Path) }))
	t.Cleanup(backend.Close)
	c := server.Sample("")
	c.Admins = []server.Admin{
		{Name: "root", AccessKeyID: adminID, Secret: adminKey, Policies: map[string]server.Document{
			"all": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`,
		}},
		{Name: "clerk", AccessKeyID: clerkID, Secret: adminKey, Policies: map[string]server.Document{
			"some": `{"Version":"2012-10-17","Statement":[
				{"Effect":"Allow","Action":"apigateway:GET","Resource":["arn:aws:apigateway:us-east-1::/restapis/mine","arn:aws:apigateway:us-east-1::/restapis/mine/*"]},
				{"Effect":"Allow","Action":"apigateway:PATCH","Resource":"arn:aws:apigateway:us-east-1::/restapis/mine"},
				{"Effect":"Allow","Action":"apigateway:GET","Resource":"arn:aws:apigateway:us-east-1::/apis/mine2"}]}`,
		}},
		{Name: "blue", AccessKeyID: taggedID, Secret: adminKey, Policies: map[string]server.Document{
			"blue": `{"Version":"2012-10-17","Statement":[
				{"Effect":"Allow","Action":"apigateway:GET","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"blue"}}},
				{"Effect":"Allow","Action":"apigateway:POST","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"blue"}}}]}`,
		}},
	}
	url := serve(t, &server.Server{Config: c, Handlers: server.SampleHandlers()})
	return &plane{t: t, url: url, key: adminID, vars: map[string]string{"BACKEND": backend.URL, "HOST": strings.TrimPrefix(backend.URL, "http://")}}
}

func (p *plane) expand(s string) string {
	names := slices.SortedFunc(maps.Keys(p.vars), func(a, b string) int { return cmp.Compare(len(b), len(a)) }) // $KEY2 before $KEY
	for _, name := range names {
		s = strings.ReplaceAll(s, "$"+name, p.vars[name])
	}
	return s
}

// send makes a signed call and gives status, error type and body.
func (p *plane) send(method, path, body string) (int, string, string) {
	p.t.Helper()
	body = p.expand(body)
	r, err := http.NewRequest(method, p.url+p.expand(path), strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	signer := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.Generic("apigateway")}
	if err := signer.Sign(r, sigv4.Credentials{AccessKeyID: p.key, SecretAccessKey: adminKey}, sigv4.HashOf([]byte(body)), time.Now()); err != nil {
		p.t.Fatal(err)
	}
	return answer(p.t, r)
}

func answer(t *testing.T, r *http.Request) (int, string, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("x-amzn-ErrorType"), string(text)
}

// step is a call, what it answers, and what is kept of that: NAME=member.
type step struct {
	method, path, body string
	status             int
	want               string // in the answer
	save               string
}

func (p *plane) run(steps ...step) {
	p.t.Helper()
	for _, s := range steps {
		status, kind, body := p.send(s.method, s.path, s.body)
		if want := p.expand(s.want); status != s.status || !strings.Contains(kind+" "+body, want) {
			p.t.Fatalf("%s %s %s\ngave %d %s %s\nwant %d with %s", s.method, p.expand(s.path), p.expand(s.body), status, kind, body, s.status, want)
		}
		name, member, ok := strings.Cut(s.save, "=")
		if !ok {
			continue
		}
		var v map[string]any
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			p.t.Fatal(err)
		}
		p.vars[name], _ = v[member].(string)
	}
}

// patch is the body of an update of one thing.
func patch(op, path, value string) string {
	return `{"patchOperations":[{"op":"` + op + `","path":"` + path + `","value":"` + value + `"}]}`
}

// rootGET is the method that serving and many tests make.
const rootGET = "/restapis/$API/resources/$ROOT/methods/GET"

// newAPI makes the REST API $API with the resource $ROOT.
func (p *plane) newAPI() {
	p.t.Helper()
	p.run(
		step{"POST", "/restapis", `{"name":"n"}`, 201, "", "API=id"},
		step{"GET", "/restapis/$API", "", 200, "", "ROOT=rootResourceId"},
	)
}

// serving makes the REST API $API whose stage prod has one method, GET /, that is
// open and goes to $BACKEND/ok.
func (p *plane) serving() {
	p.t.Helper()
	p.newAPI()
	p.run(
		step{"PUT", rootGET, `{"authorizationType":"NONE"}`, 201, "", ""},
		step{"PUT", rootGET + "/integration", `{"type":"HTTP_PROXY","httpMethod":"GET","uri":"$BACKEND/ok"}`, 201, "", ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", ""},
	)
}

// get calls an API without a signature.
func (p *plane) get(path string) (int, string, string) {
	p.t.Helper()
	r, err := http.NewRequest("GET", p.url+p.expand(path), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer(p.t, r)
}

// getAt calls at a host name of its own.
func (p *plane) getAt(host, path string) (int, string, string) {
	p.t.Helper()
	r, err := http.NewRequest("GET", p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Host = host
	return answer(p.t, r)
}

func (p *plane) want(path string, status int, text string) {
	p.t.Helper()
	got, kind, body := p.get(path)
	if got != status || !strings.Contains(kind+" "+body, p.expand(text)) {
		p.t.Fatalf("GET %s gave %d %s %s, want %d with %s", p.expand(path), got, kind, body, status, text)
	}
}

// The life of a REST API: what is deployed is served, and nothing else.
func TestControlRestAPI(t *testing.T) {
	p := controlled(t)
	const method, path = "/restapis/$API/resources/$NOTES/methods/GET", "/_aws/execute-api/$API/prod"
	p.run(
		step{"POST", "/restapis", `{"name":"notes","description":"d","tags":{"team":"x"}}`, 201, `"createdDate":`, "API=id"},
		step{"GET", "/restapis/$API", "", 200, `"endpointConfiguration":{"types":["EDGE"],"ipAddressType":"ipv4"}`, "ROOT=rootResourceId"},
		step{"GET", "/restapis", "", 200, `{"item":[{"name":"notes"`, ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 400, "The REST API doesn't contain any methods", ""},
		step{"POST", "/restapis/$API/resources/$ROOT", `{"pathPart":"notes"}`, 201, `"path":"/notes"`, "NOTES=id"},
		step{"PUT", method, `{"authorizationType":"NONE"}`, 201, `"authorizationType":"NONE","apiKeyRequired":false,"httpMethod":"GET"`, ""},
		step{"PUT", method, `{"authorizationType":"NONE"}`, 409, "ConflictException", ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 400, "No integration defined for method", ""},
		step{"PUT", method + "/integration", `{"type":"HTTP_PROXY","httpMethod":"GET","uri":"$BACKEND/one"}`, 201, `"timeoutInMillis":29000`, ""},
	)
	_, _, body := p.send("GET", "/restapis/$API", "")
	var made struct{ CreatedDate float64 } // seconds since 1970
	if err := json.Unmarshal([]byte(body), &made); err != nil || made.CreatedDate < 1.7e9 || made.CreatedDate > 1e10 {
		t.Errorf("%s, %v", body, err)
	}
	p.want(path+"/notes", 403, "Forbidden") // no stage yet
	p.run(step{"POST", "/restapis/$API/deployments", `{"stageName":"prod","description":"first"}`, 201, `"description":"first"`, "FIRST=id"})
	p.want(path+"/notes", 200, "backend saw /one")
	p.want(path+"/others", 403, "MissingAuthenticationTokenException")
	// A change of the draft is served when it is deployed, and undone by the stage.
	p.run(step{"PATCH", method + "/integration", `{"patchOperations":[{"op":"replace","path":"/uri","value":"$BACKEND/two"}]}`, 200, "/two", ""})
	p.want(path+"/notes", 200, "backend saw /one")
	p.run(step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 201, "", "SECOND=id"})
	p.want(path+"/notes", 200, "backend saw /two")
	p.run(step{"PATCH", "/restapis/$API/stages/prod", `{"patchOperations":[{"op":"replace","path":"/deploymentId","value":"$FIRST"}]}`, 200, "$FIRST", ""})
	p.want(path+"/notes", 200, "backend saw /one")
	p.run(
		step{"DELETE", "/restapis/$API/deployments/$FIRST", "", 400, "Active stages pointing to this deployment must be moved or deleted", ""},
		step{"DELETE", "/restapis/$API/deployments/$SECOND", "", 202, "", ""},
		step{"GET", "/restapis/$API/deployments", "", 200, `{"item":[{"id":"$FIRST"`, ""},
		step{"GET", "/restapis/$API/deployments/$SECOND", "", 404, "Invalid Deployment identifier specified", ""},
		step{"GET", "/restapis/$API/stages", "", 200, `"stageName":"prod"`, ""},
		step{"DELETE", "/restapis/$API/stages/prod", "", 202, "", ""},
	)
	p.want(path+"/notes", 403, "Forbidden")
	p.run(
		step{"DELETE", "/restapis/$API", "", 202, "", ""},
		step{"GET", "/restapis/$API", "", 404, "NotFoundException {\"message\":\"Invalid API identifier specified 000000000000:$API\"}", ""},
		step{"GET", "/restapis", "", 200, `{"item":[]}`, ""},
	)
}

// What the gateway would refuse is refused when it is deployed, and changes
// nothing of what is served.
func TestControlBadDeployment(t *testing.T) {
	p := controlled(t)
	p.serving()
	p.run(
		step{"PUT", rootGET + "/integration", `{"type":"HTTP_PROXY","httpMethod":"GET","uri":"http://169.254.169.254/latest"}`, 201, "", ""},
		step{"POST", "/restapis/$API/deployments", `{"stageName":"prod"}`, 400, "link-local", ""}, // C17
		step{"POST", "/restapis/$API/deployments", `{}`, 400, "link-local", ""},
		step{"POST", "/restapis/$API/stages", `{"stageName":"other","deploymentId":"nothere"}`, 400, "Invalid Deployment identifier specified", ""},
	)
	p.want("/_aws/execute-api/$API/prod/", 200, "backend saw /ok")
	p.want("/_aws/execute-api/"+server.SampleAPI+"/"+server.SampleStage+"/notes", 403, "Missing Authentication Token")
}

// Refusals in the words of AWS (recorded by LocalStack's tests against AWS).
func TestControlRefusals(t *testing.T) {
	p := controlled(t)
	p.newAPI()
	p.run(
		step{"POST", "/restapis/$API/resources/$ROOT", `{"pathPart":"{proxy+}"}`, 201, "", "GREEDY=id"},
		step{"POST", "/restapis/$API/resources/$ROOT", `{"pathPart":"pets"}`, 201, "", "PETS=id"},
		step{"POST", "/restapis/$API/resources/$PETS", `{"pathPart":"sub"}`, 201, `"path":"/pets/sub"`, "SUB=id"},
	)
	const pets = "/restapis/$API/resources/$PETS"
	for _, s := range []step{
		{"GET", "/restapis/API_ID", "", 404, "Invalid API identifier specified 000000000000:API_ID", ""},
		{"POST", "/restapis", `{"name":"x","description":""}`, 400, "Description cannot be an empty string", ""},
		{"POST", "/restapis", `{"name":"x","cloneFrom":"y"}`, 400, "gatepass does not support the field cloneFrom", ""},
		{"POST", "/restapis", `{"name":"x","name":"y"}`, 400, "repeated", ""},
		{"POST", "/restapis", `{"name":"x","minimumCompressionSize":0}`, 400, "minimumCompressionSize", ""},
		{"POST", "/restapis", `{"name":"x","endpointConfiguration":{"types":["PRIVATE"]}}`, 400, "private endpoints", ""},
		{"POST", "/restapis", `{"name":"x","tags":{"_custom_id_":"` + server.SampleAPI + `"}}`, 409, "configuration", ""},
		{"POST", "/restapis/$API/resources/nothere", `{"pathPart":"a"}`, 404, "Invalid Resource identifier specified", ""},
		{"POST", "/restapis/$API/resources/$ROOT", `{"pathPart":"{child}"}`, 400, "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed", ""},
		{"POST", "/restapis/$API/resources/$GREEDY", `{"pathPart":"a"}`, 400, "Cannot create a child of a resource with a greedy path variable: {proxy+}", ""},
		{"POST", "/restapis/$API/resources/$ROOT", `{"pathPart":"pets"}`, 409, "Another resource with the same parent already has this name: pets", ""},
		{"POST", "/restapis/$API/resources/$ROOT", `{"pathPart":".."}`, 400, "path part", ""},
		{"POST", "/restapis/$API/resources/$ROOT", `{"pathPart":"a/b"}`, 400, "path part", ""},
		{"PATCH", pets, `{"patchOperations":[{"op":"replace","path":"/parentId","value":"$SUB"}]}`, 400, "Resources cannot be cyclical.", ""},
		{"PATCH", pets, `{"patchOperations":[{"op":"replace","path":"/invalid","value":"x"}]}`, 400, "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]", ""},
		{"PUT", pets + "/methods/WRONG", `{"authorizationType":"NONE"}`, 400, "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY", ""},
		{"PUT", pets + "/methods/GET", `{"authorizationType":"CUSTOM"}`, 400, "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.", ""},
		{"PUT", pets + "/methods/GET", `{"authorizationType":"OPEN"}`, 400, "Invalid authorization type", ""},
		{"PUT", pets + "/methods/GET", `{}`, 400, "Invalid authorization type", ""},
		{"PUT", pets + "/methods/GET", `{"authorizationType":"NONE","requestValidatorId":"x"}`, 400, "Invalid Request Validator identifier specified", ""},
		{"PUT", pets + "/methods/GET", `{"authorizationType":"NONE","requestModels":{"application/json":"petModel"}}`, 400, "Invalid model identifier specified: petModel", ""},
		{"PUT", pets + "/methods/GET", `{"authorizationType":"NONE","requestParameters":{"method.request.header.a":true,"method.request.querystring.a":true}}`, 400, "Parameter names must be unique across querystring, header and path", ""},
		{"GET", pets + "/methods/GET", "", 404, "Invalid Method identifier specified", ""},
		{"PUT", pets + "/methods/GET/integration", `{"type":"MOCK"}`, 404, "Invalid Method identifier specified", ""},
		{"POST", "/restapis/$API/models", `{"name":"","contentType":"application/json"}`, 400, "Model name must be non-empty", ""},
		{"POST", "/restapis/$API/models", `{"name":"A","contentType":"application/json","schema":"{}"}`, 400, "Model schema must have at least 1 property or array items defined", ""},
		{"POST", "/restapis/$API/models", `{"name":"Empty","contentType":"application/json","schema":"{\"type\":\"object\"}"}`, 409, "Model name already exists for this REST API", ""},
		{"GET", "/restapis/$API/models/MySchema", "", 404, "Invalid model name specified: MySchema", ""},
		{"GET", "/restapis/$API/requestvalidators/x", "", 404, "Invalid Request Validator identifier specified", ""},
		{"DELETE", "/restapis/$API/gatewayresponses/ACCESS_DENIED", "", 404, "Gateway response type not defined on api", ""},
		{"GET", "/restapis/$API/gatewayresponses/NOPE", "", 400, "ValidationException", ""},
		{"GET", "/restapis?limit=0", "", 400, "limit", ""},
		{"GET", "/usageplans/x", "", 404, "Invalid Usage Plan ID specified", ""},
		{"GET", "/apikeys/x", "", 404, "Invalid API Key identifier specified", ""},
		{"POST", "/apikeys?mode=import&format=csv", "name,key", 400, "importing API keys", ""},
		{"POST", "/apikeys", `{"value":"short"}`, 400, "at least 20 characters", ""},
		{"GET", "/domainnames/x.example", "", 404, "Invalid domain name identifier specified", ""},
		{"GET", "/vpclinks", "", 404, "UnknownOperationException", ""},
	} {
		t.Run(s.method+" "+s.path+" "+s.want[:min(20, len(s.want))], func(t *testing.T) { p.run(s) })
	}
}

// F20: who may call what is a matter of policies, on the path as it is read; and
// nobody without a signature.
func TestControlF20(t *testing.T) {
	p := controlled(t)
	p.run(
		step{"POST", "/restapis", `{"name":"n","tags":{"_custom_id_":"mine"}}`, 201, `"id":"mine"`, ""},
		step{"POST", "/restapis", `{"name":"n","tags":{"_custom_id_":"mine"}}`, 409, "taken", ""},
		step{"POST", "/restapis", `{"name":"n","tags":{"_custom_id_":"other"}}`, 201, "", ""},
		step{"POST", "/v2/apis", `{"name":"n","protocolType":"HTTP","tags":{"_custom_id_":"mine2"}}`, 201, "", ""},
	)
	if status, kind, body := p.get("/restapis"); status != 403 || kind != "MissingAuthenticationTokenException" || body != `{"message":"Missing Authentication Token"}` {
		t.Errorf("unsigned: %d %s %s", status, kind, body)
	}
	p.key = clerkID
	const denied = `AccessDeniedException {"Message":"User: arn:aws:iam::000000000000:user/clerk is not authorized to perform: apigateway:`
	p.run(
		step{"GET", "/restapis/mine", "", 200, `"id":"mine"`, ""},
		step{"GET", "/restapis/%6dine/resources", "", 200, `"path":"/"`, ""},
		step{"GET", "/v2/apis/mine2", "", 200, `"apiId":"mine2"`, ""},
		step{"PATCH", "/restapis/mine", `{"patchOperations":[{"op":"replace","path":"/name","value":"m"}]}`, 200, `"name":"m"`, ""},
		step{"GET", "/restapis", "", 403, denied + "GET on resource: arn:aws:apigateway:us-east-1::/restapis because no identity-based policy allows the apigateway:GET action", ""},
		step{"GET", "/restapis/other", "", 403, denied, ""},
		step{"GET", "/restapis/mine%2F..%2Fother", "", 403, denied, ""},
		step{"DELETE", "/restapis/mine", "", 403, denied + "DELETE", ""},
		step{"POST", "/restapis/mine/deployments", `{"stageName":"prod"}`, 403, denied + "POST", ""},
		step{"PATCH", "/restapis/mine", `{"patchOperations":[{"op":"replace","path":"/policy","value":"{}"}]}`, 403, denied + "UpdateRestApiPolicy", ""},
		step{"GET", "/v2/apis", "", 403, denied, ""},
		step{"GET", "/apikeys?includeValues=true", "", 403, denied, ""},
		step{"GET", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fmine", "", 403, denied + "GET on resource: arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fmine", ""},
	)
}

func contains(text, part string) bool { return strings.Contains(text, part) }

// quoted is a text as JSON.
func quoted(text string) string {
	b, _ := json.Marshal(text) // a text always marshals
	return string(b)
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

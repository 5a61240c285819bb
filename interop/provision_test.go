package interop

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
)

// provisioner is the AWS CLI at a server that has nothing but an administrator,
// and a backend that says who called.
type provisioner struct {
	*iamShell
	backend string
	user    []string // credentials of the user who signed in
}

func newProvisioner(t *testing.T) *provisioner {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: the AWS CLI takes seconds for each call")
	}
	need(t, "pip install awscli; apt-get install curl", "aws", "curl")
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Method+" "+r.URL.Path+" by "+r.Header.Get("X-Gatepass-User-Sub"))
	}))
	t.Cleanup(backend.Close)
	st := gatepasstest.New(t, func(s *server.Server) { s.Config, s.Handlers = &server.Config{Admins: admins()}, nil })
	return &provisioner{&iamShell{t, st, configOf(st), t.TempDir()}, backend.URL, nil}
}

// word is a member of an answer that is a text.
func (p *provisioner) word(v map[string]any, path ...any) string {
	p.t.Helper()
	text, _ := at(v, path...).(string)
	if text == "" {
		p.t.Fatalf("no %v in %v", path, v)
	}
	return text
}

// chain makes a user pool with a client and a user, an identity pool, and a role
// for those who sign in, who may GET /notes of any API; then it signs in.
func (p *provisioner) chain() {
	t := p.t
	t.Helper()
	pool := p.word(p.aws("cognito-idp", "create-user-pool", "--pool-name", "app"), "UserPool", "Id")
	client := p.word(p.aws("cognito-idp", "create-user-pool-client", "--user-pool-id", pool, "--client-name", "web",
		"--explicit-auth-flows", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"), "UserPoolClient", "ClientId")
	p.aws("cognito-idp", "admin-create-user", "--user-pool-id", pool, "--username", "ada", "--message-action", "SUPPRESS",
		"--user-attributes", "Name=email,Value=ada@example.com")
	p.aws("cognito-idp", "admin-set-user-password", "--user-pool-id", pool, "--username", "ada", "--password", gatepasstest.Password, "--permanent")
	provider := "cognito-idp.us-east-1.amazonaws.com/" + pool
	identities := p.word(p.aws("cognito-identity", "create-identity-pool", "--identity-pool-name", "app", "--no-allow-unauthenticated-identities",
		"--cognito-identity-providers", "ProviderName="+provider+",ClientId="+client+",ServerSideTokenCheck=false"), "IdentityPoolId")
	role := p.word(p.aws("iam", "create-role", "--role-name", "AppUser", "--assume-role-policy-document",
		p.file("trust.json", string(*trustOf(identities, "authenticated")))), "Role", "Arn")
	p.aws("iam", "put-role-policy", "--role-name", "AppUser", "--policy-name", "notes", "--policy-document", p.file("policy.json",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:000000000000:*/*/GET/notes"}]}`))
	p.aws("cognito-identity", "set-identity-pool-roles", "--identity-pool-id", identities, "--roles", "authenticated="+role)

	signedIn := p.aws("cognito-idp", "initiate-auth", "--auth-flow", "USER_PASSWORD_AUTH", "--client-id", client,
		"--auth-parameters", "USERNAME=ada,PASSWORD="+gatepasstest.Password)
	logins := provider + "=" + p.word(signedIn, "AuthenticationResult", "IdToken")
	id := p.word(p.aws("cognito-identity", "get-id", "--identity-pool-id", identities, "--logins", logins), "IdentityId")
	got := p.aws("cognito-identity", "get-credentials-for-identity", "--identity-id", id, "--logins", logins)
	p.user = []string{p.word(got, "Credentials", "AccessKeyId"), p.word(got, "Credentials", "SecretKey"), p.word(got, "Credentials", "SessionToken")}
}

// call signs with curl and gives what came back and the status.
func (p *provisioner) call(method, url string) string {
	p.t.Helper()
	return run(p.t, p.cfg, nil, "curl", "-sS", "-X", method, "--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", p.user[0]+":"+p.user[1],
		"-H", "X-Amz-Security-Token: "+p.user[2], "-w", " %{http_code}", url)
}

// served checks that the user may read the notes, that the backend learns who
// called, and that nothing else is allowed.
func (p *provisioner) served(base string) {
	t := p.t
	t.Helper()
	if got := p.call("GET", base+"/notes"); !strings.HasPrefix(got, "GET /served by ") || !strings.HasSuffix(got, " 200") || strings.HasSuffix(got, "by  200") {
		t.Errorf("GET %s/notes: %s", base, got)
	}
	if got := p.call("POST", base+"/notes"); !strings.HasSuffix(got, " 403") || strings.Contains(got, "served") {
		t.Errorf("POST %s/notes: %s", base, got)
	}
	if got := run(t, p.cfg, nil, "curl", "-sS", "-w", " %{http_code}", base+"/notes"); !strings.HasSuffix(got, " 403") {
		t.Errorf("unsigned: %s", got)
	}
}

// TestProvisionAWSCLI: the AWS CLI makes the whole chain from nothing, piece by
// piece and from documents, and curl walks it.
func TestProvisionAWSCLI(t *testing.T) {
	p := newProvisioner(t)
	p.chain()
	t.Run("rest api by hand", func(t *testing.T) { p.restAPI() })
	t.Run("rest api imported", func(t *testing.T) { p.imported() })
	t.Run("http api", func(t *testing.T) { p.httpAPI() })
	p.fails(keysOf(clerkKey, adminSecret, ""), "(AccessDeniedException) when calling the GetRestApis operation: User: arn:aws:iam::000000000000:user/clerk is not authorized",
		"apigateway", "get-rest-apis")
	p.fails(keysOf(adminKey, adminSecret, ""), "(NotFoundException) when calling the GetRestApi operation: Invalid API identifier specified 000000000000:nothere",
		"apigateway", "get-rest-api", "--rest-api-id", "nothere")
}

func (p *provisioner) restAPI() {
	made := p.aws("apigateway", "create-rest-api", "--name", "notes", "--endpoint-configuration", "types=REGIONAL", "--tags", "team=x")
	api, root := p.word(made, "id"), p.word(made, "rootResourceId")
	notes := p.word(p.aws("apigateway", "create-resource", "--rest-api-id", api, "--parent-id", root, "--path-part", "notes"), "id")
	at := []string{"--rest-api-id", api, "--resource-id", notes, "--http-method", "ANY"}
	do := func(op string, args ...string) map[string]any {
		p.t.Helper()
		return p.aws(append(append([]string{"apigateway", op}, at...), args...)...)
	}
	do("put-method", "--authorization-type", "AWS_IAM")
	do("put-integration", "--type", "HTTP_PROXY", "--integration-http-method", "ANY", "--uri", p.backend+"/draft")
	do("update-integration", "--patch-operations", "op=replace,path=/uri,value="+p.backend+"/served")
	p.aws("apigateway", "create-deployment", "--rest-api-id", api, "--stage-name", "prod")
	p.served(p.st.URL + "/_aws/execute-api/" + api + "/prod")
	do("update-integration", "--patch-operations", "op=replace,path=/uri,value="+p.backend+"/later")
	p.served(p.st.URL + "/_aws/execute-api/" + api + "/prod") // what is not deployed is not served
	if all := p.aws("apigateway", "get-resources", "--rest-api-id", api, "--embed", "methods"); len(all["items"].([]any)) != 2 {
		p.t.Errorf("get-resources: %v", all)
	}
	out := filepath.Join(p.dir, "export.json")
	p.aws("apigateway", "get-export", "--rest-api-id", api, "--stage-name", "prod", "--export-type", "oas30", "--parameters", "extensions=apigateway", out)
	if doc, err := os.ReadFile(out); err != nil || !strings.Contains(string(doc), p.backend+"/served") {
		p.t.Errorf("get-export: %s, %v", doc, err)
	}
	arn := "arn:aws:apigateway:us-east-1::/restapis/" + api
	p.aws("apigateway", "tag-resource", "--resource-arn", arn, "--tags", "more=y")
	if tags := p.aws("apigateway", "get-tags", "--resource-arn", arn); p.word(tags, "tags", "more") != "y" || p.word(tags, "tags", "team") != "x" {
		p.t.Errorf("get-tags: %v", tags)
	}
}

// document is an OpenAPI document of the notes.
func (p *provisioner) document() string {
	op := fmt.Sprintf(`{"security":[{"sigv4":[]}],"responses":{"200":{"description":"ok"}},"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"ANY","payloadFormatVersion":"1.0","uri":"%s/served"}}`, p.backend)
	return `{"openapi":"3.0.1","info":{"title":"imported","version":"1"},"paths":{"/notes":{"get":` + op + `,"post":` + op + `}},` +
		`"components":{"securitySchemes":{"sigv4":{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authtype":"awsSigv4"}}}}`
}

func (p *provisioner) imported() {
	body := strings.Replace(p.file("api.json", p.document()), "file://", "fileb://", 1)
	api := p.word(p.aws("apigateway", "import-rest-api", "--fail-on-warnings", "--body", body), "id")
	p.aws("apigateway", "create-deployment", "--rest-api-id", api, "--stage-name", "v1")
	p.served(p.st.URL + "/_aws/execute-api/" + api + "/v1")
	p.aws("apigateway", "put-rest-api", "--rest-api-id", api, "--mode", "overwrite", "--body", body)
	p.aws("apigateway", "delete-rest-api", "--rest-api-id", api)
	if got := p.call("GET", p.st.URL+"/_aws/execute-api/"+api+"/v1/notes"); !strings.HasSuffix(got, " 403") {
		p.t.Errorf("a deleted API: %s", got)
	}
}

func (p *provisioner) httpAPI() {
	made := p.aws("apigatewayv2", "create-api", "--name", "notes", "--protocol-type", "HTTP")
	api, endpoint := p.word(made, "ApiId"), p.word(made, "ApiEndpoint")
	integration := p.word(p.aws("apigatewayv2", "create-integration", "--api-id", api, "--integration-type", "HTTP_PROXY", "--integration-method", "ANY",
		"--integration-uri", p.backend+"/served", "--payload-format-version", "1.0"), "IntegrationId")
	p.aws("apigatewayv2", "create-route", "--api-id", api, "--route-key", "ANY /notes", "--authorization-type", "AWS_IAM", "--target", "integrations/"+integration)
	p.aws("apigatewayv2", "create-stage", "--api-id", api, "--stage-name", "$default", "--auto-deploy")
	p.served(endpoint)
	if stages := p.aws("apigatewayv2", "get-stages", "--api-id", api); at(stages, "Items", 0, "AutoDeploy") != true {
		p.t.Errorf("get-stages: %v", stages)
	}
	imported := p.aws("apigatewayv2", "import-api", "--body", p.file("http.json", p.document()))
	p.aws("apigatewayv2", "create-stage", "--api-id", p.word(imported, "ApiId"), "--stage-name", "$default", "--auto-deploy")
	p.served(p.word(imported, "ApiEndpoint"))
	text, err := json.Marshal(p.aws("apigatewayv2", "get-apis"))
	if err != nil || strings.Count(string(text), `"ApiId"`) != 2 {
		p.t.Errorf("get-apis: %s, %v", text, err)
	}
	p.aws("apigatewayv2", "delete-api", "--api-id", api)
}

// TestBoto3ControlPlane: every operation of API Gateway's control plane answers in
// the shape of botocore's model.
func TestBoto3ControlPlane(t *testing.T) {
	python := boto3(t)
	st := stand(t)
	env := []string{"ADMIN_KEY=" + adminKey, "ADMIN_SECRET=" + adminSecret, "BACKEND=http://127.0.0.1:9"}
	t.Log(run(t, configOf(st), env, python, filepath.Join("py", "control.py")))
}

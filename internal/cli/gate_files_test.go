//go:build !client

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fileOf writes a file and gives its path.
func fileOf(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const smallTemplate = `
Parameters: {StageName: {Type: String}}
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: !Ref StageName, Auth: {DefaultAuthorizer: AWS_IAM}}}
  Fn: {Type: AWS::Serverless::Function, Properties: {Events: {Get: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /, Method: get}}}}}
Outputs: {Id: {Value: !Ref Pool}}
`

const smallOpenAPI = `
openapi: 3.0.0
info: {title: t, version: "1"}
x-other: 1
paths: {/a: {get: {x-amazon-apigateway-auth: {type: AWS_IAM}, x-amazon-apigateway-integration: {type: http_proxy, httpMethod: GET, uri: "http://127.0.0.1:9/"}}}}
`

// TestGateWithoutAdministrator: a gate.yaml that declares none says that nobody
// can administer it; one that does is silent.
func TestGateWithoutAdministrator(t *testing.T) {
	admins := "\nadmins: [{name: admin, access_key_id: AKIAEXAMPLE000000001, secret_env: ADMIN_SECRET}]\n"
	for text, want := range map[string]int{"region: us-east-1": 0, "region: us-east-1" + admins: 1} {
		g, err := newGate(serveOptions{gateFiles: gateFiles{config: fileOf(t, "gate.yaml", text)}})
		if err != nil {
			t.Fatal(err)
		}
		if len(g.told) != 1-want || want == 0 && !strings.Contains(g.told[0], "admins:") {
			t.Errorf("%s: told %q", text, g.told)
		}
	}
}

// TestGateOfFiles reads a template and a document together: ids, addresses of
// functions, and the lines for the user.
func TestGateOfFiles(t *testing.T) {
	g, err := newGate(serveOptions{gateFiles: gateFiles{
		template: fileOf(t, "template.yaml", smallTemplate), openapi: []string{fileOf(t, "My-Notes.yaml", smallOpenAPI)},
		parameters: []string{"StageName=v1"}, functions: []string{"Fn=http://127.0.0.1:9/fn?a=b"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if ids := []string{g.config.APIs[0].ID, g.config.APIs[1].ID}; !slices.Equal(ids, []string{"api", "mynotes"}) {
		t.Errorf("APIs %q", ids)
	}
	if to := g.config.Functions["Fn"]; to != "http://127.0.0.1:9/fn?a=b" {
		t.Errorf("the function is at %q", to)
	}
	if len(g.told) != 2 || g.told[0] != "output: Id = us-east-1_Pool" || !strings.Contains(g.told[1], "x-other") {
		t.Errorf("told %q", g.told)
	}
	if !g.config.ShowDecisions {
		t.Error("refusals on this machine do not say why")
	}
	lines := g.lines("http://127.0.0.1:1", true)
	for _, want := range []string{"GATEPASS_USER_POOL_ID=us-east-1_Pool\n", "GATEPASS_API=http://127.0.0.1:1/_aws/execute-api/api/v1\n", "AWS_ACCESS_KEY_ID=AKIA"} {
		if !strings.Contains(lines, want) {
			t.Errorf("no %s in\n%s", want, lines)
		}
	}
	if strings.Contains(lines, "ada") {
		t.Errorf("there is no ada here:\n%s", lines)
	}
}

// TestReadyMadeGateHasFunctions: the AWS CLI makes APIs there that invoke them.
func TestReadyMadeGateHasFunctions(t *testing.T) {
	g, err := newGate(serveOptions{gateFiles: gateFiles{lambdaEndpoint: "http://127.0.0.1:3001", functions: []string{"Fn=http://127.0.0.1:9"}}})
	if err != nil {
		t.Fatal(err)
	}
	if g.config.LambdaEndpoint != "http://127.0.0.1:3001" || g.config.Functions["Fn"] != "http://127.0.0.1:9" || g.password == "" {
		t.Errorf("%q, %q", g.config.LambdaEndpoint, g.config.Functions)
	}
}

func TestGateFilesAreChecked(t *testing.T) {
	template := fileOf(t, "template.yaml", smallTemplate)
	for name, c := range map[string]struct {
		files gateFiles
		want  string
	}{
		"parameter for nothing": {gateFiles{parameters: []string{"a=b"}}, "--template"},
		"function without URL":  {gateFiles{functions: []string{"a=b"}}, "http://"},
		"ready-made, no URL":    {gateFiles{lambdaEndpoint: "ftp://a"}, "lambda_endpoint"},
		"no value":              {gateFiles{template: template, parameters: []string{"StageName"}}, "NAME=VALUE"},
		"name twice":            {gateFiles{template: template, functions: []string{"Fn=http://a", "Fn=http://b"}}, "each name once"},
		"missing parameter":     {gateFiles{template: template}, "StageName"},
		"no address":            {gateFiles{template: template, parameters: []string{"StageName=a"}, functions: []string{"Fn=ftp://a"}}, "http://"},
		"same id twice":         {gateFiles{openapi: []string{fileOf(t, "api.yaml", smallOpenAPI), fileOf(t, "api.yaml", smallOpenAPI)}}, "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newGate(serveOptions{gateFiles: c.files})
			var usage *usageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestOpenAPIAlone: what a template would give comes from flags, and what is
// missing is said.
func TestOpenAPIAlone(t *testing.T) {
	doc := `{"openapi":"3.0.1","info":{"title":"n","version":"1"},"paths":{
		"/a":{"get":{"responses":{"200":{"description":"ok"}},"security":[],"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"http://${stageVariables.backend}/a"}}},
		"/b":{"get":{"responses":{"200":{"description":"ok"}},"security":[],"x-amazon-apigateway-integration":{"type":"aws_proxy","httpMethod":"POST",
			"uri":"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:Notes/invocations"}}}}}`
	files := gateFiles{openapi: []string{fileOf(t, "api.json", doc)}}
	if _, _, err := files.read(); err == nil || !strings.Contains(err.Error(), "backend") || !strings.Contains(hintOf(err), "--parameter") {
		t.Errorf("without the stage variable: %v", err)
	}
	files.parameters = []string{"backend=127.0.0.1:9"}
	_, lines, err := files.read()
	if err != nil || len(lines) != 1 || !strings.Contains(lines[0], "--function Notes=URL") {
		t.Errorf("%q, %v", lines, err)
	}
	files.functions = []string{"Notes=http://127.0.0.1:9"}
	if _, lines, err := files.read(); err != nil || len(lines) > 0 {
		t.Errorf("with an address: %q, %v", lines, err)
	}
}

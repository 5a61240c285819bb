// Package interop runs unmodified foreign clients against the gatepass server.
package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
)

// The administrator of the stand. The key is of this test alone.
const (
	adminKey    = "AKIAINTEROPADMIN0001"
	adminSecret = "interop-secret-of-the-test-only-00000001"
	clerkKey    = "AKIAINTEROPCLERK0001"
)

const temporary = "Temporary-horse-7"

// stand is a gate with users and administrators for the foreign clients.
func stand(t *testing.T) *gatepasstest.Stand {
	t.Helper()
	st := gatepasstest.New(t, func(s *server.Server) {
		c := server.Sample("")
		c.Admins = admins()
		s.Config = c
	})
	st.AddUser("ada")
	return st
}

// admins are one who may do everything and one who may list users.
func admins() []server.Admin {
	return []server.Admin{
		{Name: "root", AccessKeyID: adminKey, Secret: adminSecret, Policies: map[string]server.Document{
			"all": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`,
		}},
		{Name: "clerk", AccessKeyID: clerkKey, Secret: adminSecret, Policies: map[string]server.Document{
			"read": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"cognito-idp:ListUsers","Resource":"*"}}`,
		}},
	}
}

func need(t *testing.T, how string, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			missing(t, name+" is not here: "+how)
		}
		recent(t, how, name)
	}
}

// tooOld are versions that lack what the tests use, by their first line of
// --version: Node without web crypto in the global scope, an AWS CLI that takes no
// endpoint from the environment.
var tooOld = map[string]*regexp.Regexp{
	"node": regexp.MustCompile(`^v1?[0-9]\.`),
	"aws":  regexp.MustCompile(`^aws-cli/(1\.([01]?[0-9]|2[0-7])|2\.([0-9]|1[0-2]))\.`),
}

// recent skips where a program is too old for the tests.
func recent(t *testing.T, how, program string) {
	t.Helper()
	old, known := tooOld[program]
	if !known {
		return
	}
	version, err := exec.Command(program, "--version").CombinedOutput()
	if err != nil || old.Match(version) {
		missing(t, fmt.Sprintf("%s is too old, %s: %s", program, bytes.TrimSpace(version), how))
	}
}

func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("GATEPASS_REQUIRE") == "all" {
		t.Fatal(why)
	}
	t.Skip(why)
}

type config struct {
	Endpoint          string `json:"endpoint"`
	Region            string `json:"region"`
	UserPoolID        string `json:"userPoolId"`
	ClientID          string `json:"clientId"`
	IdentityPoolID    string `json:"identityPoolId"`
	API               string `json:"api"`
	Username          string `json:"username"`
	Password          string `json:"password"`
	Invited           string `json:"invited,omitempty"`
	TemporaryPassword string `json:"temporaryPassword,omitempty"`
}

func configOf(st *gatepasstest.Stand) config {
	return config{
		Endpoint: st.URL, Region: "us-east-1", UserPoolID: server.SampleUserPool, ClientID: server.SampleClient,
		IdentityPoolID: server.SampleIdentityPool, API: st.API, Username: "ada", Password: gatepasstest.Password,
	}
}

// run runs a foreign program with the stand in its environment and fails with
// what it printed.
func run(t *testing.T, cfg config, extra []string, name string, args ...string) string {
	t.Helper()
	doc, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(clean(os.Environ()), "GATEPASS_INTEROP="+string(doc), "NODE_NO_WARNINGS=1", "AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent")
	cmd.Env = append(cmd.Env, extra...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out.String())
	}
	return out.String()
}

// clean removes what would point a foreign client, or gatepass, elsewhere.
func clean(env []string) []string {
	var out []string
	for _, e := range env {
		if !strings.HasPrefix(e, "AWS_") && !strings.HasPrefix(e, "GATEPASS_") && !strings.Contains(strings.ToLower(e), "_proxy=") {
			out = append(out, e)
		}
	}
	return out
}

func script(t *testing.T, cfg config, name string) {
	t.Helper()
	need(t, "install Node 20 or later", "node")
	if _, err := os.Stat(filepath.Join("node_modules", "aws-crt")); err != nil {
		missing(t, "the npm packages are not installed: cd interop && npm ci")
	}
	t.Log(run(t, cfg, nil, "node", filepath.Join("js", name)))
}

func TestArticle(t *testing.T) { script(t, configOf(stand(t)), "article.mjs") }

func TestSDK3(t *testing.T) { script(t, configOf(stand(t)), "sdk3.mjs") }

func TestAmplify(t *testing.T) { script(t, configOf(stand(t)), "amplify.mjs") }

func TestChallenges(t *testing.T) {
	st := stand(t)
	cfg := configOf(st)
	cfg.Invited, cfg.TemporaryPassword = "ivy", temporary
	adminCall(t, st, "AdminCreateUser", map[string]any{
		"UserPoolId": cfg.UserPoolID, "Username": "ivy", "TemporaryPassword": temporary, "MessageAction": "SUPPRESS",
	})
	script(t, cfg, "challenges.mjs")
}

// boto3 finds a Python that has it.
func boto3(t *testing.T) string {
	t.Helper()
	need(t, "apt-get install python3", "python3")
	for _, p := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(p, "-c", "import boto3; assert tuple(map(int, boto3.__version__.split('.')[:2])) >= (1, 34)").Run() == nil {
			return p
		}
	}
	missing(t, "boto3 is not here, or older than 1.34: pip install boto3")
	return ""
}

func TestBoto3(t *testing.T) {
	python := boto3(t)
	keys := []string{"ADMIN_KEY=" + adminKey, "ADMIN_SECRET=" + adminSecret, "CLERK_KEY=" + clerkKey}
	t.Log(run(t, configOf(stand(t)), keys, python, filepath.Join("py", "flow.py")))
}

// TestAWSCLI walks the chain with the AWS CLI and curl.
func TestAWSCLI(t *testing.T) {
	need(t, "pip install awscli; apt-get install curl", "aws", "curl")
	st := stand(t)
	cfg := configOf(st)
	admin := []string{"AWS_ACCESS_KEY_ID=" + adminKey, "AWS_SECRET_ACCESS_KEY=" + adminSecret}
	aws := func(env []string, args ...string) map[string]any {
		t.Helper()
		text := run(t, cfg, env, "aws", append(args, "--endpoint-url", st.URL, "--output", "json")...)
		var out map[string]any
		if err := json.Unmarshal([]byte(text), &out); err != nil && strings.TrimSpace(text) != "" {
			t.Fatalf("aws %v printed %q", args, text)
		}
		return out
	}
	who := aws(admin, "sts", "get-caller-identity")
	if who["Arn"] != "arn:aws:iam::000000000000:user/root" {
		t.Errorf("get-caller-identity: %v", who)
	}
	users := aws(admin, "cognito-idp", "list-users", "--user-pool-id", cfg.UserPoolID)
	if len(users["Users"].([]any)) != 1 {
		t.Errorf("list-users: %v", users)
	}
	auth := aws(nil, "cognito-idp", "initiate-auth", "--no-sign-request", "--auth-flow", "USER_PASSWORD_AUTH", "--client-id", cfg.ClientID,
		"--auth-parameters", "USERNAME=ada,PASSWORD="+cfg.Password)
	idToken := auth["AuthenticationResult"].(map[string]any)["IdToken"].(string)
	logins := "cognito-idp.us-east-1.amazonaws.com/" + cfg.UserPoolID + "=" + idToken
	id := aws(nil, "cognito-identity", "get-id", "--no-sign-request", "--identity-pool-id", cfg.IdentityPoolID, "--logins", logins)
	creds := aws(nil, "cognito-identity", "get-credentials-for-identity", "--no-sign-request", "--identity-id", id["IdentityId"].(string), "--logins", logins)
	c := creds["Credentials"].(map[string]any)
	user := []string{"AWS_ACCESS_KEY_ID=" + c["AccessKeyId"].(string), "AWS_SECRET_ACCESS_KEY=" + c["SecretKey"].(string), "AWS_SESSION_TOKEN=" + c["SessionToken"].(string)}
	who = aws(user, "sts", "get-caller-identity")
	if !strings.HasSuffix(who["Arn"].(string), ":assumed-role/NotesUser/CognitoIdentityCredentials") {
		t.Errorf("get-caller-identity of the user: %v", who)
	}
	curl := func(secret string, args ...string) string {
		args = append([]string{
			"-sS", "--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", c["AccessKeyId"].(string) + ":" + secret,
			"-H", "X-Amz-Security-Token: " + c["SessionToken"].(string), "-w", " %{http_code}",
		}, args...)
		return run(t, cfg, nil, "curl", args...)
	}
	secret := c["SecretKey"].(string)
	if got := curl(secret, "-H", "Content-Type: application/json", "-d", `{"content":"from curl"}`, st.API+"/notes"); !strings.HasSuffix(got, " 201") {
		t.Errorf("curl POST: %s", got)
	}
	if got := curl(secret, st.API+"/notes"); !strings.Contains(got, "from curl") || !strings.HasSuffix(got, " 200") {
		t.Errorf("curl GET: %s", got)
	}
	if got := curl(secret, st.API+"/admin"); !strings.Contains(got, "is not authorized to perform: execute-api:Invoke") || !strings.HasSuffix(got, " 403") {
		t.Errorf("curl denied: %s", got)
	}
	wrong := strings.Repeat("x", len(secret))
	if got := curl(wrong, st.API+"/notes"); !strings.Contains(got, "The request signature we calculated does not match") || !strings.HasSuffix(got, " 403") {
		t.Errorf("curl with a wrong secret: %s", got)
	}
}

// adminCall calls a signed operation as the administrator, with the project's
// own signer.
func adminCall(t *testing.T, st *gatepasstest.Stand, op string, in any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest("POST", st.URL+"/", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+op)
	sign(t, req, body, adminKey, adminSecret, "cognito-idp")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 {
		t.Fatalf("%s: %d %s", op, resp.StatusCode, text)
	}
}

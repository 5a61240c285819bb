//go:build unix

package cli

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// served are commands that run until they are told to stop; the text is what
// they print when they are ready.
var served = map[string]string{
	"serve": "for another terminal", "proxy": "proxy",
}

// TestHelpExamples runs every example that the help shows, in a shell, as a user
// who is signed in to the ready-made gate. An example must succeed.
func TestHelpExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: runs every example of the help")
	}
	u := newUser(t)
	root := newRoot(&app{io: IOStreams{Out: io.Discard, Err: io.Discard}, env: func(string) string { return "" }}, "man")
	n := 0
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, line := range examplesOf(c) {
			n++
			t.Run(line, func(t *testing.T) { u.try(t, line) })
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	if n < 8 {
		t.Errorf("found only %d examples", n)
	}
}

// examplesOf are the commands of an example, without what explains them, and
// those in the text of a help page.
func examplesOf(c *cobra.Command) (lines []string) {
	for line := range strings.SplitSeq(c.Long, "\n") {
		if strings.HasPrefix(line, "  gatepass ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	for line := range strings.SplitSeq(strings.ReplaceAll(c.Example, " \\\n    ", " "), "\n") {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "   ")
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// user is somebody at a terminal beside a running gate.
type user struct {
	dir      string
	env      []string
	password string
}

func newUser(t *testing.T) *user {
	t.Helper()
	u := &user{dir: t.TempDir()}
	u.env = append(os.Environ(), "HOME="+u.dir, "XDG_CONFIG_HOME="+filepath.Join(u.dir, "config"))
	lines := bufio.NewScanner(u.start(t, "gatepass", "serve", "--listen", "127.0.0.1:0"))
	for u.password == "" && lines.Scan() {
		if kv, ok := strings.CutPrefix(lines.Text(), "export "); ok {
			u.env = append(u.env, kv)
		}
		_, u.password, _ = strings.Cut(lines.Text(), "password of ada, shown this once: ")
	}
	for name, text := range exampleFiles {
		text = strings.ReplaceAll(text, "PASSWORD", u.password)
		if err := os.WriteFile(filepath.Join(u.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(u.dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range exampleTools {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(exampleTool), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	u.env = append(u.env, "PATH="+bin+":"+os.Getenv("PATH"))
	return u
}

// exampleTools stand in for programs that would call AWS: they succeed if they
// have been given credentials, by one of the ways they take them.
var exampleTools = []string{"aws", "terraform"}

const exampleTool = `#!/bin/sh
test -n "$AWS_ACCESS_KEY_ID" && test -n "$AWS_SECRET_ACCESS_KEY" && test -n "$AWS_SESSION_TOKEN" && exit
test -n "$AWS_CONTAINER_CREDENTIALS_FULL_URI" && test -n "$AWS_CONTAINER_AUTHORIZATION_TOKEN" && exit
case "$*" in *"--profile notes"*) grep -q "^credential_process = .*gatepass[^ ]* credentials" ~/.aws/config;; *) exit 1;; esac
`

const examplePolicy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:notes/prod/GET/notes"}}`

const exampleTemplate = `Parameters: {StageName: {Type: String}}
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: !Ref StageName, Auth: {DefaultAuthorizer: AWS_IAM}}}
  Fn: {Type: AWS::Serverless::Function, Properties: {Events: {Get: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /, Method: get}}}}}
`

const exampleOpenAPI = `openapi: 3.0.0
info: {title: notes, version: "1"}
paths: {/notes: {get: {x-amazon-apigateway-auth: {type: AWS_IAM}, x-amazon-apigateway-integration: {type: aws_proxy, httpMethod: POST, uri: "arn:aws:lambda:us-east-1:000000000000:function:Notes"}}}}
`

// exampleFiles are what the examples speak of.
var exampleFiles = map[string]string{
	"note.json":         `{"content": "tea"}`,
	"password.txt":      "PASSWORD\n",
	"gate.yaml":         "region: us-east-1\n",
	"template.yaml":     exampleTemplate,
	"notes.yaml":        exampleOpenAPI,
	"answer.txt":        "HTTP/1.1 200 OK\r\n\r\n[]",
	"notes-policy.json": examplePolicy,
	"boundary.json":     examplePolicy,
	"trust.json": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity",` +
		`"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:p","cognito-identity.amazonaws.com:amr":"authenticated"}}}}`,
	"recording.har":    `{"log":{"entries":[{"request":{"method":"GET","url":"https://example.com/"},"response":{"status":200}}]}}`,
	"cdk-outputs.json": `{"Notes": {"UserPool": "eu-west-1_AbCdEf123", "NotesApi": "https://a.execute-api.eu-west-1.amazonaws.com/prod"}}`,
	"config.js":        `export const dev = {}, prod = {cognito: {USER_POOL_ID: "us-east-1_udmFFSb92"}};`,
}

// start starts a program that ends with the test, and gives what it prints.
func (u *user) start(t *testing.T, name string, args ...string) io.Reader {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = u.dir, u.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		_ = cmd.Wait() // how it ends is another test's
	})
	return out
}

func (u *user) run(t *testing.T, line string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir, cmd.Env, cmd.Stdin = u.dir, u.env, strings.NewReader(u.password+"\n")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// atHome is the user with a profile of their own: examples change profiles.
func (u *user) atHome(t *testing.T) *user {
	t.Helper()
	home := t.TempDir()
	p := "profiles: {sample: {user_pool_id: us-east-1_Gatepass1, client_id: gatepass0sample0client0000, " +
		"identity_pool_id: \"$GATEPASS_IDENTITY_POOL_ID\", endpoint: \"$GATEPASS_ENDPOINT\"}}\n"
	for _, kv := range u.env {
		name, value, _ := strings.Cut(kv, "=")
		p = strings.ReplaceAll(p, "$"+name, value)
	}
	if err := os.WriteFile(filepath.Join(home, "config.yaml"), []byte(p), 0o600); err != nil {
		t.Fatal(err)
	}
	own := *u
	own.env = append(u.env[:len(u.env):len(u.env)], "GATEPASS_HOME="+home)
	return &own
}

// try runs an example. A password that would be typed comes from stdin.
func (u *user) try(t *testing.T, line string) {
	u = u.atHome(t)
	u.run(t, "gatepass login --password-stdin ada")
	ready, isServed := served[strings.Fields(line)[1]]
	if isServed {
		out := bufio.NewScanner(u.start(t, "sh", "-c", "exec "+line+" --listen 127.0.0.1:0 2>&1"))
		for out.Scan() {
			if strings.Contains(out.Text(), ready) {
				return
			}
		}
		t.Error("it ended without being ready")
		return
	}
	u.run(t, strings.ReplaceAll(line, "login ada", "login --password-stdin ada"))
}

package gatepass_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// reader runs the commands of README.md in their order, with one built binary
// and a home of its own.
type reader struct {
	t        *testing.T
	bin, dir string // the program, and where it is run
	env      []string
	password string
	base     string // where it was run before enterProject
	gate     string // address of the ready-made gate
	client   *http.Client
}

// TestREADME runs every command that README.md shows in an indented block. A
// command it does not know fails, so that none goes untested.
func TestREADME(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: builds and runs the command line")
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	r := &reader{t: t, dir: dir, bin: filepath.Join(dir, "gatepass")}
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", r.bin, "./cmd/gatepass").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	aws := filepath.Join(dir, "aws") // not the file of who runs the tests
	r.env = append(withoutSettings(os.Environ()), "GATEPASS_HOME="+filepath.Join(dir, "home"), "AWS_CONFIG_FILE="+filepath.Join(aws, "config"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(aws, "credentials"))
	r.certify()
	if root, err := os.Getwd(); err != nil || os.Symlink(filepath.Join(root, "examples"), filepath.Join(dir, "examples")) != nil {
		t.Fatal("examples", err)
	}
	config := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	if config == nil {
		t.Fatal("README.md shows no gate.yaml")
	}
	if err := os.WriteFile(filepath.Join(dir, "gate.yaml"), config[1], 0o600); err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^    (\S.*)$`).FindAllStringSubmatch(fenceless(string(text)), -1)
	if len(commands) < 16 {
		t.Fatalf("found only %d commands", len(commands))
	}
	for _, c := range commands {
		r.command(c[1])
	}
	if _, err := os.Stat(filepath.Join(aws, "config")); err != nil {
		t.Errorf("the profile for the AWS tools was written elsewhere: %v", err)
	}
}

// withoutSettings leaves out what whoever runs the tests has set for gatepass, the AWS tools
// and the network, and the keyring.
func withoutSettings(env []string) []string {
	kept := []string{"DBUS_SESSION_BUS_ADDRESS=autolaunch:"}
	for _, kv := range env {
		name, _, _ := strings.Cut(strings.ToUpper(kv), "=")
		if !strings.HasPrefix(name, "GATEPASS_") && !strings.HasPrefix(name, "AWS_") && !strings.HasSuffix(name, "_PROXY") && name != "DBUS_SESSION_BUS_ADDRESS" {
			kept = append(kept, kv)
		}
	}
	return kept
}

// fenceless leaves out fenced blocks, which hold Go, YAML and the picture.
func fenceless(text string) string {
	return regexp.MustCompile("(?s)```.*?```").ReplaceAllString(text, "")
}

func (r *reader) command(line string) {
	r.t.Helper()
	words := split(strings.Replace(line, "go run ./cmd/gatepass", "gatepass", 1))
	switch {
	case line == "make test":
		return // this test is part of it
	case words[0] == "aws":
		r.aws(words[1:])
	case words[0] != "gatepass":
		r.t.Errorf("README.md shows %q, which this test cannot run", line)
	case words[1] == "serve":
		r.serve(words[1:])
	case words[1] == "proxy":
		r.proxy(words[1:])
	case words[1] == "import":
		r.enterProject()
		r.run("", 0, words[1:]...)
	case words[1] == "login":
		r.run(r.password+"\n", 0, append(words[1:], "--password-stdin")...)
	case words[1] == "explain":
		r.run("", 22, words[1:]...) // what is explained was refused
	case words[1] == "exec":
		r.foreign(words[1:])
	default:
		r.run("", 0, words[1:]...)
	}
}

// enterProject makes the rest run in a cloned front-end project, by somebody who
// has set no variable, with an answer that was saved.
func (r *reader) enterProject() {
	r.t.Helper()
	ids := map[string]string{}
	var rest []string
	for _, kv := range r.env {
		name, value, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "GATEPASS_") || name == "GATEPASS_HOME" {
			rest = append(rest, kv)
			continue
		}
		ids[name] = value
	}
	r.env, r.base, r.dir = rest, r.dir, filepath.Join(r.dir, "front-end")
	if err := os.Mkdir(r.dir, 0o700); err != nil {
		r.t.Fatal(err)
	}
	for name, text := range map[string]string{
		"amplify_outputs.json": `{"version": "1.3", "auth": {"aws_region": "us-east-1", "user_pool_id": "${GATEPASS_USER_POOL_ID}",
			"user_pool_client_id": "${GATEPASS_CLIENT_ID}", "identity_pool_id": "${GATEPASS_IDENTITY_POOL_ID}"},
			"custom": {"API": {"notes": {"endpoint": "${GATEPASS_API}", "region": "us-east-1", "apiName": "notes"}}}}`,
		"policy.json": `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "execute-api:Invoke",
			"Resource": "arn:aws:execute-api:us-east-1:111122223333:notes/prod/GET/notes"}}`,
		"answer.txt": "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n\r\n{\"message\":\"Missing Authentication Token\"}",
	} {
		text = os.Expand(text, func(name string) string { return ids[name] })
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
			r.t.Fatal(err)
		}
	}
}

// aws runs the AWS CLI with the keys that serve printed, at the ready-made gate.
func (r *reader) aws(args []string) {
	r.t.Helper()
	if _, err := exec.LookPath("aws"); err != nil {
		if os.Getenv("GATEPASS_REQUIRE") == "all" {
			r.t.Fatal(err)
		}
		r.t.Log("skipped: aws is not installed")
		return
	}
	for i := range args {
		args[i] = strings.Replace(args[i], "127.0.0.1:8787", r.gate, 1)
	}
	cmd := exec.Command("aws", args...)
	cmd.Env = r.env
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Errorf("aws %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// foreign runs a foreign tool through gatepass. What points it to the ready-made
// gate is added: old releases do not read it from the environment.
func (r *reader) foreign(args []string) {
	r.t.Helper()
	if _, err := exec.LookPath(args[2]); err != nil {
		if os.Getenv("GATEPASS_REQUIRE") == "all" {
			r.t.Fatal(err)
		}
		r.t.Logf("skipped: %s is not installed", args[2])
		return
	}
	r.run("", 0, append(args, "--endpoint-url", "http://"+r.gate)...)
}

// proxy starts the signing proxy on a free port and calls through it, unsigned.
func (r *reader) proxy(args []string) {
	r.t.Helper()
	args = append(args[:len(args)-1], "127.0.0.1:0") // the last argument is the address to listen on
	base, _ := r.background("proxy is ready", " listen=", args)
	r.answers(base + "/notes")
}

// certify leaves a certificate of this machine where the operator has one.
func (r *reader) certify() {
	r.t.Helper()
	srv := httptest.NewTLSServer(nil)
	srv.Close()
	r.client = srv.Client()
	pair := srv.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		r.t.Fatal(err)
	}
	for name, block := range map[string]pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(filepath.Join(r.dir, name), pem.EncodeToMemory(&block), 0o600); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *reader) answers(url string) {
	r.t.Helper()
	resp, err := r.client.Get(url)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		r.t.Errorf("%s: %s", url, resp.Status)
	}
}

// split cuts a command at blanks outside single quotes.
func split(line string) []string {
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

// run runs gatepass and wants the exit code.
func (r *reader) run(stdin string, want int, args ...string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.bin, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = r.dir, r.env, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != want {
		r.t.Errorf("gatepass %s: exit code %d, want %d: %v\n%s", strings.Join(args, " "), got, want, err, out)
	}
}

// serve starts the server on a free port and takes over what it prints to copy.
func (r *reader) serve(args []string) {
	r.t.Helper()
	if r.base != "" {
		r.dir = r.base
	}
	for i, arg := range args {
		if arg == "127.0.0.1:9090" {
			args[i] = "127.0.0.1:0"
		}
	}
	base, printed := r.background("msg=serving ", " endpoint=", append(args, "--listen", "127.0.0.1:0"))
	r.answers(base + "/healthz")
	if len(args) == 1 {
		r.gate = strings.TrimPrefix(base, "http://")
		r.copy(printed)
	}
}

// background starts gatepass, waits for the line that says it is ready and where,
// and ends it with the test; it must then end well.
func (r *reader) background(ready, where string, args []string) (base string, printed []string) {
	r.t.Helper()
	cmd := exec.Command(r.bin, args...)
	cmd.Dir, cmd.Env = r.dir, r.env
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	var rest bytes.Buffer
	lines, drained := bufio.NewReader(out), make(chan struct{})
	r.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-drained
		if err := cmd.Wait(); err != nil {
			r.t.Errorf("gatepass %s: %v\n%s", strings.Join(args, " "), err, rest.String())
		}
	})
	for err == nil && base == "" {
		var line string
		line, err = lines.ReadString('\n')
		if printed = append(printed, strings.TrimSpace(line)); strings.Contains(line, ready) {
			_, after, _ := strings.Cut(line, where)
			base, _, _ = strings.Cut(strings.TrimSpace(after), " ")
		}
	}
	go func() {
		defer close(drained)
		_, _ = rest.ReadFrom(lines) // so that it can go on
	}()
	if base == "" {
		r.t.Fatalf("gatepass %s did not say %s: %v\n%s", strings.Join(args, " "), ready, err, strings.Join(printed, "\n"))
	}
	return base, printed
}

// copy takes the export lines and the password, as a reader would paste them.
func (r *reader) copy(printed []string) {
	for _, line := range printed {
		if kv, ok := strings.CutPrefix(line, "export "); ok {
			r.env = append(r.env, kv)
		}
		if _, p, ok := strings.Cut(line, "password of ada, shown this once: "); ok {
			r.password = p
			return
		}
	}
	r.t.Error("serve printed no password")
}

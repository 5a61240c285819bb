//go:build !client

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/cli"
	"github.com/gatepass/gatepass/server/store/storetest"
	"github.com/gatepass/gatepass/sigv4"
)

// runEnv makes the test binary be gatepass, so that nodes are processes of the
// code that is tested, with the race detector if the test has it.
const runEnv = "GATEPASS_TEST_BE_GATEPASS"

func TestMain(m *testing.M) {
	if os.Getenv(runEnv) != "" {
		os.Exit(cli.Main(os.Args[1:], cli.System()))
	}
	os.Exit(storetest.Run(m))
}

const (
	userPool     = "us-east-1_Nodes"
	identityPool = "us-east-1:22222222-2222-4333-8444-555555555555"
	appClient    = "web"
	password     = "Correct-horse-7"
	adminID      = "AKIANODESADMIN000001"
	adminSecret  = "nodes-secret-of-the-test-only-0000000001"
	apiKey       = "nodes-api-key-of-the-test-only"
	quota        = 20 // of the usage plan

	patience = 3 * time.Minute // with a machine that may be busy
)

// gateYAML declares what all nodes serve; BACKEND is the test's.
const gateYAML = `
user_pools:
  - id: ` + userPool + `
    clients:
      - {id: ` + appClient + `, auth_flows: [ALLOW_USER_SRP_AUTH, ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}
identity_pools:
  - id: ` + identityPool + `
    authenticated_role: User
    providers: [{user_pool: ` + userPool + `, client: ` + appClient + `}]
roles:
  - name: User
    policies:
      notes: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:*:*:notes/prod/*"}}
admins:
  - name: root
    access_key_id: ` + adminID + `
    secret_env: ADMIN_SECRET
    policies:
      all: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "*", Resource: "*"}}
apis:
  - id: notes
    stages: [{name: prod}]
    routes:
      - {path: /notes, methods: [GET], auth: AWS_IAM, uri: BACKEND}
      - {path: /counted, methods: [GET], auth: NONE, api_key_required: true, uri: BACKEND}
  - id: chat
    protocol: WEBSOCKET
    route_selection: $request.body.action
    stages: [{name: prod}]
    routes:
      - {path: $connect, auth: NONE, function: Chat}
      - {path: $disconnect, function: Chat}
functions: {Chat: BACKEND}
api_keys: [{id: shared, name: shared, value_env: API_KEY}]
usage_plans:
  - {id: plan, name: plan, quota: {limit: 20, period: MONTH}, stages: [{api: notes, stage: prod}], keys: [shared]}
`

// cluster is a PostgreSQL, and what its nodes have in common.
type cluster struct {
	t         *testing.T
	postgres  *storetest.Cluster
	dsn, dir  string
	rootKey   string
	connected chan string // ids of WebSocket connections, of $connect
	left      chan string // and of $disconnect
	away      atomic.Bool // the database was stopped
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: several processes over PostgreSQL, which is crashed")
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	c := &cluster{
		t: t, postgres: storetest.Own(t), dsn: storetest.Postgres(t), dir: t.TempDir(), rootKey: base64.StdEncoding.EncodeToString(key),
		connected: make(chan string, 100), left: make(chan string, 100),
	}
	backend := httptest.NewServer(http.HandlerFunc(c.backend))
	t.Cleanup(backend.Close)
	text := strings.ReplaceAll(gateYAML, "BACKEND", backend.URL)
	if err := os.WriteFile(filepath.Join(c.dir, "gate.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// backend is the notes, and the function of the WebSocket API.
func (c *cluster) backend(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		var event struct {
			RequestContext struct{ ConnectionID, RouteKey string }
		}
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
			c.t.Error(err)
		}
		switch event.RequestContext.RouteKey {
		case "$connect":
			c.connected <- event.RequestContext.ConnectionID
		case "$disconnect":
			c.left <- event.RequestContext.ConnectionID
		}
	}
	_, _ = io.WriteString(w, `{"statusCode":200}`)
}

// node is a gatepass serve.
type node struct {
	*cluster
	name, url string
	cmd       *exec.Cmd
	first     chan string  // the first thing it prints, when it is ready
	log       bytes.Buffer // to be read when it has ended
	ended     chan struct{}
}

// Write is the node's stdout.
func (n *node) Write(p []byte) (int, error) {
	select {
	case n.first <- string(p):
	default:
	}
	return len(p), nil
}

// start starts nodes together and waits until they are ready.
func (c *cluster) start(names ...string) (nodes []*node) {
	c.t.Helper()
	for _, name := range names {
		nodes = append(nodes, c.launch(name))
	}
	for _, n := range nodes {
		select {
		case printed := <-n.first:
			n.url = regexp.MustCompile(`http://[0-9.:]+`).FindString(printed)
		case <-n.ended:
			c.t.Fatalf("node %s did not start", n.name)
		case <-time.After(patience):
			c.t.Fatalf("node %s is not ready", n.name)
		}
	}
	return nodes
}

func (c *cluster) launch(name string) *node {
	c.t.Helper()
	n := &node{cluster: c, name: name, first: make(chan string, 1), ended: make(chan struct{})}
	n.cmd = exec.Command(os.Args[0], "serve", "-c", "gate.yaml", "--listen", "127.0.0.1:0", "--db", c.dsn)
	n.cmd.Dir = c.dir
	n.cmd.Env = []string{
		runEnv + "=1", "HOME=" + c.dir, "PATH=" + os.Getenv("PATH"),
		"GATEPASS_ROOT_KEY=" + c.rootKey, "ADMIN_SECRET=" + adminSecret, "API_KEY=" + apiKey,
	}
	n.cmd.Stdout, n.cmd.Stderr = n, &n.log
	if err := n.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() { _ = n.cmd.Wait(); close(n.ended) }()
	c.t.Cleanup(n.stop)
	return n
}

// end signals the node and waits for its end.
func (n *node) end(with os.Signal) {
	n.t.Helper()
	_ = n.cmd.Process.Signal(with) // it may have ended
	select {
	case <-n.ended:
	case <-time.After(patience):
		n.t.Errorf("node %s does not end", n.name)
		_ = n.cmd.Process.Kill()
		<-n.ended
	}
}

// kill is kill -9.
func (n *node) kill() { n.end(os.Kill) }

// stop ends the node in an orderly way, if it has not ended, and reads its log.
func (n *node) stop() {
	running := true
	select {
	case <-n.ended:
		running = false
	default:
	}
	n.end(os.Interrupt)
	if code := n.cmd.ProcessState.ExitCode(); running && code != 0 {
		n.t.Errorf("node %s ended with %d", n.name, code)
	}
	log := n.log.String()
	if strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic") {
		n.t.Errorf("node %s:\n%s", n.name, log)
	}
	if n.t.Failed() {
		n.t.Logf("the end of the log of node %s:\n%s", n.name, log[max(0, len(log)-4000):])
	}
}

// reply is what a node answered. Status 0: it did not.
type reply struct {
	status int
	header http.Header
	body   string
}

// fields are the JSON of the answer.
func (r reply) fields() (out map[string]any) {
	_ = json.Unmarshal([]byte(r.body), &out)
	return out
}

func (r reply) text(path ...string) string {
	var v any = r.fields()
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	s, _ := v.(string)
	return s
}

// must is an answer of 200.
func (r reply) must(t *testing.T, what string) reply {
	t.Helper()
	if r.status != http.StatusOK {
		t.Fatalf("%s: %d %v %s", what, r.status, r.header, r.body)
	}
	return r
}

// call is a request to a node; change signs it or adds headers. Who is told to come
// back does, unless the database is away: on a busy machine it may take too long.
func (n *node) call(method, path, body string, change ...func(*http.Request)) reply {
	for end := time.Now().Add(patience); ; {
		got := n.once(method, path, body, change...)
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || n.away.Load() || time.Now().After(end) {
			return got
		}
	}
}

func (n *node) once(method, path, body string, change ...func(*http.Request)) reply {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, n.url+path, strings.NewReader(body))
	if err != nil {
		return reply{body: err.Error()}
	}
	for _, c := range change {
		c(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return reply{body: err.Error()}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{body: err.Error()}
	}
	return reply{resp.StatusCode, resp.Header, string(text)}
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// signed signs the request, whose body is body.
func signed(p sigv4.Profile, c sigv4.Credentials, body string) func(*http.Request) {
	return func(r *http.Request) {
		s := &sigv4.Signer{Region: "us-east-1", Profile: p}
		if err := s.Sign(r, c, sigv4.HashOf([]byte(body)), time.Now()); err != nil {
			panic(err)
		}
	}
}

var administrator = sigv4.Credentials{AccessKeyID: adminID, SecretAccessKey: adminSecret}

// cognito calls an operation of user pools, or of identity pools.
func (n *node) cognito(op string, in map[string]any) reply {
	target, service := "AWSCognitoIdentityProviderService.", "cognito-idp"
	if in["IdentityPoolId"] != nil || in["IdentityId"] != nil {
		target, service = "AWSCognitoIdentityService.", "cognito-identity"
	}
	body, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	change := []func(*http.Request){header("X-Amz-Target", target+op), header("Content-Type", "application/x-amz-json-1.1")}
	if strings.HasPrefix(op, "Admin") {
		change = append(change, signed(sigv4.Generic(service), administrator, string(body)))
	}
	return n.call("POST", "/", string(body), change...)
}

// iam calls an operation of IAM.
func (n *node) iam(values url.Values) reply {
	body := values.Encode()
	return n.call("POST", "/", body, header("Content-Type", "application/x-www-form-urlencoded"), signed(sigv4.Generic("iam"), administrator, body))
}

// control calls API Gateway's control plane.
func (n *node) control(method, path, body string) reply {
	return n.call(method, path, body, header("Content-Type", "application/json"), signed(sigv4.Generic("apigateway"), administrator, body))
}

// connections calls the @connections API of the chat.
func (n *node) connections(method, id, body string) reply {
	return n.call(method, "/_aws/execute-api/chat/prod/%40connections/"+url.QueryEscape(id), body, signed(sigv4.ExecuteAPI(), administrator, body))
}

// notes calls the notes API.
func (n *node) notes(c sigv4.Credentials) reply {
	return n.call("GET", "/_aws/execute-api/notes/prod/notes", "", signed(sigv4.ExecuteAPI(), c, ""))
}

// until asks again and again until it is so.
func until(t *testing.T, what string, so func() bool) time.Duration {
	t.Helper()
	begin := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		if time.Since(begin) > patience {
			t.Fatalf("%s: not within %s", what, patience)
		}
		<-tick.C
	}
	return time.Since(begin)
}

// soon waits for what must come.
func soon(t *testing.T, what string, c chan string) string {
	t.Helper()
	select {
	case s := <-c:
		return s
	case <-time.After(patience):
		t.Fatalf("%s: nothing came", what)
		return ""
	}
}

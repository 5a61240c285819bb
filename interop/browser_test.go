package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
)

// awkward are path segments that a front end's URLs have.
var awkward = []string{"a b", "a+b", "Grüße", "100%25", "(1)!*'", "a;b=c,d", "$&@:~", "2024-01-01T00:00:00Z", "x.y~z_-"}

// classicAPI is a REST API with CORS as tutorials make it: an OPTIONS method that is
// a mock, headers of gateway responses, and a backend that sends its own.
const classicAPI = `{
  "openapi": "3.0.1", "info": {"title": "classic", "version": "1"},
  "x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'ORIGIN'"}}},
  "paths": {
    "/notes": {
      "get": {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}, "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "BACKEND"}},
      "post": {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}, "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "POST", "uri": "BACKEND"}},
      "options": {
        "responses": {"200": {"description": "for browsers", "headers": {"Access-Control-Allow-Origin": {}, "Access-Control-Allow-Methods": {}, "Access-Control-Allow-Headers": {}}}},
        "x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200", "responseParameters": {
          "method.response.header.Access-Control-Allow-Origin": "'ORIGIN'",
          "method.response.header.Access-Control-Allow-Methods": "'GET,POST,OPTIONS'",
          "method.response.header.Access-Control-Allow-Headers": "'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token'"}}}}}},
    "/forgotten": {"get": {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}, "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "BACKEND"}}}}}`

// classic writes the document of classicAPI for a page's origin.
func classic(t *testing.T, origin string) (file string) {
	t.Helper()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		files(w, r)
	}))
	t.Cleanup(backend.Close)
	file = filepath.Join(t.TempDir(), "classic.json")
	doc := strings.NewReplacer("ORIGIN", origin, "BACKEND", backend.URL).Replace(classicAPI)
	if err := os.WriteFile(file, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// browserConfig is the sample with guests, files, a chat and a classic API. Only the
// page's origin may read what the APIs answer, and no page what silent does.
func browserConfig(origin, classic string) *server.Config {
	c := server.Sample("")
	p := &c.IdentityPools[0]
	p.AllowGuests, p.UnauthenticatedRole = true, "Guest"
	c.Roles = append(c.Roles, server.Role{Name: "Guest", Policies: map[string]server.Document{
		"read": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:notes/prod/GET/notes"}}`,
	}})
	c.Roles[0].Policies["more"] = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":[
		"arn:aws:execute-api:*:*:notes/prod/*/files/*","arn:aws:execute-api:*:*:classic/prod/GET/*","arn:aws:execute-api:*:*:chat/prod/$connect"]}}`
	notes := &c.APIs[0]
	notes.CORS = &server.CORS{AllowOrigins: []string{origin}}
	notes.Routes = append(notes.Routes, server.Route{Path: "/files/{proxy+}", Methods: []string{"GET", "PUT", "DELETE"}, Auth: "AWS_IAM", Handler: "files"})
	c.APIs = append(c.APIs, server.API{ID: "classic", OpenAPI: classic, Stages: []server.Stage{{Name: "prod"}}}, server.API{
		ID: "silent", Stages: []server.Stage{{Name: "prod"}}, Routes: []server.Route{{Path: "/notes", Methods: []string{"GET"}, Auth: "NONE", Handler: "notes"}},
	}, server.API{
		ID: "chat", Protocol: "WEBSOCKET", RouteSelection: "$request.body.action", Stages: []server.Stage{{Name: "prod"}},
		Routes: []server.Route{{Path: "$connect", Auth: "AWS_IAM"}, {Path: "echo", Handler: "chat", TwoWay: true}},
	})
	return c
}

// files says what it was asked.
func files(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"path": r.URL.Path, "query": r.URL.Query(), "body": string(body), "caller": r.Header.Get("X-Gatepass-Identity-Id"),
	})
}

// finding is what the page reports.
type finding struct {
	What, Detail string
	OK, Done     bool
}

// origin is the page's own server.
type origin struct {
	*http.ServeMux
	found chan finding
	url   string
}

func newOrigin(t *testing.T) *origin {
	t.Helper()
	o := &origin{ServeMux: http.NewServeMux(), found: make(chan finding)}
	o.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) {
		var f finding
		if err := json.NewDecoder(r.Body).Decode(&f); err != nil {
			f = finding{What: "the report", Detail: err.Error(), Done: true}
		}
		select {
		case o.found <- f:
		case <-t.Context().Done():
		}
	})
	srv := httptest.NewServer(o)
	t.Cleanup(srv.Close)
	o.url = srv.URL
	return o
}

// serve gives the page what it is made of, what it must know and the codes of its users' mail.
func (o *origin) serve(dir string, st *gatepasstest.Stand) {
	o.Handle("GET /", http.FileServer(http.Dir(dir)))
	o.HandleFunc("GET /code", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, st.Code(r.FormValue("user"))) })
	o.HandleFunc("GET /settings", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(struct {
			config
			APIByName string   `json:"apiByName"`
			Classic   string   `json:"classic"`
			Silent    string   `json:"silent"`
			Chat      string   `json:"chat"`
			Paths     []string `json:"paths"`
		}{
			configOf(st), "http://notes.execute-api.localhost" + st.URL[strings.LastIndex(st.URL, ":"):] + "/prod",
			st.URL + "/_aws/execute-api/classic/prod", st.URL + "/_aws/execute-api/silent/prod", st.URL + "/_aws/execute-api/chat/prod", awkward,
		})
	})
}

// bundle puts the page together as a front-end project's build does.
func bundle(t *testing.T) string {
	t.Helper()
	need(t, "install Node 20 or later", "node")
	esbuild := filepath.Join("node_modules", ".bin", "esbuild")
	if _, err := os.Stat(esbuild); err != nil {
		missing(t, "the npm packages are not installed: cd interop && npm ci")
	}
	dir := t.TempDir()
	run(t, config{}, nil, esbuild, filepath.Join("browser", "page.js"), "--bundle", "--format=esm", "--log-level=warning", "--outdir="+dir)
	page, err := os.ReadFile(filepath.Join("browser", "index.html"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "index.html"), page, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestBrowser has a page of another origin walk the whole chain in Chromium: with
// Amplify, with the AWS SDK, and over a WebSocket. Bundling it is part of the test.
func TestBrowser(t *testing.T) {
	need(t, "apt-get install chromium", "chromium")
	dir := bundle(t)
	o := newOrigin(t)
	document := classic(t, o.url)
	st := gatepasstest.New(t, func(s *server.Server) {
		s.Config, s.Handlers = browserConfig(o.url, document), server.SampleHandlers()
		s.Handlers["files"], s.Handlers["chat"] = http.HandlerFunc(files), http.HandlerFunc(chat)
	})
	st.AddUser("ada")
	o.serve(dir, st)
	console, gone := chromium(t, o.url+"/")
	for {
		select {
		case f := <-o.found:
			if f.What != "" {
				t.Logf("%v %s", map[bool]string{true: "ok", false: "FAILED"}[f.OK], f.What)
			}
			if f.What != "" && !f.OK {
				t.Errorf("%s: %s", f.What, f.Detail)
			}
			if f.Done {
				return
			}
		case <-gone:
			t.Fatalf("the browser ended before the page was done:\n%s", console())
		}
	}
}

// chromium opens a page, and ends with the test. It gives what the page's console
// has, once that has ended.
func chromium(t *testing.T, page string) (console func() string, gone <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
		"--enable-logging=stderr", "--remote-debugging-port=0", "--user-data-dir="+t.TempDir(), page)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = clean(os.Environ()), &out, &out, time.Minute
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	console = func() string { // what else it prints is about the machine
		return strings.Join(slices.DeleteFunc(strings.Split(out.String(), "\n"), func(line string) bool { return !strings.Contains(line, ":CONSOLE:") }), "\n")
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // for its children too, which hold its output and write to its directory
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		if t.Failed() {
			t.Log(console())
		}
	})
	return console, ended
}

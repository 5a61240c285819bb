package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
	"github.com/gatepass/gatepass/sigv4"
)

// unsigned is a request for a foreign signer, a line of JSON to its program.
type unsigned struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Host    string            `json:"host"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Key     string            `json:"key"`
	Secret  string            `json:"secret"`
	Token   string            `json:"token"`
	Region  string            `json:"region"`
}

// signedThings are what people sign: path and query as on the wire.
var signedThings = []struct {
	name, method, target, kind, body string
}{
	{name: "plain", method: "GET", target: "/notes"},
	{name: "root", method: "GET", target: "/"},
	{name: "trailing slash", method: "GET", target: "/notes/"},
	{name: "POST of JSON", method: "POST", target: "/notes", kind: "application/json", body: `{"content":"hello"}`},
	{name: "PUT of other letters", method: "PUT", target: "/notes/1", kind: "text/plain; charset=utf-8", body: "grüße, 世界"},
	{name: "PATCH", method: "PATCH", target: "/notes/1", kind: "application/json", body: "{}"},
	{name: "DELETE", method: "DELETE", target: "/notes/1"},
	{name: "HEAD", method: "HEAD", target: "/notes"},
	{name: "query in order", method: "GET", target: "/notes?a=1&b=2"},
	{name: "query out of order", method: "GET", target: "/notes?z=1&a=2&m=3"},
	{name: "query, a name twice", method: "GET", target: "/notes?a=2&a=1"},
	{name: "query, empty value", method: "GET", target: "/notes?a=&b=1"},
	{name: "query with a blank", method: "GET", target: "/notes?q=a%20b"},
	{name: "query of other letters", method: "GET", target: "/notes?q=gr%C3%BC%C3%9Fe"},
	{name: "query with reserved characters", method: "GET", target: "/notes?q=a%2Fb%3Fc%3Dd%26e%2Bf"},
	{name: "unreserved characters", method: "GET", target: "/notes/a-b_c.d~e?q=a-b_c.d~e"},
	{name: "path with a blank", method: "GET", target: "/notes/a%20b"},
	{name: "path of other letters", method: "GET", target: "/notes/gr%C3%BC%C3%9Fe"},
	{name: "path with an identity", method: "GET", target: "/notes/us-east-1%3A7b2c0000-0000-4000-8000-000000000000"},
}

// TestSigners has requests signed by the signers of five languages, sends them as
// they were signed, and looks at what came out behind the gate.
func TestSigners(t *testing.T) {
	g := newSignerGate(t)
	t.Run("Go: aws-sdk-go-v2", func(t *testing.T) { g.walk(t, bySDKGo) })
	for _, name := range []string{"aws4", "aws4fetch", "smithy"} {
		t.Run("JavaScript: "+name, func(t *testing.T) {
			need(t, "install Node 20 or later", "node")
			if _, err := os.Stat("node_modules"); err != nil {
				missing(t, "the npm packages are not installed: cd interop && npm ci")
			}
			g.walk(t, g.program(t, "node", filepath.Join("js", "sign.mjs"), name))
		})
	}
	t.Run("Python: botocore", func(t *testing.T) { g.walk(t, g.program(t, boto3(t), filepath.Join("py", "sign.py"))) })
	t.Run("Ruby: aws-sigv4", func(t *testing.T) {
		library(t, "apt-get install ruby ruby-aws-sigv4", "ruby", "-raws-sigv4", "-e", "1")
		g.walk(t, g.program(t, "ruby", filepath.Join("rb", "sign.rb")))
	})
	t.Run("Perl: Net::Amazon::Signature::V4", func(t *testing.T) {
		library(t, "apt-get install libnet-amazon-signature-v4-perl libhttp-message-perl", "perl", "-MNet::Amazon::Signature::V4", "-MHTTP::Request", "-e", "1")
		g.walk(t, g.program(t, "perl", filepath.Join("pl", "sign.pl")))
	})
	t.Run("C: curl", func(t *testing.T) {
		need(t, "apt-get install curl", "curl")
		g.walkCurl(t)
	})
}

// library is missing unless a program finds it.
func library(t *testing.T, how string, name string, args ...string) {
	t.Helper()
	if err := exec.Command(name, args...).Run(); err != nil {
		missing(t, "a signer is not here: "+how)
	}
}

// signerGate is a gate whose backend tells what it got.
type signerGate struct {
	base  string // of the API, stage included
	addr  string
	creds gatepass.Credentials
	seen  chan string
}

func newSignerGate(t *testing.T) *signerGate {
	g := &signerGate{seen: make(chan string, 16)}
	back := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.seen <- r.Method + " " + r.RequestURI + " " + string(body)
	}))
	t.Cleanup(back.Close)
	st := gatepasstest.New(t, func(s *server.Server) {
		c := server.Sample("")
		c.Roles[0].Policies = map[string]server.Document{"all": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}}`}
		c.APIs[0].Routes = []server.Route{
			{Path: "/", Methods: []string{"ANY"}, Auth: "AWS_IAM", URI: back.URL},
			{Path: "/{proxy+}", Methods: []string{"ANY"}, Auth: "AWS_IAM", URI: back.URL},
		}
		s.Config = c
	})
	creds, err := st.SignedIn("ada").Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g.creds, g.base, g.addr = creds, st.API, strings.TrimPrefix(st.URL, "http://")
	return g
}

// walk has all requests signed, each with the right and with a wrong secret.
func (g *signerGate) walk(t *testing.T, sign func(*testing.T, unsigned) map[string]string) {
	for _, c := range signedThings {
		t.Run(c.name, func(t *testing.T) {
			u := unsigned{
				Method: c.method, URL: g.base + c.target, Host: g.addr, Headers: map[string]string{}, Body: c.body,
				Key: g.creds.AccessKeyID, Secret: g.creds.SecretAccessKey, Token: g.creds.SessionToken, Region: "us-east-1",
			}
			if c.kind != "" {
				u.Headers["Content-Type"] = c.kind
			}
			status, text := g.send(t, u, sign(t, u))
			if status != http.StatusOK {
				t.Fatalf("status %d: %s", status, text)
			}
			if got, want := <-g.seen, c.method+" "+c.target+" "+c.body; got != want {
				t.Errorf("the backend got %q, want %q", got, want)
			}
			u.Secret = strings.Repeat("x", len(u.Secret))
			if status, text := g.send(t, u, sign(t, u)); status != http.StatusForbidden || len(g.seen) > 0 {
				t.Errorf("with a wrong secret: status %d, %s", status, text)
			}
		})
	}
}

// send writes a request as it was signed on a connection of its own.
func (g *signerGate) send(t *testing.T, u unsigned, headers map[string]string) (int, string) {
	t.Helper()
	conn, err := net.Dial("tcp", g.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Minute))
	target, err := url.Parse(u.URL)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"host": u.Host, "content-length": fmt.Sprint(len(u.Body)), "connection": "close"}
	for key, value := range headers {
		all[strings.ToLower(key)] = value
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s %s HTTP/1.1\r\n", u.Method, target.RequestURI())
	for key, value := range all {
		fmt.Fprintf(&out, "%s: %s\r\n", key, value)
	}
	out.WriteString("\r\n" + u.Body)
	if _, err := conn.Write(out.Bytes()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: u.Method})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// program starts a foreign signer that answers a line with a line.
func (g *signerGate) program(t *testing.T, name string, args ...string) func(*testing.T, unsigned) map[string]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = clean(os.Environ())
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	return func(t *testing.T, u unsigned) map[string]string {
		t.Helper()
		if err := json.NewEncoder(in).Encode(u); err != nil {
			t.Fatal(err)
		}
		headers := map[string]string{}
		if !lines.Scan() {
			_ = cmd.Wait()
			t.Fatalf("%s %v ended: %s", name, args, trouble.String())
		}
		if err := json.Unmarshal(lines.Bytes(), &headers); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		for key, value := range u.Headers {
			headers[http.CanonicalHeaderKey(key)] = value
		}
		return lowered(headers)
	}
}

// lowered makes one spelling of names that signers spell in their own way.
func lowered(headers map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range headers {
		out[strings.ToLower(key)] = value
	}
	return out
}

func bySDKGo(t *testing.T, u unsigned) map[string]string {
	t.Helper()
	r, err := http.NewRequest(u.Method, u.URL, strings.NewReader(u.Body))
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range u.Headers {
		r.Header.Set(key, value)
	}
	c := aws.Credentials{AccessKeyID: u.Key, SecretAccessKey: u.Secret, SessionToken: u.Token}
	if err := v4.NewSigner().SignHTTP(t.Context(), c, r, sigv4.HashOf([]byte(u.Body)).String(), "execute-api", u.Region, time.Now()); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for key := range r.Header {
		out[key] = r.Header.Get(key)
	}
	return lowered(out)
}

// walkCurl lets curl sign and send. Debian's version 7.88 signs a query as it
// stands and a path without encoding it once more, so it gets those it can.
func (g *signerGate) walkCurl(t *testing.T) {
	for _, c := range signedThings {
		if c.method == "HEAD" || strings.ContainsAny(c.target, "%") || strings.Contains(c.name, "order") || strings.Contains(c.name, "twice") {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			args := []string{
				"-sS", "-X", c.method, "--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", g.creds.AccessKeyID + ":" + g.creds.SecretAccessKey,
				"-H", "X-Amz-Security-Token: " + g.creds.SessionToken, "-o", os.DevNull, "-w", "%{http_code}", g.base + c.target,
			}
			if c.body != "" {
				args = append(args, "-H", "Content-Type: "+c.kind, "--data-binary", c.body)
			}
			cmd := exec.CommandContext(t.Context(), "curl", append([]string{"-q"}, args...)...)
			cmd.Env = clean(os.Environ())
			out, err := cmd.CombinedOutput()
			if err != nil || string(out) != "200" {
				t.Fatalf("%s %v", out, err)
			}
			if got, want := <-g.seen, c.method+" "+c.target+" "+c.body; got != want {
				t.Errorf("the backend got %q, want %q", got, want)
			}
		})
	}
}

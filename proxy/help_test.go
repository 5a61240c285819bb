package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/proxy"
	"github.com/gatepass/gatepass/sigv4"
)

// TestMain wants every goroutine to end. Those of connections that were closed do so
// when they are next run, for which a busy machine may take its time.
func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	left := goleak.Find()
	for end := time.Now().Add(2 * time.Minute); code == 0 && left != nil && time.Now().Before(end); {
		left = goleak.Find()
	}
	if code == 0 && left != nil {
		fmt.Fprintln(os.Stderr, left)
		code = 1
	}
	os.Exit(code)
}

var testKeys = gatepass.Credentials{Credentials: sigv4.Credentials{
	AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", SessionToken: "a session token",
}}

func credentials(context.Context) (gatepass.Credentials, error) { return testKeys, nil }

// upstream is an API that verifies what it gets.
type upstream struct {
	*httptest.Server
	service string
	answer  http.HandlerFunc
	keys    sigv4.KeyCache

	mu   sync.Mutex
	seen *http.Request // the last
	body []byte
	n    atomic.Int64
}

// newUpstream verifies every signature and then answers by fn; nil is 200.
func newUpstream(t testing.TB, fn http.HandlerFunc) *upstream {
	up := &upstream{service: "execute-api", answer: fn}
	up.Server = httptest.NewServer(up)
	t.Cleanup(up.Close)
	return up
}

func (up *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	up.n.Add(1)
	up.note(r, nil)
	profile := sigv4.ExecuteAPI()
	profile.Service, profile.MaxBody = up.service, 1<<20
	v := sigv4.Verifier{Region: "us-east-1", Profile: profile, EchoCanonical: true}
	claim, err := v.Parse(r, time.Now())
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	ok, err := claim.Verify(up.keys.Key(claim.AccessKeyID(), testKeys.SecretAccessKey, claim))
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	up.note(r, ok.Body())
	if up.answer != nil {
		up.answer(w, r)
	}
}

func (up *upstream) note(r *http.Request, body []byte) {
	up.mu.Lock()
	defer up.mu.Unlock()
	up.seen, up.body = r, body
}

func (up *upstream) last() *http.Request {
	up.mu.Lock()
	defer up.mu.Unlock()
	return up.seen
}

// serve runs a proxy in front of a base URL.
func serve(t testing.TB, base string, change ...func(*proxy.Proxy)) *httptest.Server {
	t.Helper()
	p := &proxy.Proxy{Upstream: proxy.Upstream{URL: base, Region: "us-east-1"}, Credentials: credentials}
	for _, c := range change {
		c(p)
	}
	return serveProxy(t, p)
}

func serveProxy(t testing.TB, p *proxy.Proxy) *httptest.Server {
	t.Helper()
	front := httptest.NewServer(p)
	t.Cleanup(func() {
		front.CloseClientConnections()
		front.Close()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return front
}

// raw sends bytes as they are and gives the answer.
func raw(t testing.TB, front *httptest.Server, request string) (status int, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", front.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(all), "\r\n\r\n")
	if len(head) < 12 {
		t.Fatalf("no answer: %q", all)
	}
	for _, c := range head[9:12] {
		status = status*10 + int(c-'0')
	}
	return status, body
}

func do(t testing.TB, r *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func request(t testing.TB, method, url, body string) *http.Request {
	t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

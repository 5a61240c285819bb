package proxy

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/sigv4"
)

// tokens are the bytes of a header's name (RFC 9110 section 5.6.2).
const tokens = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

func control(r rune) bool { return r < ' ' || r == 0x7f }

// onWire is what net/http sends of a request, as a server reads it.
func onWire(r *http.Request) *http.Request {
	in := httptest.NewRequest(r.Method, "/", strings.NewReader("body"))
	in.RequestURI, in.Host, in.Header = r.URL.RequestURI(), r.Host, r.Header
	return in
}

// FuzzTarget holds, for any target and header: what is sent on is the client's bytes
// behind the base, verifies, carries none of the client's signature and hop-by-hop
// headers, and does not climb out of the base; or nothing is sent.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{
		"/", "/a?b=c", "//a", "/a/../b", "/%2e%2e/x", "/a?X-Amz-Signature=1&b", "/\xff?q=\xff", "/a#b", "/a?%zz", "/{}|?+;", "http://x/", "/a//..//b/.", "/x?", "/%", "/..;/a",
	} {
		f.Add(s, "X-Custom", "value", "close")
	}
	f.Add("/a", "X-Amz-Date", "20200101T000000Z", "x-amz-meta")
	f.Add("/a", "authorization", "AWS4-HMAC-SHA256 x", "authorization, Content-Type")
	f.Add("/a", "X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "upgrade")
	keys := gatepass.Credentials{Credentials: sigv4.Credentials{AccessKeyID: "AK", SecretAccessKey: "0123456789abcdef", SessionToken: "tok"}}
	p := &Proxy{Upstream: Upstream{URL: "http://localhost:1/st%61ge", Region: "us-east-1"}, Transport: http.DefaultTransport}
	pl, err := newPlan(f.Context(), p)
	if err != nil {
		f.Fatal(err)
	}
	p.plan.Store(pl)
	var cache sigv4.KeyCache
	f.Fuzz(func(t *testing.T, uri, name, value, connection string) {
		if name == "" || strings.Trim(name, tokens) != "" || strings.ContainsFunc(value+connection+uri, control) {
			return // no server lets it in
		}
		tg, err := pl.target(uri)
		if err != nil {
			return
		}
		in := httptest.NewRequest("POST", "/", nil)
		in.Header = http.Header{"Connection": {connection}, "Keep-Alive": {"1"}, "Content-Type": {"a/b"}}
		in.Header.Set(name, value)
		x := &exchange{p: p, r: in, plan: pl, target: tg, body: &body{hash: sigv4.HashOf([]byte("body")), mem: []byte("body"), size: 4}}
		var u url.URL
		if tg.url(&u) != nil {
			return
		}
		out := &http.Request{Method: in.Method, URL: &u, Host: tg.host, Header: x.headers()}
		if x.sign(out, &keys) != nil {
			return
		}
		_, query, _ := strings.Cut(uri, "?")
		path, _, _ := strings.Cut(uri, "?")
		want := "/st%61ge" + path
		if q := sigv4.WithoutPresign(query); q != "" || (strings.Contains(uri, "?") && query == "") {
			want += "?" + q
		}
		if got := out.URL.RequestURI(); got != want {
			t.Fatalf("%q is sent as %q", want, got)
		}
		for key := range out.Header {
			if hopByHop[key] && key != "Te" {
				t.Errorf("%s is sent on", key)
			}
		}
		got := onWire(out)
		v := sigv4.Verifier{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
		claim, err := v.Parse(got, time.Now())
		if err != nil {
			if strings.Contains(err.Error(), "more than 1000") || strings.Contains(err.Error(), "without a name") {
				return // the gate refuses what signers may sign
			}
			t.Fatalf("%q with %s: %q: %v", uri, name, value, err)
		}
		ok, err := claim.Verify(cache.Key("AK", keys.SecretAccessKey, claim))
		if err != nil {
			t.Fatalf("%q with %s: %q: %v", uri, name, value, err)
		}
		if !strings.HasPrefix(ok.RawPath(), "/st%61ge") {
			t.Fatalf("%q leaves the stage as %s", uri, ok.RawPath())
		}
		b, _ := io.ReadAll(strings.NewReader(string(ok.Body())))
		if string(b) != "body" {
			t.Fatalf("body %q", b)
		}
	})
}

package proxy_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gatepass/gatepass/proxy"
)

// TestConcurrentSignatures holds that no request is signed with what belongs to
// another: bodies, paths, services and routes are mixed, as those of the incumbent
// signer that is shared and changed are not.
func TestConcurrentSignatures(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) }
	api, fn := newUpstream(t, echo), newUpstream(t, echo)
	fn.service = "lambda"
	front := serve(t, api.URL, func(p *proxy.Proxy) {
		p.Routes = map[string]proxy.Upstream{"/fn": {URL: fn.URL, Region: "us-east-1", Service: "lambda"}}
	})
	client := front.Client()
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 50 {
				path := fmt.Sprintf("/a%%20b/%d//%d?x=%d&w=%d", worker, i, i, worker)
				prefix := []string{"", "/fn"}[i%2]
				resp, err := client.Post(front.URL+prefix+path, "text/plain", strings.NewReader(strings.Repeat("x", i*worker)))
				if err != nil {
					t.Error(err)
					return
				}
				b, _ := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if resp.StatusCode != 200 || string(b) != path {
					t.Errorf("%s%s: %d %s", prefix, path, resp.StatusCode, b)
				}
			}
		})
	}
	wg.Wait()
}

// TestHTTP2 holds that a client that speaks HTTP/2, in the clear as on loopback or
// over TLS, reaches an upstream that speaks HTTP/2.
func TestHTTP2(t *testing.T) {
	var proto string
	up := &upstream{service: "execute-api", answer: func(w http.ResponseWriter, r *http.Request) {
		proto = r.Proto
		w.Header().Set("Trailer", "X-Sum")
		_, _ = io.WriteString(w, r.RequestURI)
		w.Header().Set("X-Sum", "1")
	}}
	far := httptest.NewUnstartedServer(up)
	far.EnableHTTP2 = true
	far.StartTLS()
	defer far.Close()
	tr := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: far.Client().Transport.(*http.Transport).TLSClientConfig}
	p := &proxy.Proxy{Upstream: proxy.Upstream{URL: far.URL, Region: "us-east-1"}, Credentials: credentials, Transport: tr}
	near := httptest.NewUnstartedServer(p)
	near.Config.Protocols = new(http.Protocols)
	near.Config.Protocols.SetHTTP1(true)
	near.Config.Protocols.SetUnencryptedHTTP2(true)
	near.Start()
	defer func() { near.Close(); _ = p.Close() }()

	h2 := new(http.Protocols)
	h2.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: h2}}
	defer client.CloseIdleConnections()
	for _, target := range []string{"/a//b/%2F?q=a+b&a=1", "/", "/a?"} {
		resp, err := client.Post(near.URL+target, "text/plain", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.ProtoMajor != 2 || proto != "HTTP/2.0" || string(b) != target || resp.Trailer.Get("X-Sum") != "1" {
			t.Errorf("%s: %s to the proxy, %s to the upstream, %d %s, trailers %v", target, resp.Proto, proto, resp.StatusCode, b, resp.Trailer)
		}
	}
	if _, err := tls.Dial("tcp", near.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true}); err == nil {
		t.Error("TLS where none was asked for")
	}
}

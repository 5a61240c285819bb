//go:build unix

package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatepass/gatepass/proxy"
)

// counting is an upstream that counts the connections made to it.
func counting(t *testing.T, h http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			n.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv, &n
}

// TestConnectionsAreUsedAgain holds that one connection serves requests one after
// the other, whatever the form of their answers.
func TestConnectionsAreUsedAgain(t *testing.T) {
	up, n := counting(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch r.URL.Path {
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		case "/chunked":
			_, _ = io.WriteString(w, "a")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, "b")
		case "/hints":
			w.Header().Set("Link", "</a>")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusOK)
		default:
			_, _ = io.WriteString(w, "whole")
		}
	})
	front := serve(t, up.URL, func(p *proxy.Proxy) { p.Payload, p.Upstream.Service = proxy.PayloadUnsigned, "lambda" })
	for _, c := range []struct {
		method, path, body, want string
		status                   int
	}{
		{"GET", "/whole", "", "whole", 200},
		{"HEAD", "/whole", "", "", 200},
		{"GET", "/none", "", "", 204},
		{"POST", "/chunked", "body", "ab", 200},
		{"POST", "/whole", strings.Repeat("long", 100_000), "whole", 200},
		{"GET", "/hints", "", "", 200},
		{"GET", "/whole", "", "whole", 200},
	} {
		if resp, got := do(t, request(t, c.method, front.URL+c.path, c.body)); got != c.want || resp.StatusCode != c.status {
			t.Errorf("%s %s: %d %q", c.method, c.path, resp.StatusCode, got)
		}
	}
	if n.Load() != 1 {
		t.Errorf("%d connections for requests one after the other", n.Load())
	}
}

// TestOldConnections holds that a request that must not be repeated does not fail
// on a connection that the upstream had closed, or said more on than it was asked.
func TestOldConnections(t *testing.T) {
	up, n := counting(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	front := serve(t, up.URL)
	for i := range 20 {
		if resp, body := do(t, request(t, "POST", front.URL, "body")); resp.StatusCode != 200 {
			t.Fatalf("request %d: %d %s", i, resp.StatusCode, body)
		}
		up.CloseClientConnections() // they are closed when it returns
	}
	if n.Load() != 20 {
		t.Errorf("%d connections", n.Load())
	}
	chatty := canned(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
	front = serve(t, "http://"+chatty)
	for range 5 {
		if _, body := do(t, request(t, "POST", front.URL, "body")); body != "ok" {
			t.Errorf("the answer to another request: %q", body)
		}
	}
}

// TestEarlyAnswers holds that an upstream that answers without reading a large body
// is heard, and that the client is not waited for.
func TestEarlyAnswers(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	over := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(over)
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			in := bufio.NewReader(conn)
			if _, err := http.ReadRequest(in); err == nil {
				_, _ = io.WriteString(conn, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nlate")
			}
			wg.Go(func() { <-over; _ = conn.Close() })
		}
	})
	defer ln.Close()
	front := serve(t, "http://"+ln.Addr().String(), func(p *proxy.Proxy) { p.MaxBody = -1 })
	if resp, body := do(t, request(t, "POST", front.URL, strings.Repeat("a", 8<<20))); resp.StatusCode != 401 || body != "late" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

// TestBodyBreaksOff holds that a client whose body does not come whole ends the
// request at the upstream too.
func TestBodyBreaksOff(t *testing.T) {
	ended := make(chan error, 1)
	up, _ := counting(t, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		ended <- err
	})
	front := serve(t, up.URL, func(p *proxy.Proxy) { p.Payload, p.Upstream.Service = proxy.PayloadUnsigned, "lambda" })
	in, out := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "POST", front.URL, in)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = out.Write(make([]byte, 100_000))
		_ = out.CloseWithError(errors.New("the client gives up"))
	}()
	if resp, err := http.DefaultClient.Do(r); err == nil {
		_ = resp.Body.Close()
		t.Errorf("an answer to half a request: %s", resp.Status)
	}
	if err := <-ended; err == nil {
		t.Error("the upstream takes half a body for a whole one")
	}
}

// TestStrangeHeads holds what is made of heads that no upstream should send.
func TestStrangeHeads(t *testing.T) {
	for name, head := range map[string]string{
		"endless":     "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Long: "+strings.Repeat("a", 1000)+"\r\n", 2000),
		"no end":      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n",
		"interim":     strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 100),
		"two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"no number":   "HTTP/1.1 OK\r\n\r\n",
	} {
		front := serve(t, "http://"+canned(t, head), func(p *proxy.Proxy) { p.Retries = -1 })
		if resp, body := do(t, request(t, "POST", front.URL, "x")); resp.StatusCode != http.StatusBadGateway {
			t.Errorf("%s: %d %.200s", name, resp.StatusCode, body)
		}
	}
	front := serve(t, "http://"+canned(t, "HTTP/1.0 200 OK\r\n\r\nto the end"))
	if _, body := do(t, request(t, "GET", front.URL, "")); body != "to the end" {
		t.Errorf("HTTP/1.0: %q", body)
	}
}

// TestManyAtOnce holds that answers go to those who asked, over connections that
// are shared one after the other, when some clients leave early.
func TestManyAtOnce(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s", r.URL.Path, b)
	}))
	defer up.Close()
	front := serve(t, up.URL)
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			for i := range 40 {
				ctx, cancel := context.WithCancel(context.Background())
				text := fmt.Sprintf("%d-%d", worker, i)
				r, err := http.NewRequestWithContext(ctx, "POST", front.URL+"/"+text, strings.NewReader(text))
				if err != nil {
					t.Error(err)
				}
				if i%4 == 3 {
					go cancel()
				}
				resp, err := front.Client().Do(r)
				if err == nil {
					b, readErr := io.ReadAll(resp.Body)
					if readErr == nil && string(b) != "/"+text+" "+text {
						t.Errorf("%s got %s", text, b)
					}
					_ = resp.Body.Close()
				} else if i%4 != 3 {
					t.Error(err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
}

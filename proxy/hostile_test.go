package proxy_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/proxy"
)

// TestNoTrace holds that no answer gives the client what it was signed with, and
// that nobody tunnels: TRACE has a server send back the request, credentials and all.
func TestNoTrace(t *testing.T) {
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) { _ = r.Header.Write(w) })
	front := serve(t, up.URL)
	for _, method := range []string{"TRACE", "CONNECT"} {
		status, body := raw(t, front, method+" /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if status != http.StatusMethodNotAllowed || strings.Contains(body, "Authorization") || !strings.Contains(body, method) {
			t.Errorf("%s: %d %s", method, status, body)
		}
	}
	if n := up.n.Load(); n != 0 {
		t.Errorf("%d were sent", n)
	}
}

// TestUpgradeIsGet holds that a request with a body is one, whatever it says of
// WebSockets (RFC 6455 section 4.1: a handshake is a GET).
func TestUpgradeIsGet(t *testing.T) {
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Header.Get("Upgrade")) })
	front := serve(t, up.URL)
	for _, line := range []string{
		"POST /a HTTP/1.1\r\nContent-Length: 4\r\n", "GET /a HTTP/1.1\r\nContent-Length: 4\r\n",
		"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n",
	} {
		body := "body"
		if strings.Contains(line, "chunked") {
			body = "4\r\nbody\r\n0\r\n\r\n"
		}
		status, got := raw(t, front, line+"Host: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"+body)
		up.mu.Lock()
		if status != http.StatusOK || got != "" || string(up.body) != "body" {
			t.Errorf("%q: %d %q, with the body %q", line, status, got, up.body)
		}
		up.mu.Unlock()
	}
}

// TestUnaskedSwitch holds that an upstream cannot switch the client's connection
// to a protocol that the client did not ask for.
func TestUnaskedSwitch(t *testing.T) {
	up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")
		_ = rw.Flush()
	})
	status, body := raw(t, serve(t, up.URL), "GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	if status != http.StatusBadGateway || !strings.Contains(body, "switched") {
		t.Errorf("%d %s", status, body)
	}
}

// TestFailureIsShared holds that those who wait for the same credentials get the
// same refusal, and do not ask one behind the other.
func TestFailureIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		p := &proxy.Proxy{
			Upstream: proxy.Upstream{URL: "http://127.0.0.1:1", Region: "us-east-1"}, Transport: &scripted{answers: []string{"200"}},
			Credentials: func(context.Context) (gatepass.Credentials, error) {
				asked.Add(1)
				time.Sleep(20 * time.Second)
				return gatepass.Credentials{}, errors.New("the pool is away")
			},
		}
		defer p.Close()
		begun := time.Now()
		done := make(chan error, 5)
		for range 5 {
			go func() { done <- p.Start(t.Context()) }()
		}
		for range 5 {
			if err := <-done; err == nil || !strings.Contains(err.Error(), "the pool is away") {
				t.Error(err)
			}
		}
		if took := time.Since(begun); asked.Load() != 1 || took != 20*time.Second {
			t.Errorf("asked %d times in %s", asked.Load(), took)
		}
		if err := p.Start(t.Context()); err == nil || asked.Load() != 2 {
			t.Errorf("who comes later asks anew: %v, %d", err, asked.Load())
		}
	})
}

// TestFailureOfOneGone holds that a client that goes away leaves the others
// waiting, and not without credentials.
func TestFailureOfOneGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		p := &proxy.Proxy{
			Upstream: proxy.Upstream{URL: "http://127.0.0.1:1", Region: "us-east-1"}, Transport: &scripted{answers: []string{"200"}},
			Credentials: func(ctx context.Context) (gatepass.Credentials, error) {
				if asked.Add(1) > 1 {
					return testKeys, nil
				}
				<-ctx.Done()
				return gatepass.Credentials{}, ctx.Err()
			},
		}
		defer p.Close()
		gone, leave := context.WithCancel(t.Context())
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { first <- p.Start(gone) }()
		synctest.Wait()
		go func() { second <- p.Start(t.Context()) }()
		synctest.Wait()
		leave()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := <-second; err != nil || asked.Load() != 2 {
			t.Errorf("%v, asked %d times", err, asked.Load())
		}
	})
}

// TestClocksAreApart holds that an upstream whose clock is wrong has no say in the
// signatures for another.
func TestClocksAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wrong, right := &scripted{answers: []string{"slow clock", "200"}}, &scripted{answers: []string{"200"}}
		p := &proxy.Proxy{
			Routes: map[string]proxy.Upstream{
				"/wrong": {URL: "http://127.0.0.1:1", Region: "us-east-1"}, "/right": {URL: "http://127.0.0.2:1", Region: "us-east-1"},
			},
			Credentials: credentials,
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.URL.Host == "127.0.0.1:1" {
					return wrong.RoundTrip(r)
				}
				return right.RoundTrip(r)
			}),
		}
		defer p.Close()
		for _, path := range []string{"/wrong", "/right", "/wrong"} {
			r := httptest.NewRequest("GET", path, nil)
			r.Host = "localhost"
			w := httptest.NewRecorder()
			p.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		now := time.Now().UTC().Format("20060102T150405Z")
		if len(right.signed) != 1 || !strings.HasPrefix(right.signed[0], now) {
			t.Errorf("signed at %q, and it is %s", right.signed, now)
		}
		if len(wrong.signed) != 3 || wrong.signed[2] != wrong.signed[1] {
			t.Errorf("the other's clock was forgotten: %q", wrong.signed)
		}
	})
}

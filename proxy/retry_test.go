package proxy_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/proxy"
)

// scripted is an upstream that answers by a list, the last again and again. Time
// in a synctest bubble stands still while it does.
type scripted struct {
	answers []string // "503", "503 after 2", "error", "expired", "slow clock", "200"
	at      []time.Time
	signed  []string // X-Amz-Date and key of each attempt
	bodies  []string
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		s.bodies = append(s.bodies, string(b))
	}
	key, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="), "/")
	s.signed = append(s.signed, r.Header.Get("X-Amz-Date")+" "+key)
	s.at = append(s.at, time.Now())
	what := s.answers[min(len(s.at), len(s.answers))-1]
	w := httptest.NewRecorder()
	switch what {
	case "error":
		return nil, errors.New("connection reset")
	case "expired":
		w.Header().Set("X-Amzn-Errortype", "ExpiredTokenException")
		w.WriteHeader(403)
		_, _ = io.WriteString(w, `{"message":"The security token included in the request is expired"}`)
	case "slow clock":
		w.Header().Set("X-Amzn-Errortype", "InvalidSignatureException")
		w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(403)
		_, _ = io.WriteString(w, `{"message":"Signature expired: 20000101T000000Z is now earlier than 20000101T005500Z"}`)
	default:
		var status, after int
		if n, _ := fmt.Sscanf(what, "%d after %d", &status, &after); n == 2 {
			w.Header().Set("Retry-After", fmt.Sprint(after))
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, what)
	}
	return w.Result(), nil
}

func TestRetries(t *testing.T) {
	for _, c := range []struct {
		name, method, answers string
		retries               int
		status, attempts      int
		least, most           time.Duration
	}{
		{"at once", "GET", "200", 0, 200, 1, 0, 0},
		{"the gateway is busy", "GET", "503,200", 0, 200, 2, 25 * time.Millisecond, 50 * time.Millisecond},
		{"twice", "PUT", "502,504,200", 0, 200, 3, 75 * time.Millisecond, 150 * time.Millisecond},
		{"for good", "DELETE", "503", 0, 503, 3, 75 * time.Millisecond, 150 * time.Millisecond},
		{"throttled", "GET", "429 after 2,200", 0, 200, 2, 2 * time.Second, 2 * time.Second},
		{"throttled for long", "GET", "429 after 60,200", 0, 429, 1, 0, 0},
		{"no connection", "GET", "error,200", 0, 200, 2, 25 * time.Millisecond, 50 * time.Millisecond},
		{"never a connection", "GET", "error", 0, 502, 3, 75 * time.Millisecond, 150 * time.Millisecond},
		{"not to be repeated", "POST", "503,200", 0, 503, 1, 0, 0},
		{"not to be repeated, no connection", "POST", "error,200", 0, 502, 1, 0, 0},
		{"the function failed", "GET", "500,200", 0, 500, 1, 0, 0},
		{"switched off", "GET", "503,200", -1, 503, 1, 0, 0},
		{"more", "GET", "503,503,503,503,200", 4, 200, 5, 375 * time.Millisecond, 750 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &scripted{answers: strings.Split(c.answers, ",")}
				p := newProxy(t, s, func(p *proxy.Proxy) { p.Retries = c.retries })
				begun := time.Now()
				w := httptest.NewRecorder()
				p.ServeHTTP(w, incoming(c.method, "body"))
				took := time.Since(begun)
				if w.Code != c.status || len(s.at) != c.attempts || took < c.least || took > c.most {
					t.Errorf("status %d after %d attempts and %s", w.Code, len(s.at), took)
				}
				for _, b := range s.bodies {
					if b != "body" {
						t.Errorf("an attempt with the body %q", b)
					}
				}
			})
		})
	}
}

// incoming is a request as a server gets it.
func incoming(method, body string) *http.Request {
	r := httptest.NewRequest(method, "/a", strings.NewReader(body))
	r.Host = "localhost"
	return r
}

// newProxy is a proxy whose upstream is a RoundTripper.
func newProxy(t *testing.T, rt http.RoundTripper, change ...func(*proxy.Proxy)) *proxy.Proxy {
	t.Helper()
	p := &proxy.Proxy{
		Upstream:    proxy.Upstream{URL: "https://abc.execute-api.us-east-1.amazonaws.com/prod"},
		Credentials: credentials, Transport: rt,
	}
	for _, c := range change {
		c(p)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// TestIdempotencyKey holds that a client can say that its request may be repeated.
func TestIdempotencyKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{answers: []string{"503", "200"}}
		r := incoming("POST", "body")
		r.Header.Set("Idempotency-Key", "1")
		w := httptest.NewRecorder()
		newProxy(t, s).ServeHTTP(w, r)
		if w.Code != 200 || len(s.at) != 2 {
			t.Errorf("%d after %d attempts", w.Code, len(s.at))
		}
	})
}

// TestEachAttemptIsSigned holds that an attempt carries the time it is made at.
func TestEachAttemptIsSigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{answers: []string{"503 after 3", "200"}}
		w := httptest.NewRecorder()
		newProxy(t, s).ServeHTTP(w, incoming("GET", ""))
		for i, at := range s.at {
			if want := at.UTC().Format("20060102T150405Z") + " AKIDEXAMPLE"; s.signed[i] != want {
				t.Errorf("attempt %d is signed %s, want %s", i, s.signed[i], want)
			}
		}
		if len(s.at) != 2 || s.signed[0] == s.signed[1] {
			t.Errorf("attempts: %v", s.signed)
		}
	})
}

// TestClock holds that the upstream's clock is learnt from a refusal, once.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{answers: []string{"slow clock", "200", "200"}}
		p := newProxy(t, s)
		for range 2 {
			w := httptest.NewRecorder()
			p.ServeHTTP(w, incoming("POST", "body"))
			if w.Code != 200 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		}
		there := time.Now().Add(time.Hour).UTC().Format("20060102T150405Z") + " AKIDEXAMPLE"
		if len(s.signed) != 3 || s.signed[1] != there || s.signed[2] != there {
			t.Errorf("attempts: %v", s.signed)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{answers: []string{"slow clock"}}
		w := httptest.NewRecorder()
		newProxy(t, s).ServeHTTP(w, incoming("GET", ""))
		if w.Code != 403 || len(s.at) != 2 || !strings.Contains(w.Body.String(), "Signature expired") {
			t.Errorf("%d after %d attempts: %s", w.Code, len(s.at), w.Body)
		}
	})
}

// purse gives numbered credentials that live a while.
type purse struct {
	n    atomic.Int64
	life time.Duration
	fail atomic.Bool
}

func (p *purse) Credentials(ctx context.Context) (gatepass.Credentials, error) {
	if p.fail.Load() {
		return gatepass.Credentials{}, gatepass.ErrNotSignedIn
	}
	c := testKeys
	c.AccessKeyID = fmt.Sprintf("KEY%d", p.n.Add(1))
	if p.life > 0 {
		c.Expires = time.Now().Add(p.life)
	}
	time.Sleep(time.Second) // in a bubble: how long the identity pool takes
	return c, ctx.Err()
}

// TestRefusedCredentials holds that credentials that the upstream refused are
// renewed once, and that others wait for that.
func TestRefusedCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		purse := &purse{}
		s := &scripted{answers: []string{"expired", "200"}}
		var renewed []string
		p := newProxy(t, s, func(p *proxy.Proxy) {
			p.Credentials = purse.Credentials
			p.Renew = func(ctx context.Context, refused gatepass.Credentials) (gatepass.Credentials, error) {
				renewed = append(renewed, refused.AccessKeyID)
				return purse.Credentials(ctx)
			}
		})
		w := httptest.NewRecorder()
		p.ServeHTTP(w, incoming("POST", "body"))
		if w.Code != 200 || len(renewed) != 1 || renewed[0] != "KEY1" || !strings.HasSuffix(s.signed[1], " KEY2") {
			t.Errorf("%d, renewed %v, attempts %v", w.Code, renewed, s.signed)
		}
	})
	synctest.Test(t, func(t *testing.T) { // there are no others
		s := &scripted{answers: []string{"expired"}}
		w := httptest.NewRecorder()
		newProxy(t, s).ServeHTTP(w, incoming("GET", ""))
		if w.Code != 403 || len(s.at) != 1 || !strings.Contains(w.Body.String(), "is expired") {
			t.Errorf("%d after %d attempts: %s", w.Code, len(s.at), w.Body)
		}
	})
}

// TestCredentialsAreRenewedBeforeTheyExpire holds that no request waits for
// credentials but the first, and that one question serves all who wait.
func TestCredentialsAreRenewedBeforeTheyExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		purse := &purse{life: time.Hour}
		s := &scripted{answers: []string{"200"}}
		p := newProxy(t, &locked{rt: s}, func(p *proxy.Proxy) { p.Credentials = purse.Credentials })
		begun := time.Now()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { p.ServeHTTP(httptest.NewRecorder(), incoming("GET", "")) })
		}
		wg.Wait()
		if purse.n.Load() != 1 || time.Since(begun) != time.Second {
			t.Errorf("ten first requests asked %d times in %s", purse.n.Load(), time.Since(begun))
		}
		for range 3 * 60 {
			time.Sleep(time.Minute)
			at := time.Now()
			w := httptest.NewRecorder()
			p.ServeHTTP(w, incoming("GET", ""))
			if w.Code != 200 || time.Since(at) != 0 {
				t.Errorf("after %s: %d, which took %s", at.Sub(begun), w.Code, time.Since(at))
			}
		}
		if n := purse.n.Load(); n != 4 {
			t.Errorf("asked %d times in three hours", n)
		}
	})
}

type locked struct {
	mu sync.Mutex
	rt http.RoundTripper
}

func (l *locked) RoundTrip(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rt.RoundTrip(r)
}

// TestNoCredentials holds what clients hear when there is nothing to sign with, that
// credentials are used to their end, and that the proxy recovers by itself.
func TestNoCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		purse := &purse{life: time.Hour}
		p := newProxy(t, &scripted{answers: []string{"200"}}, func(p *proxy.Proxy) {
			p.Credentials, p.Log = purse.Credentials, slog.New(slog.NewTextHandler(&log, nil))
		})
		status := func() (int, string) {
			w := httptest.NewRecorder()
			p.ServeHTTP(w, incoming("GET", ""))
			return w.Code, w.Body.String()
		}
		ready := func() int {
			w := httptest.NewRecorder()
			p.Admin().ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
			return w.Code
		}
		purse.fail.Store(true)
		if code, text := status(); code != 503 || !strings.Contains(text, "gatepass proxy: no credentials to sign with: gatepass: not signed in") || ready() != 503 {
			t.Errorf("without credentials: %d %s, ready %d", code, text, ready())
		}
		purse.fail.Store(false)
		if code, text := status(); code != 200 || ready() != 200 {
			t.Errorf("with credentials again: %d %s, ready %d", code, text, ready())
		}
		purse.fail.Store(true)
		time.Sleep(59 * time.Minute) // a renewal failed on the way
		if code, _ := status(); code != 200 {
			t.Errorf("with old credentials: %d", code)
		}
		time.Sleep(time.Minute)
		if code, _ := status(); code != 503 {
			t.Errorf("with expired ones: %d", code)
		}
		if !strings.Contains(log.String(), `msg="no new credentials"`) {
			t.Errorf("the log: %s", log.String())
		}
	})
}

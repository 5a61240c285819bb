package proxy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/proxy"
)

// TestHeaders holds which headers of a client reach the upstream.
func TestHeaders(t *testing.T) {
	up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Connection", "X-Hop")
		h.Set("X-Hop", "1")
		h.Set("Keep-Alive", "timeout=5")
		h.Set("Proxy-Authenticate", "Basic")
		h.Add("X-Kept", "1")
		h.Add("X-Kept", "2")
	})
	front := serve(t, up.URL, func(p *proxy.Proxy) {
		p.Set, p.Strip = http.Header{"x-api-key": {"k"}, "X-Both": {"ours"}}, []string{"cookie"}
	})
	r := request(t, "POST", front.URL+"/a", "body")
	for line := range strings.SplitSeq(`Connection: close, X-Named ,x-other
X-Named: 1
X-Other: 1
Keep-Alive: 1
Proxy-Connection: keep-alive
Proxy-Authorization: Basic secret
Te: trailers, gzip
Upgrade: h2c
Authorization: AWS4-HMAC-SHA256 Credential=dummy/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=00
X-Amz-Date: 20200101T000000Z
X-Amz-Security-Token: dummy
X-Amz-Content-Sha256: 0000
X-Amz-Region-Set: *
X-Amz-Meta: kept
Cookie: secret
X-Both: theirs
Content-Type: text/plain
Accept: a
X-Forwarded-For: 10.0.0.1`, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	resp, body := do(t, r)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	got := up.last().Header
	for name, want := range map[string]string{
		"Connection": "", "X-Named": "", "X-Other": "", "Keep-Alive": "", "Proxy-Connection": "", "Proxy-Authorization": "", "Upgrade": "",
		"X-Amz-Content-Sha256": "", "X-Amz-Region-Set": "", "Cookie": "", "Te": "trailers", "X-Amz-Security-Token": "a session token", "X-Amz-Meta": "kept",
		"X-Both": "ours", "X-Api-Key": "k", "Content-Type": "text/plain", "Accept": "a", "X-Forwarded-For": "10.0.0.1", "X-Original-Authorization": "",
	} {
		if v := strings.Join(got[name], "|"); v != want {
			t.Errorf("%s arrived as %q, want %q", name, v, want)
		}
	}
	if !strings.HasPrefix(got.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") || strings.HasPrefix(got.Get("X-Amz-Date"), "2020") {
		t.Errorf("the client's signature arrived: %q", got["Authorization"])
	}
	for name, want := range map[string]string{"X-Hop": "", "Keep-Alive": "", "Proxy-Authenticate": "", "X-Kept": "1|2"} {
		if v := strings.Join(resp.Header[name], "|"); v != want {
			t.Errorf("%s came back as %q, want %q", name, v, want)
		}
	}
}

// TestNoHeadersOfOurOwn holds that the upstream hears of no client library that
// the client is not.
func TestNoHeadersOfOurOwn(t *testing.T) {
	up := newUpstream(t, nil)
	front := serve(t, up.URL)
	if status, _ := raw(t, front, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); status != 200 {
		t.Fatal(status)
	}
	for _, name := range []string{"User-Agent", "Accept-Encoding", "X-Forwarded-For", "Via", "Content-Length"} {
		if v, there := up.last().Header[name]; there {
			t.Errorf("%s: %q", name, v)
		}
	}
}

func TestPreserveAuthorization(t *testing.T) {
	up := newUpstream(t, nil)
	front := serve(t, up.URL, func(p *proxy.Proxy) { p.PreserveAuthorization = true })
	for sent, want := range map[string]string{"Bearer x": "Bearer x", "AWS4-HMAC-SHA256 Credential=": "", "AWS4-ECDSA-P256-SHA256 x": ""} {
		r := request(t, "GET", front.URL, "")
		r.Header.Set("Authorization", sent)
		r.Header.Set("X-Original-Authorization", "AWS4-of-the-client"[:0])
		if resp, body := do(t, r); resp.StatusCode != 200 {
			t.Fatal(body)
		}
		if got := up.last().Header.Get("X-Original-Authorization"); got != want {
			t.Errorf("%s arrived as %q, want %q", sent, got, want)
		}
	}
}

// TestHostAndOrigin holds that pages of the web cannot use the proxy through a
// browser, neither by a name of theirs that points here nor from their own origin.
func TestHostAndOrigin(t *testing.T) {
	up := newUpstream(t, nil)
	front := serve(t, up.URL, func(p *proxy.Proxy) {
		p.Hosts, p.Origins = []string{"Sidecar"}, []string{"http://localhost:5173"}
	})
	for _, c := range []struct {
		host, headers string
		want          int
	}{
		{"localhost", "", 200},
		{"LOCALHOST.:8080", "", 200},
		{"api.localhost", "", 200},
		{"127.0.0.1:1", "", 200},
		{"[::1]:80", "", 200},
		{"[::1]", "", 200},
		{"10.1.2.3", "", 200},
		{"sidecar:80", "", 200},
		{"evil.example", "", 403},
		{"localhost.evil.example:80", "", 403},
		{"127.0.0.1.evil.example", "", 403},
		{"", "", 403},
		{"localhost", "Origin: https://evil.example", 403},
		{"localhost", "Origin: null", 403},
		{"localhost", "Sec-Fetch-Site: cross-site", 403},
		{"localhost", "Sec-Fetch-Site: same-site", 403},
		{"localhost", "Sec-Fetch-Site: none", 200},
		{"localhost", "Sec-Fetch-Site: same-origin", 200},
		{"localhost:8080", "Origin: http://localhost:8080", 200},
		{"localhost:8080", "Origin: http://localhost:8081", 403},
		{"localhost:8080", "Origin: http://localhost:5173\r\nSec-Fetch-Site: same-site", 200},
	} {
		before := up.n.Load()
		text := "GET / HTTP/1.1\r\nHost: " + c.host + "\r\nConnection: close\r\n"
		if c.headers != "" {
			text += c.headers + "\r\n"
		}
		status, body := raw(t, front, text+"\r\n")
		if status != c.want || (up.n.Load() != before) != (c.want == 200) {
			t.Errorf("%s %s: %d %s, want %d", c.host, c.headers, status, body, c.want)
		}
		if status == http.StatusForbidden && !strings.Contains(body, "unless it is named") {
			t.Errorf("%s %s: %s does not say what lets it in", c.host, c.headers, body)
		}
	}
}

package proxy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/proxy"
)

// awkward are request targets that other proxies and signers get wrong.
var awkward = []string{
	"/", "/notes", "/notes/", "/notes?", "/notes??", "/notes?a=1", "/notes?b=2&a=1", "/notes?a=2&a=1", "/notes?a=1&a=2",
	"/notes?v", "/notes?v=", "/notes?v&w", "/notes?a=b=c", "/notes?a=b%3Dc", "/notes?a=%3d", "/notes?q=a+b", "/notes?q=a%20b",
	"/notes?q=a%2Bb", "/notes?q=a%2bb", "/notes?a:b=c/d", "/notes?x=*", "/notes?x=!'()", "/notes?x=~-._", "/notes?x=%7E", "/notes?x=a,b;c",
	"/notes?f[]=1&f[]=2", "/notes?q=\xc3\xa9", "/notes?q=%C3%A9", "/notes?q={\"a\":1}", "/notes?q=a|b^c`", "/notes?&&a=1&&", "/notes?a=1&",
	"/a%20b", "/a%2Fb", "/a%2fb", "/a%25b", "/a%2520b", "/a:b", "/a@b", "/a*b", "/a+b", "/a;b=1", "/a=b", "/a,b", "/a!b'(c)", "/a~b", "/a%7Eb", "/\xc3\xa9", "/%C3%A9", "/a%e2%82%acb",
	"/a//b", "//a/b", "/a/./b", "/a/b/../c", "/a/", "/a//", "/{id}", "/a|b", "/a\"b", "/a[1]", "/a^b", "/a\\b", "/a/%2e/b", "/@connections/abc%3D", "/@connections/abc=",
}

// TestTargetsPass holds that path and query reach the upstream byte for byte, and
// that what is signed is what arrives.
func TestTargetsPass(t *testing.T) {
	up := newUpstream(t, nil)
	for base, prefix := range map[string]string{"": "", "/prod": "/prod", "/st%61ge/": "/st%61ge"} {
		front := serve(t, up.URL+base)
		for _, target := range awkward {
			for _, method := range []string{"GET", "POST"} {
				status, body := raw(t, front, method+" "+target+" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
				if status != 200 {
					t.Errorf("%s%s: status %d: %s", base, target, status, body)
					continue
				}
				want := prefix + target
				if got := up.last().RequestURI; got != want {
					t.Errorf("%s arrived as %s", want, got)
				}
				if got := string(up.body); got != "hi" {
					t.Errorf("%s: body %q", target, got)
				}
			}
		}
	}
}

// TestTargetsRefused holds what is not sent on: what is no path, and what would
// leave the upstream's own path.
func TestTargetsRefused(t *testing.T) {
	up := newUpstream(t, nil)
	front := serve(t, up.URL+"/prod")
	for _, target := range []string{
		"/..", "/../dev/notes", "/a/../../dev", "/%2e%2e/dev", "/.%2E/dev", "/a/..%2f../dev", "/a%2f..%2F../../x",
		"http://localhost/x", "*", "/a#b", "/a?b#c", "/a?b=%zz", "/a?b=%f",
	} {
		if status, _ := raw(t, front, "GET "+target+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); status != 400 {
			t.Errorf("%s: status %d, want 400", target, status)
		}
	}
	if n := up.n.Load(); n != 0 {
		t.Errorf("%d requests reached the upstream", n)
	}
}

// TestPresignedTargets holds that the parameters of a client's own signature are
// taken out of the query and nothing else is.
func TestPresignedTargets(t *testing.T) {
	up := newUpstream(t, nil)
	front := serve(t, up.URL)
	const own = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F2&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&x-amz-signedheaders=host&%58-Amz-Signature=00&X-Amz-Security-Token=t"
	for in, want := range map[string]string{
		"/a?" + own:                    "/a",
		"/a?b=+%2b&" + own + "&c;d=~&": "/a?b=+%2b&c;d=~&",
	} {
		status, body := raw(t, front, "GET "+in+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if got := up.last().RequestURI; status != 200 || got != want {
			t.Errorf("%s arrived as %s, status %d %s", in, got, status, body)
		}
	}
}

func TestRoutes(t *testing.T) {
	notes, deep, rest := newUpstream(t, nil), newUpstream(t, nil), newUpstream(t, nil)
	p := &proxy.Proxy{
		Credentials: credentials,
		Upstream:    proxy.Upstream{URL: rest.URL, Region: "us-east-1"},
		Routes: map[string]proxy.Upstream{
			"/notes":      {URL: notes.URL + "/prod", Region: "us-east-1"},
			"/notes/deep": {URL: deep.URL, Region: "us-east-1"},
		},
	}
	front := serveProxy(t, p)
	for in, want := range map[string]struct {
		up   *upstream
		path string
	}{
		"/notes":          {notes, "/prod"},
		"/notes/":         {notes, "/prod/"},
		"/notes?a=1":      {notes, "/prod?a=1"},
		"/notes/1":        {notes, "/prod/1"},
		"/notes/deep":     {deep, "/"},
		"/notes/deep//a":  {deep, "//a"},
		"/notes/deeper/a": {notes, "/prod/deeper/a"},
		"/notesx":         {rest, "/notesx"},
		"/Notes":          {rest, "/Notes"},
		"/":               {rest, "/"},
	} {
		before := want.up.n.Load()
		status, body := raw(t, front, "GET "+in+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if status != 200 || want.up.n.Load() != before+1 || want.up.last().RequestURI != want.path {
			t.Errorf("%s: status %d %s; want %s at its upstream", in, status, body, want.path)
		}
	}
	if status, _ := raw(t, front, "GET /notes/../x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); status != 400 {
		t.Errorf("a path that climbs out of its route: status %d", status)
	}
}

func TestNoRoute(t *testing.T) {
	up := newUpstream(t, nil)
	front := serveProxy(t, &proxy.Proxy{Credentials: credentials, Routes: map[string]proxy.Upstream{"/a": {URL: up.URL, Region: "us-east-1"}}})
	resp, body := do(t, request(t, "GET", front.URL+"/b", ""))
	if resp.StatusCode != http.StatusNotFound || !strings.Contains(body, "gatepass proxy: no route") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

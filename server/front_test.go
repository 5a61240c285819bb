package server

import (
	"crypto/tls"
	"net/http/httptest"
	"testing"
)

// C08: who called is the peer, unless the peer is a proxy that the configuration
// trusts; then it is the last hop that such a proxy did not make itself.
func TestC08TrustedProxies(t *testing.T) {
	c := &Config{TrustedProxies: []string{"10.0.0.0/8", "192.0.2.7", "2001:db8::/32"}}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"a stranger says something", "203.0.113.9:1", []string{"198.51.100.1"}, "203.0.113.9"},
		{"a front says nothing", "10.1.1.1:1", nil, "10.1.1.1"},
		{"a front says who", "10.1.1.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"the client said something first", "10.1.1.1:1", []string{"127.0.0.1, 198.51.100.1"}, "198.51.100.1"},
		{"the client said something on a line of its own", "10.1.1.1:1", []string{"127.0.0.1", "198.51.100.1"}, "198.51.100.1"},
		{"two fronts", "192.0.2.7:1", []string{"1.1.1.1, 198.51.100.1, 10.9.9.9"}, "198.51.100.1"},
		{"the front's neighbour is no front", "192.0.2.8:1", []string{"198.51.100.1"}, "192.0.2.8"},
		{"fronts only", "10.1.1.1:1", []string{"10.2.2.2,10.3.3.3"}, "10.2.2.2"},
		{"what is no address", "10.1.1.1:1", []string{"198.51.100.1, unknown"}, "10.1.1.1"},
		{"what is no address, further out", "10.1.1.1:1", []string{"x, 10.2.2.2"}, "10.2.2.2"},
		{"with a port", "10.1.1.1:1", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		{"IPv6", "[2001:db8::1]:1", []string{"2001:4860::8888"}, "2001:4860::8888"},
		{"IPv6 with a port", "[2001:db8::1]:1", []string{"[2001:4860::8888]:80"}, "2001:4860::8888"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.peer
		r.Header["X-Forwarded-For"] = tt.forwarded
		got := requestContext(c.fronts().atFront(r), "us-east-1").Get("aws:SourceIp")
		if len(got) != 1 || got[0] != tt.want {
			t.Errorf("%s: aws:SourceIp %q, want %s", tt.name, got, tt.want)
		}
		if r.RemoteAddr != tt.peer {
			t.Errorf("%s: the request was changed", tt.name)
		}
	}
}

// Behind a front that ends TLS the call came over TLS, and the other way round.
func TestTrustedProxiesTLS(t *testing.T) {
	f := (&Config{TrustedProxies: []string{"10.0.0.1"}}).fronts()
	for _, tt := range []struct {
		peer  string
		proto []string
		tls   bool
		want  string
	}{
		{"10.0.0.1:1", []string{"https"}, false, "true"},
		{"10.0.0.1:1", []string{"HTTPS"}, false, "true"},
		{"10.0.0.1:1", []string{"https, http"}, true, "false"},
		{"10.0.0.1:1", []string{"http", "https"}, false, "true"},
		{"10.0.0.1:1", nil, false, "false"},
		{"10.0.0.1:1", nil, true, "true"},
		{"10.0.0.1:1", []string{"ftp"}, true, "true"},
		{"10.0.0.2:1", []string{"https"}, false, "false"},
		{"10.0.0.2:1", []string{"http"}, true, "true"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		if r.RemoteAddr, r.Header["X-Forwarded-Proto"] = tt.peer, tt.proto; tt.tls {
			r.TLS = new(tls.ConnectionState)
		}
		if got := requestContext(f.atFront(r), "us-east-1").Get("aws:SecureTransport"); got[0] != tt.want {
			t.Errorf("%v: aws:SecureTransport %s", tt, got[0])
		}
	}
}

func TestTrustedProxiesAreAddresses(t *testing.T) {
	for _, s := range []string{"", "nginx", "10.0.0.0/33", "10.0.0.1/8", "0.0.0.0/0", "::/0", "::ffff:10.0.0.1", "10.0.0.1:80", "fe80::1%eth0/64"} {
		if err := (&Config{TrustedProxies: []string{s}}).Validate(); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

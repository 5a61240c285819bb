package server

import (
	"net/http/httptest"
	"testing"
)

// I10: the peer's address, whatever headers say; no zone, IPv4 as IPv4.
func TestI10SourceIP(t *testing.T) {
	for remote, want := range map[string]string{
		"203.0.113.9:4711": "203.0.113.9", "[::1]:80": "::1", "[fe80::1%eth0]:80": "fe80::1", "[::ffff:10.0.0.1]:80": "10.0.0.1", "@": "",
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", "198.51.100.1")
		got := ""
		if v := requestContext(r, "us-east-1").Get("aws:SourceIp"); len(v) > 0 {
			got = v[0]
		}
		if got != want {
			t.Errorf("%s: aws:SourceIp %q, want %q", remote, got, want)
		}
	}
}

package loopback

import (
	"context"
	"errors"
	"net"
	"testing"
)

func TestIs(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "localhost.": true, "abc.execute-api.localhost": true, "127.0.0.1": true,
		"127.9.9.9": true, "::1": true, "[::1]": true, "::ffff:127.0.0.1": true,
		"localhost.evil.com": false, "notlocalhost": false, "10.0.0.1": false, "0.0.0.0": false, "": false, ".": false,
		"128.0.0.1": false, "127.1": false, "2130706433": false, "::ffff:10.0.0.1": false,
	} {
		if got := Is(host); got != want {
			t.Errorf("Is(%q) = %v", host, got)
		}
	}
}

func TestFixed(t *testing.T) {
	for host, want := range map[string]struct {
		name  string
		fixed bool
	}{
		"localhost": {"localhost", true}, "LOCALHOST.:8080": {"localhost", true}, "a.localhost:1": {"a.localhost", true},
		"127.0.0.1:9100": {"127.0.0.1", true}, "[::1]:9100": {"::1", true}, "[::1]": {"[::1]", true}, "10.0.0.1": {"10.0.0.1", true},
		"Evil.example:9100": {"evil.example", false}, "localhost.evil.example": {"localhost.evil.example", false},
		"127.0.0.1.evil.example": {"127.0.0.1.evil.example", false}, "": {"", false}, "127.1": {"127.1", false},
	} {
		if name, fixed := Fixed(host); name != want.name || fixed != want.fixed {
			t.Errorf("Fixed(%q) = %q, %v", host, name, fixed)
		}
	}
}

// Names under localhost need no resolver, others are left to it; this one knows of
// none, whatever the network's says.
func TestDial(t *testing.T) {
	var none net.Resolver
	none.PreferGo, none.Dial = true, func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no resolver") }
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	dial := Dial(&net.Dialer{Resolver: &none})
	for _, host := range []string{"localhost", "notes.execute-api.localhost", "NOTES.LOCALHOST.", "127.0.0.1"} {
		conn, err := dial(t.Context(), "tcp", net.JoinHostPort(host, port))
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		_ = conn.Close()
	}
	if conn, err := dial(t.Context(), "tcp", net.JoinHostPort("localhost.invalid", port)); err == nil {
		_ = conn.Close()
		t.Error("localhost.invalid is somebody else's")
	}
}

// Package loopback knows which hosts are this machine by definition: the loopback
// addresses, localhost and all names under it (RFC 6761, section 6.3). Secrets may
// go there without TLS.
package loopback

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// Is says whether host is this machine. It is a name or an address as in a URL's
// authority, without a port; brackets, letter case and a final dot do not matter.
func Is(host string) bool {
	if named(host) {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}

func named(host string) bool {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// Fixed splits the name off a Host header, in lower case, and says whether nobody
// can point it at this machine who could not before: it is an address, localhost
// or a name under it. Other names a page of the web may have chosen, whose owner
// has them lead here to read what only this machine is told (DNS rebinding).
func Fixed(host string) (name string, fixed bool) {
	name = host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	_, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return name, err == nil || named(name)
}

// Dial gives a DialContext that leads names under localhost to this machine,
// whatever the resolver knows of them: many say that there is no such host, and
// another's answer must not be given secrets.
func Dial(d *net.Dialer) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, port, err := net.SplitHostPort(address); err == nil && named(host) {
			address = net.JoinHostPort("localhost", port)
		}
		return d.DialContext(ctx, network, address)
	}
}

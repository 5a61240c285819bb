package server

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// fronts are the proxies that are believed when they say who called.
type fronts []netip.Prefix

// parseFront reads an address or a CIDR block; everybody is not a front.
func parseFront(s string) (p netip.Prefix, ok bool) {
	p, err := netip.ParsePrefix(s)
	if addr, e := netip.ParseAddr(s); e == nil && addr.Zone() == "" {
		p, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	return p, err == nil && p.Masked() == p && p.Bits() > 0 && !p.Addr().Is4In6()
}

func (c *Config) validateFronts() error {
	for i, s := range c.TrustedProxies {
		if _, ok := parseFront(s); !ok {
			return c.fail(fmt.Sprintf("$.trusted_proxies[%d]", i), "%q is not an address or a block of them, such as 10.0.0.0/8", s)
		}
	}
	return nil
}

func (c *Config) fronts() (f fronts) {
	for _, s := range c.TrustedProxies {
		p, _ := parseFront(s) // it was validated
		f = append(f, p)
	}
	return f
}

func (f fronts) trusts(addr netip.Addr) bool {
	for _, p := range f {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// atFront gives r as the outermost front received it: the peer's address, and
// whether TLS was used. Of anybody else's word nothing is believed, and of a
// front's only that: the Host is signed, so it must come through unchanged.
func (f fronts) atFront(r *http.Request) *http.Request {
	if len(f) == 0 {
		return r
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	peer := plain(remote.Addr())
	if err != nil || !f.trusts(peer) {
		return r
	}
	out := *r
	if client := f.client(peer, r.Header["X-Forwarded-For"]); client != peer {
		out.RemoteAddr = net.JoinHostPort(client.String(), "0")
	}
	switch last(r.Header["X-Forwarded-Proto"]) {
	case "https":
		out.TLS = new(tls.ConnectionState) // somebody else's, of which no more is known
	case "http":
		out.TLS = nil
	}
	return &out
}

// client goes back over the hops, as long as those who name them are trusted.
// What nobody can have been ends the search at who said it.
func (f fronts) client(at netip.Addr, hops []string) netip.Addr {
	list := strings.Split(strings.Join(hops, ","), ",")
	for i := len(list) - 1; i >= 0 && f.trusts(at); i-- {
		next, err := hop(strings.TrimSpace(list[i]))
		if err != nil {
			break
		}
		at = next
	}
	return at
}

// hop reads an entry of X-Forwarded-For, to which some balancers add the port.
func hop(s string) (netip.Addr, error) {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return plain(addr), err
}

// plain is an address as policies have it: no zone, IPv4 as IPv4.
func plain(a netip.Addr) netip.Addr { return a.WithZone("").Unmap() }

// last is the nearest hop's word in a header that may be a list.
func last(values []string) string {
	s := strings.Join(values, ",")
	return strings.ToLower(strings.TrimSpace(s[strings.LastIndexByte(s, ',')+1:]))
}

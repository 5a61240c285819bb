package identity

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"

	"github.com/gatepass/gatepass/internal/loopback"
)

// providerClient makes the HTTP client that asks one provider. It speaks TLS, follows no redirect, reads a megabyte at
// most and never connects to this machine or to link-local addresses, where clouds keep their secrets: what a provider's
// document or name points to is not ours to trust. A provider that is itself on this machine is for development; it may
// speak plain HTTP and points nowhere else.
func providerClient(iss string) (*http.Client, error) {
	u, err := checkIssuer(iss)
	if err != nil {
		return nil, err
	}
	local := loopback.Is(u.Hostname())
	dialer := &net.Dialer{Timeout: fetchTime, Control: func(_, address string, _ syscall.RawConn) error { return reachable(address, local) }}
	return &http.Client{
		Timeout: fetchTime,
		Transport: bounded{
			local: local,
			base:  &http.Transport{DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: fetchTime, MaxResponseHeaderBytes: 64 << 10},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("a provider must not redirect") },
	}, nil
}

// checkIssuer holds an issuer to OpenID Connect Discovery 1.0, section 3, with plain HTTP for this machine.
func checkIssuer(iss string) (*url.URL, error) {
	u, err := url.Parse(iss)
	switch {
	case err != nil:
		return nil, err
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback.Is(u.Hostname())):
		return nil, fmt.Errorf("the issuer %q is not an https:// address", iss)
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || len(iss) > 255:
		return nil, fmt.Errorf("the issuer %q is not a plain address", iss)
	}
	return u, nil
}

// reachable decides on the address a name has led to.
func reachable(address string, local bool) error {
	peer, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	addr := peer.Addr().WithZone("").Unmap()
	ok := addr.IsLoopback()
	if !local {
		ok = addr.IsValid() && !addr.IsLoopback() && !addr.IsLinkLocalUnicast() && !addr.IsMulticast() && !addr.IsUnspecified()
	}
	if !ok {
		return fmt.Errorf("a provider must not point to %s", addr)
	}
	return nil
}

// bounded is a transport that reads no more than maxDocument of a body.
type bounded struct {
	local bool
	base  *http.Transport
}

// RoundTrip refuses plain HTTP unless the provider is on this machine.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !b.local {
		return nil, fmt.Errorf("%s is not an https:// address", r.URL)
	}
	resp, err := b.base.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxDocument)
	}
	return resp, err
}

// CloseIdleConnections lets http.Client close them.
func (b bounded) CloseIdleConnections() { b.base.CloseIdleConnections() }

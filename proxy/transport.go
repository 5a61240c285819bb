package proxy

import (
	"net"
	"net/http"
	"time"
)

// The limits of connections to upstreams.
const (
	dialing   = 10 * time.Second
	keepAlive = 30 * time.Second
	idling    = time.Minute
	answering = 16 * time.Minute // a function behind a URL may take 15
	maxIdle   = 512
)

// transport is the one that a Proxy has by default: HTTP/2 or 1.1 over TLS and
// through proxies by net/http, the rest directly where the system lets it.
type transport struct {
	http.Transport
	plain http.RoundTripper // nil: net/http does all
}

func newTransport() *transport {
	return &transport{plain: newPlain(), Transport: http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialing, KeepAlive: keepAlive}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   maxIdle,
		IdleConnTimeout:       idling,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: answering,
		DisableCompression:    true, // what the client accepts is the client's to say
	}}
}

// RoundTrip sends a request the way that its URL wants.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.plain != nil && r.URL.Scheme == "http" {
		if via, err := t.Proxy(r); err == nil && via == nil {
			return t.plain.RoundTrip(r)
		}
	}
	return t.Transport.RoundTrip(r)
}

// CloseIdleConnections closes the connections that no request uses.
func (t *transport) CloseIdleConnections() {
	t.Transport.CloseIdleConnections()
	if c, ok := t.plain.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"

	"github.com/gatepass/gatepass/internal/loopback"
)

// The limits of connections to upstreams.
const (
	dialing   = 10 * time.Second
	keepAlive = 30 * time.Second
	idling    = time.Minute
	answering = 16 * time.Minute // a function behind a URL may take 15
	maxIdle   = 512
)

// newTransport is what a Proxy sends with by default.
func newTransport(trusted *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           loopback.Dial(&net.Dialer{Timeout: dialing, KeepAlive: keepAlive}),
		TLSClientConfig:       &tls.Config{RootCAs: trusted},
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   maxIdle,
		IdleConnTimeout:       idling,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: answering,
		DisableCompression:    true, // what the client accepts is the client's to say
	}
}

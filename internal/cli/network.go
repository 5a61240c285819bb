package cli

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/gatepass/gatepass/internal/curl"
	"github.com/gatepass/gatepass/internal/loopback"
)

// answerTime is how long a service may take to answer.
const answerTime = 30 * time.Second

// network is the transport of everything but call, which has curl's flags.
var network = sync.OnceValue(func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = loopback.Dial(&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second})
	trusted, err := curl.Authorities(curl.BundleVariable, os.Getenv(curl.BundleVariable))
	t.TLSClientConfig = &tls.Config{RootCAs: trusted}
	if err != nil {
		t.Proxy = noneBut("http", err)
	}
	return t
})

// noneBut fails all requests but those of a scheme: nobody is to be trusted.
func noneBut(scheme string, err error) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		if r.URL.Scheme != scheme {
			return nil, err
		}
		return http.ProxyFromEnvironment(r)
	}
}

// httpClient sends requests to services, whose redirects are answers. Zero
// timeout: none.
func httpClient(timeout time.Duration) *http.Client {
	return &http.Client{Transport: network(), Timeout: timeout, CheckRedirect: noRedirect}
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

package cli

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gatepass/gatepass/internal/loopback"
)

// answerTime is how long a service may take to answer.
const answerTime = 30 * time.Second

// network is the transport of everything but call, which has curl's flags.
var network = sync.OnceValue(func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = loopback.Dial(&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second})
	return t
})

// httpClient sends requests to services, whose redirects are answers. Zero
// timeout: none.
func httpClient(timeout time.Duration) *http.Client {
	return &http.Client{Transport: network(), Timeout: timeout, CheckRedirect: noRedirect}
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

package proxy

import (
	"net/http"

	"github.com/gatepass/gatepass/internal/admin"
)

// Admin is a handler for those who run the proxy, to be served on an address of
// its own: /healthz answers 200 while the process lives; /readyz answers 200 when
// there are credentials to sign with, else 503 and why; /metrics is in the text
// format of Prometheus.
func (p *Proxy) Admin() http.Handler { return admin.Handler(p.Start, p.writeMetrics) }

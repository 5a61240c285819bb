package proxy

import (
	"bytes"
	"fmt"
	"net/http"
)

// Admin is a handler for those who run the proxy, to be served on an address of
// its own: /healthz answers 200 while the process lives; /readyz answers 200 when
// there are credentials to sign with, else 503 and why; /metrics is in the text
// format of Prometheus.
func (p *Proxy) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := p.Start(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		var b bytes.Buffer
		p.writeMetrics(&b)
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(b.Bytes()) // the reader is gone: nothing to tell it
	})
	return mux
}

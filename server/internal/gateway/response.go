package gateway

import (
	"net/http"
	"strings"
)

// response is what an integration writes to: it filters headers on their way to
// the client and adds the gateway's. It gives no way around itself.
type response struct {
	w       http.ResponseWriter
	header  http.Header
	amend   func(http.Header) // adds the gateway's own headers
	wrote   bool
	status  int
	written int64
	failed  error // of writing to the client
}

func (w *response) Header() http.Header { return w.header }

func (w *response) WriteHeader(status int) {
	if w.wrote || status < 200 { // informational answers end here
		return
	}
	w.wrote, w.status = true, status
	h := w.w.Header()
	hop := hopNames(w.header)
	for key, values := range w.header {
		canonical := http.CanonicalHeaderKey(key)
		if !hop[canonical] && !withheld(canonical) {
			h[key] = values
		}
	}
	w.amend(h)
	w.w.WriteHeader(status)
}

// hopNames are the headers that h's Connection names, in canonical spelling; nil: none.
func hopNames(h http.Header) map[string]bool {
	if len(h["Connection"]) == 0 {
		return nil
	}
	out := map[string]bool{}
	for name := range connectionNames(h) {
		out[http.CanonicalHeaderKey(name)] = true
	}
	return out
}

// withheld tells headers of a backend's answer that do not pass: those of its
// connection, and those only the gateway gives.
func withheld(key string) bool {
	switch key {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade", "X-Amzn-Requestid", "X-Amz-Apigw-Id", "Apigw-Requestid":
		return true
	}
	return strings.HasPrefix(key, identityPrefix) || strings.HasPrefix(key, http.TrailerPrefix)
}

func (w *response) Write(p []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.w.Write(p)
	w.written += int64(n)
	if err != nil && w.failed == nil {
		w.failed = err
	}
	return n, err
}

// Flush sends what was written so far.
func (w *response) Flush() {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	_ = http.NewResponseController(w.w).Flush() // a writer that cannot flush sends at the end
}

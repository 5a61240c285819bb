package gateway

import (
	"cmp"
	"net/http"
	"strings"
	"time"
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
	failed  error         // of writing to the client
	r       *http.Request // of the client; nil: it is nobody's connection
	stall   time.Duration // how long the client may take nothing; zero: clientStall
}

// clientStall is how long a client may take nothing of its answer: else it would
// keep the backend that makes the answer. The first stallFree bytes find room in
// buffers, whoever takes them.
const (
	clientStall = 30 * time.Second
	stallFree   = 64 << 10
)

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
	n, err := 0, error(nil)
	w.within(w.written+int64(len(p)), func() { n, err = w.w.Write(p) })
	w.written += int64(n)
	if err != nil && w.failed == nil {
		w.failed = err
	}
	return n, err
}

// within sends something, size bytes in all, while the client's time runs. Between
// the parts of an answer it does not: an event stream may be silent for long.
func (w *response) within(size int64, send func()) {
	if w.r == nil || size <= stallFree || hasWriteTimeout(w.r) {
		send()
		return
	}
	conn := http.NewResponseController(w.w)
	_ = conn.SetWriteDeadline(time.Now().Add(cmp.Or(w.stall, clientStall))) // what is not a connection does not stall
	send()
	_ = conn.SetWriteDeadline(time.Time{})
}

// hasWriteTimeout tells a server that bounds its answers itself.
func hasWriteTimeout(r *http.Request) bool {
	s, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
	return s != nil && s.WriteTimeout > 0
}

// Flush sends what was written so far.
func (w *response) Flush() {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	w.within(w.written, func() {
		_ = http.NewResponseController(w.w).Flush() // a writer that cannot flush sends at the end
	})
}

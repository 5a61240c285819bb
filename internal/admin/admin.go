// Package admin is what those who run a server see of it: whether it lives,
// whether it is ready, and numbers in the text format of Prometheus. The proxy and
// the gate have the same.
//
// Numbers are counted by hand: some dozens do not need a library that every
// command of a program would carry and start.
package admin

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// Handler is to be served on an address of its own: /healthz answers 200 while
// the process lives; /readyz answers 200 unless ready has an error, else 503 and
// the error in one line; /metrics is what metrics writes.
func Handler(ready func(context.Context) error, metrics func(*Text)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := ready(r.Context()); err != nil {
			http.Error(w, strings.Join(strings.Fields(err.Error()), " "), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		var t Text
		metrics(&t)
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(t.b.Bytes()) // the reader is gone: nothing to tell it
	})
	return mux
}

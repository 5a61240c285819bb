package main

import (
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/gatepass/gatepass/bench/kit"
)

// bare forwards and does nothing else: what a handler and a Transport of net/http
// cost, whatever stands between them.
func bare(up string) http.Handler {
	to, err := url.Parse(up)
	kit.Check(err)
	way := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true, IdleConnTimeout: 4 * time.Second}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &http.Request{
			Method: r.Method, URL: &url.URL{Scheme: to.Scheme, Host: to.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery},
			Header: r.Header, Body: http.NoBody,
		}
		res, err := way.RoundTrip(out.WithContext(r.Context()))
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer res.Body.Close()
		for key, values := range res.Header {
			w.Header()[key] = values
		}
		w.WriteHeader(res.StatusCode)
		_, _ = io.CopyBuffer(struct{ io.Writer }{w}, res.Body, make([]byte, 512)) // the answer is short
	})
}

package proxy_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gatepass/gatepass/proxy"
)

// nothing takes an answer.
type nothing struct{ h http.Header }

func (n *nothing) Header() http.Header         { return n.h }
func (n *nothing) Write(p []byte) (int, error) { return len(p), nil }
func (n *nothing) WriteHeader(int)             {}

// BenchmarkServe is the handler alone: no network, no server, no transport.
func BenchmarkServe(b *testing.B) {
	answer := []byte(`{"message":"hello, world!"}`)
	body := bytes.Repeat([]byte("a"), 1<<10)
	p := &proxy.Proxy{
		Upstream: proxy.Upstream{URL: "http://127.0.0.1:1/prod", Region: "us-east-1"}, Credentials: credentials,
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: 200, ContentLength: int64(len(answer)), Body: io.NopCloser(bytes.NewReader(answer)),
				Header: http.Header{"Content-Type": {"application/json"}, "Content-Length": {"27"}, "Date": {"now"}},
			}, nil
		}),
	}
	r := httptest.NewRequest("POST", "/notes?a=1", nil)
	r.Host = "localhost"
	r.Header = http.Header{"Content-Type": {"application/json"}, "User-Agent": {"bench"}, "Accept": {"*/*"}, "Content-Length": {"1024"}}
	r.ContentLength = 1 << 10
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(bytes.NewReader(body))
		p.ServeHTTP(&nothing{make(http.Header)}, r)
	}
}

package kit

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

// Serve serves on loopback for ever and prints where, after lines of its own.
func Serve(h http.Handler, lines ...string) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	for _, line := range lines {
		fmt.Println(line)
	}
	fmt.Println("http://" + ln.Addr().String())
	return http.Serve(ln, h)
}

// buffers is the pool a tuned ReverseProxy copies with.
type buffers struct{ sync.Pool }

func (b *buffers) Get() []byte  { return *b.Pool.Get().(*[]byte) }
func (b *buffers) Put(p []byte) { b.Pool.Put(&p) }

// Reverse is a ReverseProxy to up, on the default transport or a tuned pool.
func Reverse(up string, tuned bool) http.Handler {
	u, err := url.Parse(up)
	Check(err)
	rp := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }}
	if tuned {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 512
		rp.Transport = t
		rp.BufferPool = &buffers{sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}}
	}
	return rp
}

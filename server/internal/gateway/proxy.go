package gateway

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// proxy is the HTTP proxy integration: the request goes on as it was admitted,
// and so does the answer.
type proxy struct {
	at      *backend     // nil for a handler
	handler http.Handler // nil for a backend
	method  string       // empty: the caller's
}

func newProxy(_ *api, r *route, in apidef.Integration) (*proxy, error) {
	at, err := newBackend(in.URI, r.names)
	if err != nil {
		return nil, err
	}
	p := &proxy{at: at, handler: in.Handler, method: in.Method}
	if p.method == methodAny {
		p.method = ""
	}
	return p, nil
}

func (p *proxy) send(ctx context.Context, c *call, a *admitted) error {
	c.addHeaders(a.header)
	if err := c.sayIdentity(ctx, a); err != nil {
		return err
	}
	out, err := p.outbound(ctx, c, a)
	if err != nil {
		return err
	}
	if p.handler != nil {
		return c.callHandler(p.handler, out)
	}
	return c.callBackend(out)
}

// outbound builds the request from what was admitted and nothing else. It has
// no GetBody, so that no transport can send it twice.
func (p *proxy) outbound(ctx context.Context, c *call, a *admitted) (*http.Request, error) {
	scheme, host := "http", c.r.Host
	if p.at != nil {
		scheme, host = p.at.scheme, p.at.host
	}
	u, err := wireURL(scheme, host, p.at.path(a.path, c.values), p.at.joinQuery(a.query))
	if err != nil {
		return nil, err
	}
	out := &http.Request{
		Method: cmp.Or(p.method, a.method), URL: u, Host: host, Header: a.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: http.NoBody, ContentLength: int64(len(a.body)),
	}
	if len(a.body) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(a.body))
	}
	return out.WithContext(ctx), nil
}

// callBackend is the HTTP proxy integration. RoundTrip follows no redirect.
func (c *call) callBackend(out *http.Request) error {
	if out.Header["User-Agent"] == nil {
		out.Header["User-Agent"] = []string{""} // net/http names itself otherwise
	}
	for _, key := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		// net/http sends a POST that has one of them again; it knows them in
		// canonical spelling only.
		if v, ok := out.Header[key]; ok {
			delete(out.Header, key)
			out.Header[lowerKeys[key]] = v
		}
	}
	start := time.Now()
	res, err := c.g.transport.RoundTrip(out)
	c.event.Integration = time.Since(start)
	if err != nil {
		return c.backendFault(err)
	}
	defer func() { _ = res.Body.Close() }() // what was read was checked
	c.integrationStatus = res.StatusCode
	if res.StatusCode < 200 {
		return errBackend(fmt.Errorf("backend answered %s", res.Status))
	}
	c.out.header = res.Header
	c.out.WriteHeader(res.StatusCode)
	return c.stream(res)
}

var lowerKeys = map[string]string{"Idempotency-Key": "idempotency-key", "X-Idempotency-Key": "x-idempotency-key"}

// buffers are for copying bodies.
var buffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// stream copies the body, flushing where its length is not known. A body that
// breaks off breaks off the client's connection too.
func (c *call) stream(res *http.Response) error {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	for {
		n, err := res.Body.Read(*buf)
		if n > 0 {
			if _, failed := c.out.Write((*buf)[:n]); failed != nil {
				return fmt.Errorf("client gone: %w", failed)
			}
			if res.ContentLength < 0 {
				c.out.Flush()
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errBackend(fmt.Errorf("answer broke off: %w", err))
		}
	}
}

// callHandler is the integration in this process: the handler gets a request as
// a server would have read it from the wire.
func (c *call) callHandler(h http.Handler, out *http.Request) error {
	out.RequestURI = out.URL.RequestURI()
	out.URL.Scheme, out.URL.Host, out.URL.Opaque = "", "", ""
	out.RemoteAddr = c.r.RemoteAddr
	for i, name := range c.route.names {
		out.SetPathValue(trimGreedy(name), unescape(c.values[i]))
	}
	return c.runHandler(h, out)
}

// runHandler lets a handler in this process answer; its panic is a backend's fault.
func (c *call) runHandler(h http.Handler, out *http.Request) (err error) {
	start := time.Now()
	defer func() {
		c.event.Integration = time.Since(start)
		if p := recover(); p != nil {
			err = errBackend(fmt.Errorf("handler: %v", p))
		}
	}()
	h.ServeHTTP(c.out, out)
	if !c.out.wrote {
		c.out.WriteHeader(http.StatusOK)
	}
	return nil
}

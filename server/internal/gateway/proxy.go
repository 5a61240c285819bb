package gateway

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// proxy is the HTTP proxy integration: the request goes on as it was admitted,
// and so does the answer, but for what mappings change.
type proxy struct {
	at        *backend     // nil for a handler
	handler   http.Handler // nil for a backend
	method    string       // empty: the caller's
	request   changes
	responses map[string]changes // by status; HTTP APIs only
}

func newProxy(a *api, r *route, in apidef.Integration, st *apidef.Stage) (*proxy, error) {
	if err := noTemplates(a, &in); err != nil {
		return nil, err
	}
	p := &proxy{handler: in.Handler, method: in.Method}
	if p.method == methodAny {
		p.method = ""
	}
	var err error
	if p.request, p.responses, err = a.mappings(&in, st); err != nil {
		return nil, err
	}
	if p.handler != nil && len(p.responses) > 0 {
		return nil, invalid("Integration.ResponseParameters", "a handler in this program says itself what it answers")
	}
	p.at, err = newBackend(in.URI, append(p.request.pathNames(), r.names...))
	return p, err
}

// mappings reads those of a proxy integration.
func (a *api) mappings(in *apidef.Integration, st *apidef.Stage) (request changes, responses map[string]changes, err error) {
	if !a.isHTTP() {
		if len(in.ResponseParameters) > 0 {
			return nil, nil, invalid("Integration.ResponseParameters", "only HTTP APIs have them")
		}
		request, err = parseRequestREST(in.Parameters, st)
		return request, nil, err
	}
	if request, err = parseHTTP("Integration.Parameters", "request", in.Parameters, st); err != nil {
		return nil, nil, err
	}
	responses, err = parseResponsesHTTP(in.ResponseParameters, st)
	return request, responses, err
}

// noTemplates refuses what a proxy integration does not do to a body. The
// answers that consoles declare for one say nothing and are let through.
func noTemplates(a *api, in *apidef.Integration) error {
	switch {
	case len(in.Templates) > 0:
		return invalid("Integration.Templates", "a proxy integration passes the body as it is")
	case in.ContentHandling == toBinary:
		return invalid("Integration.ContentHandling", "a proxy integration passes the body as it is")
	}
	for _, r := range in.Responses {
		if len(r.Parameters)+len(r.Templates) > 0 || r.ContentHandling == toBinary || a.isHTTP() {
			return invalid("Integration.Responses", "a proxy integration passes the answer as it is")
		}
	}
	return nil
}

func (p *proxy) send(c *call, a *admitted) error {
	if p.goesDirect(a) {
		return p.sendDirect(c, a)
	}
	ctx, cancel := c.limited()
	defer cancel()
	c.addHeaders(a.header)
	o, err := p.outgoing(c, a)
	if err != nil {
		return err
	}
	out, err := o.request(ctx, c, p.at)
	if err != nil {
		return err
	}
	if p.handler != nil {
		return c.callHandler(p.handler, out)
	}
	res, err := c.callBackend(out)
	if err != nil {
		return err
	}
	return p.pass(c, res)
}

// outgoing is the request as the mappings make it.
func (p *proxy) outgoing(c *call, a *admitted) (*outgoing, error) {
	if err := c.sayIdentity(a); err != nil {
		return nil, err
	}
	o := c.outgoing(a, p.at != nil && p.at.parts != nil)
	o.method = cmp.Or(p.method, o.method)
	return o, p.request.apply(c, o)
}

// goesDirect tells the requests that need no Transport.
func (p *proxy) goesDirect(a *admitted) bool {
	return goesDirect && p.at != nil && p.at.address != "" && len(a.body) == 0 && repeatable[cmp.Or(p.method, a.method)] != nil
}

func (p *proxy) sendDirect(c *call, a *admitted) error {
	q := question{host: p.at.host, agent: c.userAgent()}
	trusted := c.trusted()
	if len(p.request) == 0 && c.socket == nil {
		q.more = trusted[:]
	} else {
		c.addHeaders(a.header) // where mappings find them
	}
	o, err := p.outgoing(c, a)
	if err != nil {
		return err
	}
	if q.target, err = wireTarget(p.at.path(o), p.at.joinQuery(o.query)); err != nil {
		return err
	}
	q.method, q.header = o.method, o.header
	start := time.Now()
	res, err := c.g.direct.ask(c.r.Context(), p.at.address, start.Add(c.route.timeout), &q)
	if err = c.received(start, res, err); err != nil {
		return err
	}
	return p.pass(c, res)
}

// request builds the request from what was admitted and mapped and nothing else.
// It has no GetBody, so that no transport can send it twice.
func (o *outgoing) request(ctx context.Context, c *call, at *backend) (*http.Request, error) {
	scheme, host := "http", c.r.Host
	if at != nil {
		scheme, host = at.scheme, at.host
	}
	u, err := wireURL(scheme, host, at.path(o), at.joinQuery(o.query))
	if err != nil {
		return nil, err
	}
	out := &http.Request{
		Method: o.method, URL: u, Host: host, Header: o.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: http.NoBody, ContentLength: int64(len(o.body)),
	}
	if len(o.body) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(o.body))
	}
	return out.WithContext(ctx), nil
}

// pass passes an answer on.
func (p *proxy) pass(c *call, res *http.Response) error {
	defer func() { _ = res.Body.Close() }() // what was read was checked
	if len(p.responses) > 0 {
		if err := p.responses[strconv.Itoa(res.StatusCode)].change(c, res); err != nil {
			return err
		}
	}
	c.out.header = res.Header
	c.out.WriteHeader(res.StatusCode)
	if isBodyless(res.StatusCode) { // also where a mapping made it so
		return nil
	}
	return c.stream(res)
}

// callBackend gives a backend's answer. RoundTrip follows no redirect.
func (c *call) callBackend(out *http.Request) (*http.Response, error) {
	if out.Header["User-Agent"] == nil { // net/http names itself otherwise
		out.Header["User-Agent"] = []string{c.userAgent()}
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
	return res, c.received(start, res, err)
}

// received notes what came of a request to a backend.
func (c *call) received(start time.Time, res *http.Response, err error) error {
	c.event.Integration = time.Since(start)
	if err != nil {
		c.integrationError = err.Error()
		return c.backendFault(err)
	}
	c.integrationStatus, c.integrationRequest = res.StatusCode, res.Header.Get("X-Amzn-Requestid")
	if res.StatusCode < 200 {
		_ = res.Body.Close() // nothing of it is used
		return errBackend(fmt.Errorf("backend answered %s", res.Status))
	}
	return nil
}

// readWhole takes a backend's body, for those that look into it.
func readWhole(res *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxPayload+1))
	switch {
	case err != nil:
		return nil, errBackend(fmt.Errorf("answer broke off: %w", err))
	case len(body) > maxPayload:
		return nil, errBackend(errors.New("the answer is larger than 10 MB"))
	}
	return body, nil
}

// userAgent is how the gateway calls itself to backends.
func (c *call) userAgent() string { return "AmazonAPIGateway_" + c.target.API }

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

// askHandler is a handler's whole answer, for those that look into it.
func (c *call) askHandler(h http.Handler, out *http.Request) (*integrationAnswer, error) {
	w := &wholeAnswer{header: http.Header{}}
	outer := c.out
	c.out = &response{w: w, header: http.Header{}, amend: func(http.Header) {}}
	err := c.callHandler(h, out)
	c.out = outer
	if err != nil {
		return nil, err
	}
	return &integrationAnswer{status: w.status, header: w.header, body: w.body.Bytes()}, nil
}

// wholeAnswer is a handler's answer in memory.
type wholeAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *wholeAnswer) Header() http.Header { return k.header }

func (k *wholeAnswer) WriteHeader(status int) { k.status = status }

func (k *wholeAnswer) Write(p []byte) (int, error) {
	if k.body.Len()+len(p) > maxPayload {
		return 0, errors.New("the answer is larger than 10 MB")
	}
	return k.body.Write(p)
}

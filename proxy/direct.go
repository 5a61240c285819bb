//go:build unix

package proxy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

const (
	// maxHead bounds the head of an answer, in bytes.
	maxHead = 1 << 20
	// maxInterim bounds how many 1xx answers come before the one that counts.
	maxInterim = 8
	// atOnce is the longest body that is written before the answer is read: the
	// kernel takes it, also if the upstream answers without having read it.
	atOnce = 64 << 10
	// writing is how long a request may still be written whose answer is complete:
	// its last byte may be out and the one who wrote it not have said so.
	writing = 50 * time.Millisecond
)

// direct sends requests in the clear to an upstream that is reached without a
// proxy. It does what [http.Transport] does with HTTP/1.1, and leaves to net/http
// what is written and read; but the goroutine of the request does it all, where
// http.Transport hands each request to two others and back. That is a fifth of the
// proxy's processor time, more than the signature.
type direct struct {
	dialer net.Dialer

	mu    sync.Mutex
	idle  map[string][]*line // by address, the last used last
	prune *time.Timer        // set while there are any
}

func newPlain() http.RoundTripper {
	return &direct{dialer: net.Dialer{Timeout: dialing, KeepAlive: keepAlive}, idle: make(map[string][]*line)}
}

// line is a connection, used by one request at a time.
type line struct {
	net.Conn
	addr  string
	in    *bufio.Reader
	out   *bufio.Writer
	limit int64 // of bytes that may be read
	since time.Time
}

var errLongHead = errors.New("the head of the answer is too long")

func (l *line) Read(p []byte) (int, error) {
	if l.limit <= 0 {
		return 0, errLongHead
	}
	n, err := l.Conn.Read(p[:min(int64(len(p)), l.limit)])
	l.limit -= int64(n)
	return n, err
}

// errStale wraps the error of a connection that may have been closed before the
// request got there.
type errStale struct{ error }

func (e errStale) Unwrap() error { return e.error }

func isStale(err error) bool {
	_, ok := errors.AsType[errStale](err)
	return ok
}

// RoundTrip sends a request, and once more if it may be repeated and the
// connection proves to be an old one that the upstream had closed.
func (d *direct) RoundTrip(r *http.Request) (*http.Response, error) {
	for {
		l, used, err := d.get(r.Context(), hostPort(r.URL.Host))
		if err != nil {
			return nil, errors.Join(err, closeBody(r))
		}
		resp, err := d.try(l, r)
		if err == nil {
			return resp, nil
		}
		_ = l.Close()
		if cause := context.Cause(r.Context()); cause != nil {
			return nil, cause
		}
		if !used || !isStale(err) || !repeatable(r) || !rewind(&r) {
			return nil, err
		}
	}
}

// hostPort adds the port of http.
func hostPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(trimBrackets(host), "80")
}

func trimBrackets(host string) string {
	if len(host) > 1 && host[0] == '[' {
		return host[1 : len(host)-1]
	}
	return host
}

func closeBody(r *http.Request) error {
	if r.Body == nil {
		return nil
	}
	return r.Body.Close()
}

// rewind makes the request one that has not been sent.
func rewind(r **http.Request) bool {
	old := *r
	if old.Body == nil || old.Body == http.NoBody {
		return true
	}
	if old.GetBody == nil {
		return false
	}
	body, err := old.GetBody()
	if err != nil {
		return false
	}
	fresh := *old
	fresh.Body = body
	*r = &fresh
	return true
}

// try sends a request over a connection. The end of the request's context is the
// end of the connection.
func (d *direct) try(l *line, r *http.Request) (*http.Response, error) {
	_ = l.SetReadDeadline(time.Now().Add(answering)) // before anybody may shorten it
	stop := context.AfterFunc(r.Context(), func() { _ = l.SetDeadline(time.Unix(1, 0)) })
	a := &answer{d: d, l: l, stop: stop, ctx: r.Context()}
	var err error
	if r.ContentLength >= 0 && r.ContentLength <= atOnce {
		err = l.write(r)
	} else {
		a.written = make(chan error, 1)
		go func() {
			err := l.write(r)
			a.written <- err
			if err != nil && !isStale(err) { // without the rest of the body no answer will come
				_ = l.SetReadDeadline(time.Unix(1, 0))
			}
		}()
	}
	if err == nil {
		err = a.head(r)
	}
	if err != nil {
		stop()
		return nil, a.why(err)
	}
	return a.response(r), nil
}

// write writes a request, and closes its body. The error is that of the body, or
// stale.
func (l *line) write(r *http.Request) error {
	var src *watched
	if r.Body != nil && r.Body != http.NoBody {
		src = &watched{ReadCloser: r.Body}
		own := *r
		own.Body = src
		r = &own
	}
	err := r.Write(sink{l.out})
	if err == nil {
		err = l.out.Flush()
	}
	if src != nil && src.err != nil {
		return src.err
	}
	if err != nil {
		return errStale{err}
	}
	return nil
}

// sink hides from net/http what would write head and body one after the other.
type sink struct{ w *bufio.Writer }

func (s sink) Write(p []byte) (int, error) { return s.w.Write(p) }
func (s sink) WriteByte(c byte) error      { return s.w.WriteByte(c) }

// watched remembers why a body could not be read.
type watched struct {
	io.ReadCloser
	err error
}

func (s *watched) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// answer is what comes back: the body of a response.
type answer struct {
	d       *direct
	l       *line
	stop    func() bool
	ctx     context.Context // of the request
	written chan error      // nil: all is written
	resp    *http.Response
	body    io.ReadCloser
	over    bool
}

// head reads up to the body, past what is interim.
func (a *answer) head(r *http.Request) error {
	l := a.l
	l.limit = maxHead
	if _, err := l.in.Peek(1); err != nil {
		return errStale{err}
	}
	for range maxInterim {
		resp, err := http.ReadResponse(l.in, r)
		if err != nil {
			return err
		}
		if resp.StatusCode >= http.StatusOK || resp.StatusCode == http.StatusSwitchingProtocols {
			a.resp, l.limit = resp, math.MaxInt64
			_ = l.SetReadDeadline(time.Time{})
			return a.ctx.Err() // it may have ended before, and set a deadline that is gone now
		}
	}
	return errors.New("too many interim answers")
}

// why is the error of the one who failed first: the body that was to be written.
func (a *answer) why(err error) error {
	if a.written == nil {
		return err
	}
	select {
	case e := <-a.written:
		if e != nil && !isStale(e) {
			return e
		}
	default: // the writing ends when the connection is closed
	}
	return err
}

func (a *answer) response(r *http.Request) *http.Response {
	resp := a.resp
	resp.Request = r
	if resp.StatusCode == http.StatusSwitchingProtocols {
		a.stop()
		resp.Body = &switched{a.l}
		return resp
	}
	if resp.Body == http.NoBody {
		a.end(true)
		return resp
	}
	a.body, resp.Body = resp.Body, a
	return resp
}

// switched is a connection that speaks another protocol now.
type switched struct{ *line }

func (s *switched) Read(p []byte) (int, error) { return s.in.Read(p) }

// CloseWrite ends what is sent.
func (s *switched) CloseWrite() error {
	if c, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return s.Close()
}

// Read reads the body, whose end gives the connection back.
func (a *answer) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		a.end(true)
	case err != nil:
		if cause := context.Cause(a.ctx); cause != nil {
			err = cause
		}
		a.end(false)
	}
	return n, err
}

// Close gives the connection up unless the body was read to its end.
func (a *answer) Close() error {
	a.end(false)
	return nil
}

func (a *answer) end(whole bool) {
	if a.over {
		return
	}
	a.over = true
	mine := a.stop() // else the deadline of the connection is over
	if whole && mine && a.wrote() && !a.resp.Close {
		a.d.put(a.l)
		return
	}
	_ = a.l.Close()
}

// wrote says whether the request is written, so that the next may follow it.
func (a *answer) wrote() bool {
	if a.written == nil {
		return true
	}
	t := time.NewTimer(writing)
	defer t.Stop()
	select {
	case err := <-a.written:
		return err == nil
	case <-t.C:
		return false
	}
}

// get gives a connection that is open, and says whether it was used before.
func (d *direct) get(ctx context.Context, addr string) (*line, bool, error) {
	for {
		l := d.take(addr)
		if l == nil {
			break
		}
		if l.quiet() {
			return l, true, nil
		}
		_ = l.Close()
	}
	conn, err := d.dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, false, err
	}
	l := &line{Conn: conn, addr: addr, out: bufio.NewWriter(conn)}
	l.in = bufio.NewReader(l)
	return l, false, nil
}

func (d *direct) take(addr string) *line {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.idle[addr]
	if len(list) == 0 {
		return nil
	}
	last := len(list) - 1
	l := list[last]
	list[last] = nil
	d.idle[addr] = list[:last]
	return l
}

// quiet says whether a connection is open and nothing has come over it that nobody
// asked for: reading it gives neither bytes nor the end.
func (l *line) quiet() bool {
	c, ok := l.Conn.(syscall.Conn)
	if !ok || l.in.Buffered() > 0 {
		return false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	var would error
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, would = syscall.Read(int(fd), b[:])
		return true
	})
	return err == nil && (would == syscall.EAGAIN || would == syscall.EWOULDBLOCK)
}

func (d *direct) put(l *line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.idle == nil || len(d.idle[l.addr]) >= maxIdle {
		_ = l.Close()
		return
	}
	l.since = time.Now()
	d.idle[l.addr] = append(d.idle[l.addr], l)
	if d.prune == nil {
		d.prune = time.AfterFunc(idling, d.closeOld)
	}
}

// closeOld closes what was not used for long, and comes back while there is more.
func (d *direct) closeOld() {
	d.mu.Lock()
	defer d.mu.Unlock()
	more := false
	for addr, list := range d.idle {
		n := 0
		for n < len(list) && time.Since(list[n].since) >= idling {
			_ = list[n].Close()
			n++
		}
		d.idle[addr] = append(list[:0:0], list[n:]...)
		more = more || n < len(list)
	}
	d.prune = nil
	if more {
		d.prune = time.AfterFunc(idling/2, d.closeOld)
	}
}

// CloseIdleConnections closes the connections that no request uses.
func (d *direct) CloseIdleConnections() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, list := range d.idle {
		for _, l := range list {
			_ = l.Close()
		}
	}
	clear(d.idle)
	if d.prune != nil {
		d.prune.Stop()
		d.prune = nil
	}
}

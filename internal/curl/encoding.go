package curl

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const acceptEncoding = "deflate, gzip"

// unpacked is the body as --compressed gives it.
func (o *Options) unpacked(resp *http.Response) (io.Reader, error) {
	if !o.Compressed || resp.Request != nil && resp.Request.Method == http.MethodHead {
		return resp.Body, nil
	}
	switch strings.ToLower(resp.Header.Get("Content-Encoding")) {
	case "", "identity":
		return resp.Body, nil
	case "gzip", "x-gzip":
		return &lazy{open: func() (io.Reader, error) { return gzip.NewReader(resp.Body) }}, nil
	case "deflate":
		return &lazy{open: func() (io.Reader, error) { return inflate(resp.Body) }}, nil
	}
	return nil, fmt.Errorf("the answer is packed as %q, which was not asked for", resp.Header.Get("Content-Encoding"))
}

// inflate takes zlib's format, and the raw one that some servers send instead.
func inflate(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(2)
	if err != nil {
		return nil, err
	}
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}

// lazy opens what it reads at the first Read.
type lazy struct {
	open func() (io.Reader, error)
	r    io.Reader
}

func (l *lazy) Read(p []byte) (n int, err error) {
	if l.r == nil {
		if l.r, err = l.open(); err != nil {
			return 0, err
		}
	}
	return l.r.Read(p)
}

// limited reads at most so many bytes a second.
type limited struct {
	io.Reader
	ctx   context.Context
	rate  int64
	start time.Time
	read  int64
	clock func() time.Time
	sleep func(context.Context, time.Duration) error
}

func (l *limited) Read(p []byte) (int, error) {
	if l.start.IsZero() {
		l.start = l.clock()
	}
	due := time.Duration(float64(l.read) / float64(l.rate) * float64(time.Second))
	if wait := due - l.clock().Sub(l.start); wait > 0 {
		if err := l.sleep(l.ctx, wait); err != nil {
			return 0, err
		}
	}
	piece := max(l.rate/10, 1)
	n, err := l.Reader.Read(p[:min(int64(len(p)), piece)])
	l.read += int64(n)
	return n, err
}

// Wire gives what Send and Plain must send through: it sees the requests as they
// are when signed, for --verbose, --limit-rate and progress.
func (c *Client) Wire(base http.RoundTripper) http.RoundTripper {
	c.prepare()
	return wire{c, base}
}

type wire struct {
	c    *Client
	base http.RoundTripper
}

// RoundTrip sends r.
func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.c.times != nil {
		line := "> " + r.Method + " " + RedactURL(r.URL).RequestURI()
		w.c.times.line.Store(&line)
	}
	w.c.sent.Store(0)
	if r.Body != nil && r.Body != http.NoBody {
		body := r.Body
		r = r.Clone(r.Context())
		show := w.c.Meter.upload(r.ContentLength)
		r.Body = readCloser{&counting{w.c.limit(r.Context(), body), func(n int) { show(w.c.sent.Add(int64(n))) }}, body}
	}
	resp, err := w.base.RoundTrip(r)
	if err == nil {
		resp.Status = visible(resp.Status) // notes and errors show it
		traceResponse(w.c.Trace, resp)
	}
	return resp, err
}

// counting tells how much was read.
type counting struct {
	io.Reader
	add func(int)
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.add(n)
	return n, err
}

func (c *Client) limit(ctx context.Context, r io.Reader) io.Reader {
	if c.Transfer.LimitRate == 0 {
		return r
	}
	return &limited{Reader: r, ctx: ctx, rate: c.Transfer.LimitRate, clock: c.clock, sleep: c.sleep}
}

type readCloser struct {
	io.Reader
	io.Closer
}

package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

// question is a request without a body for a backend on plain HTTP.
type question struct {
	method string // one of repeatable
	target string
	host   string
	agent  string // User-Agent, if header has none
	header http.Header
	more   []headerValue // beside header
}

// repeatable are the methods whose requests go directly, for they may be sent
// again where a kept connection turns out to be closed (RFC 9110 section 9.2.2);
// net/http's Transport sends the same ones again. The values tell
// http.ReadResponse what was asked.
var repeatable = map[string]*http.Request{
	http.MethodGet:     {Method: http.MethodGet},
	http.MethodHead:    {Method: http.MethodHead},
	http.MethodOptions: {Method: http.MethodOptions},
}

// backendConn is a connection to a backend. One call has it at a time, and writes
// and reads on its own goroutine: net/http's Transport hands each request to two
// others, which is a quarter of what forwarding costs.
type backendConn struct {
	net.Conn
	pool    *directPool
	address string
	in      *bufio.Reader
	out     []byte
	left    int64     // how much may be read
	kept    bool      // it has answered before
	since   time.Time // that it waits in the pool
	raw     syscall.RawConn
	found   error // by look
	lookAt  func(fd uintptr) bool
	ending  func()
}

func newBackendConn(conn net.Conn, pool *directPool, address string) (*backendConn, error) {
	c := &backendConn{Conn: conn, pool: pool, address: address}
	c.in = bufio.NewReader(c)
	c.lookAt, c.ending = c.look, c.abort // made once
	if sys, ok := conn.(syscall.Conn); ok {
		var err error
		if c.raw, err = sys.SyscallConn(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Read reads no more of an answer's headers than a Transport would.
func (c *backendConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errors.New("the headers of the answer are larger than 64 KiB")
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// errStale is that a kept connection was closed before it answered.
var errStale = errors.New("the backend closed a kept connection")

// exchange sends a question and reads the head of its answer. Once the answer's
// body is read to its end the connection is kept.
func (c *backendConn) exchange(ctx context.Context, q *question) (*http.Response, error) {
	stop := context.AfterFunc(ctx, c.ending)
	res, err := c.converse(q)
	if err != nil {
		stop()
		_ = c.Close() // it failed already
		return nil, timedOut(err)
	}
	body := &answerBody{from: res.Body, conn: c, stop: stop, keep: !res.Close && res.StatusCode >= 200}
	if res.Body == http.NoBody {
		body.finish(true)
	}
	res.Body = body
	return res, nil
}

// abort ends what waits for the connection. It is not used again.
func (c *backendConn) abort() { _ = c.SetDeadline(time.Unix(1, 0)) }

func (c *backendConn) converse(q *question) (*http.Response, error) {
	var err error
	if c.out, err = q.write(c.out[:0]); err != nil {
		return nil, err
	}
	c.left = maxAnswerHeaders
	if _, err := c.Write(c.out); err != nil {
		return nil, c.unanswered(err)
	}
	if _, err := c.in.Peek(1); err != nil {
		return nil, c.unanswered(err)
	}
	for {
		res, err := http.ReadResponse(c.in, repeatable[q.method])
		if err != nil {
			return nil, err
		}
		if !isInformational(res.StatusCode) {
			c.left = math.MaxInt64
			return res, nil
		}
	}
}

// isInformational tells the answers that come before the answer.
func isInformational(status int) bool {
	return status >= 100 && status < 200 && status != http.StatusSwitchingProtocols
}

// unanswered is an error before the first byte of an answer. On a kept connection
// it may mean that the backend had closed it.
func (c *backendConn) unanswered(err error) error {
	if !c.kept || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", errStale, err)
}

// timedOut says it in the words of a context, as a Transport does.
func timedOut(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return err
}

// answerBody is the body of an answer. Read to its end it gives the connection
// back; closed before, it closes it.
type answerBody struct {
	from io.Reader
	conn *backendConn // nil: given back or closed
	stop func() bool
	keep bool
}

// Read reads from the connection while that is the body's.
func (b *answerBody) Read(p []byte) (int, error) {
	if b.conn == nil {
		return 0, io.EOF
	}
	n, err := b.from.Read(p)
	if err != nil {
		b.finish(errors.Is(err, io.EOF))
	}
	return n, timedOut(err)
}

// Close lets go of the connection.
func (b *answerBody) Close() error {
	b.finish(false)
	return nil
}

func (b *answerBody) finish(whole bool) {
	c := b.conn
	if c == nil {
		return
	}
	b.conn = nil
	running := b.stop()                                     // false: the call has ended, and with it the connection
	if running && whole && b.keep && c.in.Buffered() == 0 { // what came unasked is nobody's answer
		c.pool.put(c)
		return
	}
	_ = c.Close() // nothing more is expected of it
}

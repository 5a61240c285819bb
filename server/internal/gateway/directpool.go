package gateway

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Of idle connections to backends. They are given up before the 5 s after which
// Node's servers close them: a POST on such a connection is not sent again.
const (
	idleTime         = 4 * time.Second
	idleConns        = 1024
	idleConnsPerHost = 256
	maxAnswerHeaders = 64 << 10
)

// directPool keeps the connections of questions.
type directPool struct {
	dial  func(ctx context.Context, network, address string) (net.Conn, error)
	mu    sync.Mutex
	idle  map[string][]*backendConn // by address; the longest unused first
	count int
	timer *time.Timer   // ends idle connections; nil: there are none
	wait  time.Duration // how long one may be idle; zero: idleTime
}

// patience is how long a connection may be idle.
func (p *directPool) patience() time.Duration { return cmp.Or(p.wait, idleTime) }

// ask gives the answer that host:port has to a question. Its body must be read to
// the end, before the time end, or closed; the context may end it before.
func (p *directPool) ask(ctx context.Context, address string, end time.Time, q *question) (*http.Response, error) {
	if c := p.take(address, end); c != nil {
		res, err := c.exchange(ctx, q)
		if err == nil || !errors.Is(err, errStale) {
			return res, err
		}
	}
	c, err := p.open(ctx, address, end)
	if err != nil {
		return nil, err
	}
	return c.exchange(ctx, q)
}

func (p *directPool) open(ctx context.Context, address string, end time.Time) (*backendConn, error) {
	limited, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	conn, err := p.dial(limited, "tcp", address)
	if err != nil {
		return nil, err
	}
	c, err := newBackendConn(conn, p, address)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, c.SetDeadline(end)
}

// take gives the connection that was used last, if it can be used once more.
func (p *directPool) take(address string, end time.Time) *backendConn {
	for {
		c := p.pop(address)
		if c == nil {
			return nil
		}
		if time.Since(c.since) < p.patience() && c.SetDeadline(end) == nil && c.isQuiet() {
			c.kept = true
			return c
		}
		_ = c.Close() // it was of no use
	}
}

func (p *directPool) pop(address string) *backendConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[address]
	if len(list) == 0 {
		return nil
	}
	c := list[len(list)-1]
	list[len(list)-1] = nil
	p.idle[address] = list[:len(list)-1]
	p.count--
	return c
}

// put keeps a connection that has answered.
func (p *directPool) put(c *backendConn) {
	c.since = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle[c.address]) >= idleConnsPerHost || p.count >= idleConns {
		_ = c.Close() // it is one too many
		return
	}
	if p.idle == nil {
		p.idle = map[string][]*backendConn{}
	}
	p.idle[c.address] = append(p.idle[c.address], c)
	p.count++
	if p.timer == nil {
		p.timer = time.AfterFunc(p.patience(), func() { p.sweep(time.Now().Add(-p.patience())) })
	}
}

// sweep closes the connections that are unused since before a time, and comes
// again while there are others.
func (p *directPool) sweep(since time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for address, list := range p.idle {
		kept := slices.DeleteFunc(list, func(c *backendConn) bool { return c.closeIf(since) })
		p.count -= len(list) - len(kept)
		if p.idle[address] = kept; len(kept) == 0 {
			delete(p.idle, address)
		}
	}
	if p.count > 0 {
		p.timer.Reset(p.patience() / 4)
	} else if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
}

func (c *backendConn) closeIf(since time.Time) bool {
	if c.since.After(since) {
		return false
	}
	_ = c.Close() // nobody uses it
	return true
}

// close ends what is idle.
func (p *directPool) close() { p.sweep(time.Now()) }

package proxy

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatepass/gatepass"
)

const (
	// early is how long before their end credentials are renewed.
	early = 5 * time.Minute
	// soonest and latest bound the wait after a renewal that brought nothing new.
	soonest, latest = time.Second, 30 * time.Second
	// renewal bounds one renewal in the background.
	renewal = 45 * time.Second
)

// wallet keeps the credentials in use and renews them before they expire. The
// zero value is ready.
type wallet struct {
	cur atomic.Pointer[gatepass.Credentials]

	mu     sync.Mutex
	asking *question // under way
	timer  *time.Timer
	stop   context.CancelFunc
	closed bool
}

// question is one call for credentials, that others wait for too.
type question struct {
	done chan struct{}
	err  error // for all who waited; nil too when the one who asked has gone
}

var errNoKeys = errors.New("the credentials have no access key id or no secret")

// get gives credentials that have not expired.
func (w *wallet) get(ctx context.Context, p *Proxy) (*gatepass.Credentials, error) {
	if c := w.cur.Load(); alive(c) {
		return c, nil
	}
	return w.ask(ctx, p, p.Credentials, func(c *gatepass.Credentials) bool { return alive(c) })
}

// renew gives others than those that an upstream refused; the same if there are
// no others.
func (w *wallet) renew(ctx context.Context, p *Proxy, refused *gatepass.Credentials) (*gatepass.Credentials, error) {
	how := p.Credentials
	if p.Renew != nil {
		how = func(ctx context.Context) (gatepass.Credentials, error) { return p.Renew(ctx, *refused) }
	}
	return w.ask(ctx, p, how, func(c *gatepass.Credentials) bool { return alive(c) && c.AccessKeyID != refused.AccessKeyID })
}

func alive(c *gatepass.Credentials) bool {
	return c != nil && (c.Expires.IsZero() || time.Now().Before(c.Expires))
}

type source func(context.Context) (gatepass.Credentials, error)

// ask asks for credentials, unless those in hand will do by the time it is this
// caller's turn: one question at a time. Who waited for one that failed has the
// same answer: to ask again, one behind the other, would only add up the time.
func (w *wallet) ask(ctx context.Context, p *Proxy, how source, do func(*gatepass.Credentials) bool) (*gatepass.Credentials, error) {
	q, mine := w.turn()
	for ; !mine; q, mine = w.turn() {
		select {
		case <-q.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if q.err != nil && !do(w.cur.Load()) {
			return nil, &walletError{q.err}
		}
	}
	defer w.pass(q)
	if c := w.cur.Load(); do(c) {
		return c, nil
	}
	c, err := how(ctx)
	if err == nil && (c.AccessKeyID == "" || c.SecretAccessKey == "") {
		err = errNoKeys
	}
	if err != nil {
		if ctx.Err() == nil {
			q.err = err
			w.failed(p, err)
		}
		return nil, &walletError{err}
	}
	w.keep(p, &c)
	return &c, nil
}

// walletError says that there is nothing to sign with.
type walletError struct{ err error }

func (e *walletError) Error() string { return "no credentials to sign with: " + e.err.Error() }

func (e *walletError) Unwrap() error { return e.err }

func (w *wallet) turn() (q *question, mine bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asking != nil {
		return w.asking, false
	}
	w.asking = &question{done: make(chan struct{})}
	return w.asking, true
}

func (w *wallet) pass(q *question) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asking = nil
	close(q.done)
}

func (w *wallet) failed(p *Proxy, err error) {
	p.metrics.asked[1].Add(1)
	if p.Log != nil {
		p.Log.Warn("no new credentials", "error", err)
	}
	if c := w.cur.Load(); alive(c) && !c.Expires.IsZero() {
		w.renewIn(p, min(latest, time.Until(c.Expires)/2))
	}
}

func (w *wallet) keep(p *Proxy, c *gatepass.Credentials) {
	p.metrics.asked[0].Add(1)
	w.cur.Store(c)
	if c.Expires.IsZero() {
		return
	}
	switch left := time.Until(c.Expires); {
	case left > early:
		w.renewIn(p, left-early)
	default: // they are old, or short-lived
		w.renewIn(p, left/2)
	}
}

// renewIn sets the alarm for the next renewal, and replaces one that is set.
func (w *wallet) renewIn(p *Proxy, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	w.timer = time.AfterFunc(max(soonest, wait), func() { w.refresh(p) })
}

func (w *wallet) refresh(p *Proxy) {
	ctx, cancel := context.WithTimeout(context.Background(), renewal)
	defer cancel()
	w.mu.Lock()
	w.stop = cancel
	closed := w.closed
	w.mu.Unlock()
	if closed {
		return
	}
	_, _ = w.ask(ctx, p, p.Credentials, func(*gatepass.Credentials) bool { return false }) // it is logged
}

func (w *wallet) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.timer != nil {
		w.timer.Stop()
	}
	if w.stop != nil {
		w.stop()
	}
}

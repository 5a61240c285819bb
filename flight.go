package gatepass

import (
	"context"
	"sync"
	"time"
)

// renewal bounds one renewal of tokens or credentials, whoever waits for it.
const renewal = 45 * time.Second

// flight lets one call do for all who ask while it is under way. The zero value
// is ready.
type flight struct {
	mu   sync.Mutex
	call *flying
}

type flying struct {
	done chan struct{}
	err  error
}

// do runs fn, or waits for the run under way. A caller that gives up leaves the
// others waiting: fn's context ends with none of theirs.
func (f *flight) do(ctx context.Context, fn func(context.Context) error) error {
	f.mu.Lock()
	c := f.call
	if c == nil {
		c = &flying{done: make(chan struct{})}
		f.call = c
		go f.run(context.WithoutCancel(ctx), c, fn)
	}
	f.mu.Unlock()
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *flight) run(ctx context.Context, c *flying, fn func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, renewal)
	defer cancel()
	c.err = fn(ctx)
	f.mu.Lock()
	f.call = nil
	f.mu.Unlock()
	close(c.done)
}

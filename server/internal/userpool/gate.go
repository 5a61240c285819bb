package userpool

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
)

// Gate admits expensive work (SRP exponentiations, RSA signatures): a few
// requests compute, a bounded crowd waits, the rest is told at once to come
// back. Make one with [NewGate].
type Gate struct {
	crowd, slots chan struct{}
	wait         time.Duration
	refused      atomic.Uint64
}

// NewGate makes a gate where slots requests compute at a time and queue more
// wait, each for at most wait. Zero values: GOMAXPROCS slots, a queue of 32 per
// slot, one second.
func NewGate(slots, queue int, wait time.Duration) *Gate {
	if slots <= 0 {
		slots = runtime.GOMAXPROCS(0)
	}
	if queue <= 0 {
		queue = 32 * slots
	}
	if wait <= 0 {
		wait = time.Second
	}
	return &Gate{crowd: make(chan struct{}, slots+queue), slots: make(chan struct{}, slots), wait: wait}
}

func errTooMany() error { return wire.Errorf("TooManyRequestsException", "Too many requests") }

func (g *Gate) refuse() error {
	g.refused.Add(1)
	return errTooMany()
}

// Refused is how many requests were told to come back.
func (g *Gate) Refused() uint64 { return g.refused.Load() }

// enter takes a place in the crowd or fails at once, before anything is counted
// or computed for the request.
func (g *Gate) enter() (leave func(), err error) {
	select {
	case g.crowd <- struct{}{}:
		return func() { <-g.crowd }, nil
	default:
		return nil, g.refuse()
	}
}

// Do runs fn when its turn has come, for who comes from outside the user pools.
// Errors are those of fn, or TooManyRequestsException.
func (g *Gate) Do(ctx context.Context, fn func() error) error {
	leave, err := g.enter()
	if err != nil {
		return err
	}
	defer leave()
	return g.do(ctx, fn)
}

// do runs fn in a slot. fn computes only: it must not wait for the store.
func (g *Gate) do(ctx context.Context, fn func() error) error {
	timer := time.NewTimer(g.wait)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
	case <-timer.C:
		return g.refuse()
	case <-ctx.Done():
		return errTooMany()
	}
	defer func() { <-g.slots }()
	return fn()
}

// turn waits as do does and computes nothing: who had a turn is not turned away
// once something was counted for it.
func (g *Gate) turn(ctx context.Context) error {
	return g.do(ctx, func() error { return nil })
}

// always runs fn in a slot, however long that takes and whoever has gone. It ends:
// whoever is before it only computes, and the crowd is bounded.
func (g *Gate) always(fn func() error) error {
	g.slots <- struct{}{}
	defer func() { <-g.slots }()
	return fn()
}

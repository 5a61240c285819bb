package gatepass

import (
	"sync/atomic"
	"time"
)

const (
	// noise is what a Date header, in whole seconds and some time under way, cannot tell.
	noise = 5 * time.Second
	// maxDrift bounds how far an answer can move our clock.
	maxDrift = 24 * time.Hour
)

// drift is the measured difference between the services' clock and ours. It is
// never written to a store. The zero value is none.
type drift struct{ d atomic.Int64 }

func (d *drift) get() time.Duration { return time.Duration(d.d.Load()) }

// observe takes in that the server's clock said server when ours said local.
func (d *drift) observe(server, local time.Time) {
	if server.IsZero() {
		return
	}
	diff := server.Sub(local)
	switch size := diff.Abs(); {
	case size > maxDrift:
	case size < noise:
		d.d.Store(0)
	default:
		d.d.Store(int64(diff))
	}
}

// flag is a bool that is set once and read by many.
type flag struct{ atomic.Bool }

package wire

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

// Drift is the measured difference between the services' clock and ours. It is
// never written to a store. The zero value is none.
type Drift struct{ d atomic.Int64 }

// Get is what to add to our clock.
func (d *Drift) Get() time.Duration { return time.Duration(d.d.Load()) }

// Observe takes in that the server's clock said server when ours said local.
func (d *Drift) Observe(server, local time.Time) {
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

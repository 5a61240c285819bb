package admin

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"time"
)

// Text collects metrics in the text format of Prometheus, version 0.0.4. The zero
// value is empty and ready.
type Text struct{ b bytes.Buffer }

// Head begins a metric: its samples follow. Kind is counter, gauge or histogram.
func (t *Text) Head(name, kind, help string) {
	fmt.Fprintf(&t.b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// Sample is one value of a metric. Labels are names and values in turn; no value
// may be a user's, so that there are few.
func (t *Text) Sample(name string, value any, labels ...string) {
	t.b.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		t.b.WriteByte("{,"[min(i, 1)])
		fmt.Fprintf(&t.b, "%s=%q", labels[i], labels[i+1])
	}
	if len(labels) > 0 {
		t.b.WriteByte('}')
	}
	fmt.Fprintf(&t.b, " %v\n", value)
}

// One is a metric of one value.
func (t *Text) One(name, kind, help string, value any) {
	t.Head(name, kind, help)
	t.Sample(name, value)
}

// bounds of the buckets of durations.
var bounds = [...]time.Duration{
	5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond,
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

// Durations counts durations in buckets. The zero value is ready; it is safe for
// concurrent use and takes no lock.
type Durations struct {
	buckets [len(bounds) + 1]atomic.Uint64
	sum     atomic.Int64 // nanoseconds
}

// Observe counts d.
func (h *Durations) Observe(d time.Duration) {
	i := 0
	for i < len(bounds) && d > bounds[i] {
		i++
	}
	h.buckets[i].Add(1)
	h.sum.Add(int64(d))
}

// Durations are the samples of a histogram in seconds, after its Head.
func (t *Text) Durations(name string, h *Durations, labels ...string) {
	labels = labels[:len(labels):len(labels)]
	total := uint64(0)
	for i := range h.buckets {
		total += h.buckets[i].Load()
		le := "+Inf"
		if i < len(bounds) {
			le = fmt.Sprint(bounds[i].Seconds())
		}
		t.Sample(name+"_bucket", total, append(labels, "le", le)...)
	}
	t.Sample(name+"_sum", time.Duration(h.sum.Load()).Seconds(), labels...)
	t.Sample(name+"_count", total, labels...)
}

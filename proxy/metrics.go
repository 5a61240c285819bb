package proxy

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// metrics are counted by hand: a dozen numbers do not need a library that every
// command of a program would carry and start.
type metrics struct {
	inFlight atomic.Int64
	codes    [600]atomic.Uint64 // by status
	buckets  [len(bounds) + 1]atomic.Uint64
	took     atomic.Int64 // nanoseconds
	refused  atomic.Uint64
	in, out  atomic.Int64
	retries  [cureCount]atomic.Uint64
	asked    [2]atomic.Uint64 // credentials: got, failed
}

// bounds of the buckets of durations.
var bounds = [...]time.Duration{
	5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond,
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

func (m *metrics) count(x *exchange, took time.Duration) {
	m.inFlight.Add(-1)
	m.in.Add(x.in.Load())
	m.out.Add(x.out)
	if x.status > 0 && x.status < len(m.codes) {
		m.codes[x.status].Add(1)
	}
	if x.upgrade {
		return // how long a socket lives says nothing
	}
	m.took.Add(int64(took))
	i := 0
	for i < len(bounds) && took > bounds[i] {
		i++
	}
	m.buckets[i].Add(1)
}

// write writes the text format of Prometheus, version 0.0.4.
func (p *Proxy) writeMetrics(w io.Writer) {
	m := &p.metrics
	head := func(name, kind, help string) {
		fmt.Fprintf(w, "# HELP gatepass_proxy_%s %s\n# TYPE gatepass_proxy_%s %s\n", name, help, name, kind)
	}
	one := func(name, kind, help string, value any) {
		head(name, kind, help)
		fmt.Fprintf(w, "gatepass_proxy_%s %v\n", name, value)
	}
	head("requests_total", "counter", "Requests answered, by status; 499 is a client that left.")
	for code := range m.codes {
		if n := m.codes[code].Load(); n > 0 {
			fmt.Fprintf(w, "gatepass_proxy_requests_total{code=\"%d\"} %d\n", code, n)
		}
	}
	one("refused_total", "counter", "Requests that the proxy answered itself.", m.refused.Load())
	one("in_flight_requests", "gauge", "Requests under way.", m.inFlight.Load())
	one("websockets", "gauge", "WebSockets open.", p.sockets.count())
	one("received_bytes_total", "counter", "Bytes of bodies from clients.", m.in.Load())
	one("sent_bytes_total", "counter", "Bytes of bodies to clients.", m.out.Load())
	head("retries_total", "counter", "Attempts after the first, by what was tried.")
	for cure, name := range [cureCount]string{"wait", "reconnect", "clock", "credentials"} {
		fmt.Fprintf(w, "gatepass_proxy_retries_total{cure=%q} %d\n", name, m.retries[cure].Load())
	}
	p.writeCredentials(w, head)
	head("request_duration_seconds", "histogram", "Time from a request to the end of its answer, without WebSockets.")
	m.writeDurations(w)
}

func (p *Proxy) writeCredentials(w io.Writer, head func(name, kind, help string)) {
	head("credentials_total", "counter", "Times that credentials were asked for, by outcome.")
	for i, outcome := range []string{"ok", "error"} {
		fmt.Fprintf(w, "gatepass_proxy_credentials_total{outcome=%q} %d\n", outcome, p.metrics.asked[i].Load())
	}
	head("credentials_expire_timestamp_seconds", "gauge", "When the credentials in use end; 0: never, or there are none.")
	end := int64(0)
	if c := p.wallet.cur.Load(); c != nil && !c.Expires.IsZero() {
		end = c.Expires.Unix()
	}
	fmt.Fprintf(w, "gatepass_proxy_credentials_expire_timestamp_seconds %d\n", end)
}

func (m *metrics) writeDurations(w io.Writer) {
	const name = "gatepass_proxy_request_duration_seconds"
	total := uint64(0)
	for i, bound := range bounds {
		total += m.buckets[i].Load()
		fmt.Fprintf(w, "%s_bucket{le=\"%g\"} %d\n", name, bound.Seconds(), total)
	}
	total += m.buckets[len(bounds)].Load()
	fmt.Fprintf(w, "%s_bucket{le=\"+Inf\"} %d\n%s_sum %g\n%s_count %d\n", name, total, name, time.Duration(m.took.Load()).Seconds(), name, total)
}

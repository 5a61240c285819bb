package proxy

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gatepass/gatepass/internal/admin"
)

// metrics are what the proxy counts.
type metrics struct {
	inFlight atomic.Int64
	codes    [600]atomic.Uint64 // by status
	took     admin.Durations
	refused  atomic.Uint64
	in, out  atomic.Int64
	retries  [cureCount]atomic.Uint64
	asked    [2]atomic.Uint64 // credentials: got, failed
}

func (m *metrics) count(x *exchange, took time.Duration) {
	m.inFlight.Add(-1)
	m.in.Add(x.in.Load())
	m.out.Add(x.out)
	if x.status > 0 && x.status < len(m.codes) {
		m.codes[x.status].Add(1)
	}
	if !x.upgrade { // how long a socket lives says nothing
		m.took.Observe(took)
	}
}

// names of the metrics.
const prefix = "gatepass_proxy_"

func (p *Proxy) writeMetrics(t *admin.Text) {
	m := &p.metrics
	t.Head(prefix+"requests_total", "counter", "Requests answered, by status; 499 is a client that left.")
	for code := range m.codes {
		if n := m.codes[code].Load(); n > 0 {
			t.Sample(prefix+"requests_total", n, "code", strconv.Itoa(code))
		}
	}
	t.One(prefix+"refused_total", "counter", "Requests that the proxy answered itself.", m.refused.Load())
	t.One(prefix+"in_flight_requests", "gauge", "Requests under way.", m.inFlight.Load())
	t.One(prefix+"websockets", "gauge", "WebSockets open.", p.sockets.count())
	t.One(prefix+"received_bytes_total", "counter", "Bytes of bodies from clients.", m.in.Load())
	t.One(prefix+"sent_bytes_total", "counter", "Bytes of bodies to clients.", m.out.Load())
	t.Head(prefix+"retries_total", "counter", "Attempts after the first, by what was tried.")
	for cure, name := range [cureCount]string{"wait", "reconnect", "clock", "credentials"} {
		t.Sample(prefix+"retries_total", m.retries[cure].Load(), "cure", name)
	}
	p.writeCredentials(t)
	t.Head(prefix+"request_duration_seconds", "histogram", "Time from a request to the end of its answer, without WebSockets.")
	t.Durations(prefix+"request_duration_seconds", &m.took)
}

func (p *Proxy) writeCredentials(t *admin.Text) {
	t.Head(prefix+"credentials_total", "counter", "Times that credentials were asked for, by outcome.")
	for i, outcome := range []string{"ok", "error"} {
		t.Sample(prefix+"credentials_total", p.metrics.asked[i].Load(), "outcome", outcome)
	}
	end := int64(0)
	if c := p.wallet.cur.Load(); c != nil && !c.Expires.IsZero() {
		end = c.Expires.Unix()
	}
	t.One(prefix+"credentials_expire_timestamp_seconds", "gauge", "When the credentials in use end; 0: never, or there are none.", end)
}

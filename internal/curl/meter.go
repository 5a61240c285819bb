package curl

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

const (
	// quiet is how long a transfer must last before its progress is shown.
	quiet = 400 * time.Millisecond
	// refresh is the time between two lines of progress.
	refresh  = 100 * time.Millisecond
	barCells = 24
)

// A Meter shows the progress of a transfer in one line that is written over. A
// nil Meter shows nothing.
type Meter struct {
	w     io.Writer
	clock func() time.Time

	mu    sync.Mutex
	label string
	total int64
	from  int64
	start time.Time
	last  time.Time
	drawn bool
	turn  int // of the transfer; the transport may still read an upload that is over
}

// NewMeter gives a meter that writes to w, which should be a terminal.
func NewMeter(w io.Writer) *Meter { return &Meter{w: w, clock: time.Now} }

func (m *Meter) upload(total int64) func(int64) { return m.begin("up", total, 0) }

func (m *Meter) download(total, from int64) func(int64) { return m.begin("down", total, from) }

// begin starts a transfer; a total below zero is not known.
func (m *Meter) begin(label string, total, from int64) func(int64) {
	if m == nil {
		return func(int64) {}
	}
	m.end()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.label, m.total, m.from, m.start = label, total, from, m.clock()
	m.last = m.start.Add(quiet - refresh)
	turn := m.turn
	return func(n int64) { m.show(turn, n) }
}

func (m *Meter) show(turn int, n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	if turn != m.turn || now.Sub(m.last) < refresh {
		return
	}
	m.last, m.drawn = now, true
	fmt.Fprintf(m.w, "\r\x1b[K%s", m.line(n, now))
}

// end leaves the line empty for what comes next.
func (m *Meter) end() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn++
	if m.drawn {
		m.drawn = false
		fmt.Fprint(m.w, "\r\x1b[K")
	}
}

// line is at most 78 columns wide.
func (m *Meter) line(n int64, now time.Time) string {
	speed := int64(float64(n) / max(now.Sub(m.start).Seconds(), 0.001))
	if m.total <= 0 {
		return fmt.Sprintf("%-4s %s  %s/s", m.label, sizeText(m.from+n), sizeText(speed))
	}
	done := float64(m.from+n) / float64(m.from+m.total)
	full := min(int(done*barCells), barCells)
	bar := strings.Repeat("#", full) + strings.Repeat(".", barCells-full)
	eta := "--:--"
	if speed > 0 {
		left := (m.total - n) / speed
		eta = fmt.Sprintf("%d:%02d", left/60, left%60)
	}
	return fmt.Sprintf("%-4s %3.0f%% %s %s of %s  %s/s  %s", m.label, done*100, bar, sizeText(m.from+n), sizeText(m.from+m.total), sizeText(speed), eta)
}

func sizeText(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	f, i := float64(n), 0
	for ; f >= 1000 && i < len(units)-1; i++ {
		f /= 1024
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}

package cli

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The frames, flags and codes of RFC 9113 that the attacks need.
const (
	h2Headers, h2Reset, h2Settings, h2GoAway, h2Continuation = 0x1, 0x3, 0x4, 0x7, 0x9

	h2EndStream, h2EndHeaders = 0x1, 0x4

	h2EnhanceYourCalm = 0xb
)

// h2get is GET / in HPACK, all of the static table (RFC 7541, appendix A).
var h2get = []byte{0x82, 0x87, 0x84}

// attacker is a client that says what it likes over HTTP/2.
type attacker struct {
	t     *testing.T
	conn  *tls.Conn
	end   chan struct{}
	mu    sync.Mutex
	code  int // of GOAWAY; -1: none came
	told  map[uint16]uint32
	heads chan []byte // the first header block
}

func attack(t *testing.T, addr string) *attacker {
	t.Helper()
	conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := conn.ConnectionState().NegotiatedProtocol; got != "h2" {
		t.Fatalf("the server speaks %q", got)
	}
	_ = conn.SetDeadline(time.Now().Add(5 * time.Minute))
	a := &attacker{t: t, conn: conn, end: make(chan struct{}), code: -1, told: map[uint16]uint32{}, heads: make(chan []byte, 1)}
	go a.listen()
	t.Cleanup(func() { _ = conn.Close(); <-a.end })
	_, _ = io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	a.send(h2Settings, 0, 0, nil)
	return a
}

// listen keeps what matters of what the server says, until it hangs up.
func (a *attacker) listen() {
	defer close(a.end)
	for {
		var head [9]byte
		if _, err := io.ReadFull(a.conn, head[:]); err != nil {
			return
		}
		body := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(a.conn, body); err != nil {
			return
		}
		a.note(head[3], head[4], body)
	}
}

func (a *attacker) note(kind, flags byte, body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch kind {
	case h2GoAway:
		a.code = int(binary.BigEndian.Uint32(body[4:]))
	case h2Headers:
		select {
		case a.heads <- body:
		default:
		}
	case h2Settings:
		for ; flags&1 == 0 && len(body) >= 6; body = body[6:] {
			a.told[binary.BigEndian.Uint16(body)] = binary.BigEndian.Uint32(body[2:])
		}
	}
}

// send sends a frame; false: the server has hung up.
func (a *attacker) send(kind, flags byte, stream uint32, body []byte) bool {
	head := []byte{byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body)), kind, flags, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(head[5:], stream)
	_, err := a.conn.Write(append(head, body...))
	return err == nil
}

// ended waits until the server has hung up, and gives its code.
func (a *attacker) ended() int {
	a.t.Helper()
	select {
	case <-a.end:
	case <-time.After(5 * time.Minute):
		a.t.Fatal("the server does not hang up")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.code
}

// besieged is a server whose handler counts, and holds all requests but those for
// /ok until the test ends.
type besieged struct {
	addr         string
	client       *http.Client
	running, top atomic.Int64
	asked        atomic.Int64
	begun        chan struct{} // of the first request
}

func besiege(t *testing.T) *besieged {
	t.Helper()
	b := &besieged{begun: make(chan struct{})}
	hold, first := make(chan struct{}), sync.OnceFunc(func() { close(b.begun) })
	b.addr = secured(t, secureDoor(t, "127.0.0.1"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ok" {
			_, _ = io.WriteString(w, r.Proto)
			return
		}
		b.asked.Add(1)
		n := b.running.Add(1)
		for top := b.top.Load(); n > top && !b.top.CompareAndSwap(top, n); {
			top = b.top.Load()
		}
		first()
		<-hold
		b.running.Add(-1)
	}), slog.New(slog.DiscardHandler))
	t.Cleanup(func() { close(hold) })
	b.client = &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	t.Cleanup(b.client.CloseIdleConnections)
	return b
}

// stillServes holds that others are served meanwhile, over HTTP/2.
func (b *besieged) stillServes(t *testing.T) {
	t.Helper()
	resp, err := b.client.Get("https://" + b.addr + "/ok")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || string(text) != "HTTP/2.0" {
		t.Errorf("others get %q, %v", text, err)
	}
}

// L06: streams that are opened and reset at once (CVE-2023-39325) run no more
// handlers than a connection may have, and end the connection.
func TestL06RapidReset(t *testing.T) {
	b := besiege(t)
	a := attack(t, b.addr)
	sent := 0
	for stream := uint32(1); stream < 20000; stream += 2 {
		if !a.send(h2Headers, h2EndStream|h2EndHeaders, stream, h2get) || !a.send(h2Reset, 0, stream, []byte{0, 0, 0, 8}) {
			break
		}
		sent++
	}
	if code := a.ended(); code != h2EnhanceYourCalm && code != -1 { // -1: our writing met its hanging up
		t.Errorf("after %d streams: code %#x", sent, code)
	}
	select {
	case <-b.begun:
	case <-time.After(5 * time.Minute):
		t.Fatal("no request ran")
	}
	if n := b.top.Load(); n > maxStreams {
		t.Errorf("%d requests ran at a time, want 1 to %d", n, maxStreams)
	}
	b.stillServes(t)
}

// L06, C20: a header that goes on for ever in CONTINUATION frames (CVE-2023-45288)
// is given up soon, and reaches no handler.
func TestL06ContinuationFlood(t *testing.T) {
	b := besiege(t)
	a := attack(t, b.addr)
	a.send(h2Headers, h2EndStream, 1, h2get)
	literal := append([]byte{0x00, 0x01, 'x', 0x7f, 0x81, 0x3e}, bytes.Repeat([]byte{'a'}, 8192)...) // a header x of 127+8065 bytes
	const endless = 1 << 30                                                                          // bytes, far more than any system keeps for a server that does not read
	sent := 0
	for ; sent < endless; sent += len(literal) {
		if !a.send(h2Continuation, 0, 1, literal) {
			break
		}
	}
	a.ended()
	if sent >= endless || b.asked.Load() != 0 {
		t.Errorf("%d bytes of header were taken, %d requests", sent, b.asked.Load())
	}
	b.stillServes(t)
}

// L06, C20: a header of few bytes that unpacks to many is counted unpacked: 431,
// and no handler sees it.
func TestL06HeaderBomb(t *testing.T) {
	b := besiege(t)
	a := attack(t, b.addr)
	entry := append([]byte{0x40, 0x01, 'x', 0x7f, 0xa1, 0x1e}, bytes.Repeat([]byte{'a'}, 4000)...) // x of 127+3873 bytes, kept in the table
	block := append(append(bytes.Clone(h2get), entry...), bytes.Repeat([]byte{0xbe}, 1000)...)     // and 1000 times again: 4 MB
	a.send(h2Headers, h2EndStream|h2EndHeaders, 1, block)
	var head []byte
	select {
	case head = <-a.heads:
	case <-a.end: // what came before is there
		select {
		case head = <-a.heads:
		default:
		}
	}
	if !strings.Contains(string(head), "431") { // too short for Huffman's code to be shorter
		t.Errorf("it is answered %x", head)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if b.asked.Load() != 0 {
		t.Error("a handler saw it")
	}
	if n := a.told[0x6]; n < 16<<10 || n > 20<<10 { // SETTINGS_MAX_HEADER_LIST_SIZE
		t.Errorf("the server takes headers of %d bytes", n)
	}
	if n := a.told[0x3]; n != maxStreams { // SETTINGS_MAX_CONCURRENT_STREAMS
		t.Errorf("the server takes %d streams", n)
	}
	b.stillServes(t)
}

// C10: without TLS there is no HTTP/2: neither its preface nor an upgrade to it.
func TestC10NoUnencryptedHTTP2(t *testing.T) {
	base, stop := serveFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	defer stop()
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	tr := &http.Transport{Protocols: p}
	defer tr.CloseIdleConnections()
	if resp, err := tr.RoundTrip(newGet(t, base)); err == nil {
		_ = resp.Body.Close()
		t.Errorf("the preface is answered: %s", resp.Proto)
	}
	r := newGet(t, base)
	r.Header = http.Header{"Connection": {"Upgrade, HTTP2-Settings"}, "Upgrade": {"h2c"}, "Http2-Settings": {"AAMAAABkAAQAAP__"}}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || string(text) != "HTTP/1.1" {
		t.Errorf("an upgrade is answered %s %s", resp.Status, text)
	}
}

func newGet(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

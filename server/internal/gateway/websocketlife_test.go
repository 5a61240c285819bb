package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// pipes is a listener in memory: with it whole hours pass at once.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	mine, yours := net.Pipe()
	p.conns <- yours
	return mine, nil
}

// inMemory serves a WebSocket API that asks nobody, and gives a dialler and what
// is written to its access log.
func inMemory(t *testing.T) (g *Gateway, open func() (*websocket.Conn, *http.Response), lines chan string) {
	t.Helper()
	lines = make(chan string, 64)
	g = &Gateway{Region: "us-east-1", AccountID: "111122223333", AccessLog: func(_ context.Context, line string, _ error) { lines <- line }}
	a := apidef.API{ID: "abc123", Protocol: apidef.WebSocket, Stages: []apidef.Stage{{Name: "prod", AccessLog: &apidef.AccessLog{
		Format: "$context.eventType $context.routeKey $context.status $context.connectionId $context.requestId",
	}}}, Routes: []apidef.Route{{Path: "$connect", Auth: apidef.AuthNone}}}
	if err := g.Serve(apidef.Catalog{APIs: []apidef.API{a}}); err != nil {
		t.Fatal(err)
	}
	l := newPipes()
	srv := &http.Server{Handler: g}
	go func() { _ = srv.Serve(l) }()
	client := &http.Client{Transport: &http.Transport{DialContext: l.dial, DisableKeepAlives: true}}
	t.Cleanup(func() { _ = srv.Close(); _ = g.Close() })
	return g, func() (*websocket.Conn, *http.Response) {
		conn, res, err := websocket.Dial(context.Background(), "ws://"+testHost+"/prod", &websocket.DialOptions{HTTPClient: client})
		if err != nil && res == nil {
			t.Fatal(err)
		}
		return conn, res
	}, lines
}

// ends reads until the other side ends the connection, and how long that took.
func ends(conn *websocket.Conn) (websocket.StatusCode, time.Duration) {
	start := time.Now()
	for {
		if _, _, err := conn.Read(context.Background()); err != nil {
			_ = conn.CloseNow()
			return websocket.CloseStatus(err), time.Since(start)
		}
	}
}

func TestSocketIdleTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, open, _ := inMemory(t)
		idle, _ := open()
		code, after := ends(idle)
		if code != websocket.StatusGoingAway || after != socketIdle {
			t.Errorf("closed with %d after %s", code, after)
		}
		busy, _ := open()
		done := make(chan struct{})
		go func() {
			defer close(done)
			code, after := ends(busy)
			if code != websocket.StatusGoingAway || after != socketLife {
				t.Errorf("a connection in use: closed with %d after %s", code, after)
			}
		}()
		for pinging := true; pinging; {
			select {
			case <-done:
				pinging = false
			case <-time.After(9 * time.Minute):
				_ = busy.Ping(context.Background()) // the last one comes late
			}
		}
		_ = g.Close()
	})
}

func TestSocketsEndWithTheGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, open, _ := inMemory(t)
		conn, _ := open()
		ended := make(chan websocket.StatusCode, 1)
		go func() { code, _ := ends(conn); ended <- code }()
		synctest.Wait()
		if err := g.Close(); err != nil {
			t.Error(err)
		}
		if code := <-ended; code != websocket.StatusGoingAway {
			t.Errorf("closed with %d", code)
		}
		if late, res := open(); late != nil || res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a connection after the end: %v", res)
		}
	})
}

func TestSocketAccessLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, open, lines := inMemory(t)
		conn, _ := open()
		connect := strings.Fields(<-lines)
		if len(connect) != 5 || connect[0] != "CONNECT" || connect[1] != "$connect" || connect[2] != "101" {
			t.Fatalf("line %q", connect)
		}
		if err := conn.Write(context.Background(), websocket.MessageText, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := conn.Read(context.Background()); err != nil {
			t.Error(err)
		}
		message := strings.Fields(<-lines)
		if message[0] != "MESSAGE" || message[1] != "-" || message[2] != "403" || message[3] != connect[3] || message[4] == connect[4] {
			t.Errorf("line %q", message)
		}
		_ = conn.Close(websocket.StatusNormalClosure, "")
		if end := strings.Fields(<-lines); end[0] != "DISCONNECT" || end[1] != "$disconnect" || end[2] != "200" {
			t.Errorf("line %q", end)
		}
	})
}

// A client that goes without a word is told to $disconnect as 1006.
func TestSocketBreaksOff(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone)
	conn, _ := s.open()
	_ = conn.CloseNow()
	if _, about := s.event("$disconnect"); about["disconnectStatusCode"] != 1006.0 {
		t.Errorf("%v", about)
	}
}

// chunks gives bytes a few at a time, then io.EOF.
type chunks struct {
	net.Conn
	data []byte
	size int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.data[:min(c.size, len(c.data))])
	c.data = c.data[n:]
	return n, nil
}

// frame is a masked frame of length bytes.
func frame(length int) []byte {
	out := []byte{0x82, 0x80 | 127}
	switch {
	case length < 126:
		out[1] = 0x80 | byte(length)
	case length < 1<<16:
		out[1] = 0x80 | 126
		out = binary.BigEndian.AppendUint16(out, uint16(length))
	default:
		out = binary.BigEndian.AppendUint64(out, uint64(length))
	}
	out = append(out, 1, 2, 3, 4)
	return append(out, bytes.Repeat([]byte{0xfe}, length)...)
}

// Whatever the pieces they come in, frames pass unchanged; one that is too large
// is an error, once and in its place, and of it at most the head comes through.
func TestFrameLimit(t *testing.T) {
	before := append(frame(0), append(frame(125), append(frame(126), frame(maxFrame)...)...)...)
	after := append(frame(5), frame(300)...)
	for _, large := range []int{maxFrame + 1, 70_000} {
		for _, size := range []int{1, 2, 3, 7, 4096, 1 << 20} {
			sent := bytes.Join([][]byte{before, frame(large), after}, nil)
			r := bufio.NewReader(&frameConn{Conn: &chunks{data: sent, size: size}})
			got := make([]byte, len(before))
			if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, before) {
				t.Fatalf("%d in pieces of %d: before: %v", large, size, err)
			}
			head, err := io.ReadAll(r)
			if !errors.Is(err, errFrame) || len(head) > 9 {
				t.Fatalf("%d in pieces of %d: %d bytes, %v", large, size, len(head), err)
			}
			if got, err = io.ReadAll(r); err != nil || !bytes.Equal(got, after) {
				t.Errorf("%d in pieces of %d: after: %d of %d bytes, %v", large, size, len(got), len(after), err)
			}
		}
	}
}

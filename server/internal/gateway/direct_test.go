package gateway

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// numbered says an answer with N in place of the number of the call.
func numbered(text string) func(net.Conn, int64) {
	return func(conn net.Conn, n int64) {
		_, _ = io.WriteString(conn, strings.ReplaceAll(text, "N", fmt.Sprint(n)))
	}
}

// TestDirectConnections: a connection is kept when its answer has come to its
// end and nothing besides came; each caller gets the answer to his own request.
func TestDirectConnections(t *testing.T) {
	if !goesDirect {
		t.Skip("not on this system: requests go over net/http's Transport")
	}
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, tt := range map[string]struct {
		method, says, body string
		kept               int
	}{
		"length":          {"GET", ok + "Content-Length: 1\r\n\r\nN", "N", 1},
		"chunks":          {"GET", ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nN\r\n0\r\nX-Sum: 1\r\n\r\n", "N", 1},
		"no body":         {"GET", "HTTP/1.1 204 No Content\r\n\r\n", "", 1},
		"not modified":    {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", "", 1},
		"head":            {"HEAD", ok + "Content-Length: 7\r\n\r\n", "", 1},
		"options":         {"OPTIONS", ok + "Content-Length: 1\r\n\r\nN", "N", 1},
		"early hints":     {"GET", "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 1\r\n\r\nN", "N", 1},
		"asks to close":   {"GET", ok + "Connection: close\r\nContent-Length: 1\r\n\r\nN", "N", 0},
		"HTTP/1.0":        {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nN", "N", 0},
		"a second answer": {"GET", ok + "Content-Length: 1\r\n\r\nN" + ok + "Content-Length: 4\r\n\r\nEVIL", "N", 0},
		"a body to HEAD":  {"HEAD", ok + "Content-Length: 4\r\n\r\n" + ok, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			uri, _ := script(t, numbered(tt.says))
			s.route(uri, 0)
			for n := range 3 {
				got := s.send(tt.method + " /prod/x HTTP/1.1\r\nHost: " + testHost + "\r\n\r\n")
				if want := strings.ReplaceAll(tt.body, "N", fmt.Sprint(n+1)); got.err != nil || got.body != want {
					t.Fatalf("call %d: %d %q, %v; want %q", n+1, got.status, got.body, got.err, want)
				}
				s.settle() // the connection goes back when the answer is through
			}
			s.g.direct.mu.Lock()
			defer s.g.direct.mu.Unlock()
			if s.g.direct.count != tt.kept {
				t.Errorf("%d connections are kept, want %d", s.g.direct.count, tt.kept)
			}
		})
	}
}

// TestDirectAgain: what may be repeated is sent again on a new connection if a
// kept one breaks before it answers, and only then.
func TestDirectAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		breaks, calls int64 // which of the backend's requests; how many it sees
		status        int   // of the second call
	}{
		"kept, closed while idle": {0, 2, 200},
		"kept, not answered":      {2, 3, 200},
		"new, not answered":       {1, 2, 200},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			uri, calls := script(t, func(conn net.Conn, n int64) {
				if n != tt.breaks {
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				}
				if n == tt.breaks || tt.breaks == 0 {
					_ = conn.Close()
				}
			})
			s.route(uri, 0)
			if got := s.send(line("X: y")); (got.status == 200) != (tt.breaks != 1) {
				t.Errorf("first: %d", got.status)
			}
			s.settle() // the connection goes back when the answer is through
			if got := s.send(line("X: y")); got.status != tt.status {
				t.Errorf("second: %d, want %d", got.status, tt.status)
			}
			if n := calls.Load(); n != tt.calls {
				t.Errorf("the backend saw %d requests, want %d", n, tt.calls)
			}
		})
	}
}

// TestDirectClientGone: a client that goes takes its request to the backend with it.
func TestDirectClientGone(t *testing.T) {
	events := make(chan Event, 1)
	s := newStand(t)
	s.g.Event = func(_ context.Context, e Event) { events <- e }
	asked, ended := make(chan bool), make(chan error, 1)
	uri, _ := script(t, func(conn net.Conn, _ int64) {
		close(asked)
		_, err := conn.Read(make([]byte, 1))
		ended <- err
	})
	r := s.proxyRoute(apidef.AuthNone)
	r.Integration = apidef.Integration{URI: uri}
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{r}})
	conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, line("X: y")); err != nil {
		t.Fatal(err)
	}
	<-asked
	_ = conn.Close()
	if err := <-ended; err == nil {
		t.Error("the backend's connection stayed open")
	}
	if e := <-events; e.Err == nil || !strings.Contains(e.Err.Error(), "client gone") || e.Status != 0 {
		t.Errorf("the event says %d, %v", e.Status, e.Err)
	}
}

// backendPair is a connection to a backend, and the backend's end of it.
func backendPair(t *testing.T, pool *directPool) (*backendConn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	c, err := newBackendConn(near, pool, "backend:80")
	if err != nil {
		t.Fatal(err)
	}
	return c, far
}

// TestDirectUnasked: a kept connection on which something came, or which was
// closed, is not used again.
func TestDirectUnasked(t *testing.T) {
	if !goesDirect {
		t.Skip("not on this system: no connection is kept")
	}
	for name, do := range map[string]func(net.Conn) error{
		"bytes": func(far net.Conn) error {
			_, err := io.WriteString(far, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			return err
		},
		"closed": func(far net.Conn) error { return far.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			p := new(directPool)
			defer p.close()
			c, far := backendPair(t, p)
			end := time.Now().Add(time.Minute)
			if p.put(c); p.take(c.address, end) != c {
				t.Fatal("a quiet connection is not used")
			}
			if err := do(far); err != nil {
				t.Fatal(err)
			}
			for p.put(c); p.take(c.address, end) != nil; { // until it has come over
				p.put(c)
			}
			if _, err := c.Conn.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("it is still open: %v", err)
			}
		})
	}
}

// TestDirectLimits: of idle connections.
func TestDirectLimits(t *testing.T) { synctest.Test(t, directLimits) }

func directLimits(t *testing.T) {
	p := new(directPool)
	for n := range idleConns + 50 {
		near, far := net.Pipe()
		t.Cleanup(func() { _, _ = near.Close(), far.Close() })
		c, err := newBackendConn(near, p, fmt.Sprint("backend:", n/(idleConnsPerHost+10)))
		if err != nil {
			t.Fatal(err)
		}
		p.put(c)
	}
	sum := 0
	for address, list := range p.idle {
		if sum += len(list); len(list) > idleConnsPerHost {
			t.Errorf("%s has %d", address, len(list))
		}
	}
	if sum != p.count || sum != 4*idleConnsPerHost {
		t.Errorf("%d are kept, and %d counted, want %d", sum, p.count, 4*idleConnsPerHost)
	}
	p.idle["backend:0"][0].since = time.Now().Add(-idleTime)
	if p.sweep(time.Now().Add(-idleTime)); p.count != sum-1 || p.timer == nil {
		t.Errorf("%d are left of %d, the timer is %v", p.count, sum, p.timer)
	}
	if p.close(); p.count != 0 || len(p.idle) != 0 || p.timer != nil {
		t.Errorf("%d are left", p.count)
	}
	if p.take("backend:1", time.Now()) != nil {
		t.Error("one is left")
	}
}

// TestDirectWrites: what a server reads of a question is what was asked, and a
// value that would be more than one line is refused.
func TestDirectWrites(t *testing.T) {
	q := question{
		method: "GET", target: "/a%20b?c=d", host: "backend:80", agent: "agent",
		header: http.Header{"Accept": {"a", "b"}, "X-Empty": {""}}, more: []headerValue{{"X-More", "1"}, {"X-None", ""}},
	}
	raw, err := q.write(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{"Accept": {"a", "b"}, "X-Empty": {""}, "X-More": {"1"}, "User-Agent": {"agent"}}
	if r.Method != q.method || r.RequestURI != q.target || r.Host != q.host || fmt.Sprint(r.Header) != fmt.Sprint(want) {
		t.Errorf("a server reads %s %s of %s, %v", r.Method, r.RequestURI, r.Host, r.Header)
	}
	for _, bad := range []string{"a\r\nX-Gatepass-User-Arn: root", "a\nb", "a\rb", "a\x00b"} {
		for _, q := range []question{
			{header: http.Header{"X": {bad}}},
			{header: http.Header{bad: {"x"}}},
			{header: http.Header{"User-Agent": {bad}}},
			{more: []headerValue{{"X", bad}}},
			{target: bad},
			{host: bad},
		} {
			if raw, err := q.write(nil); err == nil {
				t.Errorf("written: %q", raw)
			}
		}
	}
}

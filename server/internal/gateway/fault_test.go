package gateway

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// script is a TCP backend that reads one request a connection and says bytes.
func script(t *testing.T, say func(conn net.Conn, n int64)) (url string, calls *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	calls = new(atomic.Int64)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				br := bufio.NewReader(conn)
				for {
					r, err := http.ReadRequest(br)
					if err != nil {
						return
					}
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						return
					}
					say(conn, calls.Add(1))
				}
			}()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "http://" + l.Addr().String(), calls
}

// patience is how long the gateway waits for a backend that is to be answered with
// status: only one that hangs is given up soon.
func patience(status int) time.Duration {
	if status == http.StatusGatewayTimeout {
		return minTimeout
	}
	return 0
}

func (s *stand) route(uri string, timeout time.Duration) {
	s.serve(faulty(apidef.Integration{URI: uri, Timeout: timeout}))
}

// faulty is an open API with one integration.
func faulty(in apidef.Integration) apidef.API {
	return apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{
		{Path: "/{proxy+}", Methods: []string{"ANY"}, Auth: apidef.AuthNone, Integration: in},
	}}
}

func say(text string) func(net.Conn, int64) {
	return func(conn net.Conn, _ int64) {
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
}

const (
	e25 = `{"message": "Internal server error"}`
	e27 = `{"message": "Endpoint request timed out"}`
)

// bothWays are requests that go to a backend directly and over a Transport.
var bothWays = []string{
	line("X: y"), "POST /prod/x HTTP/1.1\r\nHost: " + testHost + "\r\nContent-Length: 1\r\n\r\nx",
}

func TestC13Backends(t *testing.T) {
	hang := func(conn net.Conn, _ int64) { _, _ = conn.Read(make([]byte, 1)) }
	for name, tt := range map[string]struct {
		say    func(net.Conn, int64)
		status int
		body   string
	}{
		"closes at once":     {say(""), 500, e25},
		"garbage":            {say("nonsense\r\n\r\n"), 500, e25},
		"hangs":              {hang, 504, e27},
		"hangs in headers":   {func(c net.Conn, n int64) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nA: "); hang(c, n) }, 504, e27},
		"endless headers":    {say("HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", 1<<20) + "\r\n\r\n"), 500, e25},
		"two lengths":        {say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"), 500, e25},
		"flood of 1xx":       {say(strings.Repeat("HTTP/1.1 103 Early\r\nA: "+strings.Repeat("a", 1000)+"\r\n\r\n", 200)), 500, e25},
		"switches protocols": {say("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), 500, e25},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			uri, _ := script(t, tt.say)
			s.route(uri, patience(tt.status))
			for _, raw := range bothWays {
				got := s.send(raw)
				s.refused(name, got, tt.status, "InternalServerErrorException")
				if got.body != tt.body {
					t.Errorf("body %s", got.body)
				}
				checkEnvelope(t, got)
			}
		})
	}
}

func TestC13Unreachable(t *testing.T) {
	s := newStand(t)
	s.route("http://127.0.0.1:1", 0) // a port that nobody gets from the system
	got := s.send(line("X: y"))
	s.refused("refused connection", got, 500, "InternalServerErrorException")
	if got.body != e25 {
		t.Errorf("E25 body %s", got.body)
	}
}

// TestC13BrokenBodies: an answer that breaks off must not look like a whole one.
func TestC13BrokenBodies(t *testing.T) {
	head := "HTTP/1.1 200 OK\r\n"
	for name, tt := range map[string]func(net.Conn, int64){
		"shorter than its length": say(head + "Content-Length: 10\r\n\r\nhalf"),
		"chunks without an end":   say(head + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
		"bad chunk":               say(head + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			uri, _ := script(t, tt)
			s.route(uri, 0)
			for _, raw := range bothWays {
				if got := s.send(raw); got.err == nil {
					t.Errorf("a broken answer came as a whole: %d %q", got.status, got.body)
				}
				if e := s.lastEvent(); e.Err == nil {
					t.Error("the event does not say so")
				}
			}
		})
	}
}

// TestC13StopsSending: nor one that the gateway waits for in vain. Time is the
// bubble's: the first half comes before it is up, however slow the machine.
func TestC13StopsSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []Event
		g := &Gateway{Region: "us-east-1", AccountID: "111122223333", Event: func(_ context.Context, e Event) { events = append(events, e) }}
		if err := g.Serve(apidef.Catalog{APIs: []apidef.API{faulty(apidef.Integration{URI: "http://backend.example"})}}); err != nil {
			t.Fatal(err)
		}
		front, back := newPipes(), newPipes()
		g.prepare()
		g.transport.DialContext, g.direct.dial = back.dial, back.dial
		srv := &http.Server{Handler: g}
		go func() { _ = srv.Serve(front) }()
		go func() {
			conn, err := back.Accept()
			if err != nil {
				return
			}
			defer func() { _ = conn.Close() }()
			_, _ = http.ReadRequest(bufio.NewReader(conn))
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
			_, _ = conn.Read(make([]byte, 1))
		}()
		conn, _ := front.dial(t.Context(), "", "")
		_, _ = io.WriteString(conn, line("X: y"))
		got := readReply(bufio.NewReader(conn), "GET")
		_, _ = srv.Close(), g.Close()
		synctest.Wait()
		if got.err == nil || got.body != "half" {
			t.Errorf("%d %q, %v", got.status, got.body, got.err)
		}
		if len(events) != 1 || events[0].Err == nil {
			t.Errorf("the event does not say so: %v", events)
		}
	})
}

func TestStreamingFlushes(t *testing.T) {
	s := open(t)
	more := make(chan struct{})
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		<-more
		_, _ = io.WriteString(w, "second")
	}
	conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(hangs))
	_, _ = io.WriteString(conn, line("X: y"))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		close(more)
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	buf := make([]byte, 5)
	if _, err := io.ReadFull(res.Body, buf); err != nil || string(buf) != "first" {
		t.Errorf("got %q, %v before the backend went on", buf, err)
	}
	close(more)
	if rest, err := io.ReadAll(res.Body); err != nil || string(rest) != "second" {
		t.Errorf("got %q, %v", rest, err)
	}
}

// TestC14AtMostOnce: net/http sends a POST with Idempotency-Key again when a
// kept connection breaks; a gateway must not.
func TestC14AtMostOnce(t *testing.T) {
	for _, body := range []string{"", "x"} {
		s := newStand(t)
		uri, calls := script(t, func(conn net.Conn, n int64) {
			if n == 1 {
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				return
			}
			_ = conn.Close()
		})
		s.route(uri, 0)
		raw := "POST /prod/x HTTP/1.1\r\nHost: " + testHost + "\r\nIdempotency-Key: k\r\nX-Idempotency-Key: k\r\nContent-Length: " +
			string('0'+byte(len(body))) + "\r\n\r\n" + body
		if got := s.send(raw); got.status != 200 {
			t.Fatalf("first: %d", got.status)
		}
		if got := s.send(raw); got.status != 500 {
			t.Errorf("second: %d", got.status)
		}
		if n := calls.Load(); n != 2 {
			t.Errorf("body %q: backend saw %d requests for 2 calls", body, n)
		}
	}
}

func TestC17Redirects(t *testing.T) {
	s := open(t)
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
	}
	got := s.send(line("X: y"))
	if got.status != http.StatusFound || got.header.Get("Location") != "http://127.0.0.1:1/" {
		t.Errorf("got %d %v", got.status, got.header)
	}
	s.forwarded()
	for address, bad := range map[string]bool{
		"169.254.169.254:80": true, "[fe80::1%eth0]:80": true, "[fd00:ec2::254]:80": true, "[fd00:ec2::23]:80": true, "[fd00:ec2:0::23%eth0]:80": true,
		"168.63.129.16:80": true, "[64:ff9b::100.100.100.200]:80": true, "100.100.100.200:80": true, "[::ffff:192.0.0.192]:80": true,
		"100.100.100.201:80": false, "[fd00:ec2::24]:80": false, "[::ffff:169.254.1.1]:80": true, "0.0.0.0:80": true,
		"[64:ff9b::a9fe:a9fe]:80": true, "[fd20:ce::254]:80": true, "[64:ff9b::7f00:1]:80": false,
		"127.0.0.1:80": false, "10.0.0.1:80": false, "[::1]:80": false,
	} {
		if err := forbiddenDial(address); (err != nil) != bad {
			t.Errorf("dial %s: %v", address, err)
		}
	}
}

// TestClientTakesNothing: who asks for an answer without end and does not read it
// keeps no backend.
func TestClientTakesNothing(t *testing.T) {
	for _, method := range []string{"GET", "POST"} { // directly, and over a Transport
		t.Run(method, func(t *testing.T) {
			s := newStand(t)
			s.g.stall = 20 * time.Millisecond
			ended := make(chan bool)
			uri, _ := script(t, func(conn net.Conn, _ int64) {
				_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
				for some := make([]byte, 64<<10); err == nil; {
					_, err = conn.Write(some)
				}
				close(ended)
			})
			s.route(uri, 0)
			conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if _, err := io.WriteString(conn, method+" /prod/x HTTP/1.1\r\nHost: "+testHost+"\r\nContent-Length: 0\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			select {
			case <-ended:
			case <-time.After(hangs):
				t.Fatal("the backend is still writing")
			}
			if e := s.lastEvent(); e.Err == nil || !strings.Contains(e.Err.Error(), "client gone") || !errors.Is(e.Err, os.ErrDeadlineExceeded) {
				t.Errorf("the event says %v", e.Err)
			}
		})
	}
}

// deadlines is a client's connection that notes how long it is given.
type deadlines struct {
	httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetWriteDeadline(t time.Time) error { d.set = append(d.set, t); return nil }

// TestClientStall: who takes an answer has time anew for each part of it and no
// deadline in between, nor has the next call on the connection; a server that
// bounds its answers itself is left to.
func TestClientStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &deadlines{ResponseRecorder: *httptest.NewRecorder()}
		r := httptest.NewRequest("GET", "/", nil)
		w := &response{w: d, header: http.Header{}, amend: func(http.Header) {}, r: r}
		write := func() { _, _ = w.Write(make([]byte, stallFree/2)) }
		write()
		write()
		if len(d.set) > 0 {
			t.Errorf("what finds room in buffers: %v", d.set)
		}
		want := []time.Time{time.Now().Add(clientStall), {}, time.Now().Add(2 * clientStall), {}, time.Now().Add(2 * clientStall), {}}
		write()
		time.Sleep(clientStall)
		write()
		w.Flush()
		if !slices.EqualFunc(d.set, want, time.Time.Equal) {
			t.Errorf("%v, want %v", d.set, want)
		}
		d.set = nil
		w.r = r.WithContext(context.WithValue(t.Context(), http.ServerContextKey, &http.Server{WriteTimeout: 1}))
		write()
		if len(d.set) > 0 {
			t.Errorf("a server with a limit of its own: %v", d.set)
		}
	})
}

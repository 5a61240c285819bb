package gateway

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// wholeTypes are the integrations that look into a backend's whole answer.
var wholeTypes = map[string]apidef.Integration{
	"AWS_PROXY": {Type: apidef.Lambda},
	"AWS":       {Type: apidef.LambdaCustom, Responses: []apidef.IntegrationResponse{{Status: 200}}},
	"HTTP":      {Type: apidef.HTTPCustom, Responses: []apidef.IntegrationResponse{{Status: 200}}},
}

func (s *stand) whole(uri string, in apidef.Integration, timeout time.Duration) {
	in.URI, in.Timeout = uri, timeout
	s.serve(faulty(in))
}

// TestC13WholeAnswers: what a backend does not answer whole is a refusal, never a
// part of it.
func TestC13WholeAnswers(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	hang := func(conn net.Conn, _ int64) { _, _ = conn.Read(make([]byte, 1)) }
	for name, tt := range map[string]struct {
		say    func(net.Conn, int64)
		status int
	}{
		"closes at once":          {say(""), 500},
		"garbage":                 {say("nonsense\r\n\r\n"), 500},
		"hangs":                   {hang, 504},
		"endless headers":         {say(head + "A: " + strings.Repeat("a", 1<<20) + "\r\n\r\n"), 500},
		"switches protocols":      {say("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), 500},
		"shorter than its length": {say(head + "Content-Length: 20\r\n\r\n{\"statusCode\":200}"), 500},
		"chunks without an end":   {say(head + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"), 500},
		"stops sending": {func(c net.Conn, n int64) {
			_, _ = io.WriteString(c, head+"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
			hang(c, n)
		}, 504},
	} {
		for kind, in := range wholeTypes {
			t.Run(name+", "+kind, func(t *testing.T) {
				s := newStand(t)
				uri, _ := script(t, tt.say)
				s.whole(uri, in, patience(tt.status))
				want := e25
				if tt.status == 504 {
					want = e27
				}
				if got := s.send(line("X: y")); got.status != tt.status || got.body != want {
					t.Errorf("%d %s (%v), want %d", got.status, got.body, got.err, tt.status)
				}
			})
		}
	}
}

// TestC14WholeAnswers: an event and a made request are posted once.
func TestC14WholeAnswers(t *testing.T) {
	for kind, in := range wholeTypes {
		s := newStand(t)
		uri, calls := script(t, func(conn net.Conn, n int64) {
			if n == 1 {
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"statusCode\":200}")
				return
			}
			_ = conn.Close()
		})
		s.whole(uri, in, 0)
		raw := "POST /prod/x HTTP/1.1\r\nHost: " + testHost + "\r\nIdempotency-Key: k\r\nContent-Length: 1\r\n\r\n1"
		if got := s.send(raw); got.status != 200 {
			t.Fatalf("%s, first: %d %s", kind, got.status, got.body)
		}
		if got := s.send(raw); got.status != 500 {
			t.Errorf("%s, second: %d", kind, got.status)
		}
		if n := calls.Load(); n != 2 {
			t.Errorf("%s: backend saw %d requests for 2 calls", kind, n)
		}
	}
}

// TestC16EventTooLarge: what a function cannot take is not posted.
func TestC16EventTooLarge(t *testing.T) {
	s := lambdaStand(t, nil, `{"statusCode":200}`)
	s.refused("7 MB", s.do(s.request("POST", "/prod/open", strings.Repeat("x", 7<<20))), 413, "RequestTooLargeException")
}

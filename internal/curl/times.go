package curl

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Times are when things happened, from the start of the last attempt.
type Times struct {
	start, end time.Time
	redirect   time.Duration
	line       atomic.Pointer[string] // of the request, until it is shown

	mu                                        sync.Mutex
	dns, connect, app, pretransfer, firstByte time.Time
	remote, local                             string
}

// since is the time from the start to t; 0 if it never happened.
func (t *Times) since(at time.Time) time.Duration {
	if at.IsZero() {
		return 0
	}
	return at.Sub(t.start)
}

// trace notes the times, and writes to w what --verbose shows of them.
func (t *Times) trace(ctx context.Context, clock func() time.Time, w io.Writer) context.Context {
	mark := func(at *time.Time) {
		t.mu.Lock()
		defer t.mu.Unlock()
		*at = clock()
	}
	line := func(format string, args ...any) {
		if w != nil {
			fmt.Fprintf(w, "* "+format+"\n", args...)
		}
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSDone: func(httptrace.DNSDoneInfo) { mark(&t.dns) },
		ConnectDone: func(_, addr string, err error) {
			mark(&t.connect)
			if err != nil {
				line("connect to %s: %v", addr, err)
			}
		},
		TLSHandshakeDone: func(s tls.ConnectionState, err error) {
			mark(&t.app)
			if err == nil {
				line("%s, %s, ALPN %q", tls.VersionName(s.Version), tls.CipherSuiteName(s.CipherSuite), s.NegotiatedProtocol)
			}
		},
		GotConn: func(info httptrace.GotConnInfo) {
			mark(&t.pretransfer)
			t.mu.Lock()
			t.remote, t.local = info.Conn.RemoteAddr().String(), info.Conn.LocalAddr().String()
			t.mu.Unlock()
			line("connected to %s", info.Conn.RemoteAddr())
		},
		WroteHeaderField: func(key string, values []string) {
			if line := t.line.Swap(nil); line != nil && w != nil {
				fmt.Fprintln(w, *line)
			}
			for _, v := range values {
				if w != nil {
					fmt.Fprintf(w, "> %s: %s\n", key, Redact(key, v))
				}
			}
		},
		WroteHeaders:         func() { endOfHeaders(w) },
		GotFirstResponseByte: func() { mark(&t.firstByte) },
	})
}

func endOfHeaders(w io.Writer) {
	if w != nil {
		fmt.Fprintln(w, ">")
	}
}

// visible is text of a server without what would change a terminal.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || 0x7f <= r && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}

// visibleLines is visible for a text of several lines.
func visibleLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = visible(lines[i])
	}
	return strings.Join(lines, "\n")
}

func traceResponse(w io.Writer, resp *http.Response) {
	if w == nil {
		return
	}
	fmt.Fprintf(w, "< %s %s\n", resp.Proto, resp.Status)
	for _, key := range sortedKeys(resp.Header) {
		for _, v := range resp.Header[key] {
			fmt.Fprintf(w, "< %s: %s\n", key, visible(Redact(key, v)))
		}
	}
	fmt.Fprintln(w, "<")
}

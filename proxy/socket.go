package proxy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// lingers is how long one side of a socket may go on when the other has ended.
const lingers = 5 * time.Second

var errUnasked = refusal(http.StatusBadGateway, "BadGatewayException", "the upstream switched to a protocol that nobody asked for")

// upgradeOf says whether a request opens a WebSocket (RFC 6455 section 4.1).
func upgradeOf(r *http.Request) bool {
	up := r.Header["Upgrade"]
	return r.Method == http.MethodGet && r.ContentLength == 0 && len(up) == 1 && strings.EqualFold(up[0], "websocket") && named(r.Header["Connection"], "upgrade") && r.ProtoMajor == 1
}

// socket signs the handshake, and then copies both ways until either side ends.
func (x *exchange) socket() error {
	resp, err := x.send()
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return x.respond(resp)
	}
	far, ok := resp.Body.(io.ReadWriteCloser)
	if !ok || !strings.EqualFold(resp.Header.Get("Upgrade"), "websocket") {
		_ = resp.Body.Close()
		return errUnasked
	}
	defer far.Close()
	near, rw, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		return fmt.Errorf("the connection cannot become a WebSocket: %w", err)
	}
	defer near.Close()
	x.status = resp.StatusCode
	if !x.p.sockets.add(near, far) {
		return nil
	}
	x.opened = true
	defer x.p.sockets.remove(near)
	if err := x.switched(near, rw.Writer, resp); err != nil {
		x.err = err
		return nil // nobody to tell
	}
	x.both(near, rw.Reader, far)
	return nil
}

// switched passes the 101 on.
func (x *exchange) switched(near net.Conn, w *bufio.Writer, resp *http.Response) error {
	if err := near.SetDeadline(time.Time{}); err != nil {
		return err
	}
	dropHops(resp.Header)
	resp.Header["Connection"], resp.Header["Upgrade"] = []string{"Upgrade"}, []string{"websocket"}
	if _, err := w.WriteString("HTTP/1.1 101 Switching Protocols\r\n"); err != nil {
		return err
	}
	if err := resp.Header.Write(w); err != nil {
		return err
	}
	if _, err := w.WriteString("\r\n"); err != nil {
		return err
	}
	return w.Flush()
}

// both copies both ways. The end of one is passed on, and leaves the other a
// while to end too.
func (x *exchange) both(near net.Conn, from io.Reader, far io.ReadWriteCloser) {
	ended := make(chan struct{}, 2)
	go func() {
		n, err := io.Copy(far, from)
		x.in.Add(n)
		half(far, err)
		ended <- struct{}{}
	}()
	go func() {
		n, err := io.Copy(near, far)
		x.out = n
		half(near, err)
		ended <- struct{}{}
	}()
	<-ended
	t := time.AfterFunc(lingers, func() { _ = errors.Join(near.Close(), far.Close()) })
	defer t.Stop()
	<-ended
}

// half ends the writing to one side, or all of it.
func half(c io.Closer, err error) {
	if w, ok := c.(interface{ CloseWrite() error }); ok && err == nil && w.CloseWrite() == nil {
		return
	}
	_ = c.Close()
}

// sockets are the ones that are open. The zero value is ready.
type sockets struct {
	under sync.WaitGroup // exchanges: each is counted and logged after its socket

	mu     sync.Mutex
	open   map[net.Conn]io.Closer
	closed bool
}

func (s *sockets) add(near net.Conn, far io.Closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.open == nil {
		s.open = make(map[net.Conn]io.Closer)
	}
	s.open[near] = far
	s.under.Add(1)
	return true
}

func (s *sockets) remove(near net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, near)
}

func (s *sockets) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// close ends all, lets none begin, and waits until the ends are told.
func (s *sockets) close() {
	s.shut()
	s.under.Wait()
}

func (s *sockets) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for near, far := range s.open {
		_ = errors.Join(near.Close(), far.Close()) // either may be gone
	}
}

package gateway

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// Times of a WebSocket connection ("Quotas for configuring and running a
// WebSocket API"), and how long a client may take to take a message.
const (
	socketIdle    = 10 * time.Minute
	socketLife    = 2 * time.Hour
	socketWrite   = 10 * time.Second
	socketGrace   = 5 * time.Second // for $disconnect when the gateway closes
	socketPending = 16              // messages of a connection that wait for their integrations
)

// Event types of a WebSocket API.
const (
	eventConnect    = "CONNECT"
	eventMessage    = "MESSAGE"
	eventDisconnect = "DISCONNECT"
)

var errClosing = errors.New("gateway: closing")

// socket is an open connection of a WebSocket API.
type socket struct {
	g         *Gateway
	id        string
	target    Target        // its address
	r         *http.Request // its handshake, with ctx
	identity  Identity
	auth      authorized
	connected time.Time
	active    atomic.Int64    // last traffic, in Unix milliseconds by the gateway's clock
	conn      *websocket.Conn // when ready is closed
	ready     chan struct{}
	idle      *time.Timer
	life      *time.Timer
	ctx       context.Context // of its integrations
	cancel    context.CancelFunc
	work      sync.WaitGroup
	asked     chan struct{}                        // closed when the last call of another node is done with
	ended     atomic.Pointer[websocket.CloseError] // by this side
}

func newSocket(c *call, address Target, id string) *socket {
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.r.Context()))
	s := &socket{
		g: c.g, id: id, target: address, r: c.r.WithContext(ctx), identity: c.identity, auth: c.auth,
		connected: c.now, ctx: ctx, cancel: cancel, ready: make(chan struct{}), asked: closedChannel(),
	}
	s.active.Store(c.now.UnixMilli())
	return s
}

// begin takes the open connection: from now on it may be used and may end.
func (s *socket) begin(conn *websocket.Conn) {
	s.conn = conn
	s.idle = time.AfterFunc(socketIdle, s.goAway)
	s.life = time.AfterFunc(socketLife, s.goAway)
	close(s.ready)
}

// run serves an open connection until it ends, and tells $disconnect.
func (s *socket) run() {
	defer s.g.sockets.remove(s)
	defer s.cancel()
	err := s.receive()
	s.g.sockets.forget(s)
	s.work.Wait()
	s.disconnected(err)
	s.life.Stop()
	s.idle.Stop()
	_ = s.conn.CloseNow() // it is closed but for faults
}

// receive reads messages. Each is answered after the one before, while reading
// goes on: pings are answered and the end is seen.
func (s *socket) receive() error {
	slots := make(chan struct{}, socketPending)
	before := closedChannel()
	for {
		kind, message, err := s.conn.Read(s.ctx)
		if errors.Is(err, errFrame) {
			s.close(websocket.StatusMessageTooBig, "a frame has at most 32 KiB")
		}
		if err != nil {
			return err
		}
		s.touch()
		slots <- struct{}{}
		previous, done := before, make(chan struct{})
		before = done
		s.work.Go(func() {
			defer func() { close(done); <-slots }()
			<-previous
			s.received(kind, message)
		})
	}
}

func closedChannel() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// touch notes that there was traffic.
func (s *socket) touch() {
	s.active.Store(s.g.now().UnixMilli())
	s.idle.Reset(socketIdle)
}

func (s *socket) pinged(context.Context, []byte) bool { s.touch(); return true }

func (s *socket) ponged(context.Context, []byte) { s.touch() }

// goAway ends a connection that is idle or old, or whose gateway closes.
func (s *socket) goAway() {
	if s.opened() {
		s.close(websocket.StatusGoingAway, "Going away")
	}
}

// opened waits until the connection is open; false: it never is.
func (s *socket) opened() bool {
	select {
	case <-s.ready:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// close ends the connection from this side.
func (s *socket) close(code websocket.StatusCode, reason string) {
	s.ended.CompareAndSwap(nil, &websocket.CloseError{Code: code, Reason: reason})
	_ = s.conn.Close(code, reason) // the client may have gone
}

// send gives the client a message, as text where it is one.
func (s *socket) send(message []byte, kind websocket.MessageType) error {
	ctx, cancel := context.WithTimeout(s.ctx, socketWrite)
	defer cancel()
	if err := s.conn.Write(ctx, kind, message); err != nil {
		return err
	}
	s.touch()
	return nil
}

// ending is how the connection ended, as a DISCONNECT event says it.
func (s *socket) ending(err error) (code int, reason string) {
	if own := s.ended.Load(); own != nil {
		return int(own.Code), own.Reason
	}
	if end, ok := errors.AsType[websocket.CloseError](err); ok {
		if end.Code == websocket.StatusNoStatusRcvd {
			return int(end.Code), "Client-side close frame status not set"
		}
		return int(end.Code), end.Reason
	}
	if errors.Is(err, websocket.ErrMessageTooBig) {
		return int(websocket.StatusMessageTooBig), "a message has at most 128 KiB"
	}
	return int(websocket.StatusAbnormalClosure), "Connection closed abnormally"
}

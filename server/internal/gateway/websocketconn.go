package gateway

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"slices"
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
	ended     atomic.Pointer[websocket.CloseError] // by this side
}

func newSocket(c *call, address Target, id string) *socket {
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.r.Context()))
	s := &socket{
		g: c.g, id: id, target: address, r: c.r.WithContext(ctx), identity: c.identity, auth: c.auth,
		connected: c.now, ctx: ctx, cancel: cancel, ready: make(chan struct{}),
	}
	s.active.Store(c.now.UnixMilli())
	return s
}

// connectionID makes an id of a connection or a message as API Gateway's, 15
// characters and an =. Whoever knows it still needs a signature to use it.
func (g *Gateway) connectionID() string {
	var id [11]byte
	src := g.Rand
	if src == nil {
		src = rand.Reader
	}
	if _, err := src.Read(id[:]); err != nil {
		_, _ = rand.Read(id[:]) // never fails
	}
	return base64.URLEncoding.EncodeToString(id[:])
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
	select {
	case <-s.ready:
		s.close(websocket.StatusGoingAway, "Going away")
	case <-s.ctx.Done(): // it never came about
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

// sockets are the open connections of this process, by id. No other process
// knows them.
type sockets struct {
	mu   sync.Mutex
	byID map[string]*socket
	shut bool
	open sync.WaitGroup
}

func (ss *sockets) add(s *socket) bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.shut {
		return false
	}
	if ss.byID == nil {
		ss.byID = map[string]*socket{}
	}
	ss.byID[s.id] = s
	ss.open.Add(1)
	return true
}

// Connections is how many WebSocket connections are open in this process.
func (g *Gateway) Connections() int {
	g.sockets.mu.Lock()
	defer g.sockets.mu.Unlock()
	return len(g.sockets.byID)
}

// forget lets nobody find a connection that has ended.
func (ss *sockets) forget(s *socket) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	delete(ss.byID, s.id)
}

// remove is the end of a connection's work.
func (ss *sockets) remove(s *socket) {
	ss.forget(s)
	ss.open.Done()
}

// find gives an open connection of a stage.
func (ss *sockets) find(id string, at Target) *socket {
	ss.mu.Lock()
	s := ss.byID[id]
	ss.mu.Unlock()
	if s == nil || s.target.API != at.API || s.target.Stage != at.Stage {
		return nil
	}
	select {
	case <-s.ready:
		return s
	case <-s.ctx.Done():
		return nil
	}
}

// close ends all connections and waits for them. Their last integrations have a
// little time.
func (ss *sockets) close() {
	ss.mu.Lock()
	ss.shut = true
	all := slices.Collect(maps.Values(ss.byID))
	ss.mu.Unlock()
	var leaving sync.WaitGroup
	for _, s := range all {
		leaving.Go(s.goAway)
	}
	leaving.Wait()
	enough := time.AfterFunc(socketGrace, func() {
		for _, s := range all {
			s.cancel()
		}
	})
	defer enough.Stop()
	ss.open.Wait()
}

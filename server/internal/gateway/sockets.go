package gateway

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"slices"
	"sync"
	"time"
)

// sockets are the open connections of this process, by id. Another process finds
// it by the number in the ids.
type sockets struct {
	mu   sync.Mutex
	byID map[string]*socket
	node uint32
	shut bool
	open sync.WaitGroup
}

// SetNode says under which number other processes find this one; zero: there are
// none. The ids of connections begin with it. Those of an earlier number are ended:
// the others have said that they are gone.
func (g *Gateway) SetNode(node uint32) {
	ss := &g.sockets
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if node == ss.node {
		return
	}
	ss.node = node
	for _, s := range ss.byID {
		ss.open.Go(s.goAway)
	}
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
	if node := g.sockets.own(); node != 0 {
		binary.BigEndian.PutUint32(id[:], node)
	}
	return base64.URLEncoding.EncodeToString(id[:])
}

// nodeOf is the number of the process that made a connection's id; 0: nobody's.
func nodeOf(id string) uint32 {
	raw, err := base64.URLEncoding.DecodeString(id)
	if err != nil || len(raw) != 11 {
		return 0
	}
	return binary.BigEndian.Uint32(raw)
}

// own is the number of this process.
func (ss *sockets) own() uint32 {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return ss.node
}

// add takes a connection before it is open, unless nobody would find it.
func (ss *sockets) add(s *socket) bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.shut || ss.node != 0 && nodeOf(s.id) != ss.node {
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

// find gives the connection of this process that a call is about.
func (ss *sockets) find(q connectionCall) *socket {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	s := ss.byID[q.ID]
	if s == nil || s.target.API != q.API || s.target.Stage != q.Stage {
		return nil
	}
	return s
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

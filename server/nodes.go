package server

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/gatepass/gatepass/internal/seal"
	"github.com/gatepass/gatepass/server/internal/gateway"
	"github.com/gatepass/gatepass/server/store"
)

// Times of a question to another node: an answer takes as long as a client may
// take to take a message, and a little more; and how often it is asked after
// whether the node lives.
const (
	askLimit = 12 * time.Second
	askCheck = time.Second
)

// Kinds of letters, their first byte. The node that sent it and the number of the
// question follow, and then the question or the answer.
const (
	letterQuestion = '?'
	letterAnswer   = '!'
	letterHead     = 1 + 4 + 8
)

var errCutOff = errors.New("this node has lost its connection to the others")

// exchange lets the nodes over one PostgreSQL ask each other. Letters are sealed:
// they hold what users say, and only nodes can make them.
type exchange struct {
	post   *store.Post
	box    *seal.Box
	random io.Reader
	limit  time.Duration // of a question, askLimit but in tests
	moved  func(node uint32)
	asked  func(question []byte) (answer func() []byte)
	met    map[uint32]*once // questions, by the node that asks; of who gets letters

	work    sync.WaitGroup // answers
	mu      sync.Mutex     // of the rest
	node    uint32         // 0: no letter comes at present
	count   uint64
	waiting map[uint64]chan []byte
}

// joinNodes makes this process a node, where the database serves several.
func (s *Server) joinNodes(ctx context.Context) error {
	if !s.shared() {
		return nil
	}
	x := &exchange{
		box: s.ring.Box("letters between nodes"), random: s.random, limit: askLimit, moved: s.gateway.SetNode, asked: s.gateway.Asked,
		waiting: map[uint64]chan []byte{}, met: map[uint32]*once{},
	}
	x.post = &store.Post{Store: s.store, Joined: x.joined, Received: x.received, Lost: x.lost}
	if err := x.post.Open(ctx); err != nil {
		return err
	}
	s.exchange, s.gateway.AskNode = x, x.ask
	return nil
}

// closeGateway ends the connections, after which nothing holds up the answers to
// other nodes that are under way.
func (s *Server) closeGateway() error {
	if s.exchange == nil {
		return s.gateway.Close()
	}
	err := errors.Join(s.exchange.post.Close(), s.gateway.Close())
	s.exchange.work.Wait()
	return err
}

func (x *exchange) joined(node uint32) {
	x.moved(node)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.node = node
}

// lost ends the questions whose answers may have been lost.
func (x *exchange) lost() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.node = 0
	for id, waits := range x.waiting {
		close(waits)
		delete(x.waiting, id)
	}
}

// ask asks a node and gives its answer; gateway.ErrNoNode if there is none of that
// number any more. The question is asked once.
func (x *exchange) ask(ctx context.Context, node uint32, question []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, x.limit)
	defer cancel()
	id, own, waits := x.expect()
	if waits == nil {
		return nil, errCutOff
	}
	defer x.forget(id)
	err := x.send(ctx, node, letter{letterQuestion, own, id, question})
	for err == nil {
		select {
		case answer, ok := <-waits:
			if !ok {
				return nil, errCutOff
			}
			return answer, nil
		case <-ctx.Done():
			err = ctx.Err()
		case <-time.After(askCheck):
			err = x.post.Lives(ctx, node)
		}
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, gateway.ErrNoNode
	}
	return nil, err
}

// expect gives the number of a new question and where its answer comes; no place
// if none would come.
func (x *exchange) expect() (id uint64, own uint32, waits chan []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.node == 0 {
		return 0, 0, nil
	}
	x.count++
	waits = make(chan []byte, 1)
	x.waiting[x.count] = waits
	return x.count, x.node, waits
}

// forget is take, for a question that nobody waits for any more.
func (x *exchange) forget(id uint64) { x.take(id) }

// take gives the place of a question's one answer.
func (x *exchange) take(id uint64) chan []byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	waits := x.waiting[id]
	delete(x.waiting, id)
	return waits
}

// letter is what nodes send each other: a question, or the answer to it.
type letter struct {
	kind byte
	from uint32
	id   uint64
	body []byte
}

func (x *exchange) send(ctx context.Context, to uint32, l letter) error {
	sealed, err := x.sealed(to, l)
	if err != nil {
		return err
	}
	return x.post.Send(ctx, to, sealed)
}

func (x *exchange) sealed(to uint32, l letter) ([]byte, error) {
	plain := append(make([]byte, 0, letterHead+len(l.body)), l.kind)
	plain = binary.BigEndian.AppendUint32(plain, l.from)
	plain = binary.BigEndian.AppendUint64(plain, l.id)
	return x.box.SealBytes(x.random, append(plain, l.body...), addressee(to))
}

// addressee binds a letter to the node that may open it.
func addressee(node uint32) []byte { return binary.BigEndian.AppendUint32(nil, node) }

// received answers a question, or hands an answer to who waits for it. Others than
// nodes can send, but cannot seal.
func (x *exchange) received(sealed []byte) {
	x.mu.Lock()
	own := x.node
	x.mu.Unlock()
	plain, err := x.box.OpenBytes(sealed, addressee(own))
	if err != nil || len(plain) < letterHead {
		return
	}
	l := letter{plain[0], binary.BigEndian.Uint32(plain[1:]), binary.BigEndian.Uint64(plain[5:]), plain[letterHead:]}
	switch l.kind {
	case letterQuestion:
		if x.meets(l) {
			x.answer(own, l)
		}
	case letterAnswer:
		if waits := x.take(l.id); waits != nil {
			waits <- l.body // it has room for the one
		}
	}
}

// meets tells a question that is no copy of one before.
func (x *exchange) meets(l letter) bool {
	if x.met[l.from] == nil {
		x.met[l.from] = new(once)
	}
	return x.met[l.from].first(l.id)
}

// answer works on a question, beside others that are asked meanwhile.
func (x *exchange) answer(own uint32, l letter) {
	answer := x.asked(l.body)
	x.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), x.limit)
		defer cancel()
		body := answer()
		_ = x.send(ctx, l.from, letter{letterAnswer, own, l.id, body}) // it asks no more, or gives up
	})
}

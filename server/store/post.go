package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// nodeLocks is the class of the advisory locks by which processes live.
	nodeLocks = 71733171
	// postGrace is how long a process that has lost its connection to the database
	// is waited for before it is given up.
	postGrace = 5 * time.Second
	// postConnect is how long a process tries to become a node, if the database is
	// not given more for anything.
	postConnect = 10 * time.Second
	// postCheck is how often a connection on which nothing comes is tried.
	postCheck = 5 * time.Second
)

// postSettings let the database notice within some ten seconds that a process has
// gone without a word, or takes nothing any more.
const postSettings = `SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 10000`

// node is a process that gets post: a document of that kind. Only who reads the
// database knows the channel, for PostgreSQL lets everybody notify.
type node struct {
	Number  uint32
	Channel string
}

func (n node) id() string { return nodeID(n.Number) }

func nodeID(number uint32) string { return fmt.Sprintf("%08x", number) }

// lock is the second number of the node's advisory lock.
func (n node) lock() int32 { return int32(n.Number) }

// newNode makes a node. The number 0 is nobody's.
func newNode() node {
	var number [4]byte
	_, _ = rand.Read(number[:]) // never fails
	return node{Number: max(1, binary.BigEndian.Uint32(number[:])), Channel: "gatepass_" + rand.Text()}
}

// Post carries letters between the processes that share a PostgreSQL database, at
// most once and in nobody's table: in notifications. A process lives as long as
// its connection, which holds a lock. Set the fields, then Open it. One goroutine
// calls the functions, one after the other; they must not wait for a letter.
type Post struct {
	Store *Store
	// Joined is told the number under which others reach this process: when it is
	// first connected and each time it is again, with another number if the others
	// have given it up in the meantime.
	Joined func(node uint32)
	// Received takes a letter; letters of one sender come in the order in which
	// sending them was over.
	Received func(letter []byte)
	// Lost is told that letters may have been lost, and none comes until Joined.
	Lost func()

	own   node // of the one goroutine that connects
	grace time.Duration
	stop  context.CancelFunc
	work  sync.WaitGroup
}

// Open makes the process a node of its PostgreSQL database; Joined has been called
// when it returns. Other databases belong to one process and have no post:
// ErrUnavailable.
func (p *Post) Open(ctx context.Context) error {
	if !p.Store.postgres {
		return fmt.Errorf("%w: only processes over PostgreSQL get post", ErrUnavailable)
	}
	p.grace = cmp.Or(p.grace, postGrace)
	conn, err := p.connect(ctx)
	if err != nil {
		return err
	}
	ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	p.Joined(p.own.Number)
	p.work.Go(func() { p.run(ctx, conn) })
	p.work.Go(func() { p.tidy(ctx) })
	return nil
}

// Close ends the connection and takes the process off the list of nodes, so that
// nobody waits for it. Close it before the Store.
func (p *Post) Close() error {
	p.stop()
	p.work.Wait()
	err := p.Store.Update(context.Background(), func(tx *Tx) error { return remove(tx, "node", p.own.id()) })
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrUnavailable) {
		return nil // it was given up, or will be when somebody asks
	}
	return err
}

// run gets letters, over one connection after another.
func (p *Post) run(ctx context.Context, conn *pgx.Conn) {
	for conn != nil {
		p.receive(ctx, conn)
		hangUp(conn)
		p.Lost()
		conn = p.reconnect(ctx)
	}
}

func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // broken or not, it is over
}

// reconnect tries until it is connected or ctx ends: nil.
func (p *Post) reconnect(ctx context.Context) *pgx.Conn {
	for try := 0; ctx.Err() == nil; try = min(try+1, 7) { // then some 256 ms
		if conn, err := p.connect(ctx); err == nil {
			p.Joined(p.own.Number)
			return conn
		}
		_ = pause(ctx, try) // the loop sees that ctx has ended
	}
	return nil
}

// connect gives a connection on which letters to this process come.
func (p *Post) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, max(postConnect, p.Store.timeout))
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, p.Store.config.Copy())
	if err != nil {
		return nil, classify(err)
	}
	if _, err = conn.Exec(ctx, postSettings); err == nil {
		err = p.join(ctx, conn)
	}
	if err != nil {
		hangUp(conn)
		return nil, classify(err)
	}
	return conn, nil
}

// join makes the process the node that it was. If others have given that one up
// it becomes another: they have told their callers that its connections are gone.
func (p *Post) join(ctx context.Context, conn *pgx.Conn) error {
	if p.own.Number != 0 {
		var still bool
		err := p.listen(ctx, conn)
		if err == nil {
			err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM documents WHERE kind = 'node' AND id = $1)", p.own.id()).Scan(&still)
		}
		if err != nil || still {
			return err
		}
		if _, err := conn.Exec(ctx, "UNLISTEN *; SELECT pg_advisory_unlock_all()"); err != nil {
			return err
		}
	}
	p.own = newNode()
	if err := p.listen(ctx, conn); err != nil {
		return err
	}
	doc, err := json.Marshal(p.own)
	if err == nil {
		_, err = conn.Exec(ctx, "INSERT INTO documents (kind, id, parent, doc) VALUES ('node', $1, '', $2)", p.own.id(), string(doc))
	}
	return err
}

// listen takes the lock before anybody may look for it. A connection that the
// database has not yet missed may hold it for some seconds: that is an error.
func (p *Post) listen(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1, $2)", nodeLocks, p.own.lock()); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{p.own.Channel}.Sanitize())
	return err
}

// receive gets letters until the connection fails or ctx ends.
func (p *Post) receive(ctx context.Context, conn *pgx.Conn) {
	var in parts
	for {
		n, err := p.next(ctx, conn)
		if err != nil {
			return
		}
		if letter := in.add(n.Payload); letter != nil {
			p.Received(letter)
		}
	}
}

// next waits for a notification, and tries now and then whether the database is
// still there.
func (p *Post) next(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	for {
		n, err := within(ctx, postCheck, conn.WaitForNotification)
		if n != nil || ctx.Err() != nil || conn.IsClosed() {
			return n, err
		}
		_, err = within(ctx, p.Store.timeout, func(ctx context.Context) (any, error) { return nil, conn.Ping(ctx) })
		if err != nil {
			return nil, err
		}
	}
}

func within[T any](ctx context.Context, limit time.Duration, fn func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return fn(ctx)
}

// Send gives a node a letter of at most [MaxLetter] bytes. ErrNotFound: there is
// no such node any more; one that has lost its connection is waited for some
// seconds before it is given up. ErrUnavailable leaves open whether the letter is on its way. It is sent once.
func (p *Post) Send(ctx context.Context, to uint32, letter []byte) error {
	if len(letter) > MaxLetter {
		return fmt.Errorf("%w: a letter of %d bytes", ErrUnavailable, len(letter))
	}
	return p.reach(ctx, to, split(letter))
}

// Lives is Send without a letter.
func (p *Post) Lives(ctx context.Context, number uint32) error {
	return p.reach(ctx, number, []string{""})
}

func (p *Post) reach(ctx context.Context, number uint32, payloads []string) error {
	for until := time.Now().Add(p.grace); ; {
		n, err := get[node](ctx, p.Store.reader, "node", nodeID(number))
		if err != nil {
			return err
		}
		lives, err := p.notify(ctx, n, payloads)
		if lives || err != nil {
			return err
		}
		if time.Now().After(until) {
			err = p.giveUp(ctx, n)
		} else {
			err = pause(ctx, 6) // at most 128 ms
		}
		if err != nil {
			return err
		}
	}
}

// notify sends nothing if nobody holds the node's lock. Nothing of it is for the
// disk: a notification ends with the server anyway.
func (p *Post) notify(ctx context.Context, n node, payloads []string) (lives bool, err error) {
	ctx, cancel := p.Store.bound(ctx)
	defer cancel()
	done, err := p.Store.write.ExecContext(ctx, `WITH node AS MATERIALIZED (
			SELECT NOT pg_try_advisory_xact_lock_shared($1, $2) AS lives, set_config('synchronous_commit', 'off', true))
		SELECT pg_notify($3, payload) FROM node, unnest($4::text[]) AS payload WHERE lives`, nodeLocks, n.lock(), n.Channel, payloads)
	if err != nil {
		return false, classify(err)
	}
	sent, err := done.RowsAffected()
	return sent > 0, classify(err)
}

// giveUp takes a dead node off the list, for good: ErrNotFound, also if another
// process did. nil: it is back. The lock keeps it away until that is decided.
func (p *Post) giveUp(ctx context.Context, n node) error {
	var dead bool
	err := p.Store.Update(ctx, func(tx *Tx) error {
		err := tx.row(ctx, "SELECT pg_try_advisory_xact_lock_shared($1, $2)", []any{nodeLocks, n.lock()}, &dead)
		if err != nil || !dead {
			return err
		}
		return remove(tx, "node", n.id())
	})
	if err == nil && dead {
		return ErrNotFound
	}
	return err
}

// tidy gives up the nodes that were left behind, of which nobody may ask again.
func (p *Post) tidy(ctx context.Context) {
	all, _ := list[node](ctx, p.Store.reader, byParent, "node", "", "", everything)
	for _, n := range all {
		_ = p.Lives(ctx, n.Number) // another start may have more luck
	}
}

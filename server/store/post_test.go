package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/server/store/storetest"
)

// hangs is how long what comes in the end is waited for.
const hangs = 5 * time.Minute

// office is a node that keeps what comes.
type office struct {
	*store.Post
	joined  chan uint32
	letters chan []byte
	lost    chan struct{}
	number  uint32
}

// join opens a store of its own and makes it a node.
func join(t *testing.T, dsn string, patience time.Duration) *office {
	t.Helper()
	o := &office{joined: make(chan uint32, 100), letters: make(chan []byte, 1000), lost: make(chan struct{}, 100)}
	o.Post = &store.Post{
		Store:  open(t, dsn),
		Joined: func(n uint32) { o.joined <- n }, Received: func(l []byte) { o.letters <- l }, Lost: func() { o.lost <- struct{}{} },
	}
	o.Patience(patience)
	must(t, o.Open(background))
	t.Cleanup(func() { must(t, o.Close()) })
	o.number = <-o.joined
	if o.number == 0 {
		t.Fatal("0 is nobody's number")
	}
	return o
}

// soon waits for what must come.
func soon[T any](t *testing.T, what string, c chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(hangs):
		t.Fatalf("%s: nothing came", what)
		panic("")
	}
}

// admin runs a statement beside the stores.
func admin(t *testing.T, dsn, statement string, args ...any) int64 {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	must(t, err)
	defer db.Close()
	done, err := db.Exec(statement, args...)
	must(t, err)
	n, err := done.RowsAffected()
	must(t, err)
	return n
}

// cut ends the connection by which a node lives.
func cut(t *testing.T, dsn string, number uint32) {
	t.Helper()
	n := admin(t, dsn, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1", int64(number))
	if n != 1 {
		t.Fatalf("%d connections hold the lock of the node", n)
	}
}

// forgotten waits until the database has noticed the end of a node.
func forgotten(t *testing.T, dsn string, number uint32) {
	t.Helper()
	deadline := time.Now().Add(hangs)
	for admin(t, dsn, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = $1", int64(number)) > 0 {
		if time.Now().After(deadline) {
			t.Fatal("it lives on")
		}
	}
}

// nodes counts the nodes that the database knows.
func nodes(t *testing.T, dsn string) (n int64) {
	t.Helper()
	return admin(t, dsn, "SELECT 1 FROM documents WHERE kind = 'node'")
}

// Letters of any size come whole and in order.
func TestPostLetters(t *testing.T) {
	dsn := storetest.Postgres(t)
	a, b := join(t, dsn, 0), join(t, dsn, 0)
	var want [][]byte
	for _, size := range []int{0, 1, 5924, 5925, 5926, 11850, 128 << 10, store.MaxLetter} {
		for i := range 3 {
			want = append(want, bytes.Repeat([]byte{byte(i), '+', '.'}, size/3+1)[:size])
		}
	}
	for _, letter := range want {
		must(t, a.Send(background, b.number, letter))
	}
	for i, letter := range want {
		if got := soon(t, "a letter", b.letters); !bytes.Equal(got, letter) {
			t.Fatalf("letter %d: %d bytes, want %d", i, len(got), len(letter))
		}
	}
	must(t, a.Send(background, a.number, []byte("to oneself")))
	if got := soon(t, "to oneself", a.letters); string(got) != "to oneself" {
		t.Errorf("got %q", got)
	}
	if err := a.Send(background, b.number, make([]byte, store.MaxLetter+1)); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("too large: %v", err)
	}
	must(t, a.Lives(background, b.number))
	if len(b.letters)+len(a.letters) > 0 {
		t.Error("a letter that nobody sent")
	}
}

// What somebody else notifies is no letter, and spoils none.
func TestPostGarbage(t *testing.T) {
	dsn := storetest.Postgres(t)
	a := join(t, dsn, 0)
	for _, payload := range []string{"", "x", "1.YQ", "0+YQ", "2.YQ", "0+!", "1.!", "-1.YQ", "00.YQ", "0.Y", "0..", "0+YWJj"} {
		admin(t, dsn, "SELECT pg_notify(doc::json->>'Channel', $1) FROM documents WHERE kind = 'node'", payload)
	}
	must(t, a.Send(background, a.number, []byte("fine")))
	if got := soon(t, "a letter", a.letters); string(got) != "fine" {
		t.Errorf("got %q", got)
	}
}

// A process that loses its connection is the same node again. Who sends meanwhile
// waits for it; what was on its way is lost.
func TestPostReconnects(t *testing.T) {
	dsn := storetest.Postgres(t)
	a, b := join(t, dsn, hangs), join(t, dsn, hangs)
	for i := range 3 {
		cut(t, dsn, b.number)
		soon(t, "the loss", b.lost)
		must(t, a.Send(background, b.number, []byte("meanwhile")))
		if got := soon(t, "joined", b.joined); got != b.number {
			t.Errorf("it was %d and is %d", b.number, got)
		}
		letter := fmt.Sprint("letter ", i)
		must(t, a.Send(background, b.number, []byte(letter)))
		got := string(soon(t, "a letter", b.letters))
		if got == "meanwhile" { // the lock may go a little later than the connection
			got = string(soon(t, "a letter", b.letters))
		}
		if got != letter {
			t.Errorf("got %q", got)
		}
	}
}

// A process that has ended is no node any more: at once if it said so, else after
// some patience, and then for good.
func TestPostGone(t *testing.T) {
	dsn := storetest.Postgres(t)
	a, left, crashed := join(t, dsn, time.Millisecond), join(t, dsn, 0), join(t, dsn, 0)
	must(t, left.Close())
	crashed.Crash()
	forgotten(t, dsn, crashed.number)
	for name, number := range map[string]uint32{"left": left.number, "crashed": crashed.number, "crashed, again": crashed.number, "nobody": 1} {
		if err := a.Send(background, number, []byte("x")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := nodes(t, dsn); n != 1 {
		t.Errorf("%d nodes", n)
	}
}

// A process that was given up while it was cut off is another node afterwards.
func TestPostGivenUp(t *testing.T) {
	dsn := storetest.Postgres(t)
	a, b := join(t, dsn, hangs), join(t, dsn, hangs)
	if n := admin(t, dsn, "DELETE FROM documents WHERE kind = 'node' AND id = $1", fmt.Sprintf("%08x", b.number)); n != 1 {
		t.Fatal(n)
	}
	cut(t, dsn, b.number)
	number := soon(t, "joined", b.joined)
	if number == b.number {
		t.Error("it is the node that was given up")
	}
	if err := a.Send(background, b.number, nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("to the old number: %v", err)
	}
	must(t, a.Send(background, number, []byte("new")))
	if got := soon(t, "a letter", b.letters); string(got) != "new" {
		t.Errorf("got %q", got)
	}
}

// A start takes away the nodes that were left behind.
func TestPostTidies(t *testing.T) {
	dsn := storetest.Postgres(t)
	for range 3 {
		b := join(t, dsn, 0)
		b.Crash()
		forgotten(t, dsn, b.number)
	}
	a := join(t, dsn, time.Millisecond)
	for deadline := time.Now().Add(hangs); nodes(t, dsn) != 1; {
		if time.Now().After(deadline) {
			t.Fatalf("%d nodes", nodes(t, dsn))
		}
	}
	must(t, a.Lives(background, a.number))
}

// Without a database nobody knows.
func TestPostUnavailable(t *testing.T) {
	if err := (&store.Post{Store: open(t, "")}).Open(background); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("in memory: %v", err)
	}
	cluster := storetest.Own(t)
	dsn := storetest.Postgres(t)
	a, b := join(t, dsn, hangs), join(t, dsn, hangs)
	cluster.Stop()
	soon(t, "the loss", a.lost)
	for _, number := range []uint32{a.number, b.number, 1} {
		if err := a.Send(background, number, nil); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%v", err)
		}
	}
	must(t, cluster.Start())
	if got := soon(t, "joined", b.joined); got != b.number {
		t.Errorf("it was %d and is %d", b.number, got)
	}
	soon(t, "joined", a.joined)
	ctx, cancel := context.WithTimeout(background, hangs)
	defer cancel()
	for a.Send(ctx, b.number, []byte("after")) != nil { // the pool may hold dead connections
		must(t, ctx.Err())
	}
	if got := soon(t, "a letter", b.letters); string(got) != "after" {
		t.Errorf("got %q", got)
	}
}

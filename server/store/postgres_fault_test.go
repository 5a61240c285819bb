package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/server/store/storetest"
)

// K06: nodes that start together make the schema once.
func TestK06NodesMigrateTogether(t *testing.T) {
	dsn := storetest.Postgres(t)
	var mu sync.Mutex
	fresh := 0
	succeeded, failed := parallel(5, func(int) error {
		s, err := store.Open(background, dsn)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if s.Fresh() {
			fresh++
		}
		return s.Close()
	})
	if succeeded != 5 || fresh != 1 {
		t.Errorf("%d of 5 nodes started, %d made the schema; %v", succeeded, fresh, failed)
	}
}

// K09: transactions that wait for each other in a circle are run again.
func TestK09Deadlock(t *testing.T) {
	s := open(t, storetest.Postgres(t))
	createUser(t, s, "a", nil)
	createUser(t, s, "b", nil)
	touch := func(u *store.User) error { u.PasswordVersion++; return nil }
	var met sync.WaitGroup
	met.Add(2)
	succeeded, failed := parallel(2, func(i int) error {
		order, first := []string{"ab", "ba"}[i], true
		return s.Update(background, func(tx *store.Tx) error {
			if err := tx.ModifyUser("p", order[:1], touch); err != nil {
				return err
			}
			if first { // both hold one user before either asks for the other
				first = false
				met.Done()
				met.Wait()
			}
			if tx.ModifyUser("p", order[1:], touch) != nil {
				return errors.New("a caller that hides the database's error")
			}
			return nil
		})
	})
	u, err := s.UserBySub(background, "p", "a")
	if succeeded != 2 || err != nil || u.PasswordVersion != 2 {
		t.Errorf("%d updates succeeded, version %d, %v, %v", succeeded, u.PasswordVersion, failed, err)
	}
}

// K09: a server that takes the connection and says nothing.
func TestK09SilentServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	_, err = store.Open(background, fmt.Sprintf("postgres://u:secret@%s/db?sslmode=disable&connect_timeout=1", listener.Addr()))
	if !errors.Is(err, store.ErrUnavailable) {
		t.Error(err)
	}
	if err != nil && strings.Contains(err.Error(), "secret") {
		t.Errorf("the error tells the password: %v", err)
	}
	if _, err := store.Open(background, "postgres://u:secret@[::bad/db"); !errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "secret") {
		t.Errorf("a bad URL: %v", err)
	}
}

// K09: who waits for a lock gives up with the caller's context.
func TestK09LockedRecord(t *testing.T) {
	dsn := storetest.Postgres(t)
	s := open(t, dsn)
	createUser(t, s, "ada", nil)
	held, release := make(chan struct{}), make(chan struct{})
	holder := make(chan error)
	go func() {
		holder <- s.Update(background, func(tx *store.Tx) error {
			_, err := tx.UserBySub(background, "p", "ada")
			close(held)
			<-release
			return err
		})
	}()
	<-held
	ctx, cancel := context.WithCancel(background)
	result := make(chan error, 1)
	go func() {
		result <- s.Update(ctx, func(tx *store.Tx) error {
			return tx.ModifyUser("p", "ada", func(*store.User) error { return nil })
		})
	}()
	for len(result) == 0 && admin(t, dsn, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE%'") == 0 {
	}
	cancel()
	err := <-result
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("the update gave %v", err)
	}
	if _, err := s.UserBySub(background, "p", "ada"); err != nil {
		t.Errorf("a read waits for the writer: %v", err)
	}
	close(release)
	must(t, <-holder)
}

// K07: nothing acknowledged is lost when the server crashes and comes back, every
// error says unavailable, and the store goes on by itself.
func TestK07Restart(t *testing.T) {
	c := storetest.Own(t)
	s := open(t, storetest.Postgres(t))
	stop := make(chan struct{})
	acked := make([][]string, 4)
	var wg sync.WaitGroup
	for w := range acked {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("%d-%d", w, i)
				switch err := mark(s, id); {
				case err == nil:
					acked[w] = append(acked[w], id)
				case !errors.Is(err, store.ErrUnavailable):
					t.Errorf("%s: %v", id, err)
				}
			}
		})
	}
	c.Stop()
	must(t, c.Start())
	err := mark(s, "after")
	for try := 0; err != nil && try < 1000; try++ { // the pool may hold a dead connection for each who wrote
		err = mark(s, fmt.Sprint("after try ", try))
	}
	must(t, err)
	close(stop)
	wg.Wait()
	n := 0
	for _, ids := range acked {
		n += len(ids)
		for _, id := range ids {
			if !marked(t, s, id) {
				t.Fatalf("%s was acknowledged and is lost", id)
			}
		}
	}
	t.Logf("%d acknowledged over a restart, none lost", n)
}

// Stores over one PostgreSQL database are one store.
func TestNodesShareTheirState(t *testing.T) {
	dsn := storetest.Postgres(t)
	nodes := []*store.Store{open(t, dsn), open(t, dsn), open(t, dsn)}
	evaluated, others := parallel(60, func(i int) error { _, err := reserve(nodes[i%3], noon); return err })
	if evaluated != 5 {
		t.Errorf("%d guesses over three nodes were evaluated, want 5; the others: %v", evaluated, others)
	}
}

package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/internal/gateway"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/server/store/storetest"
)

// overPostgres starts a server on the database.
func overPostgres(t *testing.T, dsn string) *Server {
	t.Helper()
	s := &Server{DSN: dsn, Config: &Config{}}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.exchange.limit = time.Hour // a test takes as long as it takes
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// two are servers of one database.
func two(t *testing.T) (a, b *Server, dsn string) {
	t.Helper()
	t.Setenv(RootKeyEnv, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	dsn = storetest.Postgres(t)
	return overPostgres(t, dsn), overPostgres(t, dsn), dsn
}

// number is under which other nodes reach it.
func (x *exchange) number() uint32 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.node
}

// impostor gets post without being a gatepass.
func impostor(t *testing.T, dsn string) (p *store.Post, number uint32, letters chan []byte) {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	letters = make(chan []byte, 10)
	p = &store.Post{Store: db, Joined: func(n uint32) { number = n }, Received: func(l []byte) { letters <- l }, Lost: func() {}}
	if err := p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(p.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return p, number, letters
}

// Many ask at once, each other, and each gets his own answer.
func TestExchange(t *testing.T) {
	a, b, _ := two(t)
	for _, s := range []*Server{a, b} {
		s.exchange.asked = func(question []byte) func() []byte {
			return func() []byte { return append([]byte(fmt.Sprint(s.exchange.number(), ": ")), question...) }
		}
	}
	var wg sync.WaitGroup
	for i := range 20 {
		from, to := a, b
		if i%2 == 1 {
			from, to = b, a
		}
		wg.Go(func() {
			question := fmt.Sprint(i, strings.Repeat("x", i*5000))
			answer, err := from.exchange.ask(t.Context(), to.exchange.number(), []byte(question))
			if want := fmt.Sprint(to.exchange.number(), ": ", question); err != nil || string(answer) != want {
				t.Errorf("question %d: %d bytes, want %d; %v", i, len(answer), len(want), err)
			}
		})
	}
	wg.Wait()
	if n := len(a.exchange.waiting) + len(b.exchange.waiting); n > 0 {
		t.Errorf("%d questions are remembered", n)
	}
}

// What is on the way can be read and made by nodes only.
func TestExchangeSealed(t *testing.T) {
	a, b, dsn := two(t)
	p, number, letters := impostor(t, dsn)
	asked := make(chan string, 10)
	b.exchange.asked = func(question []byte) func() []byte {
		asked <- string(question)
		return func() []byte { return []byte("fine") }
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := a.exchange.ask(ctx, number, []byte("a secret of a user"))
		failed <- err
	}()
	taken := <-letters
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("who gives up: %v", err)
	}
	if bytes.Contains(taken, []byte("secret")) {
		t.Error("a letter can be read")
	}
	changed := bytes.Clone(taken)
	changed[len(changed)-1] ^= 1
	for _, forged := range [][]byte{nil, []byte("?"), taken, changed, bytes.Repeat([]byte{1}, 100)} { // taken: to another node
		if err := p.Send(t.Context(), b.exchange.number(), forged); err != nil {
			t.Fatal(err)
		}
	}
	if answer, err := a.exchange.ask(t.Context(), b.exchange.number(), []byte("open")); err != nil || string(answer) != "fine" {
		t.Errorf("%q, %v", answer, err)
	}
	if got := <-asked; got != "open" || len(asked) > 0 {
		t.Errorf("b was asked %q", got)
	}
	again, err := a.exchange.sealed(b.exchange.number(), letter{letterQuestion, a.exchange.number(), a.exchange.count, []byte("open")})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Send(t.Context(), b.exchange.number(), again); err != nil { // as who listens could
		t.Fatal(err)
	}
	if answer, err := a.exchange.ask(t.Context(), b.exchange.number(), []byte("more")); err != nil || string(answer) != "fine" {
		t.Errorf("%q, %v", answer, err)
	}
	if got := <-asked; got != "more" || len(asked) > 0 {
		t.Errorf("b was asked %q once more", got)
	}
}

// A node that says nothing is waited for as long as it lives.
func TestExchangeSilence(t *testing.T) {
	a, _, dsn := two(t)
	p, number, letters := impostor(t, dsn)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := a.exchange.ask(ctx, number, nil); err == nil || errors.Is(err, gateway.ErrNoNode) {
		t.Errorf("it lives and is silent: %v", err)
	}
	failed := make(chan error)
	go func() {
		_, err := a.exchange.ask(t.Context(), number, make([]byte, 1000))
		failed <- err
	}()
	for len(<-letters) < 1000 { // until this question is there, not the one before
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, gateway.ErrNoNode) {
		t.Errorf("it has ended: %v", err)
	}
	if _, err := a.exchange.ask(t.Context(), number, nil); !errors.Is(err, gateway.ErrNoNode) {
		t.Errorf("afterwards: %v", err)
	}
}

// A node that loses its connection asks nobody until it has another, and does not
// wait for answers that cannot come.
func TestExchangeCutOff(t *testing.T) {
	a, _, dsn := two(t)
	_, number, letters := impostor(t, dsn)
	failed := make(chan error)
	go func() {
		_, err := a.exchange.ask(t.Context(), number, nil)
		failed <- err
	}()
	<-letters
	a.exchange.lost()
	if err := <-failed; !errors.Is(err, errCutOff) {
		t.Errorf("what was asked: %v", err)
	}
	if _, err := a.exchange.ask(t.Context(), number, nil); !errors.Is(err, errCutOff) {
		t.Errorf("what is asked: %v", err)
	}
}

// A key that is made up would be this process's alone.
func TestPostgresNeedsAKey(t *testing.T) {
	t.Setenv(RootKeyEnv, "")
	s := &Server{DSN: storetest.Postgres(t), Config: &Config{}}
	if err := s.Start(t.Context()); !errors.Is(err, ErrRootKey) || !strings.Contains(err.Error(), RootKeyEnv) {
		t.Errorf("%v", err)
	}
}

// TestOnce: a number is met once, in whatever order the last of them come.
func TestOnce(t *testing.T) {
	var o once
	met := map[uint64]bool{}
	numbers := []uint64{1, 2, 2, 5, 4, 5, onceWindow, 3, onceWindow + 1, onceWindow + 2, 3, 4, 10 * onceWindow, 9*onceWindow + 1, 9*onceWindow + 1}
	for i := range uint64(3 * onceWindow) {
		numbers = append(numbers, 10*onceWindow+i^5, 10*onceWindow+i)
	}
	last := uint64(0)
	for _, n := range numbers {
		last = max(last, n)
		if want := !met[n] && n+onceWindow > last; o.first(n) != want {
			t.Fatalf("%d after %d: %t", n, last, !want)
		}
		met[n] = true
	}
}

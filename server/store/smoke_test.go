package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/store"
)

func open(t *testing.T, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func each(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Run("memory", func(t *testing.T) { fn(t, open(t, "")) })
	t.Run("file", func(t *testing.T) { fn(t, open(t, filepath.Join(t.TempDir(), "a.db"))) })
}

func TestUsers(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		u := store.User{PoolID: "p", Sub: "s1", Username: "ada", Attributes: map[string]string{"email": "a@b.c"}}
		err := s.Update(ctx, func(tx *store.Tx) error { return tx.CreateUser(u, store.Name{Kind: "username", Value: "ada"}) })
		if err != nil {
			t.Fatal(err)
		}
		u.Sub = "s2"
		err = s.Update(ctx, func(tx *store.Tx) error { return tx.CreateUser(u, store.Name{Kind: "username", Value: "ada"}) })
		if !errors.Is(err, store.ErrExists) {
			t.Errorf("a taken name: %v", err)
		}
		if _, err := s.UserBySub(ctx, "p", "s2"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("half a user was kept: %v", err)
		}
		got, err := s.UserByName(ctx, "p", "ada")
		if err != nil || got.Sub != "s1" || got.Attributes["email"] != "a@b.c" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestF02(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		now := time.Unix(1e9, 0)
		var wg sync.WaitGroup
		var mu sync.Mutex
		evaluated := 0
		for range 200 {
			wg.Go(func() {
				err := s.Update(context.Background(), func(tx *store.Tx) error {
					_, err := tx.ReserveAttempt("p", "s", "password", now)
					return err
				})
				if err == nil {
					mu.Lock()
					evaluated++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if evaluated != 5 {
			t.Errorf("%d guesses of 200 were evaluated, want 5", evaluated)
		}
	})
}

func TestE07UseOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		use := func() error {
			return s.Update(context.Background(), func(tx *store.Tx) error { return tx.UseOnce("srp", []byte("x"), time.Unix(2e9, 0)) })
		}
		if err := use(); err != nil {
			t.Fatal(err)
		}
		if err := use(); !errors.Is(err, store.ErrConflict) {
			t.Errorf("second use: %v", err)
		}
	})
}

func TestK05SecondProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	open(t, path)
	if _, err := store.Open(context.Background(), path); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a second opener: %v", err)
	}
}

package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/server/store/storetest"
)

var (
	background = context.Background()
	noon       = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
)

func open(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(background, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// each runs a test on every database.
func each(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) { fn(t, open(t, "")) })
	t.Run("file", func(t *testing.T) { fn(t, open(t, filepath.Join(t.TempDir(), "a b%?.db"))) })
	t.Run("postgres", func(t *testing.T) { fn(t, open(t, storetest.Postgres(t))) })
}

func update(t testing.TB, s *store.Store, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Update(background, fn); err != nil {
		t.Fatal(err)
	}
}

// refused checks that an update fails with want.
func refused(t testing.TB, s *store.Store, want error, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Update(background, fn); !errors.Is(err, want) {
		t.Errorf("the update gave %v, want %v", err, want)
	}
}

func createUser(t testing.TB, s *store.Store, sub string, attributes map[string]string) {
	t.Helper()
	u := store.User{PoolID: "p", Sub: sub, Username: sub, Status: "CONFIRMED", Enabled: true, Attributes: attributes, Created: noon}
	update(t, s, func(tx *store.Tx) error { return tx.CreateUser(u, store.Name{Kind: "username", Value: sub}) })
}

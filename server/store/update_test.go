package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/store"
)

func mark(s *store.Store, id string) error {
	return s.Update(background, func(tx *store.Tx) error { return tx.UseOnce("k", []byte(id), noon) })
}

// marked reports whether an earlier mark was kept.
func marked(t testing.TB, s *store.Store, id string) bool {
	t.Helper()
	err := mark(s, id)
	if err != nil && !errors.Is(err, store.ErrConflict) {
		t.Fatal(err)
	}
	return err != nil
}

// crowd holds the writer until n updates wait, so that they share a commit.
func crowd(t testing.TB, s *store.Store, n int, fn func(i int, tx *store.Tx) error) []error {
	t.Helper()
	held, release := make(chan struct{}), make(chan struct{})
	results, all := make([]error, n), make(chan struct{})
	go func() {
		_ = s.Update(background, func(*store.Tx) error { close(held); <-release; return nil })
	}()
	<-held
	go func() {
		defer close(all)
		parallel(n, func(i int) error {
			results[i] = s.Update(background, func(tx *store.Tx) error { return fn(i, tx) })
			return nil
		})
	}()
	close(release)
	<-all
	return results
}

func TestFailureHurtsNoNeighbour(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		oops := errors.New("oops")
		results := crowd(t, s, 60, func(i int, tx *store.Tx) error {
			if err := tx.UseOnce("k", fmt.Append(nil, i), noon); err != nil {
				return err
			}
			switch i % 3 {
			case 1:
				return oops
			case 2:
				panic("a bug")
			}
			return nil
		})
		for i, err := range results {
			good := []bool{err == nil, errors.Is(err, oops), err != nil && strings.Contains(err.Error(), "a bug")}[i%3]
			if kept := marked(t, s, fmt.Sprint(i)); !good || kept != (i%3 == 0) {
				t.Errorf("update %d: %v, kept: %v", i, err, kept)
			}
		}
	})
}

func TestContextEndsBeforeStart(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ended, cancel := context.WithCancel(background)
		cancel()
		for range 20 { // the writer may be ready first
			err := s.Update(ended, func(*store.Tx) error { t.Error("it ran"); return nil })
			if !errors.Is(err, context.Canceled) || !errors.Is(err, store.ErrUnavailable) {
				t.Fatalf("Update: %v", err)
			}
		}
		if _, err := s.UserBySub(ended, "p", "ada"); !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrNotFound) {
			t.Errorf("a read: %v", err)
		}
	})
}

// A caller who gives up in the middle must not take its group along.
func TestContextEndsInside(t *testing.T) {
	for name, dsn := range map[string]string{"memory": "", "file": filepath.Join(t.TempDir(), "a.db")} {
		t.Run(name, func(t *testing.T) {
			s := open(t, dsn)
			ctx, cancel := context.WithCancel(background)
			err := s.Update(ctx, func(tx *store.Tx) error {
				cancel()
				if _, err := tx.UserBySub(ctx, "p", "ada"); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("a read inside: %v", err)
				}
				return tx.UseOnce("k", []byte("x"), noon)
			})
			if err != nil || !marked(t, s, "x") {
				t.Errorf("the update gave %v", err)
			}
		})
	}
}

func TestClosedStore(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		if err := errors.Join(s.Ping(background), s.Close(), s.Close()); err != nil {
			t.Fatal(err)
		}
		_, err := s.UserPool(background, "p")
		for what, err := range map[string]error{"ping": s.Ping(background), "update": mark(s, "x"), "read": err} {
			if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s after Close: %v", what, err)
			}
		}
	})
}

// K02: nothing is acknowledged on a full disk, reads go on, and the store
// recovers by itself.
func TestK02DiskFull(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "a.db"))
	createUser(t, s, "ada", nil)
	if err := s.LimitPages(60); err != nil {
		t.Fatal(err)
	}
	big := store.Message{Username: "full", Body: strings.Repeat("x", 3000), Created: noon}
	results := crowd(t, s, 200, func(i int, tx *store.Tx) error {
		if err := tx.UseOnce("k", fmt.Append(nil, i), noon); err != nil {
			return err
		}
		_ = tx.AddMessage(big)                            // who ignores the fault
		return tx.UseOnce("k", fmt.Append(nil, -i), noon) // must not go on without a transaction
	})
	refused := 0
	if err := s.LimitPages(0); err != nil {
		t.Fatal(err)
	}
	for i, err := range results[1:] {
		if err != nil && !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("update %d: %v", i, err)
		}
		if err != nil {
			refused++
		}
		for _, id := range []string{fmt.Sprint(i + 1), fmt.Sprint(-i - 1)} {
			if kept := marked(t, s, id); kept != (err == nil) {
				t.Errorf("mark %s kept: %v, the update said %v", id, kept, err)
			}
		}
	}
	if _, err := s.UserBySub(background, "p", "ada"); err != nil || refused == 0 {
		t.Errorf("a read: %v; %d updates were refused", err, refused)
	}
}

// Reads answer while the writer is busy, from the last commit.
func TestReadsBesideTheWriter(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "a.db"))
	createUser(t, s, "ada", nil)
	update(t, s, func(tx *store.Tx) error {
		err := tx.ModifyUser("p", "ada", func(u *store.User) error { u.Status = "CHANGED"; return nil })
		ctx, cancel := context.WithTimeout(background, hangs)
		defer cancel()
		outside, readErr := s.UserBySub(ctx, "p", "ada")
		inside, insideErr := tx.UserBySub(ctx, "p", "ada")
		if outside.Status != "CONFIRMED" || inside.Status != "CHANGED" {
			t.Errorf("outside %q, inside %q", outside.Status, inside.Status)
		}
		return errors.Join(err, readErr, insideErr)
	})
}

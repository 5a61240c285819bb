package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/store"
)

// parallel runs fn n times at once and counts the nil answers; the others by text.
func parallel(n int, fn func(i int) error) (succeeded int, failed map[string]int) {
	var wg sync.WaitGroup
	results := make([]error, n)
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() { <-begin; results[i] = fn(i) })
	}
	close(begin)
	wg.Wait()
	failed = map[string]int{}
	for _, err := range results {
		if err == nil {
			succeeded++
		} else {
			failed[err.Error()]++
		}
	}
	return succeeded, failed
}

func reserve(s *store.Store, now time.Time) (store.Attempt, error) {
	var a store.Attempt
	err := s.Update(background, func(tx *store.Tx) (err error) {
		a, err = tx.ReserveAttempt("p", "ada", "password", now)
		return err
	})
	return a, err
}

// The lock doubles from one second after the fifth failure; attempts while it
// holds neither count nor extend it.
func TestF01Lockout(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		now := noon
		for n := int64(1); n <= 18; n++ {
			a, err := reserve(s, now)
			if err != nil || a.Failures != n {
				t.Fatalf("attempt %d: %+v, %v", n, a, err)
			}
			if n < 5 {
				if !a.LockedUntil.IsZero() {
					t.Errorf("attempt %d locks until %v", n, a.LockedUntil)
				}
				continue
			}
			lock := min(time.Second<<(n-5), 15*time.Minute)
			if want := now.Add(lock); !a.LockedUntil.Equal(want) {
				t.Fatalf("attempt %d locks for %v, want %v", n, a.LockedUntil.Sub(now), lock)
			}
			for _, during := range []time.Duration{0, lock / 2, lock - time.Microsecond} {
				again, err := reserve(s, now.Add(during))
				if !errors.Is(err, store.ErrConflict) || again != a {
					t.Fatalf("attempt %d, %v into the lock: %+v, %v; want %+v", n, during, again, err, a)
				}
			}
			now = now.Add(lock)
		}
	})
}

func TestF01LockoutForgets(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		now := noon
		fail := func(want int64) {
			t.Helper()
			if a, err := reserve(s, now); err != nil || a.Failures != want {
				t.Errorf("%+v, %v; want failure %d", a, err, want)
			}
		}
		for n := range int64(6) {
			fail(n + 1)
			now = now.Add(time.Second)
		}
		now = now.Add(time.Second + 15*time.Minute - time.Microsecond) // the lock of the sixth is 2 s
		fail(7)
		now = now.Add(4*time.Second + 15*time.Minute + time.Microsecond)
		fail(1)
		fail(2)
		update(t, s, func(tx *store.Tx) error { return tx.ResetAttempts("p", "ada", "password") })
		fail(1)
		update(t, s, func(tx *store.Tx) error { // other factors and users count apart
			for _, k := range [][2]string{{"ada", "totp"}, {"eve", "password"}} {
				if a, err := tx.ReserveAttempt("p", k[0], k[1], now); err != nil || a.Failures != 1 {
					t.Errorf("%v: %+v, %v", k, a, err)
				}
			}
			return nil
		})
	})
}

func TestF02ParallelGuesses(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		evaluated, others := parallel(200, func(int) error { _, err := reserve(s, noon); return err })
		if evaluated != 5 || others[store.ErrConflict.Error()] != 195 {
			t.Errorf("%d guesses of 200 were evaluated, want 5; the others: %v", evaluated, others)
		}
	})
}

func TestF03ParallelCodes(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		put := func(now time.Time) {
			update(t, s, func(tx *store.Tx) error {
				return tx.PutCode("p", "ada", "forgot", []byte("mac"), now, now.Add(time.Hour))
			})
		}
		try := func(int) error {
			return s.Update(background, func(tx *store.Tx) error {
				c, err := tx.ReserveCodeTry("p", "ada", "forgot", 7)
				if err == nil && (string(c.MAC) != "mac" || !c.Expires.After(noon)) {
					t.Errorf("%+v", c)
				}
				return err
			})
		}
		if err := try(0); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("with no code: %v", err)
		}
		put(noon)
		evaluated, others := parallel(100, try)
		if evaluated != 7 || others[store.ErrConflict.Error()] != 93 {
			t.Errorf("%d guesses were evaluated, want 7; the others: %v", evaluated, others)
		}
		put(noon.Add(time.Minute))
		if err := try(0); !errors.Is(err, store.ErrConflict) {
			t.Errorf("a new code bought new guesses: %v", err)
		}
		put(noon.Add(2 * time.Hour))
		if err := try(0); err != nil {
			t.Errorf("after the old code has expired: %v", err)
		}
		update(t, s, func(tx *store.Tx) error { return tx.DeleteCode("p", "ada", "forgot") })
		if err := try(0); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a used code: %v", err)
		}
	})
}

func TestUseOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		use := func(kind string, id byte) error {
			return s.Update(background, func(tx *store.Tx) error { return tx.UseOnce(kind, []byte{0, id, 255}, noon) })
		}
		won, others := parallel(50, func(int) error { return use("srp", 1) })
		if won != 1 || others[store.ErrConflict.Error()] != 49 {
			t.Errorf("%d of 50 used it, want 1; the others: %v", won, others)
		}
		if err := errors.Join(use("srp", 2), use("session", 1)); err != nil {
			t.Errorf("other marks: %v", err)
		}
	})
}

func TestF12RefreshFamily(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		f := store.RefreshFamily{ID: "f", PoolID: "p", ClientID: "c", Sub: "ada", AuthTime: noon, Expires: noon.Add(time.Hour)}
		update(t, s, func(tx *store.Tx) error { return tx.AddRefreshFamily(f) })
		refused(t, s, store.ErrExists, func(tx *store.Tx) error { return tx.AddRefreshFamily(f) })
		advance := func(from int64) error {
			return s.Update(background, func(tx *store.Tx) error { return tx.AdvanceRefresh("f", from, noon.Add(time.Minute)) })
		}
		won, others := parallel(10, func(int) error { return advance(0) })
		if won != 1 || others[store.ErrConflict.Error()] != 9 {
			t.Errorf("%d of 10 rotations won, want 1; the others: %v", won, others)
		}
		got, err := s.RefreshFamily(background, "f")
		f.Generation, f.Rotated = 1, noon.Add(time.Minute)
		if err != nil || got != f {
			t.Errorf("%+v, %v; want %+v", got, err, f)
		}
		update(t, s, func(tx *store.Tx) error { return tx.RevokeUser("p", "ada") })
		if err := advance(1); !errors.Is(err, store.ErrConflict) {
			t.Errorf("a revoked family moved on: %v", err)
		}
		if got, _ := s.RefreshFamily(background, "f"); !got.Revoked {
			t.Error("the family is not revoked")
		}
	})
}

func TestSweepExpired(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		update(t, s, func(tx *store.Tx) error {
			var errs []error
			for i, at := range []time.Time{noon.Add(-time.Microsecond), noon} {
				id := fmt.Sprint(i)
				errs = append(errs, tx.UseOnce("k", []byte(id), at), tx.PutCode("p", id, "x", []byte("m"), at, at),
					tx.AddRefreshFamily(store.RefreshFamily{ID: id, Expires: at.Add(-24 * time.Hour)}),
					tx.AddMessage(store.Message{Username: id, Created: at.Add(-24 * time.Hour)}))
				_, err := tx.ReserveAttempt("p", id, "x", at.Add(-15*time.Minute))
				errs = append(errs, err)
			}
			return errors.Join(errs...)
		})
		update(t, s, func(tx *store.Tx) error { return tx.SweepExpired(noon) })
		update(t, s, func(tx *store.Tx) error {
			if err := tx.UseOnce("k", []byte("0"), noon); err != nil {
				t.Errorf("an expired mark is there: %v", err)
			}
			if err := tx.UseOnce("k", []byte("1"), noon); !errors.Is(err, store.ErrConflict) {
				t.Errorf("a live mark is gone: %v", err)
			}
			_, gone := tx.ReserveCodeTry("p", "0", "x", 1)
			_, there := tx.ReserveCodeTry("p", "1", "x", 1)
			if !errors.Is(gone, store.ErrNotFound) || there != nil {
				t.Errorf("codes: %v, %v", gone, there)
			}
			for id, want := range map[string]int64{"0": 1, "1": 2} {
				if a, err := tx.ReserveAttempt("p", id, "x", noon.Add(-time.Minute)); err != nil || a.Failures != want {
					t.Errorf("attempts of %s: %+v, %v; want %d", id, a, err, want)
				}
			}
			return nil
		})
		_, gone := s.RefreshFamily(background, "0")
		_, there := s.RefreshFamily(background, "1")
		left, err := s.Messages(background, "", "", 10)
		if !errors.Is(gone, store.ErrNotFound) || there != nil || err != nil || len(left) != 1 || left[0].Username != "1" {
			t.Errorf("%v, %v, %v, %v", gone, there, left, err)
		}
	})
}

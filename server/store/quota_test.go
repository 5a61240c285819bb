package store_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/store"
)

// No more than the quota is given out, whoever asks at once, and the count
// outlasts a sweep until its period has ended.
func TestReserveQuota(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		end := noon.Add(24 * time.Hour)
		take := func(counter string, want int64) (got int64) {
			t.Helper()
			err := s.Update(background, func(tx *store.Tx) (err error) {
				got, err = tx.ReserveQuota(counter, want, 100, noon, end)
				return err
			})
			if err != nil {
				t.Error(err)
			}
			return got
		}
		var given atomic.Int64
		parallel(20, func(int) error { given.Add(take("a", 7)); return nil })
		if given.Load() != 100 {
			t.Errorf("%d given out of 100", given.Load())
		}
		if got := take("b", 30); got != 30 {
			t.Errorf("another counter: %d", got)
		}
		sweep := func(at time.Time) {
			t.Helper()
			if err := s.Update(background, func(tx *store.Tx) error { return tx.SweepExpired(at) }); err != nil {
				t.Fatal(err)
			}
		}
		sweep(end)
		if got := take("a", 50); got != 0 {
			t.Errorf("a count was swept before its time: %d", got)
		}
		sweep(end.Add(time.Hour))
		if got := take("a", 50); got != 50 {
			t.Errorf("a count was not swept: %d", got)
		}
	})
}

// Counts are read by a range of names, and set to what an administrator says.
func TestQuotas(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		end := noon.Add(24 * time.Hour)
		update(t, s, func(tx *store.Tx) error {
			for _, name := range []string{"p/k/USED/2026-01-01", "p/k/USED/2026-01-09", "p/k/USED/2026-01-10", "p/k2/USED/2026-01-02"} {
				if _, err := tx.ReserveQuota(name, 7, 100, noon, end); err != nil {
					return err
				}
			}
			return tx.SetQuota("p/k/DAY/2026-01-01", -3, noon, end)
		})
		check(t, map[string]int64{"p/k/USED/2026-01-01": 7, "p/k/USED/2026-01-09": 7})(s.Quotas(background, "p/k/USED/2026-01-01", "p/k/USED/2026-01-09"))
		check(t, map[string]int64{"p/k/DAY/2026-01-01": -3})(s.Quotas(background, "p/k/DAY/2026-01-01", "p/k/DAY/2026-01-01"))
		check(t, map[string]int64{})(s.Quotas(background, "x", "y"))
		update(t, s, func(tx *store.Tx) error {
			got, err := tx.ReserveQuota("p/k/DAY/2026-01-01", 10, 5, noon, end)
			if got != 8 {
				t.Errorf("%d given of 5 and 3 more", got)
			}
			return errors.Join(err, tx.SetQuota("p/k/DAY/2026-01-01", 5, noon, end))
		})
		check(t, map[string]int64{"p/k/DAY/2026-01-01": 5})(s.Quotas(background, "p/k/DAY/2026-01-01", "p/k/DAY/2026-01-01"))
	})
}

package userpool

import (
	"context"
	"sync"
	"time"

	"github.com/gatepass/gatepass/server/store"
)

// factors of the attempt counters. One counter covers a factor whatever name,
// flow or client is used.
const (
	factorPassword = "password"
	factorTOTP     = "totp"
	factorSend     = "send"
)

// reserve counts an attempt before anything is compared; first runs before it in
// the same transaction. The caller calls done when the outcome is in the store.
//
// An attempt counts as failed until then, so that many right passwords of one
// user at a time would look like a lock: a caller that meets the lock while others
// of this node are still comparing waits for them and asks again.
func (s *Service) reserve(ctx context.Context, u *subject, factor string, first inTx) (done func(), err error) {
	key := u.PoolID + "|" + u.Sub + "|" + factor
	for {
		held, locked := false, false
		var others <-chan struct{}
		err := s.Store.Update(ctx, func(tx *store.Tx) error {
			if held { // it runs again after a serialization failure
				s.flights.leave(key)
			}
			held, locked = false, false
			if first != nil {
				if err := first(tx); err != nil {
					return err
				}
			}
			_, err := tx.ReserveAttempt(u.PoolID, u.Sub, factor, s.Now())
			switch {
			case err == nil:
				s.flights.enter(key)
				held = true
			case isConflict(err):
				locked, others = true, s.flights.watch(key)
			}
			return err
		})
		if err == nil {
			return func() { s.flights.leave(key) }, nil
		}
		if held {
			s.flights.leave(key)
		}
		if !locked {
			return nil, err
		}
		if others == nil {
			return nil, errLocked()
		}
		select {
		case <-others:
		case <-ctx.Done():
			return nil, errLocked()
		}
	}
}

// compare counts an attempt at a user's password, after first in the same
// transaction, and runs then fn, which compares: nil takes the attempt back. Who is
// turned away for lack of time is so before anything is counted; what was counted is
// compared, even if the client has gone. Else a busy machine would look like an
// attack on its users.
func (s *Service) compare(ctx context.Context, u *subject, first inTx, fn func() error) error {
	if err := s.Admit.turn(ctx); err != nil {
		return err
	}
	done, err := s.reserve(ctx, u, factorPassword, first)
	if err != nil {
		return err
	}
	defer done()
	if err := s.Admit.always(fn); err != nil {
		return err
	}
	return s.forgive(ctx, u, factorPassword)
}

// forgiveTime is how long a success may take to be kept whose client has gone.
const forgiveTime = 5 * time.Second

// forgive takes attempts back after a success.
func (s *Service) forgive(ctx context.Context, u *subject, factor string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgiveTime)
	defer cancel()
	return s.Store.Update(ctx, func(tx *store.Tx) error { return tx.ResetAttempts(u.PoolID, u.Sub, factor) })
}

// flights counts the attempts of this node that are being compared, by user and
// factor.
type flights struct {
	mu sync.Mutex
	m  map[string]*flight
}

type flight struct {
	n       int
	changed chan struct{} // closed when one of them ends
}

func (f *flights) enter(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.m == nil {
		f.m = map[string]*flight{}
	}
	if f.m[key] == nil {
		f.m[key] = &flight{changed: make(chan struct{})}
	}
	f.m[key].n++
}

func (f *flights) leave(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.m[key]
	close(one.changed)
	one.changed = make(chan struct{})
	if one.n--; one.n == 0 {
		delete(f.m, key)
	}
}

// watch is closed when the next of them ends; nil if there are none.
func (f *flights) watch(key string) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.m[key]; one != nil {
		return one.changed
	}
	return nil
}

package gateway

import (
	"context"
	"sync"
	"time"

	"github.com/gatepass/gatepass/policy"
)

// answer is what a Lambda authorizer said about a caller. It does not change.
type answer struct {
	principalID string
	policy      *policy.Policy // nil: allowed decides
	allowed     bool
	context     map[string]any
	usageKey    string // usageIdentifierKey
}

// maxAnswers is how many answers one authorizer's cache holds.
const maxAnswers = 4096

// answers are those of one authorizer, by what the caller presented. The zero
// value is empty.
type answers struct {
	mu   sync.Mutex
	kept map[string]*kept
}

// kept is an answer, or one that is being waited for.
type kept struct {
	done   chan struct{} // closed when the rest is there
	answer *answer
	err    error
	until  time.Time
}

func (k *kept) ready() bool {
	select {
	case <-k.done:
		return true
	default:
		return false
	}
}

// claim finds the answer for a key; with mine it is the caller's to get. It is nil
// while so many are waited for that there is no room.
func (a *answers) claim(key string, now time.Time) (k *kept, mine bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if k = a.kept[key]; k != nil && (!k.ready() || now.Before(k.until)) {
		return k, false
	}
	if a.kept == nil {
		a.kept = map[string]*kept{}
	}
	if a.makeRoom(now); len(a.kept) >= maxAnswers {
		return nil, false
	}
	k = &kept{done: make(chan struct{})}
	a.kept[key] = k
	return k, true
}

// makeRoom forgets what has expired, and if that is not enough, any that is
// there. Those that are waited for stay.
func (a *answers) makeRoom(now time.Time) {
	if len(a.kept) < maxAnswers {
		return
	}
	for key, k := range a.kept {
		if k.ready() && !now.Before(k.until) {
			delete(a.kept, key)
		}
	}
	for key, k := range a.kept {
		if len(a.kept) < maxAnswers {
			return
		}
		if k.ready() {
			delete(a.kept, key)
		}
	}
}

// settle gives the answer to all who wait. An error is not kept.
func (a *answers) settle(key string, k *kept, until time.Time, got *answer, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if k.answer, k.err, k.until = got, err, until; err != nil && a.kept[key] == k {
		delete(a.kept, key)
	}
	close(k.done)
}

// wait is for an answer that somebody gets.
func (k *kept) wait(ctx context.Context) (*answer, error) {
	select {
	case <-k.done:
		return k.answer, k.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

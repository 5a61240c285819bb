package gateway

import (
	"sync"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// maxBlock is how much of a quota a node takes at once. What it has taken and not
// used is lost when it ends, at most a hundredth of a quota.
const maxBlock = 100

// askAgain is how long a node takes a spent quota for spent: an administrator may
// give a key more.
const askAgain = 5 * time.Second

func block(q *apidef.Quota) int { return max(1, min(q.Limit/maxBlock, maxBlock)) }

// quotas are what this node has of the quotas of keys. The zero value has none.
type quotas struct {
	mu  sync.Mutex
	all map[string]*ledger // by plan and key
}

// ledger is what is left of a block. Its lock is held while a new one is taken:
// callers of one key wait for the one who takes it.
type ledger struct {
	mu    sync.Mutex
	begin time.Time // of the period
	limit int
	left  int
	spent time.Time // when the whole quota was; zero: it is not
	used  int       // without ReserveQuota: all that was counted
}

// use counts a call.
func (q *quotas) use(c *call, m *membership) error {
	l := q.ledger(m.plan.ID + "/" + m.key.ID)
	l.mu.Lock()
	defer l.mu.Unlock()
	quota := m.plan.Quota
	begin, end := quota.At(c.now)
	if !l.begin.Equal(begin) || l.limit != quota.Limit {
		l.left, l.spent = 0, time.Time{}
		if !l.begin.Equal(begin) {
			l.used = 0
		}
		l.begin, l.limit = begin, quota.Limit
	}
	if l.left == 0 && (l.spent.IsZero() || c.now.Sub(l.spent) >= askAgain) {
		if err := l.take(c, m, end); err != nil {
			return errUnavailable(err)
		}
	}
	if l.left == 0 {
		return errQuota()
	}
	l.left--
	return nil
}

// take gets a block, from all nodes' account if there is one.
func (l *ledger) take(c *call, m *membership, end time.Time) error {
	want := block(m.plan.Quota)
	if c.g.ReserveQuota == nil {
		l.left = min(want, max(0, l.limit-l.used))
		l.used += l.left
	} else {
		counter := m.plan.Quota.Counter(m.plan.ID, m.key.ID, l.begin)
		got, err := c.g.ReserveQuota(c.r.Context(), counter, want, l.limit, end)
		if err != nil {
			return err
		}
		l.left = got
	}
	if l.spent = (time.Time{}); l.left == 0 {
		l.spent = c.now
	}
	return nil
}

func (q *quotas) ledger(name string) *ledger {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.all == nil {
		q.all = map[string]*ledger{}
	}
	if q.all[name] == nil {
		q.all[name] = &ledger{}
	}
	return q.all[name]
}

package gateway

import (
	"sync"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// Periods of a quota.
const (
	periodDay   = "DAY"
	periodWeek  = "WEEK"
	periodMonth = "MONTH"
)

// period gives begin and end of the period that now is in: days, weeks from
// Sunday and months, all of UTC.
func period(name string, now time.Time) (begin, end time.Time) {
	y, m, d := now.UTC().Date()
	switch name {
	case periodWeek:
		begin = time.Date(y, m, d-int(now.UTC().Weekday()), 0, 0, 0, 0, time.UTC)
		return begin, begin.AddDate(0, 0, 7)
	case periodMonth:
		begin = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		return begin, begin.AddDate(0, 1, 0)
	}
	begin = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return begin, begin.AddDate(0, 0, 1)
}

// maxBlock is how much of a quota a node takes at once. What it has taken and not
// used is lost when it ends, at most a hundredth of a quota.
const maxBlock = 100

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
	spent bool // the whole quota
	used  int  // without ReserveQuota: all that was counted
}

// use counts a call.
func (q *quotas) use(c *call, m *membership) error {
	l := q.ledger(m.plan.ID + "/" + m.key.ID)
	l.mu.Lock()
	defer l.mu.Unlock()
	quota := m.plan.Quota
	begin, end := period(quota.Period, c.now)
	if !l.begin.Equal(begin) || l.limit != quota.Limit {
		l.left, l.spent = 0, false
		if !l.begin.Equal(begin) {
			l.used = 0
		}
		l.begin, l.limit = begin, quota.Limit
	}
	if l.left == 0 && !l.spent {
		if err := l.take(c, m, end); err != nil {
			return errUnavailable(err)
		}
	}
	if l.spent {
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
		counter := m.plan.ID + "/" + m.key.ID + "/" + m.plan.Quota.Period + "/" + l.begin.Format(time.DateOnly)
		got, err := c.g.ReserveQuota(c.r.Context(), counter, want, l.limit, end)
		if err != nil {
			return err
		}
		l.left = got
	}
	l.spent = l.left <= 0
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

package store

import "time"

// quotaPool keeps counts of quotas apart from the attempts of users, whose pools
// have other names.
const quotaPool = "quota"

// ReserveQuota counts up to want more against a quota of limit and gives how many
// were left to count. The counter is forgotten some time after end.
func (tx *Tx) ReserveQuota(counter string, want, limit int64, now, end time.Time) (int64, error) {
	var used int64
	err := tx.returning(`INSERT INTO attempts AS a (pool, sub, factor, failures, locked_until, last) VALUES ($1, $2, '', 0, $3, $4)
		ON CONFLICT (pool, sub, factor) DO UPDATE SET last = excluded.last RETURNING failures`,
		[]any{quotaPool, counter, micro(end), micro(now)}, &used) // and the row is locked
	if err != nil {
		return 0, err
	}
	got := max(0, min(want, limit-used))
	if got == 0 {
		return 0, nil
	}
	return got, tx.exec("UPDATE attempts SET failures = failures + $3 WHERE pool = $1 AND sub = $2 AND factor = ''", quotaPool, counter, got)
}

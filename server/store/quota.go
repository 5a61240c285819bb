package store

import (
	"context"
	"database/sql"
	"time"
)

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

// SetQuota says how much has been counted against a quota, be it less than none.
func (tx *Tx) SetQuota(counter string, used int64, now, end time.Time) error {
	return tx.exec(`INSERT INTO attempts (pool, sub, factor, failures, locked_until, last) VALUES ($1, $2, '', $3, $4, $5)
		ON CONFLICT (pool, sub, factor) DO UPDATE SET failures = excluded.failures, last = excluded.last`,
		quotaPool, counter, used, micro(end), micro(now))
}

// Quotas are the counts of the counters from the first to the last by name, both
// included; what nobody counted is not there.
func (r reader) Quotas(ctx context.Context, first, last string) (map[string]int64, error) {
	all := map[string]int64{}
	err := r.rows(ctx, func(rows *sql.Rows) error {
		var name string
		var used int64
		err := rows.Scan(&name, &used)
		all[name] = used
		return err
	}, "SELECT sub, failures FROM attempts WHERE pool = $1 AND sub BETWEEN $2 AND $3", quotaPool, first, last)
	return all, err
}

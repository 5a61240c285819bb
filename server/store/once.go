package store

import (
	"context"
	"errors"
	"time"
)

// Attempt is the state of a counter after ReserveAttempt.
type Attempt struct {
	Failures    int64     // including the one reserved
	LockedUntil time.Time // zero or past: free
}

// The lockout of Cognito: five free failures, then a lock that doubles from one
// second up to a quarter of an hour, forgotten after a quarter of an hour of
// quiet.
const (
	freeFailures = 5
	maxLock      = 15 * time.Minute
	quiet        = 15 * time.Minute
)

// ReserveAttempt counts an attempt before the secret is compared, so that
// parallel guesses cannot outrun the counter. While locked it answers ErrConflict
// and neither counts nor extends the lock. ResetAttempts after a success takes
// the count back.
func (tx *Tx) ReserveAttempt(pool, sub, factor string, now time.Time) (Attempt, error) {
	var failures, locked, last int64
	err := classify(tx.q.QueryRowContext(tx.ctx, "SELECT failures, locked_until, last FROM attempts WHERE pool = $1 AND sub = $2 AND factor = $3",
		pool, sub, factor).Scan(&failures, &locked, &last))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Attempt{}, err
	}
	at := now.UnixMicro()
	if at < locked {
		return Attempt{Failures: failures, LockedUntil: time.UnixMicro(locked)}, ErrConflict
	}
	if at-max(last, locked) > quiet.Microseconds() {
		failures = 0
	}
	failures++
	locked = 0
	if failures >= freeFailures {
		locked = at + lockFor(failures).Microseconds()
	}
	err = tx.exec(`INSERT INTO attempts (pool, sub, factor, failures, locked_until, last) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (pool, sub, factor) DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until, last = excluded.last`,
		pool, sub, factor, failures, locked, at)
	return Attempt{Failures: failures, LockedUntil: time.UnixMicro(locked)}, err
}

// lockFor is 2^(n-5) seconds, capped.
func lockFor(failures int64) time.Duration {
	shift := failures - freeFailures
	if shift > 10 {
		return maxLock
	}
	return min(time.Second<<shift, maxLock)
}

// ResetAttempts forgets the failures of a user's factor.
func (tx *Tx) ResetAttempts(pool, sub, factor string) error {
	return tx.exec("DELETE FROM attempts WHERE pool = $1 AND sub = $2 AND factor = $3", pool, sub, factor)
}

// UseOnce marks id as used until expires; ErrConflict if it was used before.
func (tx *Tx) UseOnce(kind string, id []byte, expires time.Time) error {
	met, err := tx.changed("INSERT INTO once (kind, id, expires) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", kind, id, expires.UnixMicro())
	if err == nil && !met {
		return ErrConflict
	}
	return err
}

// Code is a confirmation code, kept as a MAC.
type Code struct {
	MAC     []byte
	Tries   int64
	Expires time.Time
}

// PutCode keeps a code in place of an earlier one of that purpose. The tries
// carry over while the earlier code lives, so that asking for a new code does
// not buy more guesses.
func (tx *Tx) PutCode(pool, sub, purpose string, mac []byte, now, expires time.Time) error {
	return tx.exec(`INSERT INTO codes (pool, sub, purpose, mac, tries, expires) VALUES ($1, $2, $3, $4, 0, $5)
		ON CONFLICT (pool, sub, purpose) DO UPDATE SET mac = excluded.mac, expires = excluded.expires,
		tries = CASE WHEN codes.expires > $6 THEN codes.tries ELSE 0 END`, pool, sub, purpose, mac, expires.UnixMicro(), now.UnixMicro())
}

// ReserveCodeTry counts a guess and gives the code to compare with; ErrConflict
// when limit guesses were spent, ErrNotFound when there is no code.
func (tx *Tx) ReserveCodeTry(pool, sub, purpose string, limit int64) (Code, error) {
	var c Code
	var expires int64
	err := classify(tx.q.QueryRowContext(tx.ctx, `UPDATE codes SET tries = tries + 1 WHERE pool = $1 AND sub = $2 AND purpose = $3 AND tries < $4
		RETURNING mac, tries, expires`, pool, sub, purpose, limit).Scan(&c.MAC, &c.Tries, &expires))
	c.Expires = time.UnixMicro(expires)
	if !errors.Is(err, ErrNotFound) {
		return c, err
	}
	var n int
	if err := classify(tx.q.QueryRowContext(tx.ctx, "SELECT 1 FROM codes WHERE pool = $1 AND sub = $2 AND purpose = $3", pool, sub, purpose).Scan(&n)); err != nil {
		return c, err
	}
	return c, ErrConflict
}

// DeleteCode removes a code that was used.
func (tx *Tx) DeleteCode(pool, sub, purpose string) error {
	return tx.exec("DELETE FROM codes WHERE pool = $1 AND sub = $2 AND purpose = $3", pool, sub, purpose)
}

// RefreshFamily is a sign-in and the refresh tokens that descend from it.
type RefreshFamily struct {
	ID, PoolID, ClientID, Sub  string
	Generation                 int64 // of the newest refresh token
	AuthTime, Rotated, Expires time.Time
	Revoked                    bool
}

// AddRefreshFamily keeps a new family.
func (tx *Tx) AddRefreshFamily(f RefreshFamily) error {
	return tx.exec(`INSERT INTO refresh_families (id, pool, client, sub, generation, auth_time, rotated, expires, revoked)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)`, f.ID, f.PoolID, f.ClientID, f.Sub, f.Generation,
		f.AuthTime.UnixMicro(), f.AuthTime.UnixMicro(), f.Expires.UnixMicro())
}

// RefreshFamily finds a family; ErrNotFound.
func (r reader) RefreshFamily(ctx context.Context, id string) (RefreshFamily, error) {
	f := RefreshFamily{ID: id}
	var auth, rotated, expires, revoked int64
	err := r.q.QueryRowContext(ctx, "SELECT pool, client, sub, generation, auth_time, rotated, expires, revoked FROM refresh_families WHERE id = $1", id).
		Scan(&f.PoolID, &f.ClientID, &f.Sub, &f.Generation, &auth, &rotated, &expires, &revoked)
	f.AuthTime, f.Rotated, f.Expires, f.Revoked = time.UnixMicro(auth), time.UnixMicro(rotated), time.UnixMicro(expires), revoked != 0
	return f, classify(err)
}

// AdvanceRefresh moves a live family on from one generation to the next;
// ErrConflict if it has moved on already or was revoked.
func (tx *Tx) AdvanceRefresh(id string, from int64, now time.Time) error {
	met, err := tx.changed("UPDATE refresh_families SET generation = generation + 1, rotated = $3 WHERE id = $1 AND generation = $2 AND revoked = 0",
		id, from, now.UnixMicro())
	if err == nil && !met {
		return ErrConflict
	}
	return err
}

// RevokeRefresh ends a family.
func (tx *Tx) RevokeRefresh(id string) error {
	return tx.exec("UPDATE refresh_families SET revoked = 1 WHERE id = $1", id)
}

// RevokeUser ends every family of a user.
func (tx *Tx) RevokeUser(pool, sub string) error {
	return tx.exec("UPDATE refresh_families SET revoked = 1 WHERE pool = $1 AND sub = $2", pool, sub)
}

// SweepExpired removes what expired before now: one-time marks, codes, families.
func (tx *Tx) SweepExpired(now time.Time) error {
	for _, table := range []string{"once", "codes", "refresh_families"} {
		if err := tx.exec("DELETE FROM "+table+" WHERE expires < $1", now.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

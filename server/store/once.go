package store

import (
	"context"
	"errors"
	"time"
)

// Attempt is the state of a counter after ReserveAttempt.
type Attempt struct {
	Failures    int64     // including the one reserved
	LockedUntil time.Time // of the lock in force, or that this attempt leaves if it fails; zero: none
}

// The lockout of Cognito: five free failures, then a lock that doubles from one
// second up to a quarter of an hour, forgotten after a quarter of an hour of
// quiet.
const (
	freeFailures = 5
	maxLock      = 15 * time.Minute
	quiet        = 15 * time.Minute
)

// reserveAttempt counts unless a lock is in force; $5 is the end of the quiet
// time that forgets everything. The lock is 2^(n-5) seconds for the nth failure.
const reserveAttempt = `INSERT INTO attempts AS a (pool, sub, factor, failures, locked_until, last) VALUES ($1, $2, $3, 1, 0, $4)
	ON CONFLICT (pool, sub, factor) DO UPDATE SET last = excluded.last,
		failures = CASE WHEN a.last < $5 AND a.locked_until < $5 THEN 1 ELSE a.failures + 1 END,
		locked_until = CASE
			WHEN a.last < $5 AND a.locked_until < $5 THEN 0
			WHEN a.failures + 1 < $6 THEN 0
			WHEN a.failures + 1 >= $6 + 10 THEN excluded.last + $7
			ELSE excluded.last + (1000000 << CAST(a.failures + 1 - $6 AS INTEGER)) END
	WHERE a.locked_until <= excluded.last
	RETURNING failures, locked_until`

// ReserveAttempt counts an attempt before the secret is compared, so that
// parallel guesses cannot outrun the counter: commit it first, in an Update of
// its own. While locked it answers ErrConflict with the lock in force, and
// neither counts nor extends it. ResetAttempts after a success takes the count
// back. See "Lockout behavior for failed sign-in attempts" in the Amazon Cognito
// developer guide.
func (tx *Tx) ReserveAttempt(pool, sub, factor string, now time.Time) (Attempt, error) {
	var a Attempt
	var locked int64
	err := tx.returning(reserveAttempt, []any{pool, sub, factor, micro(now), micro(now.Add(-quiet)), freeFailures, maxLock.Microseconds()},
		&a.Failures, &locked)
	if errors.Is(err, ErrNotFound) {
		err = tx.row(tx.ctx, "SELECT failures, locked_until FROM attempts WHERE pool = $1 AND sub = $2 AND factor = $3",
			[]any{pool, sub, factor}, &a.Failures, &locked)
		if err == nil || errors.Is(err, ErrNotFound) {
			err = ErrConflict
		}
	}
	a.LockedUntil = fromMicro(locked)
	return a, err
}

// ResetAttempts forgets the failures of a user's factor.
func (tx *Tx) ResetAttempts(pool, sub, factor string) error {
	return tx.exec("DELETE FROM attempts WHERE pool = $1 AND sub = $2 AND factor = $3", pool, sub, factor)
}

// UseOnce marks id as used until expires; ErrConflict if it was used before.
func (tx *Tx) UseOnce(kind string, id []byte, expires time.Time) error {
	met, err := tx.changed("INSERT INTO once (kind, id, expires) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", kind, id, micro(expires))
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
		tries = CASE WHEN codes.expires > $6 THEN codes.tries ELSE 0 END`, pool, sub, purpose, mac, micro(expires), micro(now))
}

// ReserveCodeTry counts a guess and gives the code to compare with; ErrConflict
// when limit guesses were spent, ErrNotFound when there is no code. Commit it
// before comparing: an error of the Update would take the guess back.
func (tx *Tx) ReserveCodeTry(pool, sub, purpose string, limit int64) (Code, error) {
	var c Code
	var expires int64
	err := tx.returning(`UPDATE codes SET tries = tries + 1 WHERE pool = $1 AND sub = $2 AND purpose = $3 AND tries < $4
		RETURNING mac, tries, expires`, []any{pool, sub, purpose, limit}, &c.MAC, &c.Tries, &expires)
	c.Expires = fromMicro(expires)
	if !errors.Is(err, ErrNotFound) {
		return c, err
	}
	var n int
	if err := tx.row(tx.ctx, "SELECT 1 FROM codes WHERE pool = $1 AND sub = $2 AND purpose = $3", []any{pool, sub, purpose}, &n); err != nil {
		return c, err
	}
	return c, ErrConflict
}

// TakeCode removes the code that was compared; ErrConflict if it was taken before,
// or another was put in its place.
func (tx *Tx) TakeCode(pool, sub, purpose string, mac []byte) error {
	met, err := tx.changed("DELETE FROM codes WHERE pool = $1 AND sub = $2 AND purpose = $3 AND mac = $4", pool, sub, purpose, mac)
	if err == nil && !met {
		return ErrConflict
	}
	return err
}

// DeleteCode removes a code that is needed no more; none is no error.
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

// AddRefreshFamily keeps a new family; ErrExists.
func (tx *Tx) AddRefreshFamily(f RefreshFamily) error {
	return tx.insert(`INSERT INTO refresh_families (id, pool, client, sub, generation, auth_time, rotated, expires, revoked)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)`, f.ID, f.PoolID, f.ClientID, f.Sub, f.Generation,
		micro(f.AuthTime), micro(f.AuthTime), micro(f.Expires))
}

// RefreshFamily finds a family; ErrNotFound.
func (r reader) RefreshFamily(ctx context.Context, id string) (RefreshFamily, error) {
	f := RefreshFamily{ID: id}
	var auth, rotated, expires, revoked int64
	err := r.row(ctx, "SELECT pool, client, sub, generation, auth_time, rotated, expires, revoked FROM refresh_families WHERE id = $1"+r.lock,
		[]any{id}, &f.PoolID, &f.ClientID, &f.Sub, &f.Generation, &auth, &rotated, &expires, &revoked)
	if err != nil {
		return RefreshFamily{}, err
	}
	f.AuthTime, f.Rotated, f.Expires, f.Revoked = fromMicro(auth), fromMicro(rotated), fromMicro(expires), revoked != 0
	return f, nil
}

// AdvanceRefresh moves a live family on from one generation to the next;
// ErrConflict if it has moved on already or was revoked.
func (tx *Tx) AdvanceRefresh(id string, from int64, now time.Time) error {
	met, err := tx.changed("UPDATE refresh_families SET generation = generation + 1, rotated = $3 WHERE id = $1 AND generation = $2 AND revoked = 0",
		id, from, micro(now))
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

// sweepLimit bounds what one sweep removes from a table, and so how long other
// writers wait.
const sweepLimit = 20_000

// keepFamilies is how long a refresh family is kept after its end: the last access
// and ID tokens of it, which live a day at most, are looked up by it.
const keepFamilies = 24 * time.Hour

// keepMessages is how long the outbox keeps a message; the codes in it expire
// much earlier.
const keepMessages = 24 * time.Hour

// sweeps are the tables that grow by themselves: key and condition of each.
var sweeps = []struct{ table, key, old string }{
	{"once", "kind, id", "expires < $1"},
	{"codes", "pool, sub, purpose", "expires < $1"},
	{"refresh_families", "id", "expires < $1"},
	{"attempts", "pool, sub, factor", "last < $1 AND locked_until < $1"},
	{"messages", "id", "created < $1"},
}

// SweepExpired removes what no longer counts at now: one-time marks and codes that
// have expired, families a day after, attempts the quiet time has forgotten, old
// messages. What a single call leaves, the next one takes.
func (tx *Tx) SweepExpired(now time.Time) error {
	for _, s := range sweeps {
		before := now
		switch s.table {
		case "attempts":
			before = now.Add(-quiet)
		case "refresh_families":
			before = now.Add(-keepFamilies)
		case "messages":
			before = now.Add(-keepMessages)
		}
		err := tx.exec("DELETE FROM "+s.table+" WHERE ("+s.key+") IN (SELECT "+s.key+" FROM "+s.table+" WHERE "+s.old+" LIMIT $2)", micro(before), sweepLimit)
		if err != nil {
			return err
		}
	}
	return nil
}

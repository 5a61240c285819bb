package store

import (
	"context"
	"database/sql"
	"time"
)

// Identity is an identity of an identity pool.
type Identity struct {
	ID, PoolID string
	Enabled    bool
	Created    time.Time
	Modified   time.Time // the last change of its logins, or Created
	Logins     []Login
}

// Login is a linked login: who the provider says the user is.
type Login struct{ Provider, Subject string }

// CreateIdentity keeps a new identity with its logins; ErrExists if another
// identity of the pool has one of them.
func (tx *Tx) CreateIdentity(id Identity) error {
	if err := tx.insert("INSERT INTO identities (id, pool, enabled, created, modified) VALUES ($1, $2, 1, $3, $3)", id.ID, id.PoolID, micro(id.Created)); err != nil {
		return err
	}
	for _, l := range id.Logins {
		if err := tx.addLogin(id.PoolID, id.ID, l); err != nil {
			return err
		}
	}
	return nil
}

// LinkLogin links a login to an identity; ErrExists if it is linked already.
func (tx *Tx) LinkLogin(pool, identity string, l Login, at time.Time) error {
	if err := tx.addLogin(pool, identity, l); err != nil {
		return err
	}
	return tx.touchIdentity(identity, at)
}

func (tx *Tx) addLogin(pool, identity string, l Login) error {
	return tx.insert("INSERT INTO identity_logins (pool, provider, subject, identity) VALUES ($1, $2, $3, $4)", pool, l.Provider, l.Subject, identity)
}

// touchIdentity dates the last change of an identity.
func (tx *Tx) touchIdentity(id string, at time.Time) error {
	return tx.exec("UPDATE identities SET modified = $2 WHERE id = $1", id, micro(at))
}

// Identity finds an identity with its logins; ErrNotFound.
func (r reader) Identity(ctx context.Context, id string) (Identity, error) {
	out := Identity{ID: id}
	var created, modified, enabled int64
	err := r.row(ctx, "SELECT pool, enabled, created, modified FROM identities WHERE id = $1"+r.lock,
		[]any{id}, &out.PoolID, &enabled, &created, &modified)
	if err != nil {
		return Identity{}, err
	}
	out.Enabled, out.Created, out.Modified = enabled != 0, fromMicro(created), fromMicro(modified)
	err = r.rows(ctx, func(rows *sql.Rows) error {
		var l Login
		err := rows.Scan(&l.Provider, &l.Subject)
		out.Logins = append(out.Logins, l)
		return err
	}, "SELECT provider, subject FROM identity_logins WHERE identity = $1 ORDER BY provider, subject", id)
	return out, err
}

// IdentityByLogin finds the identity of a pool that a login is linked to;
// ErrNotFound.
func (r reader) IdentityByLogin(ctx context.Context, pool string, l Login) (Identity, error) {
	id, err := r.LoginOwner(ctx, pool, l)
	if err != nil {
		return Identity{}, err
	}
	return r.Identity(ctx, id)
}

// LoginOwner gives the id of the identity of a pool that a login is linked to,
// without locking it; ErrNotFound. Who goes on to read several identities in one
// transaction reads them in the order of their ids, so that two who do never wait
// for each other.
func (r reader) LoginOwner(ctx context.Context, pool string, l Login) (string, error) {
	var id string
	err := r.row(ctx, "SELECT identity FROM identity_logins WHERE pool = $1 AND provider = $2 AND subject = $3",
		[]any{pool, l.Provider, l.Subject}, &id)
	return id, err
}

// UnlinkLogin removes a login from the identity; ErrNotFound if it has none such.
func (tx *Tx) UnlinkLogin(pool, identity string, l Login, at time.Time) error {
	met, err := tx.changed("DELETE FROM identity_logins WHERE pool = $1 AND provider = $2 AND subject = $3 AND identity = $4",
		pool, l.Provider, l.Subject, identity)
	if err != nil {
		return err
	}
	if !met {
		return ErrNotFound
	}
	return tx.touchIdentity(identity, at)
}

// MoveLogins gives all logins of one identity of a pool to another.
func (tx *Tx) MoveLogins(pool, from, to string, at time.Time) error {
	if err := tx.exec("UPDATE identity_logins SET identity = $3 WHERE pool = $1 AND identity = $2", pool, from, to); err != nil {
		return err
	}
	return tx.touchIdentity(to, at)
}

// DisableIdentity makes an identity inaccessible for good.
func (tx *Tx) DisableIdentity(id string, at time.Time) error {
	return tx.exec("UPDATE identities SET enabled = 0, modified = $2 WHERE id = $1", id, micro(at))
}

// DeleteIdentity removes an identity and its logins; one that is not there is no
// error.
func (tx *Tx) DeleteIdentity(id string) error {
	return tx.exec("DELETE FROM identities WHERE id = $1", id)
}

// ListIdentities lists the identities of a pool by id, after an id ("" for the
// first).
func (r reader) ListIdentities(ctx context.Context, pool, after string, limit int, hideDisabled bool) ([]Identity, error) {
	least := 0
	if hideDisabled {
		least = 1
	}
	var all []Identity
	err := r.rows(ctx, func(rows *sql.Rows) error {
		var id string
		var enabled, created, modified int64
		var provider, subject sql.NullString
		if err := rows.Scan(&id, &enabled, &created, &modified, &provider, &subject); err != nil {
			return err
		}
		if n := len(all); n == 0 || all[n-1].ID != id {
			all = append(all, Identity{ID: id, PoolID: pool, Enabled: enabled != 0, Created: fromMicro(created), Modified: fromMicro(modified)})
		}
		if provider.Valid {
			last := &all[len(all)-1]
			last.Logins = append(last.Logins, Login{Provider: provider.String, Subject: subject.String})
		}
		return nil
	}, `SELECT i.id, i.enabled, i.created, i.modified, l.provider, l.subject
		FROM (SELECT id, enabled, created, modified FROM identities WHERE pool = $1 AND id > $2 AND enabled >= $3 ORDER BY id LIMIT $4) AS i
		LEFT JOIN identity_logins AS l ON l.identity = i.id ORDER BY i.id, l.provider, l.subject`, pool, after, least, limit)
	return all, err
}

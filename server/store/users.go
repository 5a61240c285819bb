package store

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"
)

// User is a user of a user pool. Sub never changes and is never used again.
type User struct {
	PoolID, Sub, Username string
	Status                string // UNCONFIRMED, CONFIRMED, FORCE_CHANGE_PASSWORD, RESET_REQUIRED
	Enabled               bool
	Attributes            map[string]string
	VerifierSealed, Salt  []byte
	PasswordVersion       int64
	PasswordExpires       time.Time // of a temporary password; zero: never
	TOTPSealed            []byte    // empty: none
	TOTPPending           []byte    // being enrolled
	TOTPVerified          bool
	MFAPreferred          string    // SOFTWARE_TOKEN_MFA or empty
	SignedOut             time.Time // tokens issued before are refused
	Created, Modified     time.Time
}

// Name is something a user signs in with, folded by the caller as the pool
// folds. Kind is username, email or preferred_username; a pool has each folded
// value once.
type Name struct{ Kind, Value string }

// CreateUser keeps a new user with its names; ErrExists if one is taken.
func (tx *Tx) CreateUser(u User, names ...Name) error {
	doc, err := json.Marshal(u)
	if err != nil {
		return err
	}
	if err := tx.insert("INSERT INTO users (pool, sub, doc) VALUES ($1, $2, $3)", u.PoolID, u.Sub, string(doc)); err != nil {
		return err
	}
	for _, n := range names {
		if err := tx.AddName(u.PoolID, u.Sub, n); err != nil {
			return err
		}
	}
	return nil
}

// AddName lets a user sign in with one more name; ErrExists if it is taken or
// another user's sub, by which users are named too. Nothing happens if it is the
// user's own.
func (tx *Tx) AddName(pool, sub string, n Name) error {
	u, err := tx.UserByName(tx.ctx, pool, n.Value)
	if errors.Is(err, ErrNotFound) && n.Value != sub {
		u, err = tx.UserBySub(tx.ctx, pool, n.Value)
	}
	if err == nil && u.Sub == sub {
		return nil
	}
	if err == nil {
		return ErrExists
	}
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	return tx.insert("INSERT INTO user_names (pool, name, kind, sub) VALUES ($1, $2, $3, $4)", pool, n.Value, n.Kind, sub)
}

// ModifyUser reads a user, lets fn change it and keeps the result. ErrNotFound;
// an error of fn comes back and nothing is kept.
func (tx *Tx) ModifyUser(pool, sub string, fn func(*User) error) error {
	u, err := tx.UserBySub(tx.ctx, pool, sub)
	if err != nil {
		return err
	}
	if err := fn(&u); err != nil {
		return err
	}
	doc, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return tx.exec("UPDATE users SET doc = $3 WHERE pool = $1 AND sub = $2", pool, sub, string(doc))
}

// DeleteUser removes a user with names, groups, codes, attempts and refresh
// families; ErrNotFound.
func (tx *Tx) DeleteUser(pool, sub string) error {
	for _, table := range []string{"codes", "attempts", "refresh_families", "memberships", "user_names"} {
		if err := tx.exec("DELETE FROM "+table+" WHERE pool = $1 AND sub = $2", pool, sub); err != nil {
			return err
		}
	}
	met, err := tx.changed("DELETE FROM users WHERE pool = $1 AND sub = $2", pool, sub)
	if err == nil && !met {
		return ErrNotFound
	}
	return err
}

// UserBySub finds a user; ErrNotFound.
func (r reader) UserBySub(ctx context.Context, pool, sub string) (User, error) {
	return r.user(ctx, "SELECT doc FROM users WHERE pool = $1 AND sub = $2"+r.lock, pool, sub)
}

// UserByName finds a user by any folded name; ErrNotFound.
func (r reader) UserByName(ctx context.Context, pool, name string) (User, error) {
	return r.user(ctx, `SELECT doc FROM users WHERE pool = $1
		AND sub = (SELECT sub FROM user_names WHERE pool = $1 AND name = $2)`+r.lock, pool, name)
}

func (r reader) user(ctx context.Context, query string, args ...any) (User, error) {
	var u User
	var doc string
	if err := r.row(ctx, query, args, &doc); err != nil {
		return u, err
	}
	return u, decode(doc, &u)
}

// AddToGroup makes a user a member; again is no error.
func (tx *Tx) AddToGroup(pool, sub, group string) error {
	return tx.exec("INSERT INTO memberships (pool, sub, grp) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", pool, sub, group)
}

// SetMembers makes the memberships of a pool what they are here, groups by sub,
// and no others.
func (tx *Tx) SetMembers(pool string, groups map[string][]string) error {
	if err := tx.exec("DELETE FROM memberships WHERE pool = $1", pool); err != nil {
		return err
	}
	for _, sub := range slices.Sorted(maps.Keys(groups)) {
		for _, group := range groups[sub] {
			if err := tx.AddToGroup(pool, sub, group); err != nil {
				return err
			}
		}
	}
	return nil
}

// GroupsOf lists the groups of a user by name.
func (r reader) GroupsOf(ctx context.Context, pool, sub string) ([]Group, error) {
	return list[Group](ctx, r, `SELECT d.doc FROM memberships m JOIN documents d ON d.kind = 'group' AND d.id = m.pool || '/' || m.grp
		WHERE m.pool = $1 AND m.sub = $2 ORDER BY d.id`, pool, sub)
}

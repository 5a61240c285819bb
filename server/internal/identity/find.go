package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gatepass/gatepass/server/store"
)

// caller is who asks for credentials or a token: an identity, its pool, and the logins that were presented and verified.
type caller struct {
	identity store.Identity
	pool     store.IdentityPool
	logins   []store.Login
}

func (s *Service) findPool(ctx context.Context, id string) (store.IdentityPool, error) {
	pool, err := s.Store.IdentityPool(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return pool, poolNotFound(id)
	}
	return pool, err
}

// identify is what GetCredentialsForIdentity and GetOpenIdToken check alike. accept may refuse the pool before the
// logins are looked at.
func (s *Service) identify(ctx context.Context, id string, sent map[string]string, accept func(store.IdentityPool) error) (caller, error) {
	c := caller{}
	if err := checkID("identityId", id); err != nil {
		return c, err
	}
	var err error
	if c.identity, err = s.Store.Identity(ctx, id); errors.Is(err, store.ErrNotFound) {
		return c, identityNotFound(id)
	} else if err != nil {
		return c, err
	}
	if c.pool, err = s.findPool(ctx, c.identity.PoolID); err != nil {
		return c, err
	}
	if err := accept(c.pool); err != nil {
		return c, err
	}
	if !c.identity.Enabled {
		return c, forbidden(id)
	}
	if len(sent) == 0 {
		return c, c.guest()
	}
	if c.logins, err = s.verifyLogins(ctx, c.pool, sent); err != nil {
		return c, err
	}
	if err := s.comeHome(ctx, &c); err != nil {
		return c, err
	}
	return c, s.claim(ctx, c)
}

// comeHome turns a guest who signs in as somebody that already has an identity over to that identity, which is the one
// the answer then names. AWS merges the two; here the guest's stays as it is.
func (s *Service) comeHome(ctx context.Context, c *caller) error {
	if len(c.identity.Logins) > 0 {
		return nil
	}
	home, err := owner(ctx, s.Store, c.pool.ID, c.logins)
	if err != nil || home.ID == "" {
		return err
	}
	c.identity = home
	return enabled(home)
}

// guest refuses to take an identity that has logins for a guest's.
func (c caller) guest() error {
	switch {
	case len(c.identity.Logins) > 0:
		return forbidden(c.identity.ID)
	case !c.pool.AllowUnauthenticated:
		return guestsOff()
	}
	return nil
}

// claim checks that the identity is the presented logins' own. A guest's identity becomes that of the first who signs in
// with it; an identity with logins is opened only by one of them.
func (s *Service) claim(ctx context.Context, c caller) error {
	if len(c.identity.Logins) > 0 && !slices.ContainsFunc(c.logins, func(l store.Login) bool { return slices.Contains(c.identity.Logins, l) }) {
		return loginsDontMatch()
	}
	missing := unlinked(c.identity, c.logins)
	if len(missing) == 0 {
		return nil
	}
	link := func(tx *store.Tx) error { return linkAll(ctx, tx, c.identity.ID, c.logins) }
	err := s.Store.Update(ctx, link)
	if errors.Is(err, store.ErrExists) { // another node was first: what it did decides
		err = s.Store.Update(ctx, link)
	}
	return err
}

func unlinked(id store.Identity, logins []store.Login) []store.Login {
	return slices.DeleteFunc(slices.Clone(logins), func(l store.Login) bool { return slices.Contains(id.Logins, l) })
}

// linkAll links what is not linked yet. It reads the identity anew, inside the transaction: it may have got logins in the
// meantime, and who then presents none of them gets nothing.
func linkAll(ctx context.Context, tx *store.Tx, id string, logins []store.Login) error {
	current, err := tx.Identity(ctx, id)
	if err != nil {
		return err
	}
	missing := unlinked(current, logins)
	if len(current.Logins) > 0 && len(missing) == len(logins) {
		return loginsDontMatch()
	}
	for _, l := range missing {
		other, err := tx.IdentityByLogin(ctx, current.PoolID, l)
		if err == nil && other.ID != id {
			return loginsDontMatch()
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if slices.ContainsFunc(current.Logins, func(have store.Login) bool { return have.Provider == l.Provider }) {
			return conflict("The identity has another login of the provider %s already.", l.Provider)
		}
		if err := tx.LinkLogin(current.PoolID, id, l); err != nil {
			return err
		}
	}
	return nil
}

// newIdentityID is REGION:UUID (RFC 9562, version 4).
func (s *Service) newIdentityID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(s.Rand, b[:]); err != nil {
		return "", err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%s:%x-%x-%x-%x-%x", s.Region, b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

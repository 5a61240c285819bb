package identity

import (
	"context"
	"errors"
	"slices"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// unlinkIdentity takes logins off an identity, by the right of one of its logins (API Reference, UnlinkIdentity). Without
// any login left the identity is inaccessible for good: it must not become a guest's.
func (s *Service) unlinkIdentity(ctx context.Context, in wire.UnlinkIdentityInput) (*empty, error) {
	switch {
	case len(in.Logins) == 0:
		return nil, invalidParameter("1 validation error detected: Value at 'logins' failed to satisfy constraint: Member must not be null")
	case len(in.LoginsToRemove) == 0:
		return nil, invalidParameter("1 validation error detected: Value at 'loginsToRemove' failed to satisfy constraint: Member must not be null")
	}
	id, err := s.findIdentity(ctx, in.IdentityId)
	if err != nil {
		return nil, err
	}
	pool, err := s.findPool(ctx, id.PoolID)
	if err != nil {
		return nil, err
	}
	logins, err := s.verifyLogins(ctx, pool, in.Logins)
	if err != nil {
		return nil, err
	}
	remove := make([]string, len(in.LoginsToRemove))
	for i, name := range in.LoginsToRemove {
		remove[i], _ = s.canonical(name)
	}
	return &empty{}, s.Store.Update(ctx, func(tx *store.Tx) error {
		return s.unlink(ctx, tx, id.ID, logins, func(l store.Login) bool {
			return l.Provider != pool.DeveloperProvider && slices.Contains(remove, l.Provider)
		})
	})
}

func (s *Service) unlink(ctx context.Context, tx *store.Tx, identity string, shown []proof, remove func(store.Login) bool) error {
	id, err := tx.Identity(ctx, identity)
	if errors.Is(err, store.ErrNotFound) {
		return identityNotFound(identity)
	}
	if err == nil {
		err = enabled(id)
	}
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(shown, func(p proof) bool { return slices.Contains(id.Logins, p.Login) }) {
		return loginsDontMatch()
	}
	return s.removeLogins(tx, id, remove)
}

// removeLogins disables an identity that loses its last login.
func (s *Service) removeLogins(tx *store.Tx, id store.Identity, remove func(store.Login) bool) error {
	left := len(id.Logins)
	for _, l := range id.Logins {
		if !remove(l) {
			continue
		}
		if err := tx.UnlinkLogin(id.PoolID, id.ID, l, s.Now()); err != nil {
			return err
		}
		left--
	}
	if left == 0 && len(id.Logins) > 0 {
		return tx.DisableIdentity(id.ID, s.Now())
	}
	return nil
}

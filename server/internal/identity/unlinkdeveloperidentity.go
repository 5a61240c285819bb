package identity

import (
	"context"
	"errors"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// unlinkDeveloperIdentity takes a developer's user off an identity (API Reference, UnlinkDeveloperIdentity). Tokens that
// were made for him are no login any more.
func (s *Service) unlinkDeveloperIdentity(ctx context.Context, in wire.UnlinkDeveloperIdentityInput) (*empty, error) {
	if err := checkDeveloperID("developerUserIdentifier", in.DeveloperUserIdentifier); err != nil {
		return nil, err
	}
	if err := checkID("identityId", in.IdentityId); err != nil {
		return nil, err
	}
	pool, err := s.developerPool(ctx, in.IdentityPoolId, in.DeveloperProviderName)
	if err != nil {
		return nil, err
	}
	gone := developerUser(pool, in.DeveloperUserIdentifier)
	return &empty{}, s.Store.Update(ctx, func(tx *store.Tx) error {
		if err := lock(ctx, tx, pool.ID, in.IdentityId, []proof{{Login: gone}}); err != nil {
			return err
		}
		id, err := tx.Identity(ctx, in.IdentityId)
		if errors.Is(err, store.ErrNotFound) || err == nil && id.PoolID != pool.ID {
			return identityNotFound(in.IdentityId)
		}
		if err != nil {
			return err
		}
		if owner, err := ofDeveloperUser(ctx, tx, pool, in.DeveloperUserIdentifier); err != nil {
			return err
		} else if owner.ID != id.ID {
			return conflict("The developer user belongs to another identity.")
		}
		return s.removeLogins(tx, id, func(l store.Login) bool { return l == gone })
	})
}

package identity

import (
	"context"
	"errors"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// deleteIdentityPool removes the pool with its identities. Credentials that were given out last until they expire.
func (s *Service) deleteIdentityPool(ctx context.Context, in wire.IdentityPoolInput) (*empty, error) {
	if err := checkID("identityPoolId", in.IdentityPoolId); err != nil {
		return nil, err
	}
	err := s.Store.Update(ctx, func(tx *store.Tx) error { return tx.DeleteIdentityPool(in.IdentityPoolId) })
	if errors.Is(err, store.ErrNotFound) {
		err = poolNotFound(in.IdentityPoolId)
	}
	return &empty{}, err
}

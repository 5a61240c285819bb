package identity

import (
	"context"
	"errors"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// updateIdentityPool sets every setting anew; one that is left out gets its default (API Reference, UpdateIdentityPool),
// but for the name of the developer provider, which stays for good, and the tags. Roles and role mappings are kept.
func (s *Service) updateIdentityPool(ctx context.Context, in wire.IdentityPool) (*wire.IdentityPool, error) {
	if err := checkID("identityPoolId", in.IdentityPoolId); err != nil {
		return nil, err
	}
	var p store.IdentityPool
	err := s.Store.Update(ctx, func(tx *store.Tx) (err error) {
		if p, err = tx.IdentityPool(ctx, in.IdentityPoolId); err != nil {
			return err
		}
		if err := s.configure(ctx, tx, &p, in.Settings()); err != nil {
			return err
		}
		return tx.PutIdentityPool(p)
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, poolNotFound(in.IdentityPoolId)
	}
	if err != nil {
		return nil, err
	}
	return s.describePool(p), nil
}

package identity

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// deleteIdentities deletes all of them or, if the database fails, none; one that is not there counts as deleted.
func (s *Service) deleteIdentities(ctx context.Context, in wire.DeleteIdentitiesInput) (*wire.DeleteIdentitiesOutput, error) {
	if n := len(in.IdentityIdsToDelete); n < 1 || n > maxPage {
		return nil, badLength("identityIdsToDelete", 1, maxPage)
	}
	for _, id := range in.IdentityIdsToDelete {
		if err := checkID("identityIdsToDelete", id); err != nil {
			return nil, err
		}
	}
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		for _, id := range in.IdentityIdsToDelete {
			if err := tx.DeleteIdentity(id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &wire.DeleteIdentitiesOutput{UnprocessedIdentityIds: []wire.UnprocessedIdentityId{}}, nil
}

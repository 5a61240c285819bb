package identity

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// mergeDeveloperIdentities gives the logins of the source's identity to the destination's and disables the former (API
// Reference, MergeDeveloperIdentities). Two users of one public provider stay two.
func (s *Service) mergeDeveloperIdentities(ctx context.Context, in wire.MergeDeveloperIdentitiesInput) (*wire.MergeDeveloperIdentitiesOutput, error) {
	if err := checkDeveloperID("sourceUserIdentifier", in.SourceUserIdentifier); err != nil {
		return nil, err
	}
	if err := checkDeveloperID("destinationUserIdentifier", in.DestinationUserIdentifier); err != nil {
		return nil, err
	}
	pool, err := s.developerPool(ctx, in.IdentityPoolId, in.DeveloperProviderName)
	if err != nil {
		return nil, err
	}
	out := &wire.MergeDeveloperIdentitiesOutput{}
	users := []proof{{Login: developerUser(pool, in.SourceUserIdentifier)}, {Login: developerUser(pool, in.DestinationUserIdentifier)}}
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		if err := lock(ctx, tx, pool.ID, "", users); err != nil {
			return err
		}
		from, err := ofDeveloperUser(ctx, tx, pool, in.SourceUserIdentifier)
		if err != nil {
			return err
		}
		to, err := ofDeveloperUser(ctx, tx, pool, in.DestinationUserIdentifier)
		if err != nil {
			return err
		}
		out.IdentityId = to.ID
		if from.ID == to.ID {
			return nil
		}
		_, err = s.merge(ctx, tx, pool, to, from)
		return err
	})
	return out, err
}

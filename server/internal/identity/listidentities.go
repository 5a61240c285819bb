package identity

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) listIdentities(ctx context.Context, in wire.ListIdentitiesInput) (*wire.ListIdentitiesOutput, error) {
	after, err := s.openPage(in.MaxResults, in.NextToken, "identities of "+in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	pool, err := s.findPool(ctx, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	ids, err := s.Store.ListIdentities(ctx, pool.ID, after, in.MaxResults+1, in.HideDisabled)
	if err != nil {
		return nil, err
	}
	out := &wire.ListIdentitiesOutput{IdentityPoolId: pool.ID, Identities: []wire.IdentityDescription{}}
	if len(ids) > in.MaxResults {
		ids = ids[:in.MaxResults]
		out.NextToken, err = s.nextPage(ids[len(ids)-1].ID, "identities of "+pool.ID)
	}
	for _, id := range ids {
		out.Identities = append(out.Identities, describe(id))
	}
	return out, err
}

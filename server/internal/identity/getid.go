package identity

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// getID finds the identity of the logins or makes one (API Reference, GetId). Without logins it makes a guest's
// identity each time. AccountId changes no check: identity pool ids are unique.
func (s *Service) getID(ctx context.Context, in wire.GetIdInput) (*wire.GetIdOutput, error) {
	pool, err := s.findPool(ctx, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	if len(in.Logins) == 0 && !pool.AllowUnauthenticated {
		return nil, guestsOff()
	}
	logins, err := s.verifyLogins(ctx, pool, in.Logins)
	if err != nil {
		return nil, err
	}
	var id store.Identity
	if id, err = s.settle(ctx, pool, "", logins); err != nil {
		return nil, err
	}
	return &wire.GetIdOutput{IdentityId: id.ID}, nil
}

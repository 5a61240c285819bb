package userpool

import (
	"context"
	"errors"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Service) adminDeleteUser(ctx context.Context, in *wire.AdminDeleteUserInput) (*wire.AdminDeleteUserOutput, error) {
	_, u, err := s.managed(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) error { return tx.DeleteUser(u.PoolID, u.Sub) })
	if errors.Is(err, store.ErrNotFound) {
		return nil, errNoUser()
	}
	return &wire.AdminDeleteUserOutput{}, err
}

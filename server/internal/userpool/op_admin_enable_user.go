package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Service) adminEnableUser(ctx context.Context, in *wire.AdminEnableUserInput) (*wire.AdminEnableUserOutput, error) {
	_, u, err := s.managed(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) error { return s.enable(tx, &u, true) })
	return &wire.AdminEnableUserOutput{}, err
}

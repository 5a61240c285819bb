package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// adminDisableUser also ends the sessions: enabling the user does not revive them.
func (s *Service) adminDisableUser(ctx context.Context, in *wire.AdminDisableUserInput) (*wire.AdminDisableUserOutput, error) {
	_, u, err := s.managed(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		if err := s.endSessions(tx, &u); err != nil {
			return err
		}
		return s.enable(tx, &u, false)
	})
	return &wire.AdminDisableUserOutput{}, err
}

func (s *Service) enable(tx *store.Tx, u *store.User, enabled bool) error {
	return tx.ModifyUser(u.PoolID, u.Sub, func(now *store.User) error {
		now.Enabled, now.Modified = enabled, s.Now()
		return nil
	})
}

package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// adminConfirmSignUp confirms the user and, as AWS has it, verifies no address.
func (s *Service) adminConfirmSignUp(ctx context.Context, in *wire.AdminConfirmSignUpInput) (*wire.AdminConfirmSignUpOutput, error) {
	p, u, err := s.managed(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteCode(u.PoolID, u.Sub, purposeSignUp); err != nil {
			return err
		}
		return s.confirm(tx, p, &u, false)
	})
	return &wire.AdminConfirmSignUpOutput{}, err
}

package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Service) confirmForgotPassword(ctx context.Context, in *wire.ConfirmForgotPasswordInput) (*wire.ConfirmForgotPasswordOutput, error) {
	a, err := s.app(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	if in.ConfirmationCode == "" {
		return nil, missing("ConfirmationCode")
	}
	u, err := s.claimed(ctx, a, in.Username, "Username", in.SecretHash, errNoCombination())
	if err != nil {
		return nil, err
	}
	if err := checkPolicy(&a.pool, in.Password); err != nil {
		return nil, err
	}
	if !u.decoy && resettable(&u.User) != nil {
		u.decoy = true // as if the code were wrong
	}
	made, err := s.makePassword(ctx, &u.User, in.Password)
	if err != nil {
		return nil, err
	}
	err = s.useCode(ctx, a, u, purposeForgot, in.ConfirmationCode, func(tx *store.Tx) error {
		return s.putPassword(tx, &u.User, made, confirmed)
	})
	return &wire.ConfirmForgotPasswordOutput{}, err
}

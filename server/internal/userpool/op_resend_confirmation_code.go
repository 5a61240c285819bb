package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) resendConfirmationCode(ctx context.Context, in *wire.ResendConfirmationCodeInput) (*wire.ResendConfirmationCodeOutput, error) {
	a, err := s.app(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	u, err := s.claimed(ctx, a, in.Username, "Username", in.SecretHash, errNoCombination())
	if err != nil {
		return nil, err
	}
	if !u.decoy && u.Status != unconfirmed {
		return nil, invalid("User is already confirmed.")
	}
	if !u.decoy && !verifiesEmail(&a.pool, &u.User) {
		return nil, invalid("Cannot resend codes. Auto verification not turned on.")
	}
	if err := s.sendCode(ctx, &a.pool, u, purposeSignUp); err != nil {
		return nil, err
	}
	return &wire.ResendConfirmationCodeOutput{CodeDeliveryDetails: s.deliveryTo(u, in.Username)}, nil
}

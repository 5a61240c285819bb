package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// forgotPassword sends a code. For a client that hides its users it seems to send
// one to everybody.
func (s *Service) forgotPassword(ctx context.Context, in *wire.ForgotPasswordInput) (*wire.ForgotPasswordOutput, error) {
	a, err := s.app(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	u, err := s.claimed(ctx, a, in.Username, "Username", in.SecretHash, errNoCombination())
	if err != nil {
		return nil, err
	}
	if !u.decoy {
		if err := resettable(&u.User); err != nil && !a.hidesUsers() {
			return nil, err
		} else if err != nil {
			u.decoy = true
		}
	}
	if err := s.sendCode(ctx, &a.pool, u, purposeForgot); err != nil {
		return nil, err
	}
	return &wire.ForgotPasswordOutput{CodeDeliveryDetails: s.deliveryTo(u, in.Username)}, nil
}

// resettable: the user may replace a lost password with a code.
func resettable(u *store.User) error {
	switch {
	case !u.Enabled:
		return notAuthorized("User is disabled.")
	case u.Status == forceChange:
		return notAuthorized("User password cannot be reset in the current state.")
	case u.Attributes["email"] == "" || u.Attributes["email_verified"] != "true":
		return invalid("Cannot reset password for the user as there is no registered/verified email or phone_number")
	}
	return nil
}

package userpool

import (
	"context"
	"errors"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// confirmSignUp verifies the address the code was sent to, and with it the alias.
func (s *Service) confirmSignUp(ctx context.Context, in *wire.ConfirmSignUpInput) (*wire.ConfirmSignUpOutput, error) {
	a, err := s.app(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	switch {
	case in.ConfirmationCode == "":
		return nil, missing("ConfirmationCode")
	case in.ForceAliasCreation:
		return nil, unsupported("field", "ForceAliasCreation")
	case in.Session != "":
		return nil, unsupported("field", "Session here")
	}
	u, err := s.claimed(ctx, a, in.Username, "Username", in.SecretHash, errNoCombination())
	if err != nil {
		return nil, err
	}
	if !u.decoy && u.Status != unconfirmed {
		return nil, errConfirmed(&u.User)
	}
	err = s.useCode(ctx, a, u, purposeSignUp, in.ConfirmationCode, func(tx *store.Tx) error {
		return s.confirm(tx, &a.pool, &u.User, true)
	})
	return &wire.ConfirmSignUpOutput{}, err
}

func errConfirmed(u *store.User) error {
	return notAuthorized("User cannot be confirmed. Current status is " + u.Status)
}

// confirm makes an unconfirmed user a confirmed one, adding the aliases that count
// from now on.
func (s *Service) confirm(tx *store.Tx, p *store.UserPool, u *store.User, verified bool) error {
	var after store.User
	err := tx.ModifyUser(u.PoolID, u.Sub, func(now *store.User) error {
		if now.Status != unconfirmed {
			return errConfirmed(now)
		}
		now.Status, now.Modified = confirmed, s.Now()
		if verified {
			now.Attributes["email_verified"] = "true"
		}
		after = *now
		return nil
	})
	if err != nil {
		return err
	}
	return addNames(tx, p, &after)
}

// addNames lets a user sign in with every name that counts by now.
func addNames(tx *store.Tx, p *store.UserPool, u *store.User) error {
	for _, n := range signInNames(p, u) {
		err := tx.AddName(u.PoolID, u.Sub, n)
		if errors.Is(err, store.ErrExists) {
			return errAlias(n.Kind)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

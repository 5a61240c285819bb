package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Service) adminSetUserPassword(ctx context.Context, in *wire.AdminSetUserPasswordInput) (*wire.AdminSetUserPasswordOutput, error) {
	p, u, err := s.managed(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if in.Password == "" {
		return nil, missing("Password")
	}
	if err := checkPolicy(p, in.Password); err != nil {
		return nil, err
	}
	made, err := s.makePassword(ctx, &u, in.Password)
	if err != nil {
		return nil, err
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		if in.Permanent {
			if err := s.putPassword(tx, &u, made, confirmed); err != nil {
				return err
			}
			u.Status = confirmed
			return addNames(tx, p, &u) // those that do not count before a user is confirmed
		}
		return s.putPassword(tx, &u, made, forceChange, func(now *store.User) { now.PasswordExpires = s.temporaryUntil(p) })
	})
	return &wire.AdminSetUserPasswordOutput{}, err
}

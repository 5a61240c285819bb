package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// changePassword ends every session of the user, this one too: a stolen token
// does not outlive the password it came from.
func (s *Service) changePassword(ctx context.Context, in *wire.ChangePasswordInput) (*wire.ChangePasswordOutput, error) {
	b, err := s.access(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	if in.PreviousPassword == "" {
		return nil, missing("PreviousPassword")
	}
	if err := checkPolicy(&b.app.pool, in.ProposedPassword); err != nil {
		return nil, err
	}
	if err := s.checkPassword(ctx, &subject{User: b.user}, in.PreviousPassword); err != nil {
		return nil, err
	}
	made, err := s.makePassword(ctx, &b.user, in.ProposedPassword)
	if err != nil {
		return nil, err
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) error { return s.putPassword(tx, &b.user, made, confirmed) })
	return &wire.ChangePasswordOutput{}, err
}

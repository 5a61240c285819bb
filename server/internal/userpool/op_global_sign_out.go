package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Service) globalSignOut(ctx context.Context, in *wire.GlobalSignOutInput) (*wire.GlobalSignOutOutput, error) {
	b, err := s.access(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) error { return s.endSessions(tx, &b.user) })
	return &wire.GlobalSignOutOutput{}, err
}

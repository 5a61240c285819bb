package identity

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) describeIdentityPool(ctx context.Context, in wire.IdentityPoolInput) (*wire.IdentityPool, error) {
	p, err := s.findPool(ctx, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	return s.describePool(p), nil
}

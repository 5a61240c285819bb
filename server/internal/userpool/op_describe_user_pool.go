package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) describeUserPool(ctx context.Context, in *wire.DescribeUserPoolInput) (*wire.DescribeUserPoolOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return &wire.DescribeUserPoolOutput{UserPool: s.describePool(&p)}, nil
}

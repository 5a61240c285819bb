package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) describeUserPoolClient(ctx context.Context, in *wire.DescribeUserPoolClientInput) (*wire.DescribeUserPoolClientOutput, error) {
	a, err := s.appOf(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	return &wire.DescribeUserPoolClientOutput{UserPoolClient: describeClient(&a.UserPoolClient, a.secret)}, nil
}

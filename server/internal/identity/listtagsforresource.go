package identity

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) listTagsForResource(ctx context.Context, in wire.ListTagsForResourceInput) (*wire.ListTagsForResourceOutput, error) {
	id := s.poolOfARN(in.ResourceArn)
	if id == "" {
		return nil, badARN(in.ResourceArn)
	}
	p, err := s.findPool(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.Tags == nil {
		p.Tags = map[string]string{}
	}
	return &wire.ListTagsForResourceOutput{Tags: p.Tags}, nil
}

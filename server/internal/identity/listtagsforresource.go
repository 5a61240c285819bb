package identity

import (
	"context"
	"errors"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
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

// ResourceTags are the tags of what [Service.Resource] gives, the values of aws:ResourceTag; none for what is no identity pool.
func (s *Service) ResourceTags(ctx context.Context, arn string) (map[string]string, error) {
	id := s.poolOfARN(arn)
	if id == "" {
		return nil, nil
	}
	p, err := s.Store.IdentityPool(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return p.Tags, nil
}

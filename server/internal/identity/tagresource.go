package identity

import (
	"context"
	"maps"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// tagResource adds tags to an identity pool; those it has under the same keys are replaced.
func (s *Service) tagResource(ctx context.Context, in wire.TagResourceInput) (*empty, error) {
	return &empty{}, s.changeTags(ctx, in.ResourceArn, func(tags map[string]string) error {
		maps.Copy(tags, in.Tags)
		return checkTags(tags)
	})
}

func (s *Service) changeTags(ctx context.Context, arn string, change func(map[string]string) error) error {
	id := s.poolOfARN(arn)
	if id == "" {
		return badARN(arn)
	}
	return s.changePool(ctx, id, func(p *store.IdentityPool) error {
		tags := maps.Clone(p.Tags)
		if tags == nil {
			tags = map[string]string{}
		}
		p.Tags = tags
		return change(tags)
	})
}

func badARN(arn string) error {
	return invalidParameter("'%s' is not the ARN of an identity pool of this region and account.", arn)
}

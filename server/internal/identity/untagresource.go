package identity

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) untagResource(ctx context.Context, in wire.UntagResourceInput) (*empty, error) {
	return &empty{}, s.changeTags(ctx, in.ResourceArn, func(tags map[string]string) error {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
		return nil
	})
}

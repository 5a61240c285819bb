package identity

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) getPrincipalTagAttributeMap(ctx context.Context, in wire.GetPrincipalTagAttributeMapInput) (*wire.PrincipalTagAttributeMap, error) {
	p, err := s.findPool(ctx, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	key, found := s.tagProvider(p, in.IdentityProviderName)
	if !found {
		return nil, noTagProvider(in.IdentityProviderName)
	}
	m := p.PrincipalTags[key]
	return &wire.PrincipalTagAttributeMap{
		IdentityPoolId: p.ID, IdentityProviderName: in.IdentityProviderName, UseDefaults: m.UseDefaults, PrincipalTags: m.Tags,
	}, nil
}

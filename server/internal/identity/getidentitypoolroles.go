package identity

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Service) getIdentityPoolRoles(ctx context.Context, in wire.IdentityPoolInput) (*wire.IdentityPoolRoles, error) {
	p, err := s.findPool(ctx, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	out := &wire.IdentityPoolRoles{IdentityPoolId: p.ID, Roles: p.Roles, RoleMappings: map[string]wire.RoleMapping{}}
	for name, m := range p.RoleMappings {
		out.RoleMappings[name] = describeMapping(m)
	}
	return out, nil
}

func describeMapping(m store.RoleMapping) wire.RoleMapping {
	out := wire.RoleMapping{Type: m.Type, AmbiguousRoleResolution: m.Ambiguous}
	if m.Type != typeRules {
		return out
	}
	out.RulesConfiguration = &wire.RulesConfiguration{}
	for _, r := range m.Rules {
		out.RulesConfiguration.Rules = append(out.RulesConfiguration.Rules,
			wire.MappingRule{Claim: r.Claim, MatchType: r.Match, Value: r.Value, RoleARN: r.RoleARN})
	}
	return out
}

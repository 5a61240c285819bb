package identity

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// Limits of the API Reference.
const (
	minARN, maxARN = 20, 2048
	maxMappings    = 10
	maxRules       = 25
	maxClaim       = 64
	maxValue       = 128
)

// setIdentityPoolRoles replaces the roles and role mappings of a pool (API Reference, SetIdentityPoolRoles). That the
// caller may pass the roles was checked before: see rolesPassed.
func (s *Service) setIdentityPoolRoles(ctx context.Context, in wire.IdentityPoolRoles) (*empty, error) {
	if err := checkRoles(in.Roles); err != nil {
		return nil, err
	}
	if len(in.RoleMappings) > maxMappings {
		return nil, badLength("roleMappings", 0, maxMappings)
	}
	return &empty{}, s.changePool(ctx, in.IdentityPoolId, func(p *store.IdentityPool) error {
		mappings := map[string]store.RoleMapping{}
		for _, name := range slices.Sorted(maps.Keys(in.RoleMappings)) {
			key, found := s.mappingKey(*p, name)
			if !found {
				return invalidParameter("%s is not a valid RoleMapping ProviderName or is not a configured provider.", name)
			}
			m, err := roleMapping(in.RoleMappings[name])
			if err != nil {
				return err
			}
			if _, twice := mappings[key]; twice {
				return invalidParameter("%s is named twice in RoleMappings.", name)
			}
			mappings[key] = m
		}
		p.Roles, p.RoleMappings = in.Roles, mappings
		return nil
	})
}

// changePool reads, changes and writes a pool in one transaction.
func (s *Service) changePool(ctx context.Context, id string, change func(*store.IdentityPool) error) error {
	if err := checkID("identityPoolId", id); err != nil {
		return err
	}
	return s.Store.Update(ctx, func(tx *store.Tx) error {
		p, err := tx.IdentityPool(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return poolNotFound(id)
		}
		if err != nil {
			return err
		}
		if err := change(&p); err != nil {
			return err
		}
		return tx.PutIdentityPool(p)
	})
}

func checkRoles(roles map[string]string) error {
	if roles == nil {
		return invalidParameter("1 validation error detected: Value null at 'roles' failed to satisfy constraint: Member must not be null")
	}
	for kind, arn := range roles {
		if kind != authenticated && kind != guests {
			return badPattern("roles", "(un)?authenticated")
		}
		if err := checkRoleARN("roles."+kind, arn); err != nil {
			return err
		}
	}
	return nil
}

func checkRoleARN(field, arn string) error {
	if len(arn) < minARN || len(arn) > maxARN {
		return badLength(field, minARN, maxARN)
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
		return invalidParameter("'%s' at '%s' is not the ARN of a role.", arn, field)
	}
	return nil
}

// mappingKey is the name under which the mapping of a provider of the pool is stored.
func (s *Service) mappingKey(p store.IdentityPool, name string) (string, bool) {
	if at := strings.LastIndexByte(name, ':'); at > 0 {
		if provider, isUserPool := s.canonical(name[:at]); isUserPool {
			_, found := s.configured(p, provider, name[at+1:])
			return provider + name[at:], found
		}
	}
	_, public := p.LoginProviders[name]
	return name, public || slices.Contains(p.OIDCProviders, name)
}

func roleMapping(in wire.RoleMapping) (store.RoleMapping, error) {
	m := store.RoleMapping{Type: in.Type, Ambiguous: in.AmbiguousRoleResolution}
	switch {
	case in.Type != typeToken && in.Type != typeRules:
		return m, notOneOf("type", in.Type, typeToken, typeRules)
	case in.AmbiguousRoleResolution != toDefault && in.AmbiguousRoleResolution != toDeny:
		return m, notOneOf("ambiguousRoleResolution", in.AmbiguousRoleResolution, toDefault, toDeny)
	case in.Type == typeToken && in.RulesConfiguration != nil:
		return m, invalidParameter("RulesConfiguration belongs to the mapping type Rules.")
	case in.Type == typeToken:
		return m, nil
	case in.RulesConfiguration == nil || len(in.RulesConfiguration.Rules) == 0 || len(in.RulesConfiguration.Rules) > maxRules:
		return m, badLength("rulesConfiguration.rules", 1, maxRules)
	}
	for i, r := range in.RulesConfiguration.Rules {
		if err := checkRule(fmt.Sprintf("rulesConfiguration.rules.%d.member.", i+1), r); err != nil {
			return m, err
		}
		m.Rules = append(m.Rules, store.MappingRule{Claim: r.Claim, Match: r.MatchType, Value: r.Value, RoleARN: r.RoleARN})
	}
	return m, nil
}

func notOneOf(field, value string, legal ...string) error {
	return invalidParameter("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
		value, field, strings.Join(legal, ", "))
}

func checkRule(at string, r wire.MappingRule) error {
	switch n := utf8.RuneCountInString(r.Claim); {
	case n < 1 || n > maxClaim:
		return badLength(at+"claim", 1, maxClaim)
	case r.Value == "" || utf8.RuneCountInString(r.Value) > maxValue:
		return badLength(at+"value", 1, maxValue)
	case !slices.Contains([]string{"Equals", "Contains", "StartsWith", "NotEqual"}, r.MatchType):
		return notOneOf(at+"matchType", r.MatchType, "Equals", "Contains", "StartsWith", "NotEqual")
	}
	return checkRoleARN(at+"roleARN", r.RoleARN)
}

// rolesPassed lists every role of a request of SetIdentityPoolRoles once.
func rolesPassed(body []byte) []string {
	var in wire.IdentityPoolRoles
	if wire.DecodeJSON(body, &in) != nil {
		return nil // Run refuses it
	}
	all := slices.Collect(maps.Values(in.Roles))
	for _, m := range in.RoleMappings {
		if m.RulesConfiguration == nil {
			continue
		}
		for _, r := range m.RulesConfiguration.Rules {
			all = append(all, r.RoleARN)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/identity"
	"github.com/gatepass/gatepass/server/store"
)

// trustFor is the standard trust policy of a role that an identity pool uses:
// that pool, and signed-in users or guests, never both.
func (c *Config) trustFor(role string) string {
	for _, p := range c.IdentityPools {
		amr := ""
		switch {
		case role == p.AuthenticatedRole, c.mapsTo(p, role):
			amr = "authenticated"
		case role == p.UnauthenticatedRole:
			amr = "unauthenticated"
		default:
			continue
		}
		return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},`+
			`"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":%q},`+
			`"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":%q}}}}`, p.ID, amr)
	}
	return ""
}

// mapsTo: a role mapping of the pool can lead to the role, by a rule or by a
// group of the user pool.
func (c *Config) mapsTo(p IdentityPool, role string) bool {
	for _, m := range p.RoleMappings {
		if slices.ContainsFunc(m.Rules, func(r MappingRule) bool { return r.Role == role }) {
			return true
		}
		for _, u := range c.UserPools {
			if m.Type == "token" && u.ID == m.UserPool && slices.ContainsFunc(u.Groups, func(g Group) bool { return g.Role == role }) {
				return true
			}
		}
	}
	return false
}

func (s *Server) applyOIDCProviders(ctx context.Context) error {
	for _, o := range s.Config.OIDCProviders {
		p := store.OIDCProvider{ARN: identity.OIDCProviderARN(s.account(), o.Issuer), Issuer: o.Issuer, ClientIDs: o.Clients, Created: s.Now()}
		old, err := s.store.OIDCProvider(ctx, p.ARN)
		if err == nil {
			p.Created = old.Created
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := s.store.Update(ctx, func(tx *store.Tx) error { return tx.PutOIDCProvider(p) }); err != nil {
			return err
		}
	}
	return nil
}

// applyIdentityPools sets what a file can declare; tags, principal tags and public providers stay as they are.
func (s *Server) applyIdentityPools(ctx context.Context) error {
	for _, p := range s.Config.IdentityPools {
		err := s.store.Update(ctx, func(tx *store.Tx) error {
			pool, err := tx.IdentityPool(ctx, p.ID)
			if errors.Is(err, store.ErrNotFound) {
				pool, err = store.IdentityPool{ID: p.ID, Created: s.Now()}, nil
			}
			if err != nil {
				return err
			}
			s.declare(&pool, p)
			return tx.PutIdentityPool(pool)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) declare(pool *store.IdentityPool, p IdentityPool) {
	pool.Name, pool.AllowUnauthenticated, pool.AllowClassic = cmp.Or(p.Name, strings.ReplaceAll(p.ID, ":", "-")), p.AllowGuests, p.AllowClassic
	if p.DeveloperProvider != "" {
		pool.DeveloperProvider = p.DeveloperProvider
	}
	pool.OIDCProviders = nil
	for _, iss := range p.OIDCProviders {
		pool.OIDCProviders = append(pool.OIDCProviders, identity.OIDCProviderARN(s.account(), iss))
	}
	pool.Providers, pool.Roles, pool.RoleMappings = nil, map[string]string{}, map[string]store.RoleMapping{}
	for _, pr := range p.Providers {
		pool.Providers = append(pool.Providers, store.IdentityProvider{
			ProviderName: s.providerName(pr.UserPool), ClientID: pr.Client, ServerSideTokenCheck: pr.ServerSideCheck,
		})
	}
	if p.AuthenticatedRole != "" {
		pool.Roles["authenticated"] = s.roleARN(p.AuthenticatedRole)
	}
	if p.UnauthenticatedRole != "" {
		pool.Roles["unauthenticated"] = s.roleARN(p.UnauthenticatedRole)
	}
	for _, m := range p.RoleMappings {
		key := s.providerName(m.UserPool) + ":" + m.Client
		if m.Issuer != "" {
			key = identity.OIDCProviderARN(s.account(), m.Issuer)
		}
		pool.RoleMappings[key] = s.roleMapping(m)
	}
}

func (s *Server) providerName(userPool string) string {
	return "cognito-idp." + s.region() + ".amazonaws.com/" + userPool
}

func (s *Server) roleMapping(m RoleMapping) store.RoleMapping {
	out := store.RoleMapping{Type: "Token", Ambiguous: "Deny"}
	if m.Otherwise == "authenticated_role" {
		out.Ambiguous = "AuthenticatedRole"
	}
	if m.Type == "rules" {
		out.Type = "Rules"
	}
	for _, r := range m.Rules {
		out.Rules = append(out.Rules, store.MappingRule{Claim: r.Claim, Match: r.Match, Value: r.Value, RoleARN: s.roleARN(r.Role)})
	}
	return out
}

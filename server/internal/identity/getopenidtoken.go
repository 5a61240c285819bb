package identity

import (
	"context"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// openIDLifetime is that of the basic flow.
const openIDLifetime = 10 * time.Minute

// openIDClaims are in the order AWS prints them.
type openIDClaims struct {
	Sub     string       `json:"sub"`
	Aud     string       `json:"aud"`
	AMR     []string     `json:"amr"`
	Iss     string       `json:"iss"`
	PoolARN string       `json:"https://cognito-identity.amazonaws.com/identity-pool-arn"`
	Tags    *sessionTags `json:"https://aws.amazon.com/tags,omitempty"`
	Exp     int64        `json:"exp"`
	Iat     int64        `json:"iat"`
}

// getOpenIDToken is the first half of the basic (classic) flow (API Reference, GetOpenIdToken).
func (s *Service) getOpenIDToken(ctx context.Context, in wire.GetOpenIdTokenInput) (*wire.GetOpenIdTokenOutput, error) {
	c, err := s.identify(ctx, in.IdentityId, in.Logins, func(pool store.IdentityPool) error {
		switch {
		case !pool.AllowClassic:
			return invalidParameter("Basic (classic) flow is not enabled, please use enhanced flow.")
		case len(pool.RoleMappings) > 0:
			return invalidParameter("Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.openIDToken(ctx, c, openIDLifetime)
}

// openIDToken is a token that says who the caller is.
func (s *Service) openIDToken(ctx context.Context, c caller, lifetime time.Duration) (*wire.GetOpenIdTokenOutput, error) {
	tags, err := c.tags()
	if err != nil {
		return nil, err
	}
	key, err := s.signingKey(ctx)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	out := &wire.GetOpenIdTokenOutput{IdentityId: c.identity.ID}
	err = s.admit(ctx, func() (err error) {
		out.Token, err = token.Sign(key, token.RS512, openIDClaims{
			Sub: c.identity.ID, Aud: c.pool.ID, AMR: c.amr(), Iss: cognitoIssuer, PoolARN: s.arn(c.pool.ID), Tags: tagsClaim(tags),
			Exp: now.Add(lifetime).Unix(), Iat: now.Unix(),
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Service) admit(ctx context.Context, fn func() error) error {
	if s.Admit == nil {
		return fn()
	}
	return s.Admit(ctx, fn)
}

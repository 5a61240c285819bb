package server

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"slices"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/identity"
	"github.com/gatepass/gatepass/server/internal/sts"
)

// verifyLogin lets identity pools check ID tokens by the user pools' keys.
func (s *Server) verifyLogin(ctx context.Context, provider, raw string, serverSide bool) (identity.Login, error) {
	t, err := s.users.VerifyIDToken(ctx, raw, provider, serverSide)
	return identity.Login{Subject: t.Sub, ClientID: t.ClientID, Claims: t.Claims}, err
}

// verifyWebIdentity lets STS check the tokens of identity pools and of declared
// OpenID providers.
func (s *Server) verifyWebIdentity(ctx context.Context, raw string) (sts.WebIdentity, error) {
	w, err := s.identity.VerifyWebIdentity(ctx, raw)
	return sts.WebIdentity(w), err
}

// issue lets identity pools make credentials; those of guests are good for fewer
// services.
func (s *Server) issue(ctx context.Context, p policy.Principal, lifetime time.Duration) (identity.Credentials, error) {
	guest := slices.Equal(p.AMR, []string{"unauthenticated"})
	c, err := s.sts.Issue(ctx, sts.Spec{Principal: p, Duration: lifetime, Guest: guest})
	return identity.Credentials{
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken, Expiration: c.Expiration,
	}, err
}

const keyBits = 2048

// newKey makes a signing key; its id is the service's to choose.
func (s *Server) newKey(_ context.Context, scope string) (*token.Key, error) {
	var private *rsa.PrivateKey
	var err error
	if s.SigningKey != nil {
		private, err = s.SigningKey(scope)
	} else {
		private, err = rsa.GenerateKey(rand.Reader, keyBits)
	}
	if err != nil {
		return nil, err
	}
	return token.NewKey(scope, private)
}

// AddUser creates a confirmed user with a password, as a [User] of the Config
// would be; one who exists is left alone.
func (s *Server) AddUser(ctx context.Context, pool string, u User, password string) error {
	if err := s.Start(ctx); err != nil {
		return err
	}
	u.Password = Secret(password)
	return s.applyUser(ctx, pool, u)
}

package identity

import (
	"context"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// credentialsLifetime is that of the enhanced flow.
const credentialsLifetime = time.Hour

// getCredentialsForIdentity is the enhanced flow (API Reference, GetCredentialsForIdentity).
func (s *Service) getCredentialsForIdentity(ctx context.Context, in wire.GetCredentialsForIdentityInput) (*wire.GetCredentialsForIdentityOutput, error) {
	if n := len(in.CustomRoleArn); n > 0 && (n < minARN || n > maxARN) {
		return nil, badLength("customRoleArn", minARN, maxARN)
	}
	c, err := s.identify(ctx, in.IdentityId, in.Logins, func(store.IdentityPool) error { return nil })
	if err != nil {
		return nil, err
	}
	p, err := s.session(ctx, c, in.CustomRoleArn)
	if err != nil {
		return nil, err
	}
	made, err := s.Issue(ctx, p, credentialsLifetime)
	if err != nil {
		return nil, err
	}
	return &wire.GetCredentialsForIdentityOutput{
		IdentityId: c.identity.ID,
		Credentials: wire.Credentials{
			AccessKeyId: made.AccessKeyID, SecretKey: made.SecretAccessKey, SessionToken: made.SessionToken,
			Expiration: wire.Epoch{Time: made.Expiration},
		},
	}, nil
}

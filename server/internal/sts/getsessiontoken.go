package sts

import (
	"context"
	"net/url"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
)

const userDuration = 12 * time.Hour

// getSessionToken swaps a user's long-term key for a temporary one (AWS STS API Reference, GetSessionToken). No policy has a
// say in it: it gives nothing that the caller does not have.
func (s *Service) getSessionToken(ctx context.Context, c Caller, form url.Values) (any, error) {
	p := paramsOf(form)
	duration := p.duration(900, int(maxUserDuration.Seconds()))
	if err := p.done(); err != nil {
		return nil, err
	}
	if c.SessionToken != "" || c.Principal.Type != ofUser {
		return nil, accessDenied("Cannot call GetSessionToken with session credentials")
	}
	if duration == 0 {
		duration = userDuration
	}
	user := c.Principal
	user.Tags = nil // they are the user's, whoever asks
	made, err := s.Issue(ctx, Spec{Principal: user, Duration: duration})
	if err != nil {
		return nil, err
	}
	return wire.GetSessionTokenResult{Credentials: made.wire()}, nil
}

func (c Credentials) wire() wire.STSCredentials {
	return wire.STSCredentials{
		AccessKeyId: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
		Expiration: c.Expiration.UTC().Format(time.RFC3339),
	}
}

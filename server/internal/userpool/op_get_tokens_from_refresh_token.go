package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) getTokensFromRefreshToken(ctx context.Context, in *wire.GetTokensFromRefreshTokenInput) (*wire.AuthOutput, error) {
	a, err := s.app(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	if in.RefreshToken == "" {
		return nil, missing("RefreshToken")
	}
	if err := a.checkSecret(in.ClientSecret); err != nil {
		return nil, err
	}
	r, err := s.openRefresh(ctx, a, in.RefreshToken)
	if err != nil {
		return nil, err
	}
	rotating := a.Settings.RotateRefreshTokens
	if rotating {
		if err := s.rotate(ctx, a, &r); err != nil {
			return nil, err
		}
	}
	result, err := s.issue(ctx, a, &r.user, &r.family)
	if err != nil {
		return nil, err
	}
	if rotating {
		if result.RefreshToken, err = s.sealRefresh(a, &r.family); err != nil {
			return nil, err
		}
	}
	return &wire.AuthOutput{AuthenticationResult: result, ChallengeParameters: map[string]string{}}, nil
}

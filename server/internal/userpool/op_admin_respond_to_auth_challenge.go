package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) adminRespondToAuthChallenge(ctx context.Context, in *wire.AdminRespondToAuthChallengeInput) (*wire.AuthOutput, error) {
	a, err := s.appOf(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	return s.respond(ctx, a, in.ChallengeName, in.Session, in.ChallengeResponses)
}

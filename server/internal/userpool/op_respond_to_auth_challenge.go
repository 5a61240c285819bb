package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) respondToAuthChallenge(ctx context.Context, in *wire.RespondToAuthChallengeInput) (*wire.AuthOutput, error) {
	a, err := s.app(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	return s.respond(ctx, a, in.ChallengeName, in.Session, in.ChallengeResponses)
}

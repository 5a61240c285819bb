package userpool

import (
	"context"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) adminInitiateAuth(ctx context.Context, in *wire.AdminInitiateAuthInput) (*wire.AuthOutput, error) {
	a, err := s.appOf(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	if err := checkFlow(in.AuthFlow, in.AuthParameters, in.Session); err != nil {
		return nil, err
	}
	switch in.AuthFlow {
	case "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH":
		if !a.allows("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH") {
			return nil, invalid("Auth flow not enabled for this client")
		}
		return s.withPassword(ctx, a, in.AuthParameters)
	case "USER_SRP_AUTH":
		if !a.allows("ALLOW_USER_SRP_AUTH") {
			return nil, invalid("USER_SRP_AUTH is not enabled for the client.")
		}
		return s.beginSRP(ctx, a, in.AuthParameters)
	case "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN":
		return s.refreshAuth(ctx, a, in.AuthParameters)
	}
	return nil, unsupported("flow", in.AuthFlow)
}

package userpool

import (
	"context"
	"slices"

	"github.com/gatepass/gatepass/internal/wire"
)

func (s *Service) initiateAuth(ctx context.Context, in *wire.InitiateAuthInput) (*wire.AuthOutput, error) {
	a, err := s.app(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	if err := checkFlow(in.AuthFlow, in.AuthParameters, in.Session); err != nil {
		return nil, err
	}
	switch in.AuthFlow {
	case "USER_SRP_AUTH":
		if !a.allows("ALLOW_USER_SRP_AUTH") {
			return nil, invalid("USER_SRP_AUTH is not enabled for the client.")
		}
		return s.beginSRP(ctx, a, in.AuthParameters)
	case "USER_PASSWORD_AUTH":
		if !a.allows("ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH") {
			return nil, invalid("USER_PASSWORD_AUTH flow not enabled for this client")
		}
		return s.withPassword(ctx, a, in.AuthParameters)
	case "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN":
		return s.refreshAuth(ctx, a, in.AuthParameters)
	case "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH":
		return nil, invalid("Initiate Auth method not supported.")
	}
	return nil, unsupported("flow", in.AuthFlow)
}

// parameters are what AuthParameters may hold. DEVICE_KEY is sent by clients
// that remember devices of another time; no pool here tracks devices.
var parameters = []string{"USERNAME", "PASSWORD", "SRP_A", "SECRET_HASH", "REFRESH_TOKEN", "DEVICE_KEY"}

func checkFlow(flow string, params map[string]string, session string) error {
	if flow == "" {
		return missing("AuthFlow")
	}
	if session != "" {
		return unsupported("field", "Session here")
	}
	for name := range params {
		if !slices.Contains(parameters, name) {
			return unsupported("authentication parameter", name)
		}
	}
	return nil
}

// withPassword is USER_PASSWORD_AUTH and ADMIN_USER_PASSWORD_AUTH.
func (s *Service) withPassword(ctx context.Context, a *app, params map[string]string) (*wire.AuthOutput, error) {
	u, err := s.named(ctx, a, params)
	if err != nil {
		return nil, err
	}
	if params["PASSWORD"] == "" {
		return nil, missing("PASSWORD")
	}
	if err := s.checkPassword(ctx, u, params["PASSWORD"]); err != nil {
		return nil, err
	}
	return s.next(ctx, a, &u.User)
}

package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
)

// VerifyIssued checks a token of any kind of an OpenID provider whom an administrator has declared, as JWT authorizers want
// it: spelled strictly, signed with RS256 or RS512, of exactly this issuer and current. It gives all claims, numbers as
// json.Number; whom the token is for is for the caller to say. Errors are those of the token package, or wrap
// [wire.ErrUnavailable] where the provider's keys cannot be had.
func (s *Service) VerifyIssued(ctx context.Context, issuer, raw string) (map[string]any, error) {
	says, err := token.Peek(raw)
	if err != nil {
		return nil, err
	}
	if says.Claims.String("iss") != issuer {
		return nil, token.ErrIssuer
	}
	t, err := s.verifyOIDC(ctx, issuer, raw)
	var expired *oidc.TokenExpiredError
	switch {
	case errors.Is(err, errProvider):
		return nil, fmt.Errorf("%w: %w", wire.ErrUnavailable, err)
	case errors.As(err, &expired):
		return nil, token.ErrExpired
	case err != nil:
		return nil, fmt.Errorf("%w: %w", token.ErrSignature, err)
	case says.Claims.Time("nbf").After(s.Now().Add(token.MaxLeeway)): // proven by now
		return nil, token.ErrNotYetValid
	}
	return claimsOf(t)
}

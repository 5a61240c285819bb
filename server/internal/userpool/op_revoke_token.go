package userpool

import (
	"context"
	"errors"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// revokeToken ends the session of a refresh token. A token that is revoked or
// expired already is a success (RFC 7009 section 2.2).
func (s *Service) revokeToken(ctx context.Context, in *wire.RevokeTokenInput) (*wire.RevokeTokenOutput, error) {
	a, err := s.app(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	if in.Token == "" {
		return nil, missing("Token")
	}
	if err := a.checkSecret(in.ClientSecret); err != nil {
		return nil, wire.Errorf("UnauthorizedException", "%s", wire.AsError(err).Message)
	}
	if !a.Settings.EnableTokenRevocation {
		return nil, wire.Errorf("UnsupportedOperationException", "Token revocation is not enabled for this client")
	}
	if strings.Count(in.Token, ".") == 2 {
		return nil, wire.Errorf("UnsupportedTokenTypeException", "Unsupported token type")
	}
	r, err := s.openFamily(ctx, a, in.Token)
	if errors.Is(err, store.ErrUnavailable) {
		return nil, err
	}
	if err != nil { // the operation does not know NotAuthorizedException
		return nil, wire.Errorf("UnauthorizedException", "Invalid Refresh Token.")
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) error { return tx.RevokeRefresh(r.family.ID) })
	return &wire.RevokeTokenOutput{}, err
}

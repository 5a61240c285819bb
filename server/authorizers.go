package server

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/gateway"
	"github.com/gatepass/gatepass/server/store"
)

// verifyToken lets authorizers check tokens: those of a user pool by its keys,
// whether the pool is named by ARN or as an issuer, and those of a declared
// issuer by the keys it publishes.
func (s *Server) verifyToken(ctx context.Context, from, raw string) (map[string]any, error) {
	if _, pool, ok := strings.Cut(from, ":userpool/"); ok {
		return s.poolToken(ctx, pool, raw)
	}
	pool, ours, err := s.users.PoolOf(ctx, from)
	if err != nil {
		return nil, err
	}
	if !ours {
		claims, err := s.identity.VerifyIssued(ctx, from, raw)
		return claims, tokenRefusal(err)
	}
	claims, err := s.poolToken(ctx, pool, raw)
	if err == nil && claims["iss"] != from {
		err = tokenRefusal(token.ErrIssuer)
	}
	return claims, err
}

func (s *Server) poolToken(ctx context.Context, pool, raw string) (map[string]any, error) {
	c, err := s.users.VerifyToken(ctx, pool, raw)
	if err != nil {
		return nil, tokenRefusal(err)
	}
	return c.Raw(), nil
}

// tokenRefusals are what a caller is told about a token.
var tokenRefusals = []struct {
	err  error
	text string
}{
	{token.ErrExpired, "the token has expired"},
	{token.ErrNotYetValid, "the token is not valid yet"},
	{token.ErrIssuer, "the token has an invalid issuer"},
	{token.ErrTokenUse, "the token is for another use"},
	{token.ErrUnknownKey, "the key of the token is not known"},
	{token.ErrSignature, "the signature of the token is invalid"},
	{token.ErrMalformed, "the token is malformed"},
}

// tokenRefusal tells a token that is no good from a fault here, which decides
// nothing.
func tokenRefusal(err error) error {
	if err == nil || isUnavailable(err) {
		return err
	}
	for _, r := range tokenRefusals {
		if errors.Is(err, r.err) {
			return fmt.Errorf("%w: %s", gateway.ErrToken, r.text)
		}
	}
	return err
}

// usageKept is how long it is told how many calls of an API key were counted on a
// day.
const usageKept = 90 * 24 * time.Hour

// reserveQuota counts calls of an API key for all nodes, and what it counts by day.
func (s *Server) reserveQuota(ctx context.Context, counter string, want, limit int, end time.Time) (int, error) {
	var got int64
	err := s.store.Update(ctx, func(tx *store.Tx) (err error) {
		now := s.Now()
		if got, err = tx.ReserveQuota(counter, int64(want), int64(limit), now, end); err != nil || got == 0 {
			return err
		}
		_, err = tx.ReserveQuota(apidef.UsedCounter(counter, now), got, math.MaxInt64, now, now.Add(usageKept))
		return err
	})
	return int(got), err
}

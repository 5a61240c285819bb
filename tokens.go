package gatepass

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
)

// Tokens gives tokens that are good for a while yet, renewing them if not.
// Errors: [ErrRefreshExpired] when the user must sign in again, [ErrNotSignedIn]
// after SignOut and for guests.
func (s *Session) Tokens(ctx context.Context) (Tokens, error) {
	if s.guest {
		return Tokens{}, ErrNotSignedIn
	}
	if err := s.alive(); err != nil {
		return Tokens{}, err
	}
	if !s.tokensDue() {
		return s.tokensNow()
	}
	if err := s.tokens.do(ctx, s.renewTokens); err != nil {
		return Tokens{}, err
	}
	return s.tokensNow()
}

func (s *Session) tokensNow() (Tokens, error) {
	r := s.snapshot()
	if r.Access == "" {
		return Tokens{}, ErrNotSignedIn
	}
	return r.tokens(), nil
}

func (s *Session) tokensDue() bool { return !s.c.now().Before(s.snapshot().TokensRefresh) }

func (s *Session) renewTokens(ctx context.Context) error {
	unlock, err := s.c.store.Lock(ctx, s.key)
	if err != nil {
		return err
	}
	defer unlock()
	return s.renewTokensLocked(ctx)
}

// renewTokensLocked runs under the store's lock, so that a refresh token that
// rotates is used once by all processes that share the store.
func (s *Session) renewTokensLocked(ctx context.Context) error {
	owned, err := s.reload(ctx)
	if err != nil {
		return err
	}
	if !s.tokensDue() {
		return nil
	}
	res, err := s.c.refresh(ctx, s.snapshot())
	if err != nil {
		return err
	}
	if err := s.take(res); err != nil {
		return err
	}
	if !owned {
		return nil
	}
	return s.c.save(ctx, s.key, s.snapshot())
}

// refresh trades the refresh token: by GetTokensFromRefreshToken, which knows
// rotation, or where the service or app client does not have it by REFRESH_TOKEN_AUTH.
func (c *Client) refresh(ctx context.Context, r record) (*wire.AuthenticationResult, error) {
	if r.Refresh == "" {
		return nil, ErrNotSignedIn
	}
	if c.legacyRefresh.Load() {
		return c.refreshAuth(ctx, r)
	}
	in := wire.GetTokensFromRefreshTokenInput{ClientId: c.ClientID, ClientSecret: c.ClientSecret, RefreshToken: r.Refresh}
	out := new(wire.AuthOutput)
	err := c.callIDPAgain(ctx, "GetTokensFromRefreshToken", in, out)
	if unknownOperation(err) {
		res, err := c.refreshAuth(ctx, r)
		c.legacyRefresh.Store(err == nil)
		return res, err
	}
	return out.AuthenticationResult, err
}

func unknownOperation(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Status == http.StatusNotFound || e.Status == http.StatusNotImplemented ||
		coded(err, "UnknownOperationException", "InvalidAction", "UnsupportedOperation", "UnsupportedOperationException", "InvalidParameterException")
}

func (c *Client) refreshAuth(ctx context.Context, r record) (*wire.AuthenticationResult, error) {
	in := wire.InitiateAuthInput{
		AuthFlow: "REFRESH_TOKEN_AUTH", ClientId: c.ClientID,
		AuthParameters: c.withHash(r.User, map[string]string{"REFRESH_TOKEN": r.Refresh}),
	}
	out := new(wire.AuthOutput)
	err := c.callIDPAgain(ctx, "InitiateAuth", in, out)
	return out.AuthenticationResult, err
}

// take makes res the session's tokens. A result without a refresh token keeps the old one.
func (s *Session) take(res *wire.AuthenticationResult) error {
	if res == nil || res.AccessToken == "" || res.IdToken == "" {
		return errors.New("the user pool answered without tokens")
	}
	claims, err := parseClaims(res.IdToken)
	if err != nil {
		return err
	}
	life := time.Duration(res.ExpiresIn) * time.Second
	if id := claims.Time("exp").Sub(claims.Time("iat")); id > 0 && (id < life || life <= 0) {
		life = id
	}
	now := s.c.now()
	s.change(func(r *record) {
		r.ID, r.Access = res.IdToken, res.AccessToken
		if res.RefreshToken != "" {
			r.Refresh = res.RefreshToken
		}
		r.TokensExpire, r.TokensRefresh = now.Add(life), now.Add(life-early(life, time.Minute))
	})
	return nil
}

// early is how long before its end something is renewed: a tenth of its life, at most limit.
func early(life, limit time.Duration) time.Duration { return min(life/10, limit) }

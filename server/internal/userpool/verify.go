package userpool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/server/store"
)

// bearer is who presents a verified access token.
type bearer struct {
	app      *app
	user     store.User
	authTime time.Time
}

// access verifies an access token completely, on every use: signature, issuer,
// use, expiry, scope, and that neither the session nor the user was ended since.
func (s *Service) access(ctx context.Context, raw string) (bearer, error) {
	if raw == "" {
		return bearer{}, missing("AccessToken")
	}
	c, pool, err := s.verify(ctx, raw, useAccess)
	switch {
	case errors.Is(err, store.ErrUnavailable):
		return bearer{}, err
	case errors.Is(err, token.ErrExpired):
		return bearer{}, notAuthorized("Access Token has expired")
	case err != nil:
		return bearer{}, notAuthorized("Invalid Access Token")
	}
	a, err := s.appOf(ctx, pool, c.String("client_id"))
	if errors.Is(err, store.ErrUnavailable) {
		return bearer{}, err
	}
	if err != nil {
		return bearer{}, notAuthorized("Invalid Access Token")
	}
	if !slices.Contains(strings.Fields(c.String("scope")), adminScope) {
		return bearer{}, notAuthorized("Access Token does not have required scopes")
	}
	u, err := s.live(ctx, pool, c)
	if errors.Is(err, errEnded) {
		err = notAuthorized("Access Token has been revoked")
	}
	if err == nil && !u.Enabled {
		err = notAuthorized("User is disabled.")
	}
	return bearer{app: a, user: u, authTime: c.Time("auth_time")}, err
}

var (
	errForeign = errors.New("userpool: not a token of this server")
	errEnded   = errors.New("userpool: the session of the token has ended")
)

// live finds the user of a verified token; errEnded if the user is gone, signed
// out since, or the token's session was revoked.
func (s *Service) live(ctx context.Context, pool string, c token.Claims) (store.User, error) {
	u, err := s.Store.UserBySub(ctx, pool, c.String("sub"))
	if errors.Is(err, store.ErrNotFound) {
		return u, errEnded
	}
	if err != nil {
		return u, err
	}
	origin := c.String("origin_jti")
	if origin == "" { // a client without revocation: the second of the sign-out counts as before it
		if !u.SignedOut.IsZero() && c.Time("iat").Unix() <= u.SignedOut.Unix() {
			return u, errEnded
		}
		return u, nil
	}
	f, err := s.Store.RefreshFamily(ctx, origin)
	if errors.Is(err, store.ErrNotFound) || err == nil && (f.Revoked || f.Sub != u.Sub || f.PoolID != pool) {
		return u, errEnded
	}
	return u, err
}

// verify checks a token of one of this server's pools. The pool is looked up by
// what the token claims; the issuer and the key must then be that pool's.
func (s *Service) verify(ctx context.Context, raw, use string) (token.Claims, string, error) {
	peek, err := token.Peek(raw)
	if err != nil {
		return token.Claims{}, "", err
	}
	iss := peek.Claims.String("iss")
	pool := iss[strings.LastIndexByte(iss, '/')+1:]
	if !poolIDPattern().MatchString(pool) {
		return token.Claims{}, "", errForeign
	}
	if _, err := s.Store.UserPool(ctx, pool); errors.Is(err, store.ErrNotFound) {
		return token.Claims{}, "", errForeign
	} else if err != nil {
		return token.Claims{}, "", err
	}
	key, err := s.key(ctx, pool, use)
	if err != nil {
		return token.Claims{}, "", fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	keys, err := token.NewKeySet(key)
	if err != nil {
		return token.Claims{}, "", err
	}
	c, err := token.Verify(raw, keys, token.Expect{Issuers: s.issuers(pool), TokenUse: use, Now: s.Now(), Alg: token.RS256})
	return c, pool, err
}

// VerifyToken verifies an ID or access token of a pool, as it says which it is,
// and gives its claims; the user and the session are not looked up. Errors are
// those of the token package, or [store.ErrUnavailable].
func (s *Service) VerifyToken(ctx context.Context, pool, raw string) (token.Claims, error) {
	s.setup()
	peek, err := token.Peek(raw)
	if err != nil {
		return token.Claims{}, err
	}
	use := peek.Claims.String("token_use")
	if use != useID && use != useAccess {
		return token.Claims{}, token.ErrTokenUse
	}
	c, of, err := s.verify(ctx, raw, use)
	if errors.Is(err, errForeign) || err == nil && of != pool {
		err = token.ErrIssuer
	}
	return c, err
}

// PoolOf finds the pool whose tokens have this issuer; false if none here has.
func (s *Service) PoolOf(ctx context.Context, issuer string) (string, bool, error) {
	pool := issuer[strings.LastIndexByte(issuer, '/')+1:]
	if !poolIDPattern().MatchString(pool) || !slices.Contains(s.issuers(pool), issuer) {
		return "", false, nil
	}
	_, err := s.Store.UserPool(ctx, pool)
	if errors.Is(err, store.ErrNotFound) {
		return "", false, nil
	}
	return pool, err == nil, err
}

// IDToken is what a verified ID token says.
type IDToken struct {
	PoolID, ClientID            string // ClientID is the token's aud
	Sub, Username               string
	Roles                       []string // cognito:roles
	PreferredRole               string   // cognito:preferred_role
	IssuedAt, AuthTime, Expires time.Time
	Claims                      map[string]any // every claim; numbers are json.Number
}

// VerifyIDToken verifies an ID token as an identity pool does for a login of
// provider: cognito-idp.<region>.amazonaws.com/<pool>, its issuer- form, or
// <host>/<pool> of the endpoint. Which provider and ClientID are welcome is for
// the caller to say. With serverSide (ServerSideTokenCheck) the session must still
// live and the user be enabled. The errors are those of GetId on the wire.
func (s *Service) VerifyIDToken(ctx context.Context, raw, provider string, serverSide bool) (IDToken, error) {
	s.setup()
	if err := s.peekLogin(raw, provider); err != nil {
		return IDToken{}, err
	}
	c, pool, err := s.verify(ctx, raw, useID)
	switch {
	case errors.Is(err, store.ErrUnavailable):
		return IDToken{}, outward(err)
	case errors.Is(err, token.ErrExpired):
		return IDToken{}, s.errLoginExpired(raw)
	case err != nil:
		return IDToken{}, notAuthorized("Invalid login token. Couldn't verify signed token.")
	}
	if serverSide {
		u, err := s.live(ctx, pool, c)
		if errors.Is(err, errEnded) || err == nil && !u.Enabled {
			return IDToken{}, notAuthorized("Token is inactive")
		}
		if err != nil {
			return IDToken{}, outward(err)
		}
	}
	return IDToken{
		PoolID: pool, ClientID: c.String("aud"), Sub: c.String("sub"), Username: c.String("cognito:username"),
		Roles: c.Strings("cognito:roles"), PreferredRole: c.String("cognito:preferred_role"),
		IssuedAt: c.Time("iat"), AuthTime: c.Time("auth_time"), Expires: c.Time("exp"), Claims: c.Raw(),
	}, nil
}

// peekLogin gives the texts for tokens that are plainly of another kind. It only
// refuses; what it lets pass is still unverified.
func (s *Service) peekLogin(raw, provider string) error {
	peek, err := token.Peek(raw)
	switch iss := peek.Claims.String("iss"); {
	case err != nil:
		return notAuthorized("Invalid login token. Not a valid OpenId Connect identity token.")
	case iss == "https://cognito-identity.amazonaws.com":
		return notAuthorized("Invalid login token. Can't pass in a Cognito token.")
	case withoutScheme(iss) != provider:
		if !s.samePool(iss, provider) {
			return notAuthorized("Invalid login token. Issuer doesn't match providerName")
		}
	}
	if !peek.Claims.Has("aud") {
		return notAuthorized("Invalid login token. Missing a required claim: aud")
	}
	return nil
}

// samePool reports whether issuer and provider are two of the names of one pool.
func (s *Service) samePool(iss, provider string) bool {
	names := s.issuers(iss[strings.LastIndexByte(iss, '/')+1:])
	return slices.Contains(names, iss) && slices.ContainsFunc(names, func(n string) bool { return withoutScheme(n) == provider })
}

func withoutScheme(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		return rest
	}
	return url
}

// errLoginExpired prints the times of a token whose signature has been verified.
func (s *Service) errLoginExpired(raw string) error {
	peek, err := token.Peek(raw)
	if err != nil {
		return notAuthorized("Invalid login token. Token is expired.")
	}
	return notAuthorized(fmt.Sprintf("Invalid login token. Token expired: %d >= %d", s.Now().Unix(), peek.Claims.Time("exp").Unix()))
}

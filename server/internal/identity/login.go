package identity

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

const maxLogins = 10 // LoginsMap of the API Reference

// proof is a login that was verified, and what is known of it beside who it is.
type proof struct {
	store.Login
	kind     kind
	clientID string            // the token's aud; the pool id for developers' tokens
	mapping  string            // the key of the provider's role mapping
	claims   map[string]any    // of an ID token
	tags     map[string]string // of a developer's token
}

// kind says whose word a login is.
type kind int

const (
	ofUserPool kind = iota
	ofOIDC
	ofDeveloper
)

func (p proof) developer() bool { return p.kind == ofDeveloper }

// verifyLogins checks every login a client sent; one bad login refuses them all. The result is in the order of the
// providers' names and has each provider once.
func (s *Service) verifyLogins(ctx context.Context, pool store.IdentityPool, sent map[string]string) ([]proof, error) {
	if len(sent) > maxLogins {
		return nil, invalidParameter("1 validation error detected: Value at 'logins' failed to satisfy constraint: Member must have length less than or equal to %d", maxLogins)
	}
	var logins []proof
	for _, key := range slices.Sorted(maps.Keys(sent)) {
		l, err := s.verifyLogin(ctx, pool, key, sent[key])
		if err != nil {
			return nil, err
		}
		same := slices.IndexFunc(logins, func(other proof) bool { return other.Provider == l.Provider })
		if same < 0 {
			logins = append(logins, l)
		} else if logins[same].Login != l.Login {
			return nil, conflict("Two logins of the provider %s. Send one of them.", l.Provider)
		}
	}
	slices.SortFunc(logins, func(a, b proof) int { return strings.Compare(a.Provider, b.Provider) })
	return logins, nil
}

func (s *Service) verifyLogin(ctx context.Context, pool store.IdentityPool, key, raw string) (proof, error) {
	if "https://"+key == cognitoIssuer {
		return s.verifyDeveloper(ctx, pool, raw)
	}
	if provider, isUserPool := s.canonical(key); isUserPool {
		return s.verifyUserPool(ctx, pool, provider, raw)
	}
	return s.verifyProvider(ctx, pool, key, raw)
}

// verifyUserPool first finds out whose the token says it is, to word a refusal as AWS does, and then has it verified.
func (s *Service) verifyUserPool(ctx context.Context, pool store.IdentityPool, provider, raw string) (proof, error) {
	says, err := peek(raw, func(iss string) bool { return s.issuerProvider(iss) == provider })
	if err != nil {
		return proof{}, err
	}
	known, found := s.configured(pool, provider, says.String("aud"))
	if !found {
		return proof{}, unsupportedProvider()
	}
	login, err := s.VerifyLogin(ctx, provider, raw, known.ServerSideTokenCheck)
	if err != nil {
		return proof{}, s.refusal(err, says)
	}
	if login.ClientID != known.ClientID || login.Subject == "" {
		return proof{}, unsupportedProvider()
	}
	return proof{
		Login: store.Login{Provider: provider, Subject: login.Subject}, clientID: login.ClientID,
		mapping: provider + ":" + login.ClientID, claims: login.Claims,
	}, nil
}

// peek holds the checks of what the token says of itself; a token that passes them is still proven to be nothing.
func peek(raw string, isIssuer func(iss string) bool) (token.UnverifiedClaims, error) {
	says, err := token.Peek(raw)
	switch {
	case err != nil:
		return says.Claims, invalidToken("Not a valid OpenId Connect identity token.")
	case says.Claims.String("iss") == cognitoIssuer:
		return says.Claims, invalidToken("Can't pass in a Cognito token.")
	case !isIssuer(says.Claims.String("iss")):
		return says.Claims, invalidToken("Issuer doesn't match providerName")
	case !says.Claims.Has("aud"):
		return says.Claims, invalidToken("Missing a required claim: aud")
	}
	return says.Claims, nil
}

// configured finds the pool's entry for a user pool and one of its clients; a user pool may be there with several.
func (s *Service) configured(pool store.IdentityPool, provider, clientID string) (store.IdentityProvider, bool) {
	for _, p := range pool.Providers {
		if name, _ := s.canonical(p.ProviderName); name == provider && p.ClientID == clientID && clientID != "" {
			return p, true
		}
	}
	return store.IdentityProvider{}, false
}

func (s *Service) refusal(err error, says token.UnverifiedClaims) error {
	var refused *wire.Error
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, token.ErrExpired):
		return invalidToken("Token expired: %d >= %d", s.Now().Unix(), says.Time("exp").Unix())
	case errors.Is(err, token.ErrIssuer):
		return invalidToken("Issuer doesn't match providerName")
	case errors.Is(err, token.ErrAudience):
		return unsupportedProvider()
	}
	for _, kind := range []error{token.ErrMalformed, token.ErrUnknownKey, token.ErrSignature, token.ErrNotYetValid, token.ErrTokenUse} {
		if errors.Is(err, kind) {
			return invalidToken("Couldn't verify signed token.")
		}
	}
	return err
}

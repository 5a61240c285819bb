package identity

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// publicIssuer is the issuer behind a name of SupportedLoginProviders; empty for those that give out opaque tokens.
func publicIssuer(name string) string {
	switch name {
	case "accounts.google.com", "appleid.apple.com":
		return "https://" + name
	}
	return ""
}

// OIDCProviderARN is the ARN IAM gives the provider of an issuer; empty if the issuer cannot be one.
func OIDCProviderARN(account, iss string) string {
	if _, err := checkIssuer(iss); err != nil {
		return ""
	}
	_, name, _ := strings.Cut(iss, "://")
	return "arn:aws:iam::" + account + ":oidc-provider/" + strings.TrimSuffix(name, "/")
}

// relying says what a pool accepts of an OpenID provider.
type relying struct {
	issuer  string
	clients []string
	mapping string
}

// relyingOn finds the pool's provider of a name; false if it has none.
func (s *Service) relyingOn(ctx context.Context, pool store.IdentityPool, name string) (relying, bool, error) {
	if clients, listed := pool.LoginProviders[name]; listed {
		return relying{publicIssuer(name), strings.Split(clients, ";"), name}, publicIssuer(name) != "", nil
	}
	for _, arn := range pool.OIDCProviders {
		if _, rest, _ := strings.Cut(arn, ":oidc-provider/"); rest != name {
			continue
		}
		p, err := s.Store.OIDCProvider(ctx, arn)
		if errors.Is(err, store.ErrNotFound) {
			return relying{}, false, nil
		}
		return relying{p.Issuer, p.ClientIDs, arn}, err == nil, err
	}
	return relying{}, false, nil
}

func (s *Service) verifyProvider(ctx context.Context, pool store.IdentityPool, name, raw string) (proof, error) {
	from, found, err := s.relyingOn(ctx, pool, name)
	if err != nil {
		return proof{}, err
	}
	if !found {
		return proof{}, unsupportedProvider()
	}
	isIssuer := func(iss string) bool {
		return iss == from.issuer || from.issuer == "https://accounts.google.com" && iss == "accounts.google.com"
	}
	if _, err := peek(raw, isIssuer); err != nil {
		return proof{}, err
	}
	t, err := s.verifyOIDC(ctx, from.issuer, raw)
	if err != nil {
		return proof{}, s.oidcRefusal(err)
	}
	p := proof{Login: store.Login{Provider: name, Subject: t.Subject}, kind: ofOIDC, mapping: from.mapping}
	if p.claims, err = claimsOf(t); err != nil {
		return proof{}, invalidToken("Not a valid OpenId Connect identity token.")
	}
	p.clientID = audience(t.Audience, p.claims["azp"], from.clients)
	if p.clientID == "" || t.Subject == "" || len(t.Subject) > 255 || strings.Contains(t.Subject, signIn) || strings.IndexByte(t.Subject, 0) >= 0 {
		return proof{}, unsupportedProvider()
	}
	return p, nil
}

// audience is the one client of ours that the token is for. One for several audiences must name it as the authorised party
// (OpenID Connect Core 1.0, section 3.1.3.7).
func audience(aud []string, azp any, clients []string) string {
	for _, id := range aud {
		if id != "" && slices.Contains(clients, id) && (len(aud) == 1 || azp == id) {
			return id
		}
	}
	return ""
}

func claimsOf(t *oidc.IDToken) (map[string]any, error) {
	var raw json.RawMessage
	if err := t.Claims(&raw); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var claims map[string]any
	return claims, dec.Decode(&claims)
}

func (s *Service) oidcRefusal(err error) error {
	var expired *oidc.TokenExpiredError
	switch {
	case errors.Is(err, errProvider):
		e := wire.Errorf("ExternalServiceException", "The identity provider cannot be reached. Try again.")
		e.Cause, e.Err = err.Error(), err
		return e
	case errors.As(err, &expired):
		return invalidToken("Token expired: %d >= %d", s.Now().Unix(), expired.Expiry.Unix())
	}
	return invalidToken("Couldn't verify signed token.")
}

package identity

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

// WebIdentity is what a token says that STS swaps for a session of a role.
type WebIdentity struct {
	Principal         policy.Principal // without ARN: FederatedProvider is what trust policies name
	Subject, Audience string
	Keys              policy.Context // condition keys of an OpenID provider, HOST/PATH:sub and so on
	Tags              map[string]string
	Transitive        []string
	Source            string // source identity
}

// VerifyWebIdentity checks a token for AssumeRoleWithWebIdentity: one that GetOpenIdToken or
// GetOpenIdTokenForDeveloperIdentity made (the basic flow), or one of an OpenID provider that IAM has, which may be a user
// pool. Nobody else is asked for keys, whatever the token says. Errors are a *wire.Error with the codes of STS.
func (s *Service) VerifyWebIdentity(ctx context.Context, raw string) (WebIdentity, error) {
	says, err := token.Peek(raw)
	iss := says.Claims.String("iss")
	switch {
	case err != nil || iss == "":
		return WebIdentity{}, badWebToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	case iss == cognitoIssuer:
		return s.verifyOwn(ctx, raw, says.Claims)
	}
	p, err := s.Store.OIDCProvider(ctx, OIDCProviderARN(s.AccountID, iss))
	if errors.Is(err, store.ErrNotFound) || err == nil && strings.TrimSuffix(p.Issuer, "/") != strings.TrimSuffix(iss, "/") {
		return WebIdentity{}, badWebToken("No OpenIDConnect provider found in your account for %s", iss)
	}
	if err != nil {
		return WebIdentity{}, unavailable(err)
	}
	claims, err := s.verifyDeclared(ctx, p, raw, says.Claims)
	if err != nil {
		return WebIdentity{}, err
	}
	return webIdentityOf(p, claims)
}

// verifyOwn checks a token of ours. The identity must still be there.
func (s *Service) verifyOwn(ctx context.Context, raw string, says token.UnverifiedClaims) (WebIdentity, error) {
	key, err := s.signingKey(ctx)
	if err != nil {
		return WebIdentity{}, unavailable(err)
	}
	keys, err := token.NewKeySet(key)
	if err != nil {
		return WebIdentity{}, err
	}
	c, err := token.Verify(raw, keys, token.Expect{Issuers: []string{cognitoIssuer}, Alg: token.RS512, Now: s.Now()})
	if err != nil {
		return WebIdentity{}, s.webRefusal(err, says)
	}
	pool, id, amr := c.String("aud"), c.String("sub"), c.Strings("amr")
	found, err := s.Store.Identity(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && (!found.Enabled || found.PoolID != pool):
		return WebIdentity{}, rejected("The identity of the token does not exist any more.")
	case err != nil:
		return WebIdentity{}, unavailable(err)
	case !stillLinked(found, amr):
		return WebIdentity{}, rejected("A login of the token was unlinked from its identity.")
	}
	w := WebIdentity{Subject: id, Audience: pool, Principal: policy.Principal{
		FederatedProvider: federatedProvider, IdentityID: id, IdentityPoolID: pool, AMR: amr, CognitoProvider: strings.Join(amr[min(1, len(amr)):], ","),
	}}
	return w, w.readTags(c.Raw())
}

func rejected(text string) error {
	return &wire.Error{Code: "IDPRejectedClaim", Message: text, Status: http.StatusForbidden}
}

// stillLinked: the identity has every login that a token of ours names, in pairs after how its holder authenticated (see
// caller.amr).
func stillLinked(id store.Identity, amr []string) bool {
	for i := 2; i < len(amr); i += 2 {
		has := func(l store.Login) bool { return l.Provider == amr[i-1] && namesLogin(amr[i], id.PoolID, l) }
		if !slices.ContainsFunc(id.Logins, has) {
			return false
		}
	}
	return true
}

// namesLogin: an entry of amr is PROVIDER:HOW:SUBJECT, and HOW of an OpenID provider is a client, of whom it has one login.
func namesLogin(entry, pool string, l store.Login) bool {
	rest, _ := strings.CutPrefix(entry, l.Provider+":")
	switch how, subject, _ := strings.Cut(rest, ":"); {
	case strings.HasPrefix(rest, pool+":"):
		return rest == pool+":"+l.Subject
	case how == "CognitoSignIn":
		return subject == l.Subject
	}
	return strings.HasSuffix(rest, ":"+l.Subject)
}

// verifyDeclared checks a token of a provider that an administrator declared and gives its claims. A user pool of this
// server is not asked over the network.
func (s *Service) verifyDeclared(ctx context.Context, p store.OIDCProvider, raw string, says token.UnverifiedClaims) (map[string]any, error) {
	if provider := s.issuerProvider(says.String("iss")); provider != "" {
		_, pool, _ := strings.Cut(provider, "/")
		if _, err := s.Store.UserPool(ctx, pool); err == nil {
			return s.verifyHere(ctx, provider, raw, says)
		} else if !errors.Is(err, store.ErrNotFound) {
			return nil, unavailable(err)
		}
	}
	t, err := s.verifyOIDC(ctx, p.Issuer, raw)
	if err != nil {
		return nil, s.webRefusal(err, says)
	}
	return claimsOf(t)
}

// verifyHere checks an ID token of a user pool of this server.
func (s *Service) verifyHere(ctx context.Context, provider, raw string, says token.UnverifiedClaims) (map[string]any, error) {
	login, err := s.VerifyLogin(ctx, provider, raw, false)
	if err == nil {
		return login.Claims, nil
	}
	refused := (*wire.Error)(nil)
	if err = s.refusal(err, says); !errors.As(err, &refused) {
		return nil, unavailable(err)
	}
	return nil, s.webRefusal(err, says)
}

// webIdentityOf holds the claims to the provider's audiences and names them as condition keys do (IAM User Guide, "Available
// keys for AWS OIDC federation"): with an azp claim, aud is that one and oaud the audience.
func webIdentityOf(p store.OIDCProvider, claims map[string]any) (WebIdentity, error) {
	sub, _ := claims["sub"].(string)
	aud := audience(audiences(claims["aud"]), claims["azp"], p.ClientIDs)
	if aud == "" {
		return WebIdentity{}, badWebToken("Incorrect token audience")
	}
	if sub == "" || len(sub) > 255 {
		return WebIdentity{}, badWebToken("The subject of the token is not 1 to 255 bytes long.")
	}
	_, name, _ := strings.Cut(p.ARN, ":oidc-provider/")
	keys := policy.Context{}
	keys.Set(name+":sub", sub)
	keys.Set(name+":aud", aud)
	if azp, there := claims["azp"].(string); there && azp != "" {
		keys.Set(name+":aud", azp)
		keys.Set(name+":oaud", aud)
	}
	keys.Set(name+":amr", texts(claims["amr"])...)
	if email, there := claims["email"].(string); there && email != "" {
		keys.Set(name+":email", email)
	}
	w := WebIdentity{Subject: sub, Audience: aud, Keys: keys, Principal: policy.Principal{FederatedProvider: p.ARN}}
	return w, w.readTags(claims)
}

// readTags reads the claims by which a token asks for session tags and sets a source identity.
func (w *WebIdentity) readTags(claims map[string]any) error {
	w.Source, _ = claims["https://aws.amazon.com/source_identity"].(string)
	claim, there := claims["https://aws.amazon.com/tags"]
	if !there {
		return nil
	}
	raw, err := json.Marshal(claim)
	var asked sessionTags
	if err != nil || json.Unmarshal(raw, &asked) != nil {
		return badWebToken("The claim https://aws.amazon.com/tags of the token is not one of session tags.")
	}
	for key, values := range asked.Principal {
		if len(values) != 1 {
			return badWebToken("The session tag '%s' of the token does not have one value.", key)
		}
		if w.Tags == nil {
			w.Tags = map[string]string{}
		}
		w.Tags[key] = values[0]
	}
	w.Transitive = asked.Transitive
	return nil
}

// audiences is a claim that is a text or a list of texts.
func audiences(claim any) []string {
	if one, is := claim.(string); is {
		return []string{one}
	}
	return texts(claim)
}

func badWebToken(format string, args ...any) error {
	return wire.Errorf("InvalidIdentityToken", format, args...)
}

// webRefusal words in STS's way what is wrong with a token; nil stays nil.
func (s *Service) webRefusal(err error, says token.UnverifiedClaims) error {
	var refused *wire.Error
	var expired *oidc.TokenExpiredError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errProvider):
		e := wire.Errorf("IDPCommunicationError", "The identity provider cannot be reached. Try again.")
		e.Cause, e.Err = err.Error(), err
		return e
	case says.Time("exp").IsZero():
		return badWebToken("Missing a required claim: exp")
	case errors.Is(err, token.ErrExpired), errors.As(err, &expired), errors.As(err, &refused) && strings.Contains(refused.Message, "Token expired"):
		return wire.Errorf("ExpiredTokenException", "Token expired: current date/time %d must be before the expiration date/time %d", s.Now().Unix(), says.Time("exp").Unix())
	}
	return badWebToken("Couldn't verify signed token.")
}

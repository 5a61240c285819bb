package identity

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// verifyDeveloper checks a token that GetOpenIdTokenForDeveloperIdentity made for this pool. The tokens of the basic flow
// have the same key and are no login: they name no user of the developer provider. A user who was unlinked since has no
// identity any more.
func (s *Service) verifyDeveloper(ctx context.Context, pool store.IdentityPool, raw string) (proof, error) {
	if pool.DeveloperProvider == "" {
		return proof{}, unsupportedProvider()
	}
	says, err := token.Peek(raw)
	if err != nil {
		return proof{}, invalidToken("Not a valid OpenId Connect identity token.")
	}
	key, err := s.signingKey(ctx)
	if err != nil {
		return proof{}, err
	}
	keys, err := token.NewKeySet(key)
	if err != nil {
		return proof{}, err
	}
	c, err := token.Verify(raw, keys, token.Expect{Issuers: []string{cognitoIssuer}, Audience: pool.ID, Alg: token.RS512, Now: s.Now()})
	if err != nil {
		return proof{}, s.refusal(err, says.Claims)
	}
	prefix := pool.DeveloperProvider + ":" + pool.ID + ":"
	for _, how := range c.Strings("amr") {
		if user, named := strings.CutPrefix(how, prefix); named {
			login := store.Login{Provider: pool.DeveloperProvider, Subject: user}
			p := proof{Login: login, kind: ofDeveloper, clientID: pool.ID, tags: tagsOf(c)}
			return p, s.linked(ctx, pool.ID, login)
		}
	}
	return proof{}, invalidToken("Can't pass in a Cognito token.")
}

func (s *Service) linked(ctx context.Context, pool string, l store.Login) error {
	_, err := s.Store.IdentityByLogin(ctx, pool, l)
	if errors.Is(err, store.ErrNotFound) {
		return loginsDontMatch()
	}
	return err
}

// sessionTags is the claim by which STS takes tags from a token (IAM User Guide, "Passing session tags using
// AssumeRoleWithWebIdentity").
type sessionTags struct {
	Principal  map[string][]string `json:"principal_tags"`
	Transitive []string            `json:"transitive_tag_keys,omitempty"`
}

func tagsClaim(tags map[string]string) *sessionTags {
	if len(tags) == 0 {
		return nil
	}
	out := &sessionTags{Principal: map[string][]string{}}
	for key, value := range tags {
		out.Principal[key] = []string{value}
	}
	return out
}

// tagsOf reads the claim of a token of ours.
func tagsOf(c token.Claims) map[string]string {
	raw, err := json.Marshal(c.Raw()["https://aws.amazon.com/tags"])
	var claim sessionTags
	if err != nil || json.Unmarshal(raw, &claim) != nil {
		return nil
	}
	tags := map[string]string{}
	for key, values := range claim.Principal {
		if len(values) == 1 {
			tags[key] = values[0]
		}
	}
	return tags
}

// developerPool finds a pool and holds a developer provider's name to it.
func (s *Service) developerPool(ctx context.Context, id, name string) (store.IdentityPool, error) {
	pool, err := s.findPool(ctx, id)
	if err == nil && (pool.DeveloperProvider == "" || name != pool.DeveloperProvider) {
		err = invalidParameter("%s is not the developer provider of this identity pool.", name)
	}
	return pool, err
}

func developerUser(pool store.IdentityPool, user string) store.Login {
	return store.Login{Provider: pool.DeveloperProvider, Subject: user}
}

// ofDeveloperUser finds the identity of a user of the developer provider.
func ofDeveloperUser(ctx context.Context, r byLogin, pool store.IdentityPool, user string) (store.Identity, error) {
	id, err := r.IdentityByLogin(ctx, pool.ID, developerUser(pool, user))
	if errors.Is(err, store.ErrNotFound) {
		return id, wire.Errorf("ResourceNotFoundException", "Developer user '%s' not found.", user)
	}
	return id, err
}

package identity

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

const (
	developerLifetime = 15 * time.Minute
	maxTokenDuration  = 86400 // seconds
	maxDeveloperID    = 1024
)

// getOpenIDTokenForDeveloperIdentity registers or finds the user of a developer's backend and gives the backend a token
// for him, which is the login of GetCredentialsForIdentity (API Reference, GetOpenIdTokenForDeveloperIdentity).
func (s *Service) getOpenIDTokenForDeveloperIdentity(ctx context.Context, in wire.GetOpenIdTokenForDeveloperIdentityInput) (*wire.GetOpenIdTokenOutput, error) {
	if in.TokenDuration < 0 || in.TokenDuration > maxTokenDuration {
		return nil, invalidParameter("1 validation error detected: Value '%d' at 'tokenDuration' failed to satisfy constraint: Member must have value between 1 and %d", in.TokenDuration, maxTokenDuration)
	}
	if err := checkPrincipalTags(in.PrincipalTags); err != nil {
		return nil, err
	}
	c, err := s.developer(ctx, in)
	if err != nil {
		return nil, err
	}
	lifetime := developerLifetime
	if in.TokenDuration > 0 {
		lifetime = time.Duration(in.TokenDuration) * time.Second
	}
	return s.openIDToken(ctx, c, lifetime)
}

// developer is the caller that the backend vouches for.
func (s *Service) developer(ctx context.Context, in wire.GetOpenIdTokenForDeveloperIdentityInput) (caller, error) {
	c := caller{}
	var err error
	if c.pool, err = s.findPool(ctx, in.IdentityPoolId); err != nil {
		return c, err
	}
	user, named := in.Logins[c.pool.DeveloperProvider]
	if c.pool.DeveloperProvider == "" || !named {
		return c, invalidParameter("Logins names no user of the developer provider of this identity pool.")
	}
	if err := checkDeveloperID("logins."+c.pool.DeveloperProvider, user); err != nil {
		return c, err
	}
	others := maps.Clone(in.Logins)
	delete(others, c.pool.DeveloperProvider)
	if c.logins, err = s.verifyLogins(ctx, c.pool, others); err != nil {
		return c, err
	}
	dev := proof{
		Login: store.Login{Provider: c.pool.DeveloperProvider, Subject: user}, kind: ofDeveloper, clientID: c.pool.ID, tags: in.PrincipalTags,
	}
	if in.IdentityId != "" {
		if err := checkID("identityId", in.IdentityId); err != nil {
			return c, err
		}
	}
	register := func(tx *store.Tx) (err error) {
		c.identity, err = s.register(ctx, tx, c.pool, in.IdentityId, dev.Login, c.logins)
		return err
	}
	if err = s.Store.Update(ctx, register); errors.Is(err, store.ErrExists) {
		err = s.Store.Update(ctx, register) // another node was first
	}
	c.logins = append([]proof{dev}, c.logins...)
	return c, err
}

// register makes the user's login one of the identity: of the one that was asked for, else of his own, else of that of the
// other logins, else of a new one. What the backend asks for needs no other proof.
func (s *Service) register(ctx context.Context, tx *store.Tx, pool store.IdentityPool, asked string, dev store.Login, logins []proof) (store.Identity, error) {
	if err := lock(ctx, tx, pool.ID, asked, append([]proof{{Login: dev}}, logins...)); err != nil {
		return store.Identity{}, err
	}
	own, err := tx.IdentityByLogin(ctx, pool.ID, dev)
	registered := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return own, err
	}
	var home store.Identity
	switch {
	case asked != "":
		home, err = s.askedFor(ctx, tx, pool, asked)
		if err == nil && registered && own.ID != asked {
			err = alreadyRegistered()
		}
	case registered:
		home, err = own, nil
	default:
		home, err = s.firstOwner(ctx, tx, pool, logins)
	}
	if err != nil {
		return home, err
	}
	if !registered {
		if home, err = s.link(ctx, tx, pool, home, []store.Login{dev}); err != nil {
			return home, err
		}
	}
	return s.settleAt(ctx, tx, pool, home, logins)
}

func (s *Service) askedFor(ctx context.Context, tx *store.Tx, pool store.IdentityPool, asked string) (store.Identity, error) {
	id, err := tx.Identity(ctx, asked)
	if errors.Is(err, store.ErrNotFound) || err == nil && id.PoolID != pool.ID {
		return id, identityNotFound(asked)
	}
	return id, err
}

func (s *Service) firstOwner(ctx context.Context, tx *store.Tx, pool store.IdentityPool, logins []proof) (store.Identity, error) {
	all, err := owners(ctx, tx, pool.ID, logins)
	switch {
	case err != nil:
		return store.Identity{}, err
	case len(all) == 0:
		return s.create(tx, pool.ID)
	}
	return all[0], nil
}

func alreadyRegistered() error {
	return wire.Errorf("DeveloperUserAlreadyRegisteredException", "The developer user is registered with another identity.")
}

func checkDeveloperID(field, id string) error {
	if id == "" || len(id) > maxDeveloperID {
		return badLength(field, 1, maxDeveloperID)
	}
	if strings.IndexByte(id, 0) >= 0 { // no database keeps it
		return badPattern(field, `[^\x00]+`)
	}
	if strings.Contains(id, signIn) {
		return invalidParameter("The user identifier at '%s' has %s in it, by which backends know the users of user pools.", field, signIn)
	}
	return nil
}

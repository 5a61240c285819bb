package userpool

import (
	"context"
	"crypto/hmac"
	"errors"
	"slices"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"

	"github.com/gatepass/gatepass/srp"
)

// app is an app client with its pool and its opened secret: what every public
// operation starts from.
type app struct {
	store.UserPoolClient
	pool   store.UserPool
	secret string // empty: a public client
}

const redacted = "[redacted]"

// String hides the secret.
func (a app) String() string { return "client " + a.ID }

// GoString hides the secret.
func (a app) GoString() string { return a.String() }

// hidesUsers reports whether unknown users must look like known ones.
func (a *app) hidesUsers() bool { return a.Settings.PreventUserExistenceErrors != "LEGACY" }

func (a *app) allows(flows ...string) bool {
	return slices.ContainsFunc(flows, func(f string) bool { return slices.Contains(a.Settings.ExplicitAuthFlows, f) })
}

// binding is the additional data of everything sealed for this client.
func (a *app) binding() []byte { return []byte(a.PoolID + "|" + a.ID) }

func (s *Service) pool(ctx context.Context, id string) (store.UserPool, error) {
	p, err := s.Store.UserPool(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return p, wire.Errorf("ResourceNotFoundException", "User pool %s does not exist.", id)
	}
	return p, err
}

func (s *Service) app(ctx context.Context, clientID string) (*app, error) {
	if clientID == "" {
		return nil, missing("ClientId")
	}
	c, err := s.Store.UserPoolClient(ctx, clientID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, wire.Errorf("ResourceNotFoundException", "User pool client %s does not exist.", clientID)
	}
	if err != nil {
		return nil, err
	}
	a := &app{UserPoolClient: c}
	if a.pool, err = s.pool(ctx, c.PoolID); err != nil {
		return nil, err
	}
	if len(c.SecretSealed) > 0 {
		opened, err := s.boxes.secret.OpenBytes(c.SecretSealed, []byte(c.ID))
		if err != nil {
			return nil, err
		}
		a.secret = string(opened)
	}
	return a, nil
}

// appOf is app for the signed operations, which name the pool as well.
func (s *Service) appOf(ctx context.Context, poolID, clientID string) (*app, error) {
	if _, err := s.pool(ctx, poolID); err != nil {
		return nil, err
	}
	a, err := s.app(ctx, clientID)
	if err != nil {
		return nil, err
	}
	if a.PoolID != poolID {
		return nil, wire.Errorf("ResourceNotFoundException", "User pool client %s does not exist.", clientID)
	}
	return a, nil
}

// SealClientSecret seals an app client's secret for store.UserPoolClient, for
// configuration that declares one.
func (s *Service) SealClientSecret(clientID, secret string) ([]byte, error) {
	s.setup()
	return s.boxes.secret.SealBytes(s.Rand, []byte(secret), []byte(clientID))
}

// checkSecretHash follows the developer guide's "Computing secret hash values".
// The name is what the request calls the user, or the internal user name in
// answers to challenges and for refresh tokens.
func (a *app) checkSecretHash(username, hash string) error {
	switch {
	case a.secret == "" && hash == "":
		return nil
	case a.secret == "":
		return notAuthorized("Unable to verify secret hash for client " + a.ID)
	case hash == "":
		return notAuthorized("Client " + a.ID + " is configured with secret but SECRET_HASH was not received")
	case !hmac.Equal([]byte(hash), []byte(srp.SecretHash(username, a.ID, a.secret))):
		return notAuthorized("SecretHash does not match for the client: " + a.ID)
	}
	return nil
}

// checkSecret is for the operations that take the plain secret.
func (a *app) checkSecret(given string) error {
	switch {
	case a.secret == "" && given == "":
		return nil
	case a.secret != "" && given == "":
		return notAuthorized("Client " + a.ID + " is configured with secret but client secret was not received")
	case a.secret == "" || !hmac.Equal([]byte(given), []byte(a.secret)):
		return notAuthorized("Invalid client secret for the client: " + a.ID)
	}
	return nil
}

// reads reports whether the client sees an attribute in tokens and GetUser.
func (a *app) reads(name string) bool {
	return len(a.Settings.ReadAttributes) == 0 || slices.Contains(a.Settings.ReadAttributes, name)
}

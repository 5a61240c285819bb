package identity

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/gatepass/gatepass/server/store"
)

// caller is who asks for credentials or a token: an identity, its pool, and the logins that were presented and verified.
type caller struct {
	identity store.Identity
	pool     store.IdentityPool
	logins   []proof
}

func (s *Service) findPool(ctx context.Context, id string) (store.IdentityPool, error) {
	if err := checkID("identityPoolId", id); err != nil {
		return store.IdentityPool{}, err
	}
	pool, err := s.Store.IdentityPool(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return pool, poolNotFound(id)
	}
	return pool, err
}

func (s *Service) findIdentity(ctx context.Context, id string) (store.Identity, error) {
	if err := checkID("identityId", id); err != nil {
		return store.Identity{}, err
	}
	found, err := s.Store.Identity(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return found, identityNotFound(id)
	}
	return found, err
}

// identify is what GetCredentialsForIdentity and GetOpenIdToken check alike. accept may refuse the pool before the
// logins are looked at. The caller's identity may come out as another than the one that was asked for.
func (s *Service) identify(ctx context.Context, id string, sent map[string]string, accept func(store.IdentityPool) error) (caller, error) {
	c := caller{}
	var err error
	if c.identity, err = s.findIdentity(ctx, id); err != nil {
		return c, err
	}
	if c.pool, err = s.findPool(ctx, c.identity.PoolID); err != nil {
		return c, err
	}
	if err := accept(c.pool); err != nil {
		return c, err
	}
	if err := enabled(c.identity); err != nil {
		return c, err
	}
	if len(sent) == 0 {
		return c, c.guest()
	}
	if c.logins, err = s.verifyLogins(ctx, c.pool, sent); err != nil {
		return c, err
	}
	c.identity, err = s.settle(ctx, c.pool, id, c.logins)
	return c, err
}

// guest refuses to take an identity that has logins for a guest's.
func (c caller) guest() error {
	switch {
	case len(c.identity.Logins) > 0:
		return forbidden(c.identity.ID)
	case !c.pool.AllowUnauthenticated:
		return guestsOff()
	}
	return nil
}

func enabled(id store.Identity) error {
	if !id.Enabled {
		return forbidden(id.ID)
	}
	return nil
}

// newIdentityID is REGION:UUID (RFC 9562, version 4).
func (s *Service) newIdentityID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(s.Rand, b[:]); err != nil {
		return "", err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%s:%x-%x-%x-%x-%x", s.Region, b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

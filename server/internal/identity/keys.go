package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

const keyScope = "identity"

// JWKS is the key set that OpenID tokens of identity pools verify with.
func (s *Service) JWKS(ctx context.Context) ([]byte, error) {
	key, err := s.signingKey(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	return token.MarshalJWKS(key), nil
}

// signingKey loads or makes the key. Callers wait for the first one: making a key takes some hundred milliseconds, once.
func (s *Service) signingKey(ctx context.Context) (*token.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	key, err := s.loadKey(ctx)
	if errors.Is(err, store.ErrNotFound) {
		// Another node may be first: every node uses the key that was stored.
		if err = s.storeKey(ctx); err == nil || errors.Is(err, store.ErrExists) {
			key, err = s.loadKey(ctx)
		}
	}
	if err != nil {
		return nil, err
	}
	s.key = key
	return key, nil
}

func (s *Service) loadKey(ctx context.Context) (*token.Key, error) {
	stored, err := s.Store.SigningKeys(ctx, keyScope)
	if err != nil {
		return nil, err
	}
	if len(stored) == 0 {
		return nil, store.ErrNotFound
	}
	k := stored[0]
	pem, err := s.Ring.Box("identity signing key").OpenBytes(k.Sealed, []byte(k.ID))
	if err != nil {
		return nil, fmt.Errorf("%w: the signing key of identity pools was sealed with another root key: %w", wire.ErrUnavailable, err)
	}
	key, err := token.KeyFromPEM(k.ID, pem)
	if err != nil {
		return nil, err
	}
	key.Alg = token.RS512
	return key, nil
}

// storeKey uses an id that every node would use, so that of two nodes one gets store.ErrExists.
func (s *Service) storeKey(ctx context.Context) error {
	id := s.Region + "1"
	key, err := s.makeKey(ctx, id)
	if err != nil {
		return err
	}
	pem, err := key.MarshalPEM()
	if err != nil {
		return err
	}
	sealed, err := s.Ring.Box("identity signing key").SealBytes(s.Rand, pem, []byte(id))
	if err != nil {
		return err
	}
	return s.Store.Update(ctx, func(tx *store.Tx) error {
		return tx.AddSigningKey(store.SigningKey{Scope: keyScope, ID: id, Sealed: sealed, Created: s.Now()})
	})
}

func (s *Service) makeKey(ctx context.Context, id string) (*token.Key, error) {
	if s.NewKey == nil {
		return token.GenerateKey(id, s.Rand)
	}
	return s.NewKey(ctx, keyScope)
}

package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// The address of the keys of identity tokens, below the server's Endpoint.
const (
	gatePath       = "/_gatepass"
	gateKeysPath   = gatePath + "/.well-known/jwks.json"
	gateConfigPath = gatePath + "/.well-known/openid-configuration"
)

const (
	gateScope = "gateway/identity"
	gateBox   = "gateway identity signing key"
	// gateReload is how soon a node knows of a key that another made.
	gateReload = time.Minute
	// gateNotice is how long a key is published before it signs: twice the time
	// that backends may keep the key set.
	gateNotice = 10 * time.Minute
)

// gateKeys are the keys that sign identity tokens for backends. All of the scope
// are published; the newest of those that were published long enough signs.
type gateKeys struct {
	mu     sync.Mutex
	loaded time.Time
	all    []*token.ECKey
	active *token.ECKey
}

func (s *Server) gateIssuer() string {
	if s.Endpoint == "" {
		return ""
	}
	return s.Endpoint + gatePath
}

func (s *Server) signIdentity(ctx context.Context, claims any) (string, error) {
	_, key, err := s.gateSigners(ctx)
	if err != nil {
		return "", err
	}
	return key.Sign(claims)
}

// gateSigners gives all keys and the one that signs. While the store does not
// answer those of before go on.
func (s *Server) gateSigners(ctx context.Context) ([]*token.ECKey, *token.ECKey, error) {
	k := &s.gateKeys
	k.mu.Lock()
	defer k.mu.Unlock()
	now := s.Now()
	if k.active == nil || now.Sub(k.loaded) >= gateReload {
		err := s.loadGateKeys(context.WithoutCancel(ctx), now)
		if err != nil && k.active == nil {
			return nil, nil, err
		}
		k.loaded = now
	}
	return k.all, k.active, nil
}

func (s *Server) loadGateKeys(ctx context.Context, now time.Time) error {
	stored, err := s.store.SigningKeys(ctx, gateScope)
	if err == nil && len(stored) == 0 {
		// Another node may be first: every node uses the key that was stored.
		if err = s.storeGateKey(ctx, now); err == nil || errors.Is(err, store.ErrExists) {
			stored, err = s.store.SigningKeys(ctx, gateScope)
		}
	}
	if err != nil {
		return err
	}
	return s.openGateKeys(stored, now)
}

// openGateKeys keeps the keys, and the one that signs: the newest that was
// published long enough, else the oldest.
func (s *Server) openGateKeys(stored []store.SigningKey, now time.Time) error {
	slices.SortFunc(stored, func(a, b store.SigningKey) int { return a.Created.Compare(b.Created) })
	active := 0
	all := make([]*token.ECKey, len(stored))
	for i, k := range stored {
		pem, err := s.ring.Box(gateBox).OpenBytes(k.Sealed, []byte(k.ID))
		if err != nil {
			return fmt.Errorf("%w: the key of identity tokens was sealed with another root key: %w", wire.ErrUnavailable, err)
		}
		if all[i], err = token.ECKeyFromPEM(pem); err != nil {
			return err
		}
		if now.Sub(k.Created) >= gateNotice {
			active = i
		}
	}
	s.gateKeys.all, s.gateKeys.active = all, all[active]
	return nil
}

// storeGateKey makes the first key, under an id that every node would use, so
// that of two nodes one gets store.ErrExists.
func (s *Server) storeGateKey(ctx context.Context, now time.Time) error {
	key, err := token.GenerateECKey(s.random)
	if err != nil {
		return err
	}
	pem, err := key.MarshalPEM()
	if err != nil {
		return err
	}
	const id = "1"
	sealed, err := s.ring.Box(gateBox).SealBytes(s.random, pem, []byte(id))
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		return tx.AddSigningKey(store.SigningKey{Scope: gateScope, ID: id, Sealed: sealed, Created: now})
	})
}

// gateDocument is the key set or the discovery document (OpenID Connect
// Discovery 1.0, section 3) of identity tokens.
func (s *Server) gateDocument(ctx context.Context, path string) ([]byte, error) {
	if path == gateKeysPath {
		all, _, err := s.gateSigners(ctx)
		if err != nil {
			return nil, err
		}
		return token.MarshalECJWKS(all...), nil
	}
	if s.Endpoint == "" {
		return nil, &wire.Error{Code: "ResourceNotFoundException", Message: "The server does not know its Endpoint", Status: http.StatusNotFound}
	}
	return json.Marshal(map[string]any{
		"issuer": s.gateIssuer(), "jwks_uri": s.Endpoint + gateKeysPath,
		"id_token_signing_alg_values_supported": []string{token.ES256},
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
	})
}

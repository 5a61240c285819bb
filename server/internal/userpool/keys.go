package userpool

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// The two keys of a pool. ID and access tokens are signed by different ones, so
// that neither can ever pass for the other.
const (
	useID     = "id"
	useAccess = "access"
)

// keyring caches opened keys by scope. Keys do not change once they are stored.
type keyring struct {
	mu   sync.Mutex
	open map[string]*pending
}

// pending lets concurrent callers of one scope share one generation.
type pending struct {
	done chan struct{}
	key  *token.Key
	err  error
}

// storedKey is the sealed form. Every node writes it under the same record id,
// so that two that generate at once end with the same key.
type storedKey struct {
	KeyID string `json:"kid"`
	PEM   []byte `json:"pem"`
}

const firstKey = "1"

// PrepareKeys makes the signing keys of a pool if there are none yet; that takes
// some hundred milliseconds and otherwise happens at the first sign-in.
func (s *Service) PrepareKeys(ctx context.Context, poolID string) error {
	s.setup()
	var errs [2]error
	var both sync.WaitGroup
	for i, use := range []string{useID, useAccess} {
		both.Go(func() { _, errs[i] = s.key(ctx, poolID, use) })
	}
	both.Wait()
	return outward(errors.Join(errs[:]...))
}

func (s *Service) key(ctx context.Context, pool, use string) (*token.Key, error) {
	scope := "userpool/" + pool + "/" + use
	s.keys.mu.Lock()
	p, ok := s.keys.open[scope]
	if !ok {
		p = &pending{done: make(chan struct{})}
		if s.keys.open == nil {
			s.keys.open = map[string]*pending{}
		}
		s.keys.open[scope] = p
	}
	s.keys.mu.Unlock()
	if !ok {
		s.fill(context.WithoutCancel(ctx), scope, p)
	}
	select {
	case <-p.done:
		return p.key, p.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", wire.ErrUnavailable, ctx.Err())
	}
}

// fill ends the wait of p's callers; a failure is forgotten, so that the next
// caller tries again.
func (s *Service) fill(ctx context.Context, scope string, p *pending) {
	p.err = errors.New("userpool: making a signing key panicked")
	defer func() {
		if p.err != nil {
			s.keys.mu.Lock()
			delete(s.keys.open, scope)
			s.keys.mu.Unlock()
		}
		close(p.done)
	}()
	p.key, p.err = s.loadOrMake(ctx, scope)
}

func (s *Service) loadOrMake(ctx context.Context, scope string) (*token.Key, error) {
	key, err := s.load(ctx, scope)
	if !errors.Is(err, store.ErrNotFound) {
		return key, err
	}
	fresh, err := s.generate(ctx, scope)
	if err != nil {
		return nil, err
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) error { return tx.AddSigningKey(fresh) })
	if err != nil && !errors.Is(err, store.ErrExists) {
		return nil, err
	}
	return s.load(ctx, scope) // another node may have been first
}

func (s *Service) load(ctx context.Context, scope string) (*token.Key, error) {
	stored, err := s.Store.SigningKeys(ctx, scope)
	if err != nil {
		return nil, err
	}
	if len(stored) == 0 {
		return nil, store.ErrNotFound
	}
	data, err := s.boxes.key.OpenBytes(stored[0].Sealed, []byte(scope))
	if err != nil {
		return nil, fmt.Errorf("%w: the signing key of %s was sealed with another root key", wire.ErrUnavailable, scope)
	}
	var k storedKey
	if err := json.Unmarshal(data, &k); err != nil {
		return nil, fmt.Errorf("%w: signing key: %w", wire.ErrUnavailable, err)
	}
	return token.KeyFromPEM(k.KeyID, k.PEM)
}

func (s *Service) generate(ctx context.Context, scope string) (store.SigningKey, error) {
	source := s.Keys
	if source == nil {
		source = func(context.Context, string) (*token.Key, error) { return token.GenerateKey("", rand.Reader) }
	}
	key, err := source(ctx, scope)
	if err != nil {
		return store.SigningKey{}, err
	}
	id := make([]byte, 32)
	if _, err := io.ReadFull(s.Rand, id); err != nil {
		return store.SigningKey{}, err
	}
	k := storedKey{KeyID: base64.StdEncoding.EncodeToString(id)}
	if k.PEM, err = key.MarshalPEM(); err != nil {
		return store.SigningKey{}, err
	}
	data, err := json.Marshal(k)
	if err != nil {
		return store.SigningKey{}, err
	}
	sealed, err := s.boxes.key.SealBytes(s.Rand, data, []byte(scope))
	return store.SigningKey{Scope: scope, ID: firstKey, Sealed: sealed, Created: s.Now()}, err
}

// JWKS is the key set document of a pool, served at <issuer>/.well-known/jwks.json.
// An unknown pool is ResourceNotFoundException.
func (s *Service) JWKS(ctx context.Context, poolID string) ([]byte, error) {
	s.setup()
	if _, err := s.pool(ctx, poolID); err != nil {
		return nil, outward(err)
	}
	var keys []*token.Key
	for _, use := range []string{useID, useAccess} {
		k, err := s.key(ctx, poolID, use)
		if err != nil {
			return nil, outward(err)
		}
		keys = append(keys, k)
	}
	return token.MarshalJWKS(keys...), nil
}

// OpenIDConfiguration is the discovery document of a pool (OpenID Connect
// Discovery 1.0, section 3), with what gatepass serves. An unknown pool is
// ResourceNotFoundException.
func (s *Service) OpenIDConfiguration(ctx context.Context, poolID string) ([]byte, error) {
	s.setup()
	if _, err := s.pool(ctx, poolID); err != nil {
		return nil, outward(err)
	}
	issuer := s.issuer(poolID)
	return json.Marshal(map[string]any{
		"issuer":                                issuer,
		"jwks_uri":                              issuer + "/.well-known/jwks.json",
		"id_token_signing_alg_values_supported": []string{token.RS256},
		"subject_types_supported":               []string{"public"},
		"scopes_supported":                      []string{"openid", "email", "phone", "profile"},
	})
}

// issuer is the iss of new tokens.
func (s *Service) issuer(pool string) string {
	if s.IssuerMode == IssuerEndpoint && s.Endpoint != nil {
		return s.Endpoint() + "/" + pool
	}
	original, _ := token.UserPoolIssuers(s.Region, pool)
	return original
}

// issuers are the forms of iss that tokens of a pool may have: the mode can
// change while tokens live.
func (s *Service) issuers(pool string) []string {
	original, updated := token.UserPoolIssuers(s.Region, pool)
	list := []string{original, updated}
	if s.Endpoint != nil {
		list = append(list, s.Endpoint()+"/"+pool)
	}
	return list
}

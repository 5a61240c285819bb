package identity

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	keysFresh   = time.Hour        // how long a provider's keys count without asking again
	keysPause   = 30 * time.Second // between two tries to get them
	fetchTime   = 10 * time.Second
	maxDocument = 1 << 20
	maxKeys     = 64
	minRSABits  = 2048
	maxIssuers  = 256
)

// errProvider means that a provider's keys could not be had. Nobody is let in on it.
var errProvider = errors.New("the OpenID provider cannot be reached")

// issuers holds the keys of OpenID providers. Only issuers that an administrator has declared are ever asked.
type issuers struct {
	mu  sync.Mutex
	all map[string]*issuer
}

// issuer is one provider.
type issuer struct {
	mu            sync.Mutex
	keys          *oidc.StaticKeySet
	fetched, last time.Time
	failure       error
	under         chan struct{} // closed when the fetching under way is over; nil: none is
}

// verifyOIDC checks signature, issuer and times of an ID token and gives its claims. The audience is for the caller.
func (s *Service) verifyOIDC(ctx context.Context, iss, raw string) (*oidc.IDToken, error) {
	is := s.issuers.get(iss)
	keys, fetched, err := is.current(ctx, s, iss, false)
	if err != nil {
		return nil, err
	}
	t, err := s.verifyWith(ctx, iss, keys, raw)
	var expired *oidc.TokenExpiredError
	if err == nil || errors.As(err, &expired) {
		return t, err
	}
	// The provider may have new keys; asking is limited in time, whatever tokens come.
	newer, again, fault := is.current(ctx, s, iss, true)
	if fault != nil || again.Equal(fetched) {
		return nil, err
	}
	return s.verifyWith(ctx, iss, newer, raw)
}

func (s *Service) verifyWith(ctx context.Context, iss string, keys *oidc.StaticKeySet, raw string) (*oidc.IDToken, error) {
	v := oidc.NewVerifier(iss, keys, &oidc.Config{
		SkipClientIDCheck: true, Now: s.Now,
		SupportedSigningAlgs: []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA},
	})
	t, err := v.Verify(ctx, raw)
	if err == nil && !s.Now().Before(t.Expiry) {
		err = &oidc.TokenExpiredError{Expiry: t.Expiry}
	}
	return t, err
}

func (a *issuers) get(iss string) *issuer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil || len(a.all) >= maxIssuers && a.all[iss] == nil {
		a.all = map[string]*issuer{}
	}
	if a.all[iss] == nil {
		a.all[iss] = &issuer{}
	}
	return a.all[iss]
}

// current gives keys that are fresh, fetching them if need be or if others are wanted. Callers wait for the one who fetches,
// but not those whom the keys at hand will do.
func (i *issuer) current(ctx context.Context, s *Service, iss string, others bool) (*oidc.StaticKeySet, time.Time, error) {
	under, mine := i.begin(s, others)
	switch {
	case mine:
		i.fetch(ctx, s, iss)
	case under != nil:
		select {
		case <-under:
		case <-ctx.Done():
			return nil, time.Time{}, fmt.Errorf("%w: %s: %w", errProvider, iss, ctx.Err())
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.fresh(s.Now()) {
		return nil, time.Time{}, fmt.Errorf("%w: %s: %w", errProvider, iss, i.failure)
	}
	return i.keys, i.fetched, nil
}

func (i *issuer) fresh(now time.Time) bool {
	return i.keys != nil && !now.Before(i.fetched) && now.Sub(i.fetched) < keysFresh
}

// begin says what to wait for, nil if nothing, and whether it is the caller who fetches.
func (i *issuer) begin(s *Service, others bool) (under chan struct{}, mine bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := s.Now()
	soon := !i.last.IsZero() && !now.Before(i.last) && now.Sub(i.last) < keysPause
	switch {
	case i.fresh(now) && !others:
		return nil, false
	case i.under != nil || soon:
		return i.under, false
	}
	i.last, i.under = now, make(chan struct{})
	return i.under, true
}

// fetch is the caller's whom begin has chosen. The keys are as old as the asking.
func (i *issuer) fetch(ctx context.Context, s *Service, iss string) {
	keys, err := (*oidc.StaticKeySet)(nil), errors.New("asking was broken off")
	defer func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.failure = err; err == nil {
			i.keys, i.fetched = keys, i.last
		}
		close(i.under)
		i.under = nil
	}()
	keys, err = s.fetchKeys(ctx, iss)
}

// fetchKeys asks the provider's discovery document where its keys are. The caller who asks first may go away: others wait
// for the answer.
func (s *Service) fetchKeys(ctx context.Context, iss string) (*oidc.StaticKeySet, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
	defer cancel()
	client, err := providerClient(iss)
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, client), iss)
	if err != nil {
		return nil, err
	}
	var says struct {
		JWKS string `json:"jwks_uri"`
	}
	if err := provider.Claims(&says); err != nil {
		return nil, err
	}
	body, err := fetch(ctx, client, says.JWKS)
	if err != nil {
		return nil, err
	}
	return parseKeys(body)
}

func fetch(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", address, resp.Status)
	}
	return io.ReadAll(resp.Body) // bounded by the client
}

// parseKeys passes over keys that sign nothing we accept.
func parseKeys(body []byte) (*oidc.StaticKeySet, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, err
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("%d keys are more than %d", len(set.Keys), maxKeys)
	}
	out := &oidc.StaticKeySet{}
	for _, raw := range set.Keys {
		var k jose.JSONWebKey
		if k.UnmarshalJSON(raw) == nil && k.Valid() && (k.Use == "" || k.Use == "sig") && strong(k.Key) {
			out.PublicKeys = append(out.PublicKeys, k.Key)
		}
	}
	if len(out.PublicKeys) == 0 {
		return nil, errors.New("no key for signatures")
	}
	return out, nil
}

func strong(key crypto.PublicKey) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen() >= minRSABits
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false
}

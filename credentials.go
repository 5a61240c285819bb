package gatepass

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/sigv4"
)

const (
	// credentialsEarly is the longest time before their end that credentials are renewed.
	credentialsEarly = 5 * time.Minute
	// failedWait is how long an early renewal that failed is not tried again.
	failedWait = 10 * time.Second
)

// Credentials gives credentials that are good for a while yet, renewing them if
// not. When an early renewal fails, those that have not expired are given out.
// Errors: [ErrNotFromProvider], [ErrIdentityForbidden], [ErrRefreshExpired],
// [ErrNotSignedIn], [ErrConfig] without an identity pool. Follows "Enhanced
// (simplified) authflow" in the Amazon Cognito developer guide.
func (s *Session) Credentials(ctx context.Context) (Credentials, error) {
	if err := s.alive(); err != nil {
		return Credentials{}, err
	}
	if s.c.IdentityPoolID == "" {
		return Credentials{}, fmt.Errorf("%w: credentials need Client.IdentityPoolID", ErrConfig)
	}
	if c, ok := s.inHand(); ok {
		return c, nil
	}
	err := s.keys.do(ctx, s.renewCredentials)
	r := s.snapshot()
	if err == nil {
		return r.credentials(), nil
	}
	if errors.Is(err, ErrNotSignedIn) || !s.unexpired(r) {
		return Credentials{}, err
	}
	s.mu.Lock()
	s.retryAt = s.c.now().Add(failedWait)
	s.mu.Unlock()
	return r.credentials(), nil
}

// CredentialsFor is [Session.Credentials] for who needs them for a while: those
// in hand are renewed too when they end sooner than life from now. They may end
// sooner all the same where the identity pool gives none that last longer, or the
// renewal fails.
func (s *Session) CredentialsFor(ctx context.Context, life time.Duration) (Credentials, error) {
	c, err := s.Credentials(ctx)
	if err != nil || c.Expires.Sub(s.c.now()) >= life {
		return c, err
	}
	s.change(func(r *record) { r.KeysRefresh = time.Time{} })
	return s.Credentials(ctx)
}

// inHand gives the credentials there are, unless they are to be renewed.
func (s *Session) inHand() (Credentials, bool) {
	r := s.snapshot()
	now := s.c.now()
	s.mu.Lock()
	resting := now.Before(s.retryAt) // an early renewal failed just now
	s.mu.Unlock()
	return r.credentials(), s.unexpired(r) && (resting || now.Before(r.KeysRefresh))
}

// unexpired says whether the credentials of r can still be used.
func (s *Session) unexpired(r record) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.AccessKeyID != "" && r.AccessKeyID != s.refused && s.c.now().Before(r.KeysExpire)
}

// RenewCredentials gives others than the credentials that an API refused, unless
// they were renewed already: for who sends requests by other means than
// [Session.Transport]. Errors: those of [Session.Credentials].
func (s *Session) RenewCredentials(ctx context.Context, refused Credentials) (Credentials, error) {
	s.mu.Lock()
	s.refused = refused.AccessKeyID
	s.mu.Unlock()
	return s.Credentials(ctx)
}

func (s *Session) renewCredentials(ctx context.Context) error {
	unlock, err := s.c.store.Lock(ctx, s.key)
	if err != nil {
		return err
	}
	defer unlock()
	owned, err := s.reload(ctx)
	if err != nil {
		return err
	}
	if r := s.snapshot(); s.unexpired(r) && s.c.now().Before(r.KeysRefresh) {
		return nil // another process was first
	}
	out, err := s.fetchCredentials(ctx)
	if err != nil {
		return err
	}
	s.takeCredentials(out)
	if !owned {
		return nil
	}
	return s.c.save(ctx, s.key, s.snapshot())
}

func (s *Session) takeCredentials(out *wire.GetCredentialsForIdentityOutput) {
	k := out.Credentials
	life := k.Expiration.Sub(s.c.now())
	before := early(life, credentialsEarly)
	if before > 0 {
		before -= rand.N(before/5 + 1) // so that a fleet does not renew in step
	}
	s.change(func(r *record) {
		r.IdentityID = out.IdentityId
		r.AccessKeyID, r.SecretKey, r.SessionToken = k.AccessKeyId, k.SecretKey, k.SessionToken
		r.KeysExpire, r.KeysRefresh = k.Expiration.Time, k.Expiration.Add(-before)
	})
}

// fetchCredentials asks the identity pool, and once more for what heals by
// itself: an identity that was merged or removed, an ID token that ran out on the way.
func (s *Session) fetchCredentials(ctx context.Context) (*wire.GetCredentialsForIdentityOutput, error) {
	cached := s.snapshot().IdentityID != ""
	out, err := s.askCredentials(ctx)
	switch {
	case err == nil:
		return out, nil
	case cached && staleIdentity(err):
		s.change(func(r *record) { r.IdentityID = "" })
	case !s.guest && errors.Is(err, ErrTokenExpired):
		s.change(func(r *record) { r.TokensRefresh = time.Time{} })
	default:
		return nil, err
	}
	return s.askCredentials(ctx)
}

func staleIdentity(err error) bool {
	return errors.Is(err, ErrIdentityForbidden) || coded(err, "ResourceNotFoundException") || errors.Is(err, ErrNotFromProvider)
}

func (s *Session) askCredentials(ctx context.Context) (*wire.GetCredentialsForIdentityOutput, error) {
	logins, err := s.logins(ctx)
	if err != nil {
		return nil, err
	}
	id, err := s.identity(ctx, logins)
	if err != nil {
		return nil, err
	}
	out := new(wire.GetCredentialsForIdentityOutput)
	in := wire.GetCredentialsForIdentityInput{IdentityId: id, Logins: logins}
	if err := s.c.callIdentity(ctx, "GetCredentialsForIdentity", in, out); err != nil {
		return nil, err
	}
	if out.IdentityId == "" {
		out.IdentityId = id
	}
	if out.Credentials.AccessKeyId == "" || out.Credentials.SecretKey == "" {
		return nil, errors.New("GetCredentialsForIdentity: the identity pool answered without credentials")
	}
	return out, nil
}

// identity is the identity id, from an earlier answer or from GetId.
func (s *Session) identity(ctx context.Context, logins map[string]string) (string, error) {
	if id := s.snapshot().IdentityID; id != "" {
		return id, nil
	}
	var out wire.GetIdOutput
	in := wire.GetIdInput{IdentityPoolId: s.c.IdentityPoolID, Logins: logins}
	if err := s.c.callIdentity(ctx, "GetId", in, &out); err != nil {
		return "", err
	}
	s.change(func(r *record) { r.IdentityID = out.IdentityId })
	return out.IdentityId, nil
}

// logins files the ID token under its issuer without the scheme, which is the
// provider's name; the store's lock is held.
func (s *Session) logins(ctx context.Context) (map[string]string, error) {
	if s.guest {
		return nil, nil
	}
	if s.tokensDue() {
		if err := s.renewTokensLocked(ctx); err != nil {
			return nil, err
		}
	}
	provider := sigv4.HostOf("cognito-idp", regionOf(s.c.UserPoolID, "")) + "/" + s.c.UserPoolID
	if _, name, ok := strings.Cut(s.Claims().String("iss"), "://"); ok {
		provider = name
	}
	return map[string]string{provider: s.snapshot().ID}, nil
}

// Package sts issues temporary credentials and says whose an access key is (AWS Security Token Service).
//
// Temporary credentials are not stored. What the server must know of them - the secret, the principal, the times - is
// sealed into the session token, with the access key id as additional data, so that every node which has the root key
// opens them without asking the database. The database is asked for what may change after the issue: a role's policies,
// its revocation, and long-term keys; those answers are kept for [Staleness].
package sts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gatepass/gatepass/internal/seal"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/sigv4"
)

// Staleness is how old an answer of the database may be: a changed policy, a revoked role and a deactivated key take
// effect on every node within this time.
const Staleness = 5 * time.Second

// maxSkew is how far in the future of this node another one may have issued credentials.
const maxSkew = 5 * time.Minute

// ErrUnavailable means that whose key it is could not be found out now. It refuses with 503 and never allows.
var ErrUnavailable = fmt.Errorf("sts: %w", wire.ErrUnavailable)

// Service issues and resolves credentials. Store, Ring, Now and Rand are required and must not change after the first
// use. Use it by pointer; it is then safe for concurrent use.
type Service struct {
	Store *store.Store
	Ring  *seal.Ring
	Now   func() time.Time // the time of issue
	Rand  io.Reader        // crypto/rand.Reader but in tests

	once     sync.Once
	sessions *seal.Box
	secrets  *seal.Box
	deny     *policy.Policy
	roles    cache[role]
	users    cache[user]
}

func (s *Service) prepare() {
	s.once.Do(func() {
		s.sessions = s.Ring.Box("sts session")
		s.secrets = s.Ring.Box("iam access key")
		deny, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`), policy.Identity)
		if err != nil {
			panic(err) // the document is a constant
		}
		deny.Name = "AWSRevokeOlderSessions"
		s.deny = deny
	})
}

// Resolve says whose an access key is: the secret to verify a signature with, the principal and its policies, without those of the resource.
// Nothing is proven before the signature verifies.
//
// A key with the prefix ASIA is opened from its session token; any other key is looked up in the store and must come
// without a token. Errors: [sigv4.InvalidToken], [sigv4.ExpiredToken], or [ErrUnavailable] wrapped. A session issued
// before its role's RevokedBefore resolves with a policy that denies everything, which is what AWS's policy
// AWSRevokeOlderSessions does (IAM User Guide, "Revoke IAM role temporary security credentials").
func (s *Service) Resolve(ctx context.Context, accessKeyID, sessionToken string, now time.Time) (secret string, p policy.Principal, policies policy.Policies, err error) {
	s.prepare()
	switch {
	case !wellFormed(accessKeyID):
		return "", p, policies, sigv4.InvalidToken()
	case accessKeyID[:len(prefixTemporary)] == prefixTemporary:
		return s.resolveTemporary(ctx, accessKeyID, sessionToken, now)
	case sessionToken != "":
		return "", p, policies, sigv4.InvalidToken()
	}
	return s.resolveLongTerm(ctx, accessKeyID, now)
}

func (s *Service) resolveTemporary(ctx context.Context, accessKeyID, sessionToken string, now time.Time) (string, policy.Principal, policy.Policies, error) {
	c, err := s.open(accessKeyID, sessionToken)
	if err != nil || c.issued.After(now.Add(maxSkew)) {
		return "", policy.Principal{}, policy.Policies{}, sigv4.InvalidToken()
	}
	if !now.Before(c.expires) {
		return "", policy.Principal{}, policy.Policies{}, sigv4.ExpiredToken()
	}
	r, err := s.roles.get(c.roleARN, now, func() (role, error) { return s.loadRole(ctx, c.roleARN) })
	if err != nil {
		return "", policy.Principal{}, policy.Policies{}, refusal(err)
	}
	// Another id means that the role was deleted and made again under its old name.
	if id, _ := c.roleID(); r.id != id {
		return "", policy.Principal{}, policy.Policies{}, sigv4.InvalidToken()
	}
	policies := r.policies
	if c.issued.Before(r.revokedBefore) {
		policies = policy.Policies{Identity: []*policy.Policy{s.deny}}
	}
	return c.secretText(), c.principal(), policies, nil
}

func (s *Service) resolveLongTerm(ctx context.Context, accessKeyID string, now time.Time) (string, policy.Principal, policy.Policies, error) {
	u, err := s.users.get(accessKeyID, now, func() (user, error) { return s.loadUser(ctx, accessKeyID) })
	if err != nil {
		return "", policy.Principal{}, policy.Policies{}, refusal(err)
	}
	if !u.active {
		return "", policy.Principal{}, policy.Policies{}, sigv4.InvalidToken()
	}
	return u.secret, u.principal, u.policies, nil
}

// refusal keeps "there is none" apart from "nobody knows".
func refusal(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return sigv4.InvalidToken()
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// wellFormed refuses what no key can be before anything is opened or looked up (IAM API Reference, accessKeyIdType).
func wellFormed(accessKeyID string) bool {
	if len(accessKeyID) < 16 || len(accessKeyID) > 128 {
		return false
	}
	for i := range len(accessKeyID) {
		c := accessKeyID[i]
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

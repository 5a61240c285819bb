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
	"maps"
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

// Service issues and resolves credentials. Store, Ring, Now and Rand are required; fields must not change after the first
// use. Use it by pointer; it is then safe for concurrent use.
type Service struct {
	Store *store.Store
	Ring  *seal.Ring
	Now   func() time.Time // the time of issue
	Rand  io.Reader        // crypto/rand.Reader but in tests

	// VerifyToken checks the token of a web identity completely: who issued it, signature, audience and times. It must ask
	// nobody whom no administrator has declared. A *wire.Error goes to the client as it is; everything else means that
	// nobody knows (503). Nil: no token is accepted.
	VerifyToken func(ctx context.Context, token string) (WebIdentity, error)

	// ManagedPolicy gives the text in force of a managed policy by its ARN. Errors: store.ErrNotFound, or whatever means that
	// nobody knows. Nil: only the store's own are found.
	ManagedPolicy func(ctx context.Context, arn string) (string, error)

	// Ahead is told of a session that was issued in this node's future, by how much, and whether it is refused for that:
	// one of the nodes has a wrong clock. Nil: nobody is told.
	Ahead func(by time.Duration, refused bool)

	once     sync.Once
	sessions *seal.Box
	secrets  *seal.Box
	messages *seal.Box
	allow    *policy.Policy
	guest    *policy.Policy
	roles    cache[role]
	users    cache[user]           // by access key id
	named    cache[user]           // by name
	parsed   cache[*policy.Policy] // session policies by their text
	managed  cache[*policy.Policy] // by ARN
	opened   cache[*opened]        // by session token
}

func (s *Service) prepare() {
	s.once.Do(func() {
		s.sessions = s.Ring.Box("sts session")
		s.secrets = s.Ring.Box("iam access key")
		s.messages = s.Ring.Box("sts authorization message")
		s.allow = constant("", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, policy.Identity)
		s.guest = constant("AmazonCognitoUnauthenticatedIdentities", guestPolicy, policy.Session)
	})
}

// constant parses a document of the program's own.
func constant(name, doc string, kind policy.Kind) *policy.Policy {
	p, err := policy.Parse([]byte(doc), kind)
	if err != nil {
		panic(err)
	}
	p.Name = name
	return p
}

// Resolve says whose an access key is: the secret to verify a signature with, the principal and its policies, without those of the resource.
// Nothing is proven before the signature verifies.
//
// A key with the prefix ASIA is opened from its session token; any other key is looked up in the store and must come
// without a token. Errors: [sigv4.InvalidToken], [sigv4.ExpiredToken], or [ErrUnavailable] wrapped. Sessions
// of a role are revoked by a policy of the role that denies by aws:TokenIssueTime (IAM User Guide, "Revoke IAM role temporary
// security credentials"). A session of a user has what the user has.
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
	c, err := s.recall(accessKeyID, sessionToken, now)
	if err != nil || s.aheadOf(now, c.issued) {
		return "", policy.Principal{}, policy.Policies{}, sigv4.InvalidToken()
	}
	if !now.Before(c.expires) {
		return "", policy.Principal{}, policy.Policies{}, sigv4.ExpiredToken()
	}
	load := s.roleOf
	if c.user() {
		load = s.userOf
	}
	p, policies, err := load(ctx, c, now)
	if err == nil && c.limited() {
		policies.Session, err = s.sessionPolicies(ctx, c.session, now)
	}
	if err != nil {
		return "", policy.Principal{}, policy.Policies{}, refusal(err)
	}
	return c.text, p, policies, nil
}

// aheadOf says whether a session was issued too far in this node's future.
func (s *Service) aheadOf(now, issued time.Time) bool {
	by := issued.Sub(now)
	if by > 0 && s.Ahead != nil {
		s.Ahead(by, by > maxSkew)
	}
	return by > maxSkew
}

// roleOf is who a session of a role is, and what it may do. A role of another id is no role of it: the role was deleted and
// made again under its old name.
func (s *Service) roleOf(ctx context.Context, c *opened, now time.Time) (policy.Principal, policy.Policies, error) {
	r, err := s.roles.get(c.roleARN, now, func() (role, error) { return s.loadRole(ctx, c.roleARN) })
	if id, _ := c.roleID(); err == nil && r.id != id {
		err = store.ErrNotFound
	}
	if err != nil {
		return policy.Principal{}, policy.Policies{}, err
	}
	p := c.who
	p.Tags = over(r.tags, p.Tags)
	return p, r.policies, nil
}

// over puts a session's tags over those of its role. Keys have no case.
func over(role, session map[string]string) map[string]string {
	if len(role) == 0 {
		return session
	}
	all := maps.Clone(session)
	for key, value := range role {
		if _, there := tagOf(session, key); !there {
			if all == nil {
				all = map[string]string{}
			}
			all[key] = value
		}
	}
	return all
}

// userOf is roleOf for a session of a user.
func (s *Service) userOf(ctx context.Context, c *opened, now time.Time) (policy.Principal, policy.Policies, error) {
	u, err := s.named.get(c.userName, now, func() (user, error) { return s.loadUserNamed(ctx, c.userName) })
	if err == nil && u.principal.UserID != c.userID {
		err = store.ErrNotFound
	}
	u.principal.TokenIssueTime = c.issued
	return u.principal, u.policies, err
}

// sessionPolicies are what limits a session. A managed policy that is not there any more allows nothing.
func (s *Service) sessionPolicies(ctx context.Context, c *session, now time.Time) ([]*policy.Policy, error) {
	var all []*policy.Policy
	if c.flags&flagGuest != 0 {
		all = append(all, s.guest)
	}
	for _, text := range c.policies {
		p, err := s.parsed.get(text, now, func() (*policy.Policy, error) { return policy.Parse([]byte(text), policy.Session) })
		if err != nil {
			return nil, fmt.Errorf("session policy: %w", err)
		}
		all = append(all, p)
	}
	for _, arn := range c.policyARNs {
		p, err := s.managed.get(arn, now, func() (*policy.Policy, error) { return s.loadManaged(ctx, arn, policy.Session) })
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
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

// Forget drops what is kept of roles, users, keys and policies: a change that this node made takes effect at once.
func (s *Service) Forget() {
	s.roles.forget()
	s.users.forget()
	s.named.forget()
	s.managed.forget()
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

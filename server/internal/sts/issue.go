package sts

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/gatepass/gatepass/policy"
)

const prefixTemporary = "ASIA"

// MaxDuration is the longest that credentials of a role may last (12 hours).
const MaxDuration = 12 * time.Hour

// maxUserDuration is that of a user's.
const maxUserDuration = 36 * time.Hour

// maxPayload keeps a session token below 8 800 bytes of text: all headers of a request may have 10 240 (API Gateway
// Developer Guide, "Quotas").
const maxPayload = 6500

// ErrSpec is wrapped by the errors of [Service.Issue] about a Spec that describes no session of a role.
var ErrSpec = errors.New("sts: no session of a role")

// Spec says which credentials to issue.
type Spec struct {
	// Principal is the session: Type AssumedRole, RoleARN, UserID "AROA…:session name" and the ARN that follows from them,
	// and what is known of a web identity. Type, ARN and Account may be empty. Tags are those of the session alone.
	// TokenIssueTime is set by Issue. A user's session has Type User, ARN, UserID, Username and nothing else.
	Principal policy.Principal
	// RoleARN is the role; empty means Principal.RoleARN.
	RoleARN string
	// Duration is how long they last, above zero and at most [MaxDuration], or 36 hours for a user.
	Duration time.Duration
	// Guest says that a guest of an identity pool gets them, so that they are good for no more services than Cognito lets
	// guests use (developer guide, "Services that unauthenticated identities can access").
	Guest bool

	policies, policyARNs, transitive []string // of AssumeRole
}

// Credentials are temporary credentials.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Expiration      time.Time
}

// String shows the access key id alone.
func (c Credentials) String() string { return "sts.Credentials(" + c.AccessKeyID + ")" }

// GoString is String.
func (c Credentials) GoString() string { return c.String() }

// LogValue is the access key id.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON writes the access key id and the expiration only; the wire has its own type.
func (c Credentials) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"AccessKeyID":%q,"Expiration":%q}`, c.AccessKeyID, c.Expiration.UTC().Format(time.RFC3339)), nil
}

// Issue makes temporary credentials. It writes nothing to the store. Whether the caller may have the role is for the
// caller to decide. Errors: [ErrSpec] wrapped, or what Rand returned.
func (s *Service) Issue(_ context.Context, spec Spec) (Credentials, error) {
	s.prepare()
	c, err := spec.session(s.Now())
	if err != nil {
		return Credentials{}, err
	}
	if _, err := io.ReadFull(s.Rand, c.secret[:]); err != nil {
		return Credentials{}, fmt.Errorf("sts: no random bytes: %w", err)
	}
	id, err := NewID(s.Rand, prefixTemporary)
	if err != nil {
		return Credentials{}, err
	}
	payload := c.encode()
	if len(payload) > maxPayload {
		return Credentials{}, fmt.Errorf("%w: %d bytes are too many for a header", ErrSpec, len(payload))
	}
	token, err := s.sessions.Seal(s.Rand, payload, []byte(id))
	if err != nil {
		return Credentials{}, fmt.Errorf("sts: %w", err)
	}
	return Credentials{AccessKeyID: id, SecretAccessKey: c.secretText(), SessionToken: token, Expiration: c.expires}, nil
}

// session checks that the principal is what opening the token will make of it: the token does not hold what follows from
// other fields.
func (spec Spec) session(now time.Time) (session, error) {
	p := spec.Principal
	longest := MaxDuration
	if p.Type == ofUser {
		longest = maxUserDuration
	}
	if spec.Duration <= 0 || spec.Duration > longest {
		return session{}, fmt.Errorf("%w: duration %s, at most %s", ErrSpec, spec.Duration, longest)
	}
	if spec.RoleARN != "" && p.RoleARN != "" && spec.RoleARN != p.RoleARN {
		return session{}, fmt.Errorf("%w: two roles, %s and %s", ErrSpec, spec.RoleARN, p.RoleARN)
	}
	c := session{
		issued: now.Truncate(time.Microsecond), roleARN: spec.RoleARN + p.RoleARN, userID: p.UserID, federated: p.FederatedProvider,
		identity: p.IdentityID, pool: p.IdentityPoolID, amr: p.AMR, provider: p.CognitoProvider, tags: p.Tags, added: spec.added(),
	}
	if spec.RoleARN == p.RoleARN {
		c.roleARN = p.RoleARN
	}
	c.expires = c.issued.Add(spec.Duration).Truncate(time.Second)
	return c, c.check(p)
}

func (spec Spec) added() added {
	a := added{policies: spec.policies, policyARNs: spec.policyARNs, transitive: spec.transitive, source: spec.Principal.SourceIdentity}
	if spec.Guest {
		a.flags |= flagGuest
	}
	if spec.Principal.Type == ofUser {
		a.flags |= flagUser
		a.userName = spec.Principal.Username
	}
	return a
}

// NewID makes a unique identifier as IAM makes them (IAM User Guide, "IAM identifiers"): the prefix and 16 characters of
// A-Z and 2-7 for access keys (ASIA, AKIA), 17 for everything else (AROA, AIDA).
func NewID(random io.Reader, prefix string) (string, error) {
	var raw [11]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("sts: no random bytes: %w", err)
	}
	size := 17
	if prefix == prefixTemporary || prefix == "AKIA" {
		size = 16
	}
	return prefix + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw[:])[:size], nil
}

func (c *session) secretText() string { return base64.StdEncoding.EncodeToString(c.secret[:]) }

// roleID splits the user id into the role's id and the name of the session.
func (c *session) roleID() (id, name string) {
	id, name, _ = strings.Cut(c.userID, ":")
	return id, name
}

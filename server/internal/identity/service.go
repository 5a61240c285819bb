// Package identity serves Cognito identity pools: it swaps the ID tokens of user pools and other OpenID providers, the
// word of a developer's backend, or nothing at all where guests are allowed, for an identity and for temporary credentials
// of the role the pool gives it (Amazon Cognito Federated Identities API Reference; developer guide, "Identity pools").
//
// What it needs of the other services are function values: [Service.VerifyLogin] and [Service.Issue].
package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gatepass/gatepass/internal/seal"
	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

// Service serves the identity pools of one region and account. Every field but Endpoint, NewKey and Admit is required; fields
// must not change after the first use. Use it by pointer; it is then safe for concurrent use.
type Service struct {
	Store     *store.Store
	Ring      *seal.Ring
	Region    string // such as us-east-1
	AccountID string // twelve digits
	Now       func() time.Time
	Rand      io.Reader // crypto/rand.Reader but in tests

	// Endpoint is the base URL under which user pools are issuers of their own, such as http://127.0.0.1:9000. A provider
	// named 127.0.0.1:9000/POOL is then the pool. Nil: only AWS's names of user pools are known.
	Endpoint func() string

	// VerifyLogin checks an ID token completely: signature, issuer, expiry, use, and with serverSide that the user still
	// is signed in. The provider is in the form cognito-idp.REGION.amazonaws.com/POOL, whatever the client called it. A
	// *wire.Error goes to the client as it is, the errors of package token are worded as AWS does, everything else
	// means that nobody knows (503).
	VerifyLogin func(ctx context.Context, provider, raw string, serverSide bool) (Login, error)
	// Issue makes temporary credentials for a session.
	Issue func(ctx context.Context, session policy.Principal, lifetime time.Duration) (Credentials, error)
	// NewKey makes the key that signs OpenID tokens, once in the life of a database. Nil: a new RSA key of 2048 bits.
	NewKey func(ctx context.Context, scope string) (*token.Key, error)
	// Admit runs fn, which signs a token, when its turn has come; its own errors go to the client. Nil: at once.
	Admit func(ctx context.Context, fn func() error) error

	mu  sync.Mutex
	key *token.Key

	issuers issuers // of OpenID providers other than user pools
}

// Login is what a verified ID token says.
type Login struct {
	Subject  string         // sub
	ClientID string         // aud
	Claims   map[string]any // all of them; numbers are json.Number
}

// Credentials are what Issue made.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
	Expiration                                 time.Time
}

// String shows the access key id alone.
func (c Credentials) String() string { return "identity.Credentials(" + c.AccessKeyID + ")" }

// GoString is String.
func (c Credentials) GoString() string { return c.String() }

// Operation is one operation of the API.
type Operation struct {
	// Signed operations need SigV4 and a policy that allows Action; the caller checks both before Run.
	Signed bool
	Action string // cognito-identity:<Op>
	// Passes lists the ARNs of the roles the request hands to an identity pool; the caller needs iam:PassRole for each.
	// Nil: none.
	Passes func(body []byte) []string
	// Run decodes the request, acts and returns the answer for wire.WriteJSON. Its errors are for wire.WriteError.
	Run func(ctx context.Context, body []byte) (any, error)
}

// Op finds an operation by its name in X-Amz-Target.
func (s *Service) Op(name string) (Operation, bool) {
	o, found := operations()[name]
	if !found {
		return Operation{}, false
	}
	op := Operation{Signed: o.signed, Action: "cognito-identity:" + name, Passes: o.passes}
	op.Run = func(ctx context.Context, body []byte) (any, error) { return o.run(s, ctx, body) }
	return op, true
}

func run[In, Out any](op func(*Service, context.Context, In) (Out, error)) func(*Service, context.Context, []byte) (any, error) {
	return func(s *Service, ctx context.Context, body []byte) (any, error) {
		var in In
		if err := wire.DecodeJSON(body, &in); err != nil {
			return nil, err
		}
		out, err := op(s, ctx, in)
		if err != nil {
			return nil, unavailable(err)
		}
		return out, nil
	}
}

// unavailable makes whatever is not a refusal a fault of ours, so that an unreadable record is never taken for a missing
// one.
func unavailable(err error) error {
	var refusal *wire.Error
	if errors.As(err, &refusal) || errors.Is(err, wire.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", wire.ErrUnavailable, err)
}

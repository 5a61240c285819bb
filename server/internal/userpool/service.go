package userpool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sync"
	"time"

	"github.com/gatepass/gatepass/internal/seal"
	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// Forms of the iss claim for [Service].IssuerMode.
const (
	IssuerAWS      = "aws"      // https://cognito-idp.<region>.amazonaws.com/<pool>
	IssuerEndpoint = "endpoint" // <Endpoint()>/<pool>
)

// Service answers the operations of Amazon Cognito user pools. The fields may be
// set until the first use; Store, Ring, Region, AccountID, Now and Rand are
// required.
type Service struct {
	Store             *store.Store
	Ring              *seal.Ring
	Region, AccountID string
	Now               func() time.Time
	Rand              io.Reader // crypto/rand.Reader outside of tests
	// IssuerMode is IssuerAWS (also if empty) or IssuerEndpoint.
	IssuerMode string
	// Endpoint is the base URL of this server without a slash at the end. Nil: tokens
	// of that issuer are unknown, and IssuerMode must be IssuerAWS.
	Endpoint func() string
	// Sink is told of every message after it is in the outbox of the store. Nil:
	// nobody is told. The body holds the code: it must not reach a log by default.
	Sink func(context.Context, store.Message)
	// Admit bounds the expensive work. Nil: NewGate with its defaults.
	Admit *Gate
	// Keys makes a pool's signing keys when they are first needed. Nil: new RSA keys
	// of 2048 bits.
	Keys KeySource

	once  sync.Once
	boxes boxes
	keys  keyring

	flights flights
}

// KeySource makes a private key for a scope such as userpool/<id>/access. It is
// called at most a few times per scope and only its key material is used: the key
// id is chosen by the pool. The zero value of [Service] makes new keys.
type KeySource func(ctx context.Context, scope string) (*token.Key, error)

// Operation is one API operation.
type Operation struct {
	// Signed operations need SigV4 and a policy that allows Action on
	// [Service.Resource]; the caller checks both before Run.
	Signed bool
	Action string // cognito-idp:<Op>
	// Run decodes the request, acts and returns the answer for wire.WriteJSON. Its
	// errors are for wire.WriteError.
	Run func(ctx context.Context, body []byte) (any, error)
}

// boxes are the purposes of sealed things; no box opens what another sealed.
type boxes struct {
	secret, verifier, totp, key           *seal.Box // at rest
	srp, session, refresh, page, code, id *seal.Box // through the client; id makes decoys
}

func (s *Service) setup() {
	s.once.Do(func() {
		s.boxes = boxes{
			secret: s.Ring.Box("userpool client secret"), verifier: s.Ring.Box("userpool verifier"),
			totp: s.Ring.Box("userpool totp"), key: s.Ring.Box("userpool signing key"),
			srp: s.Ring.Box("userpool srp"), session: s.Ring.Box("userpool session"),
			refresh: s.Ring.Box("userpool refresh"), page: s.Ring.Box("userpool page"),
			code: s.Ring.Box("userpool code"), id: s.Ring.Box("userpool decoy"),
		}
		if s.Admit == nil {
			s.Admit = NewGate(0, 0, 0)
		}
	})
}

// Op finds an operation by its name, such as InitiateAuth.
func (s *Service) Op(name string) (Operation, bool) {
	e, ok := operations[name]
	if !ok {
		return Operation{}, false
	}
	run := func(ctx context.Context, body []byte) (any, error) {
		s.setup()
		if e.heavy {
			leave, err := s.Admit.enter()
			if err != nil {
				return nil, err
			}
			defer leave()
		}
		out, err := e.run(s, ctx, body)
		if err != nil {
			return nil, outward(err)
		}
		return out, nil
	}
	return Operation{Signed: e.signed, Action: "cognito-idp:" + name, Run: run}, true
}

// Resource is the ARN that an operation on this body is authorised for: the
// user pool's, or * where no pool is named. The body need not be valid: what Run
// would read differently, Run refuses.
func (s *Service) Resource(_ string, body []byte) string {
	var in struct{ UserPoolId string }
	if json.Unmarshal(body, &in) != nil || !poolIDPattern().MatchString(in.UserPoolId) {
		return "*"
	}
	return s.arn(in.UserPoolId)
}

var poolIDPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A[\w-]{1,44}_[0-9a-zA-Z]{1,45}\z`) })

func (s *Service) arn(pool string) string {
	return fmt.Sprintf("arn:aws:cognito-idp:%s:%s:userpool/%s", s.Region, s.AccountID, pool)
}

// outward lets the wire say "try again" for a store that does not answer. A user
// may be deleted after an operation has found him.
func outward(err error) error {
	var e *wire.Error
	switch {
	case errors.As(err, &e):
	case errors.Is(err, store.ErrUnavailable):
		return fmt.Errorf("%w: %w", wire.ErrUnavailable, err)
	case errors.Is(err, store.ErrNotFound):
		return errNoUser()
	}
	return err
}

// entry is a row of the table of operations.
type entry struct {
	signed bool // needs SigV4
	heavy  bool // does SRP or RSA work
	run    func(s *Service, ctx context.Context, body []byte) (any, error)
}

func run[In, Out any](fn func(*Service, context.Context, *In) (*Out, error)) func(*Service, context.Context, []byte) (any, error) {
	return func(s *Service, ctx context.Context, body []byte) (any, error) {
		in := new(In)
		if err := wire.DecodeJSON(body, in); err != nil {
			return nil, err
		}
		out, err := fn(s, ctx, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

func public[In, Out any](fn func(*Service, context.Context, *In) (*Out, error)) entry {
	return entry{run: run(fn)}
}

func signed[In, Out any](fn func(*Service, context.Context, *In) (*Out, error)) entry {
	return entry{signed: true, run: run(fn)}
}

func heavy(e entry) entry {
	e.heavy = true
	return e
}

package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gatepass/gatepass/policy"
)

// ErrConfig is what every error of API.Validate and Gateway.SetAPIs is.
var ErrConfig = errors.New("gateway: configuration")

// Leniency says when the signatures of the article's client are accepted
// (sigv4.Verifier.Lenient): host signed without its port, path encoded once.
type Leniency int

// When to be lenient.
const (
	LenientLoopback Leniency = iota // only for calls to localhost, *.localhost, 127.0.0.0/8 and ::1 by Host
	LenientNever
	LenientAlways
)

// Resolved is what is known about an access key.
type Resolved struct {
	Secret    string // the secret access key; shorter than 16 bytes never verifies
	Principal policy.Principal
	Policies  []*policy.Policy
}

// Gateway serves APIs. Fields may change until first use; Region, AccountID and
// Keys are required. The zero value serves no API.
type Gateway struct {
	Region    string // of the credential scope and the ARNs
	AccountID string // twelve digits, of the ARNs
	// Keys finds the secret, principal and policies of an access key.
	// sigv4.InvalidToken and sigv4.ExpiredToken refuse the caller; any other
	// error is a fault here, answered 503, never a pass.
	Keys    func(ctx context.Context, accessKeyID, sessionToken string, now time.Time) (Resolved, error)
	Now     func() time.Time             // nil: time.Now
	Rand    io.Reader                    // of request ids; nil: crypto/rand
	Lenient Leniency                     // zero: LenientLoopback
	Event   func(context.Context, Event) // called once after each call; nil: nobody listens
}

// SetAPIs validates apis and serves them from now on, in place of those before;
// calls under way end as they began. On an error, which is ErrConfig, nothing changes.
func (g *Gateway) SetAPIs(apis ...API) error { return nil }

// Target is an API call found by [Gateway.Locate]: what Handle needs to know of
// the address. API or stage may be unknown to the gateway; Handle refuses that.
type Target struct {
	API   string // id, lower case
	Stage string
	Path  string // raw resource path after the stage, "/" at least
	Query string // raw
}

// Locate tells whether a request is for an API, by its Host header and its raw
// request target (http.Request.RequestURI), and which. Three forms are known:
// host {api}.execute-api.*, the host of a Domain, and on any other host the
// path /_aws/execute-api/{api}/{stage}/….
func (g *Gateway) Locate(host, target string) (Target, bool) { return Target{}, false }

// Handle serves one call: match, verify, authorise, integrate.
func (g *Gateway) Handle(w http.ResponseWriter, r *http.Request, t Target) {}

// ServeHTTP locates and handles; a request for no API is refused 403 as AWS
// does at an address it does not know.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {}

// Close gives up idle connections to backends.
func (g *Gateway) Close() error { return nil }

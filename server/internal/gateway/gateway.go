package gateway

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/sigv4"
)

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
	Policies  policy.Policies // of the caller; the API's own comes with the API
}

// Gateway serves APIs. Fields may change until first use; Region, AccountID and
// Keys are required. Use it by pointer, it is then safe for concurrent use. The
// zero value serves no API.
type Gateway struct {
	Region    string // of the credential scope and the ARNs
	AccountID string // twelve digits, of the ARNs
	// Keys finds the secret, principal and policies of an access key.
	// sigv4.InvalidToken and sigv4.ExpiredToken refuse the caller; any other
	// error is a fault here, answered 503, never a pass.
	Keys func(ctx context.Context, accessKeyID, sessionToken string, now time.Time) (Resolved, error)
	// VerifyToken checks a token for the authorizers of user pools and issuers:
	// signature, issuer, expiry. From is a user pool's ARN or an issuer that an API
	// declares. It gives the claims, numbers as json.Number; ErrToken refuses the
	// caller, any other error is a fault here, answered 503. nil: no token is taken.
	VerifyToken func(ctx context.Context, from, token string) (map[string]any, error)
	// ReserveQuota counts up to want more calls against a quota of limit and tells
	// how many were left to count; end is when the counter may be forgotten. An
	// error is answered 503. nil: quotas are counted in this process only.
	ReserveQuota func(ctx context.Context, counter string, want, limit int, end time.Time) (int, error)
	// AskNode asks the process of a number, and gives the answer that its Asked
	// makes. ErrNoNode: there is none; any other error is answered 503. nil: this
	// process is the only one.
	AskNode func(ctx context.Context, node uint32, question []byte) (answer []byte, err error)
	// Throttle limits all calls together, as an account's quota does; nil: nothing does.
	Throttle *apidef.Throttle
	Now      func() time.Time             // nil: time.Now
	Rand     io.Reader                    // of request ids, which are names and no secrets; nil: Go's own
	Lenient  Leniency                     // zero: LenientLoopback
	Event    func(context.Context, Event) // called once after each call; nil: nobody listens
	// AccessLog gets the lines of the access logs that have no file, and with err
	// those their file did not take; nil: such lines are lost.
	AccessLog func(ctx context.Context, line string, err error)
	// SignIdentity makes a JSON Web Token of claims, and IdentityIssuer is its iss;
	// zero: APIs with an IdentityToken are refused.
	SignIdentity   func(ctx context.Context, claims any) (string, error)
	IdentityIssuer string
	// ShowDecisions tells every caller whose signature is right which statement of
	// his role's policies decided, by its name, in X-Gatepass-Decision. It is for
	// development: an attacker with stolen credentials learns how policies are named.
	ShowDecisions bool
	// Denied seals why policies denied a signed call, verdict being the decision in words. The caller gets it in
	// X-Gatepass-Authorization-Message and can show it to who may open it. Nil: nothing is sent.
	Denied func(req policy.Request, d policy.Decision, verdict string) string

	table     atomic.Pointer[table]
	once      sync.Once
	verifiers [4]*sigv4.Verifier // by lenient | echo<<1
	arns      string             // what partition gives
	keys      sigv4.KeyCache
	buckets   buckets
	quotas    quotas
	transport *http.Transport
	direct    directPool
	logs      logFiles
	sockets   sockets
	asking    atomic.Int32
	stall     time.Duration // of a client; zero: clientStall
}

func (g *Gateway) prepare() {
	g.once.Do(func() {
		for i := range g.verifiers {
			g.verifiers[i] = &sigv4.Verifier{
				Region: g.Region, Profile: sigv4.ExecuteAPI(),
				Lenient: i&1 != 0, EchoCanonical: i&2 != 0,
			}
		}
		g.arns = g.partition()
		g.transport = newTransport()
		g.direct.dial = newDialer().DialContext
	})
}

func (g *Gateway) now() time.Time {
	if g.Now != nil {
		return g.Now()
	}
	return time.Now()
}

func (g *Gateway) current() *table {
	if t := g.table.Load(); t != nil {
		return t
	}
	return &table{}
}

// ServeHTTP locates and handles; a request for no API is refused 403, as AWS
// does at an address it does not know.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t, _ := g.Locate(r.Host, r.RequestURI)
	g.Handle(w, r, t)
}

// Handle serves one call: match, verify, authorise, integrate. It works on
// r.RequestURI and must get the request before anything rewrites it. Like every
// handler that streams it may panic with http.ErrAbortHandler, when a backend's
// answer breaks off.
func (g *Gateway) Handle(w http.ResponseWriter, r *http.Request, t Target) {
	g.prepare()
	c := g.newCall(w, r, t)
	c.run()
	if c.opened != nil {
		go c.opened.run() // with a stack of its own, which is small
	}
}

func (c *call) run() {
	defer c.finish()
	if err := c.serve(); err != nil {
		c.refuse(err)
	}
}

// Close ends the connections of WebSocket APIs, which takes some seconds where
// backends are slow to learn of it, and gives up idle connections to backends.
// Calls under way go on.
func (g *Gateway) Close() error {
	g.prepare()
	g.sockets.close()
	g.transport.CloseIdleConnections()
	g.direct.close()
	return g.logs.close()
}

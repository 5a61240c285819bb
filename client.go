package gatepass

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/sigv4"
)

// A Client signs users in to one app client of one user pool, and gets them
// credentials from one identity pool. The zero value is not usable: set at least
// UserPoolID and ClientID, or IdentityPoolID for guests alone. Fields may change
// until the first call; after that a Client is safe for concurrent use. It must
// not be copied.
type Client struct {
	// Region is the AWS region that requests to APIs are signed for. Zero: the
	// region that UserPoolID begins with, else that of IdentityPoolID.
	Region string
	// UserPoolID is the id of the user pool, such as eu-west-1_AbCdEf123. Zero:
	// nobody can sign in.
	UserPoolID string
	// ClientID is the id of the app client. Zero: nobody can sign in.
	ClientID string
	// ClientSecret is the secret of a confidential app client. Zero: the client has none.
	ClientSecret string
	// IdentityPoolID is the id of the identity pool, such as
	// eu-west-1:11111111-2222-3333-4444-555555555555. Zero: sessions have tokens
	// and no credentials.
	IdentityPoolID string

	// Endpoint is the base URL of both services, such as http://127.0.0.1:4566.
	// Zero: AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER and
	// AWS_ENDPOINT_URL_COGNITO_IDENTITY, else AWS_ENDPOINT_URL, else AWS.
	Endpoint string
	// AllowHTTP permits endpoints and APIs over plain http beyond this machine,
	// where tokens can be read on the way. Zero: only loopback addresses.
	AllowHTTP bool
	// HTTPClient sends the requests to the services; its redirect rule is not
	// used. Its Transport also carries signed requests. Zero: a client with a
	// time limit of 30 seconds.
	HTTPClient *http.Client

	// Store keeps the session between calls and processes. Zero: a [MemoryStore] of its own.
	Store Store
	// Profile separates several users of one app client in one Store. Zero: the only one.
	Profile string
	// Clock tells the time. Zero: [time.Now]. The difference to the services'
	// clock is measured and allowed for.
	Clock func() time.Time

	once  sync.Once
	err   error
	hosts endpoints
	http  *http.Client
	store Store
	drift wire.Drift

	legacyRefresh atomic.Bool
}

// String shows the ids only.
func (c *Client) String() string {
	return fmt.Sprintf("gatepass.Client{%s %s %s}", c.UserPoolID, c.ClientID, c.IdentityPoolID)
}

// GoString shows the ids only.
func (c *Client) GoString() string { return c.String() }

// LogValue shows the ids only.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// prepare checks the fields once, before any connection is made.
func (c *Client) prepare() error {
	c.once.Do(func() { c.err = c.setUp() })
	return c.err
}

func (c *Client) setUp() error {
	if err := c.checkIDs(); err != nil {
		return err
	}
	if c.Region == "" {
		c.Region = regionOf(c.UserPoolID, c.IdentityPoolID)
	}
	if !sigv4.IsRegion(c.Region) {
		return fmt.Errorf("%w: %q is not a region, such as eu-west-1; set Client.Region", ErrConfig, c.Region)
	}
	hosts, err := c.findEndpoints()
	if err != nil {
		return err
	}
	c.hosts, c.http, c.store = hosts, c.HTTPClient, c.Store
	if c.http == nil {
		c.http = &http.Client{Timeout: 30 * time.Second}
	}
	if c.store == nil {
		c.store = new(MemoryStore)
	}
	return nil
}

// needPool reports what is missing for a call to the user pool.
func (c *Client) needPool() error {
	if err := c.prepare(); err != nil {
		return err
	}
	if c.UserPoolID == "" || c.ClientID == "" {
		return fmt.Errorf("%w: set Client.UserPoolID and Client.ClientID", ErrConfig)
	}
	return nil
}

// local is the time by this machine's clock.
func (c *Client) local() time.Time {
	if c.Clock == nil {
		return time.Now()
	}
	return c.Clock()
}

// now is the time by the services' clock.
func (c *Client) now() time.Time { return c.local().Add(c.drift.Get()) }

func (c *Client) caller() wire.Caller {
	return wire.Caller{HTTP: c.http, Seen: func(h http.Header) { c.drift.Observe(wire.DateOf(h), c.local()) }}
}

// callIDP calls the user pool once. Most of its operations use something up (a
// session, a code) and must not be repeated blindly.
func (c *Client) callIDP(ctx context.Context, op string, in, out any) error {
	return failed(op, c.caller().Call(ctx, c.hosts.idp, wire.TargetIDP, op, in, out))
}

// callIDPAgain calls the user pool and repeats what failed for a passing reason.
func (c *Client) callIDPAgain(ctx context.Context, op string, in, out any) error {
	return c.again(ctx, func() error { return c.callIDP(ctx, op, in, out) })
}

// callIdentity calls the identity pool and repeats what failed for a passing reason.
func (c *Client) callIdentity(ctx context.Context, op string, in, out any) error {
	return c.again(ctx, func() error {
		return failed(op, c.caller().Call(ctx, c.hosts.identity, wire.TargetIdentity, op, in, out))
	})
}

const (
	attempts  = 3
	firstWait = 100 * time.Millisecond
)

// again runs call up to three times, with growing random waits between.
func (c *Client) again(ctx context.Context, call func() error) error {
	for n := 1; ; n++ {
		err := call()
		if err == nil || n == attempts || !passing(err) || ctx.Err() != nil {
			return err
		}
		wait := time.NewTimer(rand.N(firstWait << n))
		select {
		case <-ctx.Done():
			wait.Stop()
			return err
		case <-wait.C:
		}
	}
}

// passing says whether the same call may succeed a moment later: a connection
// that failed, a throttle, a fault of the server.
func passing(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return true
	}
	return e.Status >= http.StatusInternalServerError || errors.Is(err, ErrThrottled)
}

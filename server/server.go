// Package server is the other side of the wire: user pools, identity pools, STS
// and an API gateway that unmodified AWS clients talk to, and that checks every
// signature, token and policy. It is one [http.Handler]; everything it serves is
// declared in a [Config] or created over the AWS APIs.
//
//	srv := &server.Server{DSN: "gatepass.db", Config: cfg}
//	if err := srv.Start(ctx); err != nil { ... }
//	defer srv.Close()
//	http.ListenAndServe("127.0.0.1:8787", srv)
//
// A request is told apart by its raw target and headers, never by a mux that
// would clean the path a signature covers:
//
//	{api}.execute-api.*, a declared domain, /_aws/execute-api/{api}/{stage}/...  API gateway
//	POST / with X-Amz-Target                                                    user and identity pools
//	POST / with a form body                                                     STS, IAM
//	GET /{pool}/.well-known/jwks.json, openid-configuration                     keys of a user pool
//	GET /_gatepass/.well-known/jwks.json, openid-configuration                  keys of the identity tokens for backends
//	/restapis/..., /v2/apis/..., /usageplans/..., signed for apigateway         control plane of API gateway
//	GET /healthz                                                                health
//	GET /_gatepass/messages                                                     the message outbox, signed
package server

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gatepass/gatepass/internal/seal"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/apigateway"
	"github.com/gatepass/gatepass/server/internal/gateway"
	"github.com/gatepass/gatepass/server/internal/iam"
	"github.com/gatepass/gatepass/server/internal/identity"
	"github.com/gatepass/gatepass/server/internal/sts"
	"github.com/gatepass/gatepass/server/internal/userpool"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/sigv4"
)

// Server serves what its Config declares. Fields may be set until first use; the
// zero value works, in memory and with nothing declared. Use it by pointer.
type Server struct {
	// DSN names the database: "" or "memory" (or ":memory:") for one in memory that ends
	// with the Server, the path of a SQLite file, or a postgres:// URL.
	DSN string
	// KeyFile holds the root key, which seals secrets in the database and state in
	// flight. Zero: DSN + ".key" for a SQLite file, a key of its own in memory;
	// PostgreSQL needs it or GATEPASS_ROOT_KEY. A key is made only together with a
	// new database.
	KeyFile string
	// Config declares what is served; nil declares nothing.
	Config *Config
	// Handlers are backends in this process, by the name a route gives.
	Handlers map[string]http.Handler
	// Endpoint is the base URL clients reach the Server at, http://127.0.0.1:8787.
	// It is needed for the issuer mode "endpoint", and is the beginning of the
	// apiEndpoint of HTTP and WebSocket APIs that the control plane makes; empty:
	// they are named as in AWS.
	Endpoint string
	// Logger gets one event for each request, and the messages; nil: nothing is
	// logged.
	Logger *slog.Logger
	// Now is the clock; nil: time.Now.
	Now func() time.Time

	// SigningKey makes the RSA key for a scope (userpool/<pool>/id, .../access,
	// identity), once in the life of a database; nil: a new one of 2048 bits, made
	// in the background after Start.
	SigningKey func(scope string) (*rsa.PrivateKey, error)

	start  sync.Once
	failed error
	stop   context.CancelFunc
	work   sync.WaitGroup
	random io.Reader

	fronts    fronts
	store     *store.Store
	ring      *seal.Ring
	users     *userpool.Service
	identity  *identity.Service
	sts       *sts.Service
	iam       *iam.Service
	gateway   *gateway.Gateway
	verifiers map[string]*sigv4.Verifier
	signing   sigv4.KeyCache
	gateKeys  gateKeys
	date      date
	metrics   metrics
	exchange  *exchange // nil: no other process serves the database

	control  *apigateway.Service
	declared apidef.Catalog // by the Config
	serving  sync.Mutex     // of the next three
	mark     string         // of the catalog that the gateway serves
	marked   bool           // false: it serves another
	trouble  string         // why, the last time
}

// Start opens the database and applies the Config; later calls and the first
// request do the same and report the same error. It need not be called.
func (s *Server) Start(ctx context.Context) error {
	s.start.Do(func() { s.failed = s.open(ctx) })
	return s.failed
}

func (s *Server) open(ctx context.Context) error {
	s.defaults()
	if err := s.Config.Validate(); err != nil {
		return err
	}
	s.fronts = s.Config.fronts()
	db, err := store.Open(ctx, s.DSN)
	if err != nil {
		return err
	}
	s.store = db
	if err := s.assemble(ctx); err != nil {
		return errors.Join(err, db.Close())
	}
	if err := s.joinNodes(ctx); err != nil {
		return errors.Join(err, s.gateway.Close(), db.Close())
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.work.Go(func() { s.prepareKeys(background) })
	s.work.Go(func() { s.sweep(background) })
	s.work.Go(func() { s.follow(background, time.Tick(servedEvery)) })
	return nil
}

func (s *Server) defaults() {
	if s.Config == nil {
		s.Config = &Config{}
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	s.random = rand.Reader
	s.Endpoint = strings.TrimSuffix(s.Endpoint, "/")
}

func (s *Server) assemble(ctx context.Context) error {
	keys, err := s.rootKeys()
	if err != nil {
		return err
	}
	if s.ring, err = seal.NewRing(keys...); err != nil {
		return err
	}
	s.wire()
	if err := s.apply(ctx); err != nil {
		return err
	}
	if s.declared, err = s.catalog(); err != nil {
		return err
	}
	return s.serveFirst(ctx)
}

func (s *Server) keyFile() string {
	file := !store.InMemory(s.DSN) && !s.shared()
	if s.KeyFile == "" && file {
		return s.DSN + ".key"
	}
	return s.KeyFile
}

// Fresh reports whether Start made the database.
func (s *Server) Fresh() bool { return s.store != nil && s.store.Fresh() }

// Close ends the background work and closes the database. Requests must have
// ended before.
func (s *Server) Close() error {
	if err := s.Start(context.Background()); err != nil {
		return nil // what did not open needs no closing
	}
	s.stop()
	s.work.Wait()
	return errors.Join(s.closeGateway(), s.store.Close())
}

// prepareKeys makes the pools' signing keys ahead of the first sign-in.
func (s *Server) prepareKeys(ctx context.Context) {
	for _, p := range s.Config.UserPools {
		if err := s.users.PrepareKeys(ctx, p.ID); err != nil && ctx.Err() == nil {
			s.Logger.ErrorContext(ctx, "signing keys", "pool", p.ID, "error", err)
		}
	}
}

// sweep removes expired rows now and then.
func (s *Server) sweep(ctx context.Context) {
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			err := s.store.Update(ctx, func(tx *store.Tx) error { return tx.SweepExpired(s.Now()) })
			if err != nil && ctx.Err() == nil {
				s.Logger.ErrorContext(ctx, "sweep", "error", err)
			}
		}
	}
}

// Message is something the Server sent to a user: a confirmation code, an
// invitation. There is no mail; messages go to the outbox and the log says so.
type Message struct {
	Username    string    `json:"username"`
	Destination string    `json:"destination"`
	Kind        string    `json:"kind"` // signup, forgot, invite
	Body        string    `json:"body"`
	Created     time.Time `json:"created"`
}

// Messages lists the newest messages of the outbox first, at most 100; username
// filters unless empty.
func (s *Server) Messages(ctx context.Context, username string) ([]Message, error) {
	if err := s.Start(ctx); err != nil {
		return nil, err
	}
	rows, err := s.store.Messages(ctx, "", username, 100)
	out := make([]Message, len(rows))
	for i, m := range rows {
		out[i] = Message{Username: m.Username, Destination: m.Destination, Kind: m.Kind, Body: m.Body, Created: m.Created}
	}
	return out, err
}

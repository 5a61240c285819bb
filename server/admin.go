package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/gatepass/gatepass/internal/admin"
	"github.com/gatepass/gatepass/server/internal/userpool"
)

// readyWithin is how long a node that is ready takes to say so.
const readyWithin = 2 * time.Second

// Admin is a handler for those who run the Server, to be served on an address of
// its own: /healthz answers 200 while the process lives; /readyz answers 200 when
// the database answers and the signing keys of the declared user pools can be
// read, else 503 and why; /metrics is in the text format of Prometheus.
func (s *Server) Admin() http.Handler { return admin.Handler(s.ready, s.writeMetrics) }

func (s *Server) ready(ctx context.Context) error {
	if err := s.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("the server did not start: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := s.store.Ping(ctx); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	for _, p := range s.Config.UserPools {
		err := s.users.PrepareKeys(ctx, p.ID)
		if err != nil && ctx.Err() != nil {
			return fmt.Errorf("the signing keys of %s are not there yet", p.ID)
		}
		if err != nil {
			return fmt.Errorf("the signing keys of %s cannot be read: %w", p.ID, err)
		}
	}
	return nil
}

// signInOperations are the operations that a sign-in is made of.
var signInOperations = map[string]bool{
	"InitiateAuth": true, "AdminInitiateAuth": true, "RespondToAuthChallenge": true, "AdminRespondToAuthChallenge": true,
}

// counted has the sign-ins of a user pool's operation counted.
func (s *Server) counted(name string, op userpool.Operation) func(context.Context, []byte) (any, error) {
	if !signInOperations[name] {
		return op.Run
	}
	return func(ctx context.Context, body []byte) (any, error) {
		out, err := op.Run(ctx, body)
		if !refreshes(body) {
			s.metrics.signIn(out, err)
		}
		return out, err
	}
}

// refreshes says whether tokens are asked for by those of before.
func refreshes(body []byte) bool {
	var in struct{ AuthFlow string }
	_ = json.Unmarshal(body, &in) // what cannot be read was refused
	return in.AuthFlow == "REFRESH_TOKEN_AUTH" || in.AuthFlow == "REFRESH_TOKEN"
}

// buildVersion is the version of the program and of Go.
func buildVersion() (version, goVersion string) {
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	return version, runtime.Version()
}

package server

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/gatepass/gatepass/server/internal/gateway"
	"github.com/gatepass/gatepass/server/internal/iam"
	"github.com/gatepass/gatepass/server/internal/identity"
	"github.com/gatepass/gatepass/server/internal/sts"
	"github.com/gatepass/gatepass/server/internal/userpool"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/sigv4"
)

const (
	defaultRegion  = "us-east-1"
	defaultAccount = "000000000000"
)

func (c *Config) region() string  { return cmp.Or(c.Region, defaultRegion) }
func (c *Config) account() string { return cmp.Or(c.Account, defaultAccount) }

func (s *Server) region() string  { return s.Config.region() }
func (s *Server) account() string { return s.Config.account() }

// wire makes the services and hands each what it needs of another as a value. All
// that sign with RSA wait at one gate.
func (s *Server) wire() {
	s.sts = &sts.Service{
		Store: s.store, Ring: s.ring, Now: s.Now, Rand: s.random, VerifyToken: s.verifyWebIdentity, ManagedPolicy: s.managedPolicy,
		Ahead: s.metrics.sessionAhead,
	}
	s.iam = &iam.Service{
		Store: s.store, AccountID: s.account(), Now: s.Now, Rand: s.random,
		NewID: sts.NewID, SealSecret: s.sts.SealSecret, OIDCProviderARN: identity.OIDCProviderARN, Changed: s.sts.Forget,
	}
	signers := userpool.NewGate(0, 0, 0)
	s.users = &userpool.Service{
		Store: s.store, Ring: s.ring, Region: s.region(), AccountID: s.account(), Now: s.Now, Rand: s.random,
		IssuerMode: s.Config.Issuer, Endpoint: s.endpoint(), Sink: s.sent, Keys: s.newKey, Admit: signers,
	}
	s.identity = &identity.Service{
		Store: s.store, Ring: s.ring, Region: s.region(), AccountID: s.account(), Now: s.Now, Rand: s.random,
		Endpoint: s.endpoint(), VerifyLogin: s.verifyLogin, Issue: s.issue, NewKey: s.newKey, Admit: signers.Do,
	}
	s.gateway = &gateway.Gateway{
		Region: s.region(), AccountID: s.account(), Now: s.Now, Keys: s.resolve, VerifyToken: s.verifyToken, ReserveQuota: s.reserveQuota, Event: s.called,
		ShowDecisions: s.Config.ShowDecisions, Denied: s.sts.EncodeDenial, AccessLog: s.accessed,
		SignIdentity: s.signIdentity, IdentityIssuer: s.gateIssuer(),
	}
	s.verifiers = map[string]*sigv4.Verifier{}
	for _, service := range []string{serviceIDP, serviceIdentity, serviceSTS, serviceIAM, serviceGatepass} {
		s.verifiers[service] = &sigv4.Verifier{Region: s.region(), Profile: sigv4.Generic(service)}
	}
	s.wireControl()
}

// managedPolicy lets STS find AWS's managed policies beside the account's own.
func (s *Server) managedPolicy(ctx context.Context, arn string) (string, error) {
	return iam.Document(ctx, s.store, arn)
}

func (s *Server) endpoint() func() string {
	if s.Endpoint == "" {
		return nil
	}
	return func() string { return s.Endpoint }
}

func (s *Server) resolve(ctx context.Context, accessKeyID, sessionToken string, now time.Time) (gateway.Resolved, error) {
	secret, principal, policies, err := s.sts.Resolve(ctx, accessKeyID, sessionToken, now)
	return gateway.Resolved{Secret: secret, Principal: principal, Policies: policies}, err
}

// sent logs that a message went to the outbox. The body holds a code, so only a
// debug log has it.
func (s *Server) sent(ctx context.Context, m store.Message) {
	s.Logger.InfoContext(ctx, "message", "kind", m.Kind, "username", m.Username, "destination", m.Destination)
	s.Logger.DebugContext(ctx, "message body", "username", m.Username, "body", m.Body)
}

// called logs one API call.
func (s *Server) called(ctx context.Context, e gateway.Event) {
	s.metrics.call(&e)
	if !s.Logger.Enabled(ctx, slog.LevelInfo) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", e.RequestID), slog.String("api", e.API), slog.String("stage", e.Stage),
		slog.String("method", e.Method), slog.String("path", e.Path), slog.Int("status", e.Status),
		slog.Duration("took", e.Duration), slog.String("source_ip", e.Identity.SourceIP),
	}
	if e.Kind != "" {
		attrs = append(attrs, slog.String("event", e.Kind), slog.String("route", e.Route))
	}
	if e.Identity.UserARN != "" {
		attrs = append(attrs, slog.String("caller", e.Identity.UserARN), slog.String("identity_id", e.Identity.IdentityID))
	}
	if d := e.Decision; d != nil && !d.Allowed {
		attrs = append(attrs, slog.String("denied", d.Action+d.Suffix()), slog.String("decision", e.Verdict))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", oneLine(e.Err)))
	}
	s.Logger.LogAttrs(ctx, slog.LevelInfo, "call", attrs...)
}

// accessed logs the line of an access log that has no file, or whose file fails.
func (s *Server) accessed(ctx context.Context, line string, err error) {
	if err != nil {
		s.Logger.ErrorContext(ctx, "access", "line", line, "error", err)
		return
	}
	s.Logger.InfoContext(ctx, "access", "line", line)
}

// oneLine is the name and the kind of a signature error, whose text would quote
// the request; any other error is itself.
func oneLine(err error) string {
	var e *sigv4.Error
	if errors.As(err, &e) {
		return e.Code + ": " + e.Unwrap()[0].Error()
	}
	return err.Error()
}

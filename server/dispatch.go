package server

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apigateway"
)

// ServeHTTP answers every service on one port.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.Start(context.WithoutCancel(r.Context())); err != nil {
		http.Error(w, "gatepass did not start; see its log", http.StatusServiceUnavailable)
		return
	}
	r = s.fronts.atFront(r)
	w.Header()["Date"] = s.date.at(s.Now())
	if target, ok := s.gateway.Locate(r.Host, r.RequestURI); ok {
		s.gateway.Handle(w, r, target) // logs for itself
		return
	}
	begin := time.Now()
	sw := &statusWriter{ResponseWriter: w}
	w.Header().Set("x-amzn-RequestId", wire.NewRequestID())
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, sw))
	name := s.serve(sw, r)
	attrs := append(sw.attrs(name), slog.Duration("took", time.Since(begin)), slog.String("source_ip", sourceIP(r)))
	if sw.caller != "" {
		attrs = append(attrs, slog.String("caller", sw.caller), slog.String("access_key_id", sw.accessKeyID))
	}
	s.Logger.LogAttrs(r.Context(), sw.level(), "request", attrs...)
	s.metrics.request(sw.service, sw.status, time.Since(begin))
}

// date is the Date header of answers, made once a second. It is of the clock that
// judges, so that clients can set theirs by it.
type date struct{ last atomic.Pointer[dated] }

type dated struct {
	second int64
	header []string // read-only: answers share it
}

func (d *date) at(now time.Time) []string {
	second := now.Unix()
	if last := d.last.Load(); last != nil && last.second == second {
		return last.header
	}
	next := &dated{second, []string{now.UTC().Format(http.TimeFormat)}}
	d.last.Store(next)
	return next.header
}

// callKey finds the statusWriter of a call in its context.
type callKey struct{}

// statusWriter remembers for the log the status, the code of a refusal that no
// header names, why a call failed, and who signed, once that is proven.
type statusWriter struct {
	http.ResponseWriter
	status              int
	code                string
	failure             error
	service             service
	caller, accessKeyID string
}

// attrs are what the log says of an answer.
func (w *statusWriter) attrs(operation string) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("request_id", w.Header().Get("x-amzn-RequestId")), slog.String("operation", operation), slog.Int("status", w.status),
	}
	if code := cmp.Or(w.code, strings.TrimSuffix(w.Header().Get("x-amzn-ErrorType"), ":")); code != "" {
		attrs = append(attrs, slog.String("error", code))
	}
	if w.failure != nil {
		attrs = append(attrs, slog.Any("failure", w.failure))
	}
	return attrs
}

func (w *statusWriter) level() slog.Level {
	if w.failure != nil {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// noteCaller keeps a proven caller for the log.
func noteCaller(ctx context.Context, arn, accessKeyID string) {
	if sw, ok := ctx.Value(callKey{}).(*statusWriter); ok {
		sw.caller, sw.accessKeyID = arn, accessKeyID
	}
}

// refuse writes a refusal, and keeps for the log its code and, of a failure,
// what the caller is not told.
func refuse(w http.ResponseWriter, p wire.Protocol, err error) {
	if sw, ok := w.(*statusWriter); ok {
		e := wire.AsError(err)
		sw.code = e.Code
		if e.Status >= http.StatusInternalServerError {
			sw.failure = e.Err
		}
	}
	wire.WriteError(w, p, err)
}

// noteService keeps which service a call is for, by its name in a credential scope.
func noteService(ctx context.Context, name string) {
	if sw, ok := ctx.Value(callKey{}).(*statusWriter); ok {
		sw.service = scopes[name]
	}
}

// WriteHeader keeps the first status.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write is 200, unless another status was written.
func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// serve answers what is not an API call and names it for the log.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	switch {
	case path == "/healthz":
		s.health(w, r)
		return "health"
	case path == "/_gatepass/messages":
		s.outbox(w, r)
		return "outbox"
	case strings.HasSuffix(path, "/.well-known/jwks.json"), strings.HasSuffix(path, "/.well-known/openid-configuration"),
		path == "/.well-known/jwks_uri":
		s.wellKnown(w, r, path)
		return "well-known"
	case path == "/" && r.Method == http.MethodOptions:
		preflight(w, r)
		return "preflight"
	case path == "/" && r.Header.Get("X-Amz-Target") != "":
		return s.serveJSON(w, r)
	case path == "/" && isForm(r):
		return s.serveQuery(w, r)
	case apigateway.Owns(path):
		return s.serveControl(w, r, path)
	}
	wire.WriteError(w, wire.JSON11, &wire.Error{
		Code: "UnknownOperationException", Message: "No service answers " + r.Method + " " + shorten(path), Status: http.StatusNotFound,
	})
	return "unknown"
}

func shorten(s string) string { return s[:min(len(s), 100)] }

func isForm(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return r.Method == http.MethodPost && strings.TrimSpace(kind) == wire.TypeForm ||
		r.Method == http.MethodGet && strings.Contains(r.URL.RawQuery, "Action=")
}

// corsHeaders let pages of any origin read what a service answers, as those of
// Cognito and STS do: calls carry no cookies.
func corsHeaders(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date")
}

// preflight grants what a browser asks for, as the services do: each SDK has
// headers of its own, and the signature is what counts.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	corsHeaders(h)
	for asked, granted := range map[string]string{
		"Access-Control-Request-Headers": "Access-Control-Allow-Headers",
		"Access-Control-Request-Method":  "Access-Control-Allow-Methods",
	} {
		if value := r.Header.Get(asked); value != "" {
			h.Set(granted, value)
		}
	}
	h.Set("Access-Control-Max-Age", "172800")
	w.WriteHeader(http.StatusOK)
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	if err := s.store.Ping(r.Context()); err != nil {
		reply(w, http.StatusServiceUnavailable, map[string]string{"status": "the database does not answer"})
		return
	}
	reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

// wellKnown serves the public keys of a user pool, of the identity pools or of
// the identity tokens.
func (s *Server) wellKnown(w http.ResponseWriter, r *http.Request, path string) {
	pool, file, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/.well-known/")
	var doc []byte
	var err error
	switch {
	case path == gateKeysPath, path == gateConfigPath:
		doc, err = s.gateDocument(r.Context(), path)
	case path == "/.well-known/jwks_uri":
		doc, err = s.identity.JWKS(r.Context())
	case file == "jwks.json":
		doc, err = s.users.JWKS(r.Context(), pool)
	default:
		doc, err = s.users.OpenIDConfiguration(r.Context(), pool)
	}
	if err != nil {
		refuse(w, wire.JSON11, notFound(err))
		return
	}
	h := w.Header()
	corsHeaders(h)
	h.Set("Content-Type", wire.TypeJSON)
	h.Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(doc) // the client is gone: nothing to tell it
}

func notFound(err error) error {
	if e := wire.AsError(err); e.Code == "ResourceNotFoundException" {
		return &wire.Error{Code: e.Code, Message: e.Message, Status: http.StatusNotFound}
	}
	return unavailable(err)
}

// readBody reads the body of a call to a service.
func readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength > wire.MaxBody {
		return nil, tooLarge()
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, wire.MaxBody+1))
	if err != nil {
		return nil, wire.Errorf("SerializationException", "the body could not be read")
	}
	if len(body) > wire.MaxBody {
		return nil, tooLarge()
	}
	return body, nil
}

func tooLarge() error {
	return &wire.Error{Code: "RequestEntityTooLargeException", Message: "The body is larger than 1 MiB", Status: http.StatusRequestEntityTooLarge}
}

// unavailable lets the wire say "try again" for a store that does not answer.
func unavailable(err error) error {
	if isUnavailable(err) {
		return &wire.Error{
			Code: "ServiceUnavailableException", Message: "The service is temporarily unavailable. Try again.",
			Status: http.StatusServiceUnavailable, Err: err,
		}
	}
	return err
}

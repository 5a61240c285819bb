package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/iam"
	"github.com/gatepass/gatepass/server/internal/sts"
	"github.com/gatepass/gatepass/sigv4"
)

// queryService is a service of the Query protocol. Its API version, which every
// request names, tells it from the others.
type queryService struct {
	name     string // of the credential scope and of actions
	protocol wire.Protocol
	find     func(s *Server, form url.Values) (name string, op queryOperation, err error)
}

// queryOperation is an operation of a Query service, ready to run.
type queryOperation struct {
	signed   bool
	resource func(form url.Values) string // what the caller's policies must allow it on; nil: the operation sees to that itself
	// ask says the same of an operation whose resource must be looked up; nil: resource says it.
	ask func(ctx context.Context, who caller, form url.Values) (iam.Question, error)
	run func(ctx context.Context, who caller, form url.Values) (any, error)
}

// queryServices are the services by the version of their API.
var queryServices = map[string]queryService{
	sts.Version: {serviceSTS, wire.Query, (*Server).findSTS},
	iam.Version: {serviceIAM, wire.QueryIAM, (*Server).findIAM},
}

// queryServiceOf chooses by version. What names no version we know goes to STS,
// which refuses it.
func queryServiceOf(version string) queryService {
	if service, known := queryServices[version]; known {
		return service
	}
	return queryServices[sts.Version]
}

func (s *Server) findSTS(form url.Values) (string, queryOperation, error) {
	name, op, err := s.sts.Op(form)
	found := queryOperation{signed: op.Signed, run: func(ctx context.Context, who caller, form url.Values) (any, error) {
		return op.Run(ctx, sts.Caller{
			Principal: who.Principal, Policies: who.Policies, AccessKeyID: who.accessKeyID, SessionToken: who.sessionToken, Context: who.facts,
		}, form)
	}}
	if op.Resource != "" {
		found.resource = func(url.Values) string { return op.Resource }
	}
	return name, found, err
}

func (s *Server) findIAM(form url.Values) (string, queryOperation, error) {
	name, op, err := s.iam.Op(form)
	return name, queryOperation{
		signed: true,
		ask: func(ctx context.Context, who caller, form url.Values) (iam.Question, error) {
			return s.iam.Ask(ctx, op, who.Principal, form)
		},
		run: func(ctx context.Context, who caller, form url.Values) (any, error) {
			return s.iam.Run(ctx, op, who.Principal, form)
		},
	}, err
}

// serveQuery answers STS and IAM.
func (s *Server) serveQuery(w http.ResponseWriter, r *http.Request) string {
	corsHeaders(w.Header())
	form, err := readForm(r)
	service := queryServiceOf(form.Get("Version"))
	noteService(r.Context(), service.name)
	name, out := service.name, any(nil)
	if err == nil {
		name, out, err = s.runQuery(r, service, form)
	}
	if err != nil {
		explain(w.Header(), err)
		if bad := (*policy.SyntaxError)(nil); errors.As(err, &bad) { // AWS's text does not say where
			s.Logger.InfoContext(r.Context(), "policy refused", "operation", shorten(name), "error", bad.Error())
		}
		refuse(w, service.protocol, queryError(err))
	} else {
		wire.WriteXML(w, service.protocol, name, out)
	}
	return shorten(name)
}

// readForm reads the parameters and leaves the body for the signature, which
// covers the same bytes.
func readForm(r *http.Request) (url.Values, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return wire.ParseQuery(r, body)
}

func (s *Server) runQuery(r *http.Request, service queryService, form url.Values) (string, any, error) {
	name, op, err := service.find(s, form)
	if err != nil {
		return name, nil, err
	}
	if !op.signed {
		out, err := op.run(r.Context(), caller{facts: requestContext(r, s.region())}, form)
		return name, out, err
	}
	who, _, err := s.authenticate(r, service.name)
	if err != nil {
		return name, nil, err
	}
	if who.isUserSession() && !sessionOperations[name] {
		return name, nil, &wire.Error{Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid", Status: http.StatusForbidden}
	}
	if op.resource != nil {
		if err := s.authorize(who, service.name+":"+name, op.resource(form)); err != nil {
			return name, nil, err
		}
	}
	if op.ask != nil {
		q, err := op.ask(r.Context(), who, form)
		if err == nil {
			err = s.authorize(who, service.name+":"+name, q.Resource, q.Facts)
		}
		if err != nil {
			return name, nil, err
		}
	}
	out, err := op.run(r.Context(), who, form)
	return name, out, err
}

// sessionOperations are the operations of STS and IAM that credentials of
// GetSessionToken are good for without MFA (AWS STS API Reference,
// GetSessionToken), and that one itself, which refuses in its own words.
var sessionOperations = map[string]bool{"AssumeRole": true, "GetCallerIdentity": true, "GetSessionToken": true}

// isUserSession: a user signed with credentials of GetSessionToken.
func (c caller) isUserSession() bool {
	return c.Principal.Type == "User" && c.sessionToken != ""
}

// queryCodes are the names Query services have for what other services call
// differently.
var queryCodes = map[string]string{
	"MissingAuthenticationTokenException": "MissingAuthenticationToken",
	"IncompleteSignatureException":        "IncompleteSignature",
	"InvalidSignatureException":           "SignatureDoesNotMatch",
	"UnrecognizedClientException":         "InvalidClientTokenId",
	"ExpiredTokenException":               "ExpiredToken",
}

func queryError(err error) error {
	var e *sigv4.Error
	if errors.As(err, &e) {
		code := queryCodes[e.Code]
		if code == "" {
			code = strings.TrimSuffix(e.Code, "Exception")
		}
		return &wire.Error{Code: code, Message: e.Message, Status: http.StatusForbidden, Err: err}
	}
	if isUnavailable(err) {
		return &wire.Error{Code: "ServiceUnavailable", Message: "The service is temporarily unavailable. Try again.", Status: http.StatusServiceUnavailable, Err: err}
	}
	var refused *wire.Error
	switch {
	case !errors.As(err, &refused):
		return &wire.Error{Code: "InternalFailure", Message: "The request processing has failed because of an unknown error, exception or failure.", Status: http.StatusInternalServerError, Err: err}
	case refused.Code == "AccessDeniedException":
		return &wire.Error{Code: "AccessDenied", Message: refused.Message, Status: http.StatusForbidden, Err: err}
	}
	return err
}

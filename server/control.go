package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/apigateway"
	"github.com/gatepass/gatepass/server/internal/gateway"
	"github.com/gatepass/gatepass/server/internal/iam"
	"github.com/gatepass/gatepass/server/internal/openapi"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/sigv4"
)

const serviceAPIGateway = "apigateway"

// maxDocument is the longest body of the control plane, in bytes: an OpenAPI
// document (quotas of Amazon API Gateway, "Size of an API definition").
const maxDocument = 6 << 20

// servedEvery is how often a node looks for what others have deployed.
const servedEvery = 2 * time.Second

func (s *Server) wireControl() {
	s.control = &apigateway.Service{
		Store: s.store, Ring: s.ring, Region: s.region(), AccountID: s.account(), Now: s.Now, Rand: s.random, Endpoint: s.endpoint(),
		Declared: func() apidef.Catalog { return s.declared }, Validate: gateway.Validate, Check: checkCatalog, Changed: s.refresh, Read: readOpenAPI, Write: openapi.Write,
		Pins: pinsOfResource,
	}
	profile := sigv4.Generic(serviceAPIGateway)
	profile.MaxBody = maxDocument
	s.verifiers[serviceAPIGateway] = &sigv4.Verifier{Region: s.region(), Profile: profile}
}

func pinsOfResource(ctx context.Context, tx *store.Tx, doc string) (map[string]string, error) {
	return iam.Pins(ctx, tx, iam.Principals(doc, policy.Resource))
}

// checkCatalog asks a gateway that nobody calls.
func checkCatalog(c apidef.Catalog) error { return new(gateway.Gateway).Serve(c) }

// readOpenAPI reads a document for the control plane; its notes are warnings.
func readOpenAPI(doc []byte, p apidef.Protocol, basePath string) (apidef.API, []string, error) {
	api, notes, err := openapi.Read(doc, openapi.Options{Protocol: p, BasePath: basePath})
	var warnings []string
	for _, n := range notes {
		warnings = append(warnings, n.String())
	}
	return api, warnings, err
}

// serveControl answers a call of API Gateway's control plane.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request, path string) string {
	noteService(r.Context(), serviceAPIGateway)
	op, known := s.control.Find(r.Method, path)
	if !known {
		op = apigateway.Operation{Name: "unknown", Resource: path}
	}
	out, err := s.runControl(r, op)
	switch {
	case err != nil:
		explain(w.Header(), err)
		refuse(w, wire.RESTGateway, controlError(err))
	case out.File != nil:
		w.Header().Set("Content-Type", out.File.ContentType)
		w.Header().Set("Content-Disposition", out.File.Disposition)
		w.WriteHeader(out.Status)
		_, _ = w.Write(out.File.Body) // the client is gone: nothing to tell it
	default:
		wire.WriteREST(w, out.Status, out.Value)
	}
	return op.Name
}

func (s *Server) runControl(r *http.Request, op apigateway.Operation) (apigateway.Reply, error) {
	who, body, err := s.authenticate(r, serviceAPIGateway)
	if err != nil {
		return apigateway.Reply{}, err
	}
	_, rawQuery, _ := strings.Cut(r.RequestURI, "?")
	query, malformed := url.ParseQuery(rawQuery)
	facts, err := tagFacts(r.Context(), op, body, query["tagKeys"])
	if err != nil {
		return apigateway.Reply{}, err
	}
	allow := func(action, resource string) error {
		return s.authorize(who, action, "arn:aws:apigateway:"+s.region()+"::"+resource, facts)
	}
	if err := allow(serviceAPIGateway+":"+r.Method, op.Resource); err != nil {
		return apigateway.Reply{}, err
	}
	if op.Run == nil {
		return apigateway.Reply{}, &wire.Error{
			Code: "UnknownOperationException", Message: "gatepass does not support " + r.Method + " " + shorten(op.Resource), Status: http.StatusNotFound,
		}
	}
	if malformed != nil {
		return apigateway.Reply{}, wire.Errorf("BadRequestException", "the query cannot be read")
	}
	return op.Run(r.Context(), apigateway.Request{Query: query, Accept: r.Header.Get("Accept"), Body: body, Allow: allow})
}

// tagFacts are the condition keys of the tags that a resource has, of those that
// a request sets and of those whose keys it names.
func tagFacts(ctx context.Context, op apigateway.Operation, body []byte, keys []string) (policy.Context, error) {
	var in wire.TagsInput
	_ = json.Unmarshal(body, &in) // what is read differently later is refused there
	out := tagsAsked(in.Tags, nil, keys)
	if op.Tags == nil {
		return out, nil
	}
	tags, err := op.Tags(ctx)
	for key, value := range tags {
		out.Set("aws:ResourceTag/"+key, value)
	}
	return out, err
}

// controlError gives refusals the status that API Gateway gives them.
func controlError(err error) error {
	var e *sigv4.Error
	if errors.As(err, &e) {
		status := http.StatusForbidden
		if e.Code == "RequestTooLargeException" {
			status = http.StatusRequestEntityTooLarge
		}
		return &wire.Error{Code: e.Code, Message: e.Message, Status: status, Err: err}
	}
	var refused *wire.Error
	if errors.As(err, &refused) && refused.Code == "AccessDeniedException" {
		return &wire.Error{Code: refused.Code, Message: refused.Message, Status: http.StatusForbidden, Err: err}
	}
	return unavailable(err)
}

// refresh lets the gateway serve what is deployed. What cannot be read or served
// leaves it with what it had, and is tried again.
func (s *Server) refresh(ctx context.Context) {
	s.serving.Lock()
	defer s.serving.Unlock()
	ctx = context.WithoutCancel(ctx)
	mark, err := s.control.Mark(ctx)
	if err == nil && mark == s.mark && s.marked {
		return
	}
	if err == nil {
		err = s.serveCatalog(ctx)
	}
	if s.marked = err == nil; err == nil {
		s.mark, s.trouble = mark, ""
		return
	}
	if text := err.Error(); text != s.trouble { // said once, not at each try
		s.trouble = text
		s.Logger.ErrorContext(ctx, "what is deployed was not read", "error", err)
	}
}

// serveFirst serves what the Config declares, which must be fit to be served, and
// then what is deployed.
func (s *Server) serveFirst(ctx context.Context) error {
	if err := s.gateway.Serve(s.declared); err != nil {
		return err
	}
	s.refresh(ctx)
	return nil
}

// serveCatalog has read the mark before: a change in between is seen again.
func (s *Server) serveCatalog(ctx context.Context) error {
	catalog, refused, err := s.control.Catalog(ctx)
	if err != nil {
		return err
	}
	for _, why := range refused {
		s.Logger.ErrorContext(ctx, "not served", "error", why)
	}
	err = s.gateway.Serve(catalog)
	if err == nil {
		return nil
	}
	// Stored usage plans may not fit those of another configuration. Without them
	// their keys are refused, and the rest goes on.
	s.Logger.ErrorContext(ctx, "usage plans are not served", "error", err)
	catalog.Keys, catalog.Plans = s.declared.Keys, s.declared.Plans
	return s.gateway.Serve(catalog)
}

// follow serves what other nodes deploy: it looks at each tick.
func (s *Server) follow(ctx context.Context, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			s.refresh(ctx)
		}
	}
}

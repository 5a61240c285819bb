package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/gateway"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/sigv4"
)

// Service names of the credential scope.
const (
	serviceIDP      = "cognito-idp"
	serviceIdentity = "cognito-identity"
	serviceSTS      = "sts"
	serviceIAM      = "iam"
	serviceGatepass = "gatepass"
)

// operation is an operation of either Cognito service, ready to run.
type operation struct {
	service, action string
	signed          bool
	resource        func(body []byte) string
	passes          func(body []byte) []string // roles handed on; nil: none
	tags            func(ctx context.Context, resource string) (map[string]string, error)
	run             func(ctx context.Context, body []byte) (any, error)
}

func isUnavailable(err error) bool {
	return errors.Is(err, store.ErrUnavailable) || errors.Is(err, wire.ErrUnavailable)
}

// operationFor finds the operation X-Amz-Target names.
func (s *Server) operationFor(target string) (operation, bool) {
	service, name, _ := strings.Cut(target, ".")
	switch service {
	case wire.TargetIDP:
		op, ok := s.users.Op(name)
		return operation{
			service: serviceIDP, action: serviceIDP + ":" + name, signed: op.Signed,
			resource: func(b []byte) string { return s.users.Resource(name, b) }, run: s.counted(name, op),
		}, ok
	case wire.TargetIdentity:
		op, ok := s.identity.Op(name)
		return operation{
			service: serviceIdentity, action: serviceIdentity + ":" + name, signed: op.Signed,
			resource: func(b []byte) string { return s.identity.Resource(name, b) }, passes: op.Passes, run: op.Run,
			tags: s.identity.ResourceTags,
		}, ok
	}
	return operation{}, false
}

// serveJSON answers a JSON 1.1 call: public operations as they are, the others
// after signature and policy.
func (s *Server) serveJSON(w http.ResponseWriter, r *http.Request) string {
	corsHeaders(w.Header())
	target := r.Header.Get("X-Amz-Target")
	out, err := s.runJSON(r, target)
	if err != nil {
		explain(w.Header(), err)
		refuse(w, wire.JSON11, jsonError(err))
	} else {
		wire.WriteJSON(w, out)
	}
	_, name, _ := strings.Cut(target, ".")
	return shorten(name)
}

func (s *Server) runJSON(r *http.Request, target string) (any, error) {
	op, known := s.operationFor(target)
	noteService(r.Context(), op.service)
	if !known || len(r.Header.Values("X-Amz-Target")) != 1 {
		return nil, wire.Errorf("UnknownOperationException", "gatepass does not support the operation %s", shorten(target))
	}
	if kind := r.Header.Get("Content-Type"); r.Method != http.MethodPost || !strings.HasPrefix(kind, wire.TypeJSON11) {
		return nil, wire.Errorf("SerializationException", "send a POST of Content-Type %s", wire.TypeJSON11)
	}
	if !op.signed {
		body, err := readBody(r)
		if err != nil {
			return nil, err
		}
		return op.run(r.Context(), body)
	}
	who, body, err := s.authenticate(r, op.service)
	if err != nil {
		return nil, err
	}
	resource := op.resource(body)
	facts, err := op.facts(r.Context(), resource, body)
	if err != nil {
		return nil, err
	}
	if err := s.authorize(who, op.action, resource, facts); err != nil {
		return nil, err
	}
	if op.passes != nil {
		if err := s.mayPass(r, who, op.service, op.passes(body)); err != nil {
			return nil, err
		}
	}
	return op.run(r.Context(), body)
}

// facts are the condition keys of the tags that the resource has and of those
// that the request sets or takes away.
func (op operation) facts(ctx context.Context, resource string, body []byte) (policy.Context, error) {
	out := policy.NewContext()
	if op.tags == nil {
		return out, nil
	}
	var in struct {
		Tags, IdentityPoolTags map[string]string
		TagKeys                []string
	}
	_ = json.Unmarshal(body, &in) // what is read differently later is refused there
	maps.Copy(out, tagsAsked(in.Tags, in.IdentityPoolTags, in.TagKeys))
	tags, err := op.tags(ctx, resource)
	for key, value := range tags {
		out.Set("aws:ResourceTag/"+key, value)
	}
	return out, err
}

// tagsAsked are the condition keys of tags that a request sets, and of the keys it
// names (IAM User Guide, "Controlling access to AWS resources using tags").
func tagsAsked(set, more map[string]string, keys []string) policy.Context {
	out := policy.NewContext()
	for _, tags := range []map[string]string{set, more} {
		for _, key := range slices.Sorted(maps.Keys(tags)) {
			out.Set("aws:RequestTag/"+key, tags[key])
			keys = append(keys, key)
		}
	}
	out.Set("aws:TagKeys", keys...)
	return out
}

// mayPass asks the caller's policies whether he may hand each of the roles to a
// service (IAM User Guide, "Grant a user permissions to pass a role to an AWS
// service").
func (s *Server) mayPass(r *http.Request, who caller, service string, roles []string) error {
	facts := policy.NewContext(who.facts)
	facts.Set("iam:PassedToService", service+".amazonaws.com")
	for _, arn := range roles {
		d := who.Policies.Evaluate(policy.Request{
			Principal: who.Principal, Action: "iam:PassRole", Resource: arn, Time: s.Now(), Context: facts,
		})
		if !d.Allowed {
			return wire.Errorf("NotAuthorizedException", "Access to Role '%s' is forbidden.", arn)
		}
	}
	return nil
}

// caller is who signed a request, with which credentials, and what is known of
// the request itself.
type caller struct {
	gateway.Resolved
	accessKeyID, sessionToken string
	facts                     policy.Context
}

// authenticate verifies the signature of a call to a service and gives the
// caller and the verified body.
func (s *Server) authenticate(r *http.Request, service string) (caller, []byte, error) {
	now := s.Now()
	claim, err := s.verifiers[service].Parse(r, now)
	if err != nil {
		return caller{}, nil, err
	}
	who, err := s.resolve(r.Context(), claim.AccessKeyID(), claim.SessionToken(), now)
	if err != nil {
		return caller{}, nil, err
	}
	verified, err := claim.Verify(s.signing.Key(claim.AccessKeyID(), who.Secret, claim))
	if err != nil {
		return caller{}, nil, err
	}
	noteCaller(r.Context(), who.Principal.ARN, claim.AccessKeyID())
	return caller{who, claim.AccessKeyID(), claim.SessionToken(), requestContext(r, s.region())}, verified.Body(), nil
}

// headerDenial carries why a call was denied, sealed: sts:DecodeAuthorizationMessage
// opens it for whom policies let.
const headerDenial = "X-Gatepass-Authorization-Message"

// denied is a refusal by policies, with the sealed reason.
type denied struct {
	refusal *wire.Error
	message string
}

// Error is the refusal's text.
func (d *denied) Error() string { return d.refusal.Error() }

// Unwrap gives the refusal.
func (d *denied) Unwrap() error { return d.refusal }

// explain hands on why policies denied a call.
func explain(h http.Header, err error) {
	if d := (*denied)(nil); errors.As(err, &d) && d.message != "" {
		h.Set(headerDenial, d.message)
	}
}

// authorize asks the caller's policies; no answer is a denial. More facts are
// those of the resource; none of the request is replaced by them.
func (s *Server) authorize(who caller, action, resource string, more ...policy.Context) error {
	req := policy.Request{
		Principal: who.Principal, Action: action, Resource: resource, Time: s.Now(), Context: policy.NewContext(append(more, who.facts)...),
	}
	policies := who.Policies
	policies.Account = s.account() // all that the services have; AWS's managed policies name "aws"
	d := policies.Evaluate(req)
	if d.Allowed {
		return nil
	}
	near := ""
	if n, found := policy.Nearest(req, who.Policies.Identity...); found && d.Reason == policy.ImplicitDeny {
		near = n.Policy + "[" + cmp.Or(n.Statement.Sid, strconv.Itoa(n.Statement.Index+1)) + "]: " + n.Fails
	}
	return &denied{
		wire.Errorf("AccessDeniedException", "User: %s is not authorized to perform: %s on resource: %s%s", who.Principal.ARN, action, resource, d.Suffix()),
		s.sts.EncodeDenial(req, d, near),
	}
}

// sourceIP is the address of the caller, the peer's or what a trusted proxy says:
// nothing a client sends can change it. Empty: it has none, as over a socket of
// this machine.
func sourceIP(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return plain(peer.Addr()).String()
}

// requestContext holds the condition keys of the request itself.
func requestContext(r *http.Request, region string) policy.Context {
	c := policy.NewContext()
	if ip := sourceIP(r); ip != "" {
		c.Set("aws:SourceIp", ip)
	}
	c.Set("aws:UserAgent", r.UserAgent())
	c.Set("aws:RequestedRegion", region)
	secure := "false"
	if r.TLS != nil {
		secure = "true"
	}
	c.Set("aws:SecureTransport", secure)
	return c
}

// jsonError gives a verifier's refusal the status of JSON services.
func jsonError(err error) error {
	var e *sigv4.Error
	if errors.As(err, &e) {
		return &wire.Error{Code: e.Code, Message: e.Message, Status: http.StatusBadRequest, Err: err}
	}
	return unavailable(err)
}

// outbox lists messages to a caller whose policies allow gatepass:ListMessages.
func (s *Server) outbox(w http.ResponseWriter, r *http.Request) {
	list, err := s.readOutbox(r)
	if err != nil {
		explain(w.Header(), err)
		refuse(w, wire.JSON11, jsonError(err))
		return
	}
	reply(w, http.StatusOK, list)
}

func (s *Server) readOutbox(r *http.Request) ([]Message, error) {
	who, _, err := s.authenticate(r, serviceGatepass)
	if err != nil {
		return nil, err
	}
	if err := s.authorize(who, "gatepass:ListMessages", "*"); err != nil {
		return nil, err
	}
	return s.Messages(r.Context(), r.URL.Query().Get("username"))
}

package server

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// handlers finds the backend in this process of a name; nil: there is none.
type handlers func(name string) http.Handler

// stand stands for handlers that are known at start.
func stand(string) http.Handler { return NotesHandler() }

func (s *Server) handler(name string) http.Handler { return s.Handlers[name] }

// api is the i-th API as the gateway knows it: its document and what is declared
// beside it.
func (c *Config) api(i int, find handlers) (apidef.API, error) {
	a, at := &c.APIs[i], fmt.Sprintf("$.apis[%d]", i)
	if err := c.oneOf(at+".protocol", a.Protocol, "", "REST", "HTTP", "WEBSOCKET"); err != nil {
		return apidef.API{}, err
	}
	out, err := c.readOpenAPI(at, a)
	if err != nil {
		return out, err
	}
	out.Routes, out.Authorizers = slices.Clone(out.Routes), slices.Clone(out.Authorizers) // of the template, which stays
	a.override(&out)
	for j, x := range a.Authorizers {
		def, err := c.authorizer(fmt.Sprintf("%s.authorizers[%d]", at, j), a.Protocol, x)
		if err != nil {
			return out, err
		}
		out.Authorizers = append(slices.DeleteFunc(out.Authorizers, func(o apidef.Authorizer) bool { return o.Name == x.Name }), def)
	}
	for j := range a.Routes {
		if err := c.route(fmt.Sprintf("%s.routes[%d]", at, j), &out, &a.Routes[j], find); err != nil {
			return out, err
		}
	}
	for j := range out.Routes {
		if in := &out.Routes[j].Integration; in.Type == "" && in.URI == "" && in.Handler == nil {
			in.URI = a.URI
		}
	}
	return out, nil
}

// override puts what is declared over what a document says.
func (a *API) override(out *apidef.API) {
	setText(&out.Name, a.Name)
	setText(&out.Description, a.Description)
	setText(&out.APIKeySource, a.APIKeySource)
	setText(&out.RouteSelection, a.RouteSelection)
	setText(&out.IdentityToken, a.IdentityToken)
	if a.Policy != nil {
		out.Policy = string(*a.Policy)
	}
	if a.BinaryTypes != nil {
		out.BinaryMediaTypes = a.BinaryTypes
	}
	out.DisableEndpoint = out.DisableEndpoint || a.DisableEndpoint
	if a.CORS != nil {
		out.CORS = a.CORS.gateway()
	}
	for _, s := range a.Stages {
		out.Stages = append(out.Stages, s.def())
	}
	for _, d := range a.Domains {
		out.Domains = append(out.Domains, apidef.Domain{Host: d.Host, BasePath: d.BasePath, Stage: d.Stage})
	}
	for kind, g := range a.Responses {
		put(&out.Responses, kind, g.def())
	}
	for name, schema := range a.Models {
		put(&out.Models, name, string(schema))
	}
}

func setText(to *string, s string) {
	if s != "" {
		*to = s
	}
}

func put[V any](m *map[string]V, key string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = v
}

func (s Stage) def() apidef.Stage {
	out := apidef.Stage{Name: s.Name, Variables: s.Variables, Throttle: s.Throttle.def(), RouteThrottles: throttles(s.RouteThrottles)}
	if l := s.AccessLog; l != nil {
		out.AccessLog = &apidef.AccessLog{Format: l.Format, File: l.File}
	}
	return out
}

func (t *Throttle) def() *apidef.Throttle {
	if t == nil {
		return nil
	}
	return &apidef.Throttle{Rate: t.Rate, Burst: t.Burst}
}

func throttles(m map[string]Throttle) map[string]apidef.Throttle {
	var out map[string]apidef.Throttle
	for key, t := range m {
		put(&out, key, *t.def())
	}
	return out
}

func (c *CORS) gateway() *apidef.CORS {
	if c == nil {
		return nil
	}
	return &apidef.CORS{
		AllowOrigins: c.AllowOrigins, AllowMethods: c.AllowMethods, AllowHeaders: c.AllowHeaders,
		ExposeHeaders: c.ExposeHeaders, MaxAge: time.Duration(c.MaxAgeSeconds) * time.Second, AllowCredentials: c.AllowCredentials,
	}
}

func (g GatewayResponse) def() apidef.GatewayResponse {
	out := apidef.GatewayResponse{Status: g.Status, Parameters: maps.Clone(g.Parameters), Templates: g.Templates}
	for name, v := range g.Headers {
		put(&out.Parameters, "gatewayresponse.header."+name, "'"+v+"'")
	}
	return out
}

func (p UsagePlan) plan() apidef.UsagePlan {
	out := apidef.UsagePlan{ID: p.ID, Name: p.Name, Throttle: p.Throttle.def(), Keys: p.Keys}
	if q := p.Quota; q != nil {
		out.Quota = &apidef.Quota{Limit: q.Limit, Offset: q.Offset, Period: q.Period}
	}
	for _, s := range p.Stages {
		out.Stages = append(out.Stages, apidef.PlanStage{API: s.API, Stage: s.Stage, Throttles: throttles(s.Throttles)})
	}
	return out
}

// authorizer is an authorizer with its type, and user pools and functions by ARN.
func (c *Config) authorizer(at, protocol string, x Authorizer) (apidef.Authorizer, error) {
	out := apidef.Authorizer{
		Name: x.Name, Type: apidef.AuthorizerType(x.Type), Issuer: x.Issuer, Audience: x.Audience, IdentitySource: x.IdentitySource,
		Validation: x.Validation, URI: c.functionARN(x.Function), TTL: x.TTLSeconds, Payload: x.Payload, Simple: x.Simple,
	}
	if x.Name == "" {
		return out, c.fail(at+".name", "an authorizer needs a name")
	}
	for i, p := range x.UserPools {
		known := slices.ContainsFunc(c.UserPools, func(u UserPool) bool { return u.ID == p })
		if !known && !strings.HasPrefix(p, "arn:") {
			return out, c.fail(fmt.Sprintf("%s.user_pools[%d]", at, i), "no user pool %q is declared under user_pools", p)
		}
		if known {
			p = "arn:aws:cognito-idp:" + c.region() + ":" + c.account() + ":userpool/" + p
		}
		out.ProviderARNs = append(out.ProviderARNs, p)
	}
	switch {
	case x.Type != "":
	case len(x.UserPools) > 0:
		out.Type = apidef.CognitoAuthorizer
	case x.Issuer != "":
		out.Type = apidef.JWTAuthorizer
	case x.Function != "" && (protocol == "HTTP" || protocol == "WEBSOCKET"):
		out.Type = apidef.RequestAuthorizer
	case x.Function != "":
		out.Type = apidef.TokenAuthorizer
	default:
		return out, c.fail(at, "an authorizer needs user_pools, issuer or function")
	}
	return out, nil
}

// functionARN is the ARN of a function of a name; ARNs and URLs stay.
func (c *Config) functionARN(name string) string {
	if name == "" || strings.HasPrefix(name, "arn:") || strings.Contains(name, "://") {
		return name
	}
	return "arn:aws:lambda:" + c.region() + ":" + c.account() + ":function:" + name
}

package server

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// route adds a route to an API, or changes those of its document that have the
// same path and method.
func (c *Config) route(at string, api *apidef.API, r *Route, find handlers) error {
	if err := c.checkBackend(at, api, r, find); err != nil {
		return err
	}
	in := c.integration(r, find)
	rest := r.Methods
	for i := range api.Routes {
		rt := &api.Routes[i]
		if rt.Path == r.Path && len(rt.Methods) == 1 && slices.Contains(r.Methods, rt.Methods[0]) && api.Protocol != apidef.WebSocket {
			rest = slices.DeleteFunc(slices.Clone(rest), func(m string) bool { return m == rt.Methods[0] })
			r.change(rt, api, in)
		}
	}
	if len(rest) == 0 && len(r.Methods) > 0 {
		return nil
	}
	rt := apidef.Route{Path: r.Path, Methods: rest}
	if in == nil {
		if api.Protocol != apidef.WebSocket || r.Path != "$connect" && r.Path != "$disconnect" {
			return c.fail(at, "a route needs uri, handler, function or integration, one of them")
		}
		in = &apidef.Integration{} // nobody is told
	}
	r.change(&rt, api, in)
	api.Routes = append(api.Routes, rt)
	return nil
}

// checkBackend: there is at most one backend, and a handler is in this program.
func (c *Config) checkBackend(at string, api *apidef.API, r *Route, find handlers) error {
	n := 0
	for _, given := range []bool{r.URI != "", r.Handler != "", r.Function != "", r.Integration != nil} {
		if given {
			n++
		}
	}
	switch {
	case n > 1:
		return c.fail(at, "a route needs uri, handler, function or integration, one of them")
	case r.Handler != "" && find(r.Handler) == nil:
		return c.fail(at+".handler", "no handler named %q is in this program; use uri for a backend", r.Handler)
	case r.Authorizer != "" && authOf(api, r.Authorizer) == "":
		return c.fail(at+".authorizer", "the API declares no authorizer named %q", r.Authorizer)
	case r.Auth != "" && r.Authorizer != "" && apidef.Auth(r.Auth) != authOf(api, r.Authorizer):
		return c.fail(at+".auth", "%s is not what the authorizer %s is; leave auth out", r.Auth, r.Authorizer)
	}
	return nil
}

// authOf is the authorization type of the routes of an authorizer.
func authOf(api *apidef.API, name string) apidef.Auth {
	for _, a := range api.Authorizers {
		if a.Name == name {
			return cmp.Or(a.Type.Auth(), apidef.AuthCustom) // a type that is none is refused later
		}
	}
	return ""
}

// change puts what r declares into a route.
func (r *Route) change(rt *apidef.Route, api *apidef.API, in *apidef.Integration) {
	if r.Authorizer != "" {
		rt.Auth, rt.Authorizer, rt.Scopes = authOf(api, r.Authorizer), r.Authorizer, nil
	} else if r.Auth != "" {
		rt.Auth, rt.Authorizer, rt.Scopes = apidef.Auth(r.Auth), "", nil
	}
	if r.Scopes != nil {
		rt.Scopes = r.Scopes
	}
	rt.APIKeyRequired = rt.APIKeyRequired || r.APIKeyRequired
	rt.EncodedSlash = rt.EncodedSlash || r.EncodedSlash
	if r.TwoWay && len(rt.Responses) == 0 {
		rt.Responses = []apidef.MethodResponse{{Status: http.StatusOK}}
	}
	if q := r.Request; q != nil {
		rt.Request = &apidef.RequestRules{Parameters: q.Parameters, Models: q.Models, CheckParameters: q.CheckParameters, CheckBody: q.CheckBody}
	}
	if in != nil {
		rt.Integration = *in
	} else if r.Timeout != 0 {
		rt.Integration.Timeout = time.Duration(r.Timeout) * time.Second
	}
}

// integration is the backend that r declares; nil: none.
func (c *Config) integration(r *Route, find handlers) *apidef.Integration {
	in := &apidef.Integration{URI: r.URI, Timeout: time.Duration(r.Timeout) * time.Second}
	switch {
	case r.URI != "":
	case r.Handler != "":
		in.Handler = find(r.Handler)
	case r.Function != "":
		in.Type, in.URI = apidef.Lambda, c.functionARN(r.Function)
	case r.Integration != nil:
		r.Integration.fill(in)
		if in.Type.Invokes() {
			in.URI = c.functionARN(in.URI)
		}
	default:
		return nil
	}
	return in
}

func (x *Integration) fill(in *apidef.Integration) {
	in.Type, in.URI, in.Method, in.Headers, in.Payload = apidef.IntegrationType(x.Type), x.URI, x.Method, x.Headers, x.Payload
	in.Parameters, in.Templates, in.Passthrough, in.ContentHandling = x.Parameters, x.Templates, x.Passthrough, x.ContentHandling
	in.ResponseParameters = x.ResponseParameters
	for _, p := range x.Responses {
		in.Responses = append(in.Responses, apidef.IntegrationResponse{
			Status: p.Status, Selection: p.Selection, Parameters: p.Parameters, Templates: p.Templates, ContentHandling: p.ContentHandling,
		})
	}
}

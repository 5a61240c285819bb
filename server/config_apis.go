package server

import (
	"fmt"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/gateway"
)

// validateAPIs lets the gateway judge each API as it will be served.
func (c *Config) validateAPIs() error {
	for i, a := range c.APIs {
		at := fmt.Sprintf("$.apis[%d]", i)
		for j, r := range a.Routes {
			if (r.URI == "") == (r.Handler == "") {
				return c.fail(fmt.Sprintf("%s.routes[%d]", at, j), "a route needs uri or handler, one of them")
			}
		}
		api := a.gateway(nil)
		for j := range api.Routes {
			if a.Routes[j].Handler != "" {
				api.Routes[j].Integration.Handler = NotesHandler() // stands for a handler that is known at start
			}
		}
		if err := gateway.Validate(api); err != nil {
			return c.fail(at, "%v", err)
		}
	}
	return nil
}

// apis are the declared APIs with their handlers, which must all be there.
func (s *Server) apis() ([]apidef.API, error) {
	out := make([]apidef.API, len(s.Config.APIs))
	for i, a := range s.Config.APIs {
		for j, r := range a.Routes {
			if r.Handler != "" && s.Handlers[r.Handler] == nil {
				return nil, s.Config.fail(fmt.Sprintf("$.apis[%d].routes[%d].handler", i, j), "no handler named %q is in this program; use uri for a backend", r.Handler)
			}
		}
		out[i] = a.gateway(s)
	}
	return out, nil
}

// gateway is the API as the gateway knows it; handlers are looked up in s, which
// may be nil.
func (a API) gateway(s *Server) apidef.API {
	out := apidef.API{ID: a.ID, Name: a.Name, IdentityToken: a.IdentityToken}
	for _, st := range a.Stages {
		out.Stages = append(out.Stages, apidef.Stage{Name: st})
	}
	for _, d := range a.Domains {
		out.Domains = append(out.Domains, apidef.Domain{Host: d.Host, BasePath: d.BasePath, Stage: d.Stage})
	}
	out.CORS = a.CORS.gateway()
	for _, r := range a.Routes {
		in := apidef.Integration{URI: r.URI, Timeout: time.Duration(r.Timeout) * time.Second}
		if s != nil && r.Handler != "" {
			in.Handler = s.Handlers[r.Handler]
		}
		out.Routes = append(out.Routes, apidef.Route{Path: r.Path, Methods: r.Methods, Auth: apidef.Auth(r.Auth), Integration: in})
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

package server

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/gateway"
	"github.com/gatepass/gatepass/server/internal/openapi"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// Notes are what the files that the Config was read from say and gatepass does
// not keep, one a line: parts of OpenAPI documents and templates.
func (c *Config) Notes() []string { return slices.Clone(c.notes) }

func (c *Config) note(from string, n fmt.Stringer) {
	if line := from + ": " + n.String(); !slices.Contains(c.notes, line) {
		c.notes = append(c.notes, line)
	}
}

// validateAPIs lets the gateway judge each API as it will be served.
func (c *Config) validateAPIs() error {
	ids := map[string]bool{}
	for i := range c.APIs {
		at := fmt.Sprintf("$.apis[%d]", i)
		if ids[c.APIs[i].ID] {
			return c.fail(at+".id", "the API %s is declared twice", c.APIs[i].ID)
		}
		ids[c.APIs[i].ID] = true
		api, err := c.api(i, stand)
		if err != nil {
			return err
		}
		if err := gateway.Validate(api); err != nil {
			return c.fail(at, "%v", err)
		}
	}
	return nil
}

// validateFunctions checks addresses, keys and plans.
func (c *Config) validateFunctions() error {
	for name, to := range c.Functions {
		if !isHTTP(to) {
			return c.fail("$.functions."+name, "%q is not an http:// or https:// address", to)
		}
	}
	if c.LambdaEndpoint != "" && !isHTTP(c.LambdaEndpoint) {
		return c.fail("$.lambda_endpoint", "%q is not an http:// or https:// address", c.LambdaEndpoint)
	}
	for i, k := range c.APIKeys {
		if k.ID == "" || k.ValueEnv == "" && k.Value == "" {
			return c.fail(fmt.Sprintf("$.api_keys[%d]", i), "a key needs an id, and value_env, the environment variable that holds its value")
		}
	}
	return c.validatePlans()
}

func isHTTP(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func (c *Config) validatePlans() error {
	for i, p := range c.UsagePlans {
		at := fmt.Sprintf("$.usage_plans[%d]", i)
		if p.ID == "" {
			return c.fail(at, "a usage plan needs an id")
		}
		for j, id := range p.Keys {
			declared := slices.ContainsFunc(c.APIKeys, func(k APIKey) bool { return k.ID == id })
			if !declared {
				return c.fail(fmt.Sprintf("%s.keys[%d]", at, j), "no key %q is declared under api_keys", id)
			}
		}
		for j, st := range p.Stages {
			if !c.hasStage(st.API, st.Stage) {
				return c.fail(fmt.Sprintf("%s.stages[%d]", at, j), "no stage %q of an API %q is declared", st.Stage, st.API)
			}
		}
		if q := p.Quota; q != nil {
			if err := c.oneOf(at+".quota.period", q.Period, "DAY", "WEEK", "MONTH"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Config) hasStage(api, stage string) bool {
	return slices.ContainsFunc(c.APIs, func(a API) bool {
		return a.ID == api && slices.ContainsFunc(a.Stages, func(s Stage) bool { return s.Name == stage })
	})
}

// catalog is everything that is declared, with its handlers and the values of
// its keys, which must all be there.
func (s *Server) catalog() (apidef.Catalog, error) {
	c := s.Config
	out := apidef.Catalog{Functions: c.Functions, LambdaEndpoint: c.LambdaEndpoint}
	for i := range c.APIs {
		a, err := c.api(i, s.handler)
		if err != nil {
			return out, err
		}
		out.APIs = append(out.APIs, a)
	}
	for _, k := range c.APIKeys {
		value := k.Value.from(k.ValueEnv)
		if len(value) < 20 || len(value) > 128 {
			return out, fmt.Errorf("the API key %s takes its value from %s, which holds %d characters: set 20 to 128", k.ID, k.ValueEnv, len(value))
		}
		out.Keys = append(out.Keys, apidef.APIKey{ID: k.ID, Name: k.Name, Value: apidef.Secret(value), Enabled: !k.Disabled})
	}
	for _, p := range c.UsagePlans {
		out.Plans = append(out.Plans, p.plan())
	}
	return out, nil
}

// readOpenAPI reads the document of an API, or takes what a template says of it.
func (c *Config) readOpenAPI(at string, a *API) (apidef.API, error) {
	protocol := apidef.Protocol(a.Protocol)
	if a.def != nil {
		return *a.def, nil
	}
	if a.OpenAPI == "" {
		return apidef.API{ID: a.ID, Protocol: protocol}, nil
	}
	file := a.OpenAPI
	if !filepath.IsAbs(file) {
		file = filepath.Join(c.dir, file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return apidef.API{}, c.fail(at+".openapi", "%v", err)
	}
	def, notes, err := openapi.Read(text, openapi.Options{Protocol: protocol, ID: a.ID})
	if err != nil {
		return apidef.API{}, c.fail(at+".openapi", "%s: %s", a.OpenAPI, strings.TrimPrefix(err.Error(), openapi.ErrDocument.Error()+": "))
	}
	for _, n := range notes {
		c.note(a.OpenAPI, n)
	}
	c.noteFunctions(a.OpenAPI, def.Routes)
	return def, nil
}

// noteFunctions says which functions of a document have no address.
func (c *Config) noteFunctions(file string, routes []apidef.Route) {
	for i := range routes {
		_, name, isFunction := strings.Cut(routes[i].Integration.URI, ":function:")
		if end := strings.IndexAny(name, ":/"); end >= 0 {
			name = name[:end]
		}
		if isFunction && c.Functions[name] == "" && c.LambdaEndpoint == "" && !strings.Contains(name, "$") {
			c.note(file, tree.Note{Path: "function " + name, Reason: "no address is known: give --function " + name + "=URL or --lambda-endpoint URL"})
		}
	}
}

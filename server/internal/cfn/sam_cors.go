package cfn

import (
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// samCORS is the Cors section of an API of SAM, whose texts are in API Gateway's
// quotes. SAM makes of it an OPTIONS method of each path, with the default
// authorizer unless told not to; nothing else carries the headers.
type samCORS struct {
	origin, methods, headers, age string
	credentials                   bool
}

func (t *template) samCORS(path string, n *tree.Node) samCORS {
	if s, ok := n.Scalar(); ok {
		return samCORS{origin: s}
	}
	o := t.Object(path, n)
	c := samCORS{
		origin: o.Text("AllowOrigin"), methods: o.Text("AllowMethods"), headers: o.Text("AllowHeaders"), age: o.Text("MaxAge"),
		credentials: o.Bool("AllowCredentials"),
	}
	if c.origin == "" {
		c.origin = "'*'"
	}
	o.Done()
	return c
}

// preflights adds the OPTIONS methods when all routes are there.
func (t *template) preflights() {
	for _, id := range t.order {
		c, ok := t.cors[id]
		if !ok {
			continue
		}
		a := t.apis[id]
		seen := map[string]bool{}
		for _, rt := range slices.Clone(a.Routes) {
			if !seen[rt.Path] && !slices.ContainsFunc(a.Routes, func(x apidef.Route) bool { return x.Path == rt.Path && x.Methods[0] == "OPTIONS" }) {
				a.Routes = append(a.Routes, t.preflight(a, rt.Path, c))
			}
			seen[rt.Path] = true
		}
	}
}

func (t *template) preflight(a *apidef.API, path string, c samCORS) apidef.Route {
	methods := c.methods
	if methods == "" {
		methods = "'" + strings.Join(allowed(a, path), ",") + "'"
	}
	rt := apidef.Route{Path: path, Methods: []string{"OPTIONS"}, Auth: apidef.AuthNone}
	t.samGuard("Resources."+a.Name+".Auth", a, &rt, "", nil)
	to, declared := map[string]string{}, map[string]bool{}
	set := func(name, value string) {
		if value != "" {
			to["method.response.header.Access-Control-"+name] = value
			declared["method.response.header.Access-Control-"+name] = false
		}
	}
	set("Allow-Origin", c.origin)
	set("Allow-Methods", methods)
	set("Allow-Headers", c.headers)
	set("Max-Age", c.age)
	if c.credentials {
		set("Allow-Credentials", "'true'")
	}
	rt.Responses = []apidef.MethodResponse{{Status: 200, Parameters: declared}}
	rt.Integration = apidef.Integration{
		Type: apidef.Mock, Templates: map[string]string{"application/json": "{\n  \"statusCode\" : 200\n}\n"},
		Responses: []apidef.IntegrationResponse{{Status: 200, Parameters: to, Templates: map[string]string{"application/json": "{}\n"}}},
	}
	return rt
}

// allowed are the methods of a path and OPTIONS, in order.
func allowed(a *apidef.API, path string) []string {
	out := []string{"OPTIONS"}
	for _, rt := range a.Routes {
		if rt.Path != path {
			continue
		}
		if rt.Methods[0] == "ANY" {
			return []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
		}
		out = append(out, rt.Methods[0])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

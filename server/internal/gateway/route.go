package gateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

// api is an API ready to serve.
type api struct {
	apidef.API
	logs     map[string]*logFormat // by stage
	root     node
	fallback *route           // of an HTTP API's path $default; nil: none
	policies []*policy.Policy // the resource policy; nil: none
	sockets  *socketRoutes    // of a WebSocket API; else nil

	authorizers map[string]*authorizer // by name
}

// route is a Route ready to serve.
type route struct {
	apidef.Route
	authorizer *authorizer // nil: none
	names      []string    // of the path variables, in order
	timeout    time.Duration
	via        map[string]integrator // by stage
	rules      *requestRules         // nil: none
}

// node is one resource of an API: the tree of paths.
type node struct {
	static map[string]*node
	param  *node
	greedy *node
	name   string // of the variable that leads here
	routes map[string]*route
}

// compile validates an API and makes its tree.
func compile(a apidef.API) (*api, error) {
	if err := validateNames(&a); err != nil {
		return nil, err
	}
	if err := validateProtocol(&a); err != nil {
		return nil, err
	}
	if err := errors.Join(validateCORS(&a), validateResponses(&a)); err != nil {
		return nil, err
	}
	if err := validateBinary(&a); err != nil {
		return nil, err
	}
	if len(a.Routes) > maxRoutes {
		return nil, invalid("Routes", "an API has at most %d routes", maxRoutes)
	}
	if err := validateAudience(a.IdentityToken); err != nil {
		return nil, err
	}
	logs, err := compileLogs(a.Stages)
	if err != nil {
		return nil, err
	}
	out := &api{API: a, logs: logs}
	if err := out.setAuthorizers(); err != nil {
		return nil, err
	}
	if a.Protocol == apidef.WebSocket {
		return out, out.addSocketRoutes()
	}
	for i := range a.Routes {
		if err := out.add(a.Routes[i]); err != nil {
			return nil, fmt.Errorf("route %d, %q: %w", i, a.Routes[i].Path, err)
		}
	}
	return out, nil
}

func (a *api) add(r apidef.Route) error {
	if err := a.validateRoute(&r); err != nil {
		return err
	}
	ready := &route{Route: r}
	var err error
	if ready.authorizer, err = a.authorizerOf(&r); err != nil {
		return err
	}
	at, err := a.place(ready)
	if err != nil {
		return err
	}
	if err := a.connect(ready); err != nil {
		return err
	}
	if ready.rules, err = a.newRules(r.Request); err != nil {
		return err
	}
	for _, m := range r.Methods {
		if at.routes[m] != nil {
			return invalid("Methods", "%s is declared twice for this path", m)
		}
		at.routes[m] = ready
	}
	return nil
}

// place makes room for a route; the one of $default has it beside the tree.
func (a *api) place(r *route) (*node, error) {
	if !a.isHTTP() || r.Path != defaultRoute {
		return a.root.grow(r)
	}
	if a.fallback != nil {
		return nil, invalid("Path", "%s is declared twice", defaultRoute)
	}
	if !slices.Equal(r.Methods, []string{methodAny}) {
		return nil, invalid("Methods", "%s answers every method: name none", defaultRoute)
	}
	a.fallback = r
	return &node{routes: map[string]*route{}}, nil
}

// grow makes the nodes of a route's path and gives the last.
func (n *node) grow(r *route) (*node, error) {
	if r.Path == "" || r.Path[0] != '/' || len(r.Path) > 1 && strings.HasSuffix(r.Path, "/") {
		return nil, invalid("Path", "must begin with / and not end with one")
	}
	if r.Path != "/" {
		for seg := range strings.SplitSeq(r.Path[1:], "/") {
			next, err := n.child(seg, r)
			if err != nil {
				return nil, err
			}
			n = next
		}
	}
	if n.routes == nil {
		n.routes = map[string]*route{}
	}
	return n, nil
}

func (n *node) child(seg string, r *route) (*node, error) {
	if len(r.names) > 0 && strings.HasSuffix(r.names[len(r.names)-1], "+") {
		return nil, invalid("Path", "a greedy variable such as {proxy+} must come last")
	}
	if v := varForm().FindStringSubmatch(seg); v != nil {
		return n.variable(v[1], v[2] == "+", r)
	}
	if !segmentForm().MatchString(seg) || isDots(seg) {
		return nil, invalid("Path", "segment %q is not text, {name} or {name+}", seg)
	}
	if n.static == nil {
		n.static = map[string]*node{}
	}
	if n.static[seg] == nil {
		n.static[seg] = &node{}
	}
	return n.static[seg], nil
}

func (n *node) variable(name string, greedy bool, r *route) (*node, error) {
	slot := &n.param
	if greedy {
		slot = &n.greedy
	}
	if slices.Contains(r.names, name) {
		return nil, invalid("Path", "variable %q appears twice", name)
	}
	if *slot == nil {
		*slot = &node{name: name}
	}
	if (*slot).name != name {
		return nil, invalid("Path", "a sibling of this resource already has the variable {%s}", (*slot).name)
	}
	if greedy {
		name += "+"
	}
	r.names = append(r.names, name)
	return *slot, nil
}

// at gives the route for a method on exactly this resource.
func (n *node) at(method string) *route {
	if n == nil {
		return nil
	}
	if r := n.routes[method]; r != nil {
		return r
	}
	return n.routes[methodAny]
}

// find resolves path and method as one step: a resource that lacks the method
// is passed over for a more general one that has it, a greedy variable only where
// those count. Each node is seen at most once. Values are raw, as in the path.
func (n *node) find(segs []string, method string, values []string, greedy bool) (*route, []string) {
	if len(segs) == 0 {
		return n.at(method), values
	}
	seg := segs[0]
	if next := n.static[unescape(seg)]; next != nil {
		if r, v := next.find(segs[1:], method, values, greedy); r != nil {
			return r, v
		}
	}
	if n.param != nil && seg != "" {
		if r, v := n.param.find(segs[1:], method, append(values, seg), greedy); r != nil {
			return r, v
		}
	}
	if !greedy {
		return nil, nil
	}
	rest := strings.Join(segs, "/")
	if r := n.greedy.at(method); r != nil && rest != "" {
		return r, append(values, rest)
	}
	return nil, nil
}

// match finds the route of a raw resource path. Slashes before the path do not
// matter, nor does one after it but on HTTP APIs; those within count. An HTTP API
// prefers every full match to a greedy one, and has $default for the rest (API
// Gateway Developer Guide, "Create routes for HTTP APIs").
func (a *api) match(path, method string) (*route, []string) {
	var segs []string
	if path = strings.TrimLeft(path, "/"); !a.isHTTP() {
		path = strings.TrimSuffix(path, "/")
	}
	if path != "" {
		segs = strings.Split(path, "/")
	}
	if a.isHTTP() {
		if r, v := a.root.find(segs, method, nil, false); r != nil {
			return r, v
		}
	}
	if r, v := a.root.find(segs, method, nil, true); r != nil {
		return r, v
	}
	return a.fallback, nil
}

// answers lists the methods a resource path has.
func (a *api) answers(path string) []string {
	var out []string
	for _, m := range methods {
		if r, _ := a.match(path, m); r != nil {
			out = append(out, m)
		}
	}
	return out
}

func (a *api) stage(name string) *apidef.Stage {
	i := slices.IndexFunc(a.Stages, func(s apidef.Stage) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &a.Stages[i]
}

// defaultRoute is the path of the route, and the name of the stage, that an HTTP
// API serves what nothing else takes with.
const defaultRoute = "$default"

// isREST tells a REST API, which is what an API is unless it says otherwise.
func (a *api) isREST() bool { return a.Protocol == "" || a.Protocol == apidef.REST }

// isHTTP tells an HTTP API, whose routing and refusals differ from REST.
func (a *api) isHTTP() bool { return a != nil && a.Protocol == apidef.HTTP }

// demands tells a route that asks something of its caller that r does not ask.
func (r *route) demands(less *route) bool {
	if r.APIKeyRequired && !less.APIKeyRequired {
		return true
	}
	return r.Auth != apidef.AuthNone &&
		(r.Auth != less.Auth || r.Authorizer != less.Authorizer || !slices.Equal(r.Scopes, less.Scopes))
}

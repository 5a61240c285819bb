package gateway

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// table is everything that is served, replaced as one.
type table struct {
	apis    map[string][]*api    // by id; of REST APIs one for each deployment that a stage serves
	domains map[string][]mapping // by host; longest base path first

	members        map[access]*membership
	functions      map[string]string // apidef.Catalog.Functions
	lambdaEndpoint string
}

type mapping struct {
	base       string // "" or "/v1"
	api, stage string
}

// LocalStack's path forms: /_aws/execute-api/{api}/{stage}/… and the older
// /restapis/{api}/{stage}/_user_request_/….
const (
	pathPrefix  = "/_aws/execute-api/"
	oldPrefix   = "/restapis/"
	userRequest = "_user_request_"
)

// Target is an API call found by [Gateway.Locate]: what Handle needs to know of
// the address. API or stage may be unknown to the gateway; Handle refuses that.
type Target struct {
	API   string // id, lower case
	Stage string
	Path  string // raw resource path after the stage, "/" at least
}

// Serve validates a catalog and serves it from now on, in place of the one
// before; calls under way end as they began. The catalog must not change any more.
// On an error, which is ErrConfig, nothing changes.
func (g *Gateway) Serve(c apidef.Catalog) error {
	next := &table{apis: map[string][]*api{}, domains: map[string][]mapping{}}
	if err := next.setFunctions(c.Functions, c.LambdaEndpoint); err != nil {
		return err
	}
	if err := next.setPlans(c.Keys, c.Plans); err != nil {
		return err
	}
	for _, a := range c.APIs {
		ready, err := g.ready(a)
		if err != nil {
			return err
		}
		if err := next.add(ready); err != nil {
			return err
		}
		if err := next.addDomains(a); err != nil {
			return err
		}
	}
	if err := g.canSayIdentity(next); err != nil {
		return err
	}
	if err := g.logs.attach(next); err != nil {
		return err
	}
	g.table.Store(next)
	g.buckets.prune(g.now())
	return nil
}

// ready compiles an API, or takes it as it is served now where nothing of it has
// changed: serving many costs what the changed ones do. One that writes to files
// is attached to them anew.
func (g *Gateway) ready(a apidef.API) (*api, error) {
	for _, now := range g.current().apis[a.ID] {
		if now.files() == 0 && reflect.DeepEqual(now.API, a) {
			return now, nil
		}
	}
	out, err := compile(a)
	if err != nil {
		return nil, err
	}
	return out, out.setPolicy(g.partition())
}

// add takes an API, or other stages of one that is there.
func (t *table) add(a *api) error {
	for i := range a.Stages {
		if _, st := t.find(Target{API: a.ID, Stage: a.Stages[i].Name}); st != nil {
			return invalid("ID", "the API %q has its stage %q twice", a.ID, st.Name)
		}
	}
	t.apis[a.ID] = append(t.apis[a.ID], a)
	return nil
}

// find gives the API and the stage of a target; where only the stage is unknown,
// any of the API's deployments.
func (t *table) find(at Target) (*api, *apidef.Stage) {
	var found *api
	for _, a := range t.apis[at.API] {
		if st := a.stage(at.Stage); st != nil {
			return a, st
		}
		found = a
	}
	return found, nil
}

func (t *table) addDomains(a apidef.API) error {
	for i, d := range a.Domains {
		m := mapping{api: a.ID, stage: d.Stage}
		if d.BasePath != "" {
			m.base = "/" + d.BasePath
		}
		list := t.domains[d.Host]
		if slices.ContainsFunc(list, func(o mapping) bool { return o.base == m.base }) {
			return invalid("Domains", "%d: %s/%s is mapped twice", i, d.Host, d.BasePath)
		}
		list = append(list, m)
		slices.SortFunc(list, func(a, b mapping) int { return cmp.Compare(len(b.base), len(a.base)) })
		t.domains[d.Host] = list
	}
	return nil
}

// Locate tells whether a request is for an API, by its Host header and its raw
// request target (http.Request.RequestURI), and which. These forms are known:
// host {api}.execute-api.* or {api}-{vpce}.execute-api.*, the host of a Domain,
// and on any other host the paths /_aws/execute-api/{api}/{stage}/… and
// /restapis/{api}/{stage}/_user_request_/….
func (g *Gateway) Locate(host, target string) (Target, bool) {
	path, _, _ := strings.Cut(target, "?")
	return g.current().locate(strings.ToLower(host), path)
}

func (t *table) locate(host, path string) (Target, bool) {
	name := hostname(host)
	if id, rest, ok := strings.Cut(name, "."); ok && strings.HasPrefix(rest, "execute-api.") {
		id, _, _ = strings.Cut(id, "-vpce-")
		return t.staged(id, path), true
	}
	list, ok := t.domains[host]
	if !ok {
		list, ok = t.domains[name]
	}
	if ok {
		return mapped(list, path), true
	}
	if id, rest, ok := pathForm(path); ok {
		return t.staged(strings.ToLower(id), rest), true
	}
	return Target{}, false
}

// pathForm takes the API from a path that names it; rest is as at its own host.
func pathForm(path string) (id, rest string, ok bool) {
	if tail, is := strings.CutPrefix(path, pathPrefix); is {
		id, rest, _ = strings.Cut(tail, "/")
		return id, "/" + rest, true
	}
	tail, is := strings.CutPrefix(path, oldPrefix)
	part := strings.SplitN(tail, "/", 4)
	if !is || len(part) < 3 || part[2] != userRequest {
		return "", "", false // the control plane's
	}
	return part[0], "/" + strings.Join(append(part[1:2], part[3:]...), "/"), true
}

// staged takes the stage from a path. On an HTTP API that is the first segment
// where there is a stage of the name, and else $default with the whole path. An
// API that is not served at this address has no stage here.
func (t *table) staged(id, path string) Target {
	stage, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	at := Target{API: id, Stage: stage, Path: "/" + rest}
	switch a, st := t.find(at); {
	case a != nil && a.DisableEndpoint:
		at.Stage = ""
	case a.isHTTP() && (st == nil || stage == defaultRoute):
		at.Stage, at.Path = defaultRoute, path
	}
	return at
}

// mapped finds the longest base path; a host without one for the path has no API.
func mapped(list []mapping, path string) Target {
	for _, m := range list {
		rest, ok := strings.CutPrefix(path, m.base)
		if !ok || rest != "" && rest[0] != '/' {
			continue
		}
		if rest == "" {
			rest = "/"
		}
		return Target{API: m.api, Stage: m.stage, Path: rest}
	}
	return Target{Path: path}
}

// hostname is a lower-case host without its port and a final dot.
func hostname(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.IndexByte(host, ']') {
		host = host[:i]
	}
	return strings.TrimSuffix(host, ".")
}

package profile

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/loopback"
	"github.com/gatepass/gatepass/sigv4"
)

// apiFound is an API of a file.
type apiFound struct {
	name  string
	named bool // by the file, not after the key of its URL
	api   API
	value Value
}

// isAPI takes an object that the format says is an API.
func (f *finder) isAPI(n *node, path []string) bool {
	for _, o := range apiObjects {
		u := n.get(o.url)
		if u == nil || !hasPath(path, o.path) || !f.wanted(path) {
			continue
		}
		v := Value{File: f.file, Line: u.line, Key: dotted(under(path, o.url))}
		name := path[len(path)-1]
		if name == "apiGateway" || strings.HasPrefix(name, "[") {
			name = cmp.Or(n.str("NAME"), "api")
		}
		region := cmp.Or(n.str("region"), n.str("REGION"))
		f.api(u, tidyName(name), API{Region: region, Service: n.str("service")}, v, n.str("endpointType"))
		if key := n.get("apiKey"); key != nil {
			f.take(seenAPIKey, byKey, key, Value{File: f.file, Line: key.line, Key: dotted(under(path, "apiKey"))})
		}
		return true
	}
	return false
}

// tidyName makes a name that a shell and "name:/path" can hold.
func tidyName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < 0x80 && (isAlnum(byte(r)) || r == '-' || r == '_' || r == '.') {
			return r
		}
		return '-'
	}, name)
	name = strings.TrimLeft(name[:min(len(name), 64)], "-_.")
	if !isAPIName(name) {
		return "api"
	}
	return name
}

// api takes the URL of an API whose name is known.
func (f *finder) api(n *node, name string, api API, v Value, kind string) {
	v.Field = fieldAPI + "." + name
	if n.kind == kindExpression {
		f.skip(v.Field, n, v)
		return
	}
	v.Text = strings.TrimSpace(n.text)
	if v.Text == "" {
		return
	}
	if v.Text != n.text {
		v.Note = "spaces around it removed"
	}
	u, ok := baseURL(v.Text)
	switch {
	case isPlaceholder(v.Text) || !ok:
		f.misfit(byKey, v)
	case strings.EqualFold(kind, "GraphQL") || isGraphQL(u):
		v.Field, v.Note = seenAppSync, whyUnused[seenAppSync]
		f.unused = append(f.unused, v)
	default:
		f.addAPI(apiFound{name: name, named: true, api: api, value: v}, u)
	}
}

func isGraphQL(u *url.URL) bool {
	_, service := sigv4.ScopeOf(u.Hostname())
	return service == "appsync"
}

// addAPI completes an API from its URL.
func (f *finder) addAPI(a apiFound, u *url.URL) {
	region, service := sigv4.ScopeOf(u.Hostname())
	api, v := &a.api, &a.value
	switch {
	case region != "" && api.Region != "" && api.Region != region:
		f.unused = append(f.unused, Value{
			Field: v.Field + ".region", Text: printable(api.Region), File: v.File, Line: v.Line, Key: v.Key, Note: "the URL says " + region,
		})
		api.Region = ""
	case region == api.Region || !sigv4.IsRegion(api.Region):
		api.Region = ""
	}
	if service == "lambda" {
		api.Service = "lambda"
	}
	if api.Service == "execute-api" || span(api.Service, isServiceByte) != len(api.Service) {
		api.Service = ""
	}
	if api.Service != "" && service == "" {
		v.Note = strings.TrimPrefix(v.Note+"; signed for "+api.Service, "; ")
	}
	v.Text = strings.TrimRight(v.Text, "/")
	api.URL = v.Text
	f.apis = append(f.apis, a)
}

func isServiceByte(c byte) bool { return isLower(c) || isDigit(c) || c == '-' }

// url takes a URL by its host, or by a key that says API.
func (f *finder) url(text, key string, v Value) {
	if host, _, _ := strings.Cut(text, "/"); !strings.Contains(text, "://") {
		if _, service := sigv4.ScopeOf(host); service != "execute-api" {
			return
		}
		text, v.Note = "https://"+text, "https:// put before it"
	}
	u, ok := baseURL(text)
	if !ok {
		return
	}
	v.Text = text
	_, service := sigv4.ScopeOf(u.Hostname())
	switch {
	case service == "appsync":
		v.Field, v.Note = seenAppSync, whyUnused[seenAppSync]
		f.unused = append(f.unused, v)
	case service == "execute-api", service == "lambda", gateOf(u) != "", service == "" && saysAPI(key):
		if isPlaceholder(text) {
			return
		}
		name := apiName(key)
		v.Field = fieldAPI + "." + name
		f.addAPI(apiFound{name: name, value: v}, u)
	}
}

// gateOf is the server behind a URL of the form that gates on this machine give
// to a stage, http://127.0.0.1:8787/_aws/execute-api/notes/prod; empty: another.
func gateOf(u *url.URL) string {
	if !loopback.Is(u.Hostname()) || !strings.HasPrefix(u.Path, "/_aws/execute-api/") {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// nameAPIs gives the APIs their names. URLs under one name get the names of what
// they stand in as well; if those are equal too, they are a conflict.
func (f *finder) nameAPIs(im *Imported) {
	named := map[string][]apiFound{}
	for _, all := range groups(withoutAliases(f.apis)) {
		for _, a := range apart(all) {
			named[a.name] = append(named[a.name], a)
		}
	}
	for _, name := range sortedKeys(named) {
		all := named[name]
		field := fieldAPI + "." + name
		values := make([]Value, len(all))
		for i, a := range all {
			values[i] = a.value
			values[i].Field = field
		}
		if len(all) > 1 {
			im.Conflicts = append(im.Conflicts, Conflict{field, values})
			continue
		}
		im.addAPI(name, all[0].api, values[0])
	}
}

// withoutAliases leaves out URLs that were found a second time, under a key that
// says less: one that CDK made, or a longer one.
func withoutAliases(all []apiFound) []apiFound {
	says := func(a apiFound) int {
		switch key := a.value.Key; {
		case a.named:
			return -1
		case hasHash(key):
			return 1000 + len(a.name)
		}
		return len(a.name)
	}
	return slices.DeleteFunc(slices.Clone(all), func(a apiFound) bool {
		return !a.named && slices.ContainsFunc(all, func(b apiFound) bool {
			return a.api.URL == b.api.URL && a.name != b.name && (says(b) < says(a) || says(b) == says(a) && b.name < a.name)
		})
	})
}

// groups are the APIs by name, each URL once.
func groups(all []apiFound) map[string][]apiFound {
	out := map[string][]apiFound{}
	for _, a := range all {
		if !slices.ContainsFunc(out[a.name], func(b apiFound) bool { return a.api.URL == b.api.URL }) {
			out[a.name] = append(out[a.name], a)
		}
	}
	return out
}

// apart gives APIs of one name different names, by the stack or the variable they
// stand in.
func apart(all []apiFound) []apiFound {
	if len(all) == 1 {
		return all
	}
	paths := make([][]string, len(all))
	for i, a := range all {
		paths[i] = strings.Split(a.value.Key, ".")
	}
	at := fork(paths)
	for i, path := range paths {
		if at < len(path)-1 {
			all[i].name = tidyName(path[at] + "-" + all[i].name)
		}
	}
	return all
}

func (im *Imported) addAPI(name string, api API, v Value) {
	if im.Profile.APIs == nil {
		im.Profile.APIs = map[string]API{}
	}
	im.Profile.APIs[name] = api
	im.Values = append(im.Values, v)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

package apigateway

import (
	"context"
	"net/url"
	"strings"
	"sync"
)

// handler runs an operation.
type handler func(c *call) (any, error)

// entry is a row of the table of operations.
type entry struct {
	name   string // of the operation
	route  string // method and path, {x} for a variable
	status int    // of the answer
	run    handler
}

// route is an entry taken apart.
type route struct {
	entry
	method   string
	segments []string
}

var routes = sync.OnceValue(func() []route {
	var out []route
	for _, table := range [][]entry{restOperations(), planOperations(), domainOperations(), v2Operations(), tagOperations()} {
		for _, e := range table {
			method, path, _ := strings.Cut(e.route, " ")
			out = append(out, route{entry: e, method: method, segments: strings.Split(path[1:], "/")})
		}
	}
	return out
})

// Owns tells whether a raw path is one of the control plane's.
func Owns(path string) bool {
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if first == "v2" {
		first, _, _ = strings.Cut(rest, "/")
	}
	switch first {
	case "restapis", "apikeys", "usageplans", "domainnames", "account", "tags", "apis",
		"vpclinks", "clientcertificates", "sdktypes", "domainnameaccessassociations", "portals", "portalproducts":
		return true
	}
	return false
}

// Find gives the operation that a method and a raw path, without the query,
// stand for. Segments are decoded one by one: a slash in an ARN does not part it.
func (s *Service) Find(method, path string) (Operation, bool) {
	segments, ok := split(path)
	if !ok {
		return Operation{}, false
	}
	for _, r := range routes() {
		vars, met := r.match(method, segments)
		if !met {
			continue
		}
		return Operation{
			Name: r.name, Resource: resource(segments),
			Tags: func(ctx context.Context) (map[string]string, error) { return s.tagsOf(ctx, segments) },
			Run: func(ctx context.Context, in Request) (Reply, error) {
				return r.reply(&call{Request: in, s: s, ctx: ctx, vars: vars})
			},
		}, true
	}
	return Operation{}, false
}

func (r route) reply(c *call) (Reply, error) {
	out, err := r.run(c)
	if err != nil {
		return Reply{}, unavailable(err)
	}
	if file, is := out.(*Document); is {
		return Reply{Status: r.status, File: file}, nil
	}
	return Reply{Status: r.status, Value: out}, nil
}

func split(path string) ([]string, bool) {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for i, raw := range segments {
		text, err := url.PathUnescape(raw)
		if err != nil || text == "" {
			return nil, false
		}
		segments[i] = text
	}
	return segments, true
}

func (r route) match(method string, segments []string) (map[string]string, bool) {
	if r.method != method || len(r.segments) != len(segments) {
		return nil, false
	}
	vars := map[string]string{}
	for i, want := range r.segments {
		switch {
		case want[0] == '{':
			vars[want[1:len(want)-1]] = segments[i]
		case want != segments[i]:
			return nil, false
		}
	}
	return vars, true
}

// resource is what the ARN of the call's resource ends with (Amazon API Gateway
// Developer Guide, "Control access to an API with IAM permissions"): the path,
// without the /v2 of newer APIs. A slash inside a segment stays apart from those
// between them.
func resource(segments []string) string {
	if segments[0] == "v2" {
		segments = segments[1:]
	}
	var b strings.Builder
	for _, text := range segments {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("%", "%25", "/", "%2F", ":", "%3A").Replace(text))
	}
	return b.String()
}

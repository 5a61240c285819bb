package openapi

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// allPaths are the paths in the order in which routes first name them.
func (w *writer) allPaths() *tree.Node {
	paths := obj()
	for _, rt := range w.api.Routes {
		path := rt.Path
		if path == "$default" {
			path = "/$default"
		}
		item := paths.Get(path)
		if item == nil {
			item = obj()
			paths.Set(path, item)
		}
		for _, m := range rt.Methods {
			key := strings.ToLower(m)
			if m == "ANY" {
				key = anyMethod
			}
			item.Set(key, w.operation(rt))
		}
	}
	return paths
}

func (w *writer) operation(rt apidef.Route) *tree.Node {
	o := obj()
	set(o, "operationId", rt.OperationName)
	rules := rt.Request
	if rules == nil {
		rules = &apidef.RequestRules{}
	}
	w.request(o, rt.Path, rules)
	o.Set("responses", w.methodResponses(rt.Responses))
	w.security(o, rt)
	set(o, ext+"integration", w.integration(rt))
	own := obj()
	set(own, "encodedSlash", rt.EncodedSlash)
	set(own, "headers", rt.Integration.Headers)
	set(o, "x-gatepass-route", own)
	return o
}

func (w *writer) security(o *tree.Node, rt apidef.Route) {
	req := obj()
	scopes := value(rt.Scopes)
	switch {
	case rt.Auth == apidef.AuthIAM:
		w.usesIAM = true
		req.Set(w.sigv4, scopes)
	case rt.Authorizer != "":
		if !slices.ContainsFunc(w.api.Authorizers, func(a apidef.Authorizer) bool { return a.Name == rt.Authorizer }) {
			w.fail("the route %s names no authorizer of the API: %q", rt.Path, rt.Authorizer)
		}
		req.Set(rt.Authorizer, scopes)
	case rt.Auth != apidef.AuthNone:
		w.fail("the route %s asks for %q without an authorizer", rt.Path, rt.Auth)
	}
	if rt.APIKeyRequired {
		w.usesKeys = true
		req.Set(w.key, value([]string(nil)))
	}
	if len(req.Fields) > 0 {
		o.Set("security", &tree.Node{Kind: tree.List, Items: []*tree.Node{req}})
	}
}

func (w *writer) request(o *tree.Node, path string, r *apidef.RequestRules) {
	list := undeclared(path, r.Parameters)
	for _, name := range sortedKeys(r.Parameters) {
		rest, ok := strings.CutPrefix(name, "method.request.")
		where, field, named := strings.Cut(rest, ".")
		in := map[string]string{"path": "path", "header": "header", "querystring": "query"}[where]
		if !ok || !named || in == "" {
			w.fail("a request parameter %q has no place in OpenAPI", name)
		}
		p := obj("name", field, "in", in)
		p.Set("required", value(r.Parameters[name]))
		p.Set("schema", obj("type", "string"))
		list.Items = append(list.Items, p)
	}
	set(o, "parameters", list)
	if content := w.contentOf(r.Models); len(r.Models) > 0 {
		o.Set("requestBody", obj("content", content, "required", true))
	}
	name := map[[2]bool]string{{true, true}: "all", {true, false}: "params-only", {false, true}: "body-only"}[[2]bool{r.CheckParameters, r.CheckBody}]
	if name == "" {
		return
	}
	if w.usesChecks == nil {
		w.usesChecks = map[string]apidef.RequestRules{}
	}
	w.usesChecks[name] = *r
	o.Set(ext+"request-validator", tree.Text(name))
}

// undeclared are the variables of a path that a route does not declare, which
// OpenAPI wants declared.
func undeclared(path string, declared map[string]bool) *tree.Node {
	list := &tree.Node{Kind: tree.List}
	for rest, seen := path, map[string]bool{}; ; {
		_, after, found := strings.Cut(rest, "{")
		name, next, closed := strings.Cut(after, "}")
		if !found || !closed {
			return list
		}
		rest = next
		name = strings.TrimSuffix(name, "+")
		if _, known := declared["method.request.path."+name]; known || seen[name] {
			continue
		}
		seen[name] = true
		list.Items = append(list.Items, obj("name", name, "in", "path", "required", true, "schema", obj("type", "string"), implied, true))
	}
}

func (w *writer) contentOf(models map[string]string) *tree.Node {
	content := obj()
	for _, kind := range sortedKeys(models) {
		w.missing[models[kind]] = true
		content.Set(kind, obj("schema", obj("$ref", schemaRef(models[kind]))))
	}
	return content
}

func (w *writer) methodResponses(list []apidef.MethodResponse) *tree.Node {
	if len(list) == 0 {
		return obj("default", obj("description", "the backend's answer"))
	}
	out := obj()
	for _, m := range list {
		one := obj("description", strconv.Itoa(m.Status)+" response")
		headers := obj()
		for _, name := range sortedKeys(m.Parameters) {
			h := obj("schema", obj("type", "string"))
			set(h, "required", m.Parameters[name])
			headers.Set(strings.TrimPrefix(name, "method.response.header."), h)
		}
		set(one, "headers", headers)
		set(one, "content", w.contentOf(m.Models))
		out.Set(strconv.Itoa(m.Status), one)
	}
	return out
}

// integration is empty for a route that has none yet.
func (w *writer) integration(rt apidef.Route) *tree.Node {
	in := &rt.Integration
	if in.Handler != nil {
		w.fail("the route %s has a backend in this process", rt.Path)
	}
	n := obj()
	if in.Type == "" && in.URI == "" {
		return n
	}
	kind := in.Type
	if kind == "" {
		kind = apidef.HTTPProxy
	}
	n.Set("type", tree.Text(strings.ToLower(string(kind))))
	set(n, "uri", in.URI)
	set(n, "httpMethod", integrationMethod(kind, in.Method))
	set(n, "payloadFormatVersion", in.Payload)
	set(n, "timeoutInMillis", int(in.Timeout/time.Millisecond))
	set(n, "requestParameters", in.Parameters)
	set(n, "requestTemplates", in.Templates)
	set(n, "passthroughBehavior", strings.ToLower(in.Passthrough))
	set(n, "contentHandling", in.ContentHandling)
	responses := obj()
	for _, r := range in.Responses {
		key := r.Selection
		if key == "" {
			key = "default"
		}
		responses.Set(key, integrationResponse(r))
	}
	set(n, "responses", responses)
	changes := obj()
	for _, status := range sortedKeys(in.ResponseParameters) {
		changes.Set(status, value(in.ResponseParameters[status]))
	}
	set(n, "responseParameters", changes)
	return n
}

func integrationMethod(kind apidef.IntegrationType, method string) string {
	switch {
	case kind.Invokes():
		return "POST"
	case method == "" && kind != apidef.Mock:
		return "ANY"
	}
	return method
}

func integrationResponse(r apidef.IntegrationResponse) *tree.Node {
	n := obj("statusCode", strconv.Itoa(r.Status))
	set(n, "responseParameters", r.Parameters)
	set(n, "responseTemplates", r.Templates)
	set(n, "contentHandling", r.ContentHandling)
	return n
}

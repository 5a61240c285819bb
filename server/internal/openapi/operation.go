package openapi

import (
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

const (
	anyMethod = ext + "any-method"
	// implied marks a path variable that the document declares for OpenAPI's sake.
	implied = "x-gatepass-implied"
)

// pathItem reads the operations of a path.
func (r *reader) pathItem(path string, o *tree.Object) {
	if strings.HasPrefix(path, "x-") {
		return
	}
	shared := o.Take("parameters")
	o.Ignore("summary", "description", "servers", "$ref")
	for _, f := range o.Fields() {
		switch f.Key {
		case "get", "put", "post", "delete", "options", "head", "patch":
			r.operation(path, strings.ToUpper(f.Key), o.Sub(f.Key), shared)
		case anyMethod:
			r.operation(path, "ANY", o.Sub(f.Key), shared)
		case "summary", "description", "servers", "parameters", "trace":
		default:
			r.unknownMethod(o, f.Key)
		}
	}
	o.Done()
}

// unknownMethod: without its route a wider one may answer, with less of a guard.
func (r *reader) unknownMethod(o *tree.Object, key string) {
	if !strings.HasPrefix(key, "x-") {
		r.Fail(o.At(key), "this is no method; they are get, put, post, delete, options, head, patch and %s", anyMethod)
	}
}

func (r *reader) operation(path, method string, o *tree.Object, shared *tree.Node) {
	rt := apidef.Route{Path: r.prefix + path, Methods: []string{method}, OperationName: o.Text("operationId")}
	if r.prefix != "" && path == "/" {
		rt.Path = r.prefix
	}
	if r.http() && strings.TrimPrefix(path, "/") == "$default" {
		rt.Path = "$default"
	}
	if !o.Present() {
		o.Node = &tree.Node{Kind: tree.Map}
	}
	r.guard(o, &rt)
	if r.http() {
		o.Ignore("parameters", "requestBody", "responses", "consumes", "produces")
	} else {
		r.request(o, &rt, shared)
		rt.Responses = r.responses(o, method+path)
	}
	r.integration(o, &rt)
	r.own(o.Sub("x-gatepass-route"), &rt)
	o.Ignore("summary", "description", "tags", "externalDocs", "deprecated", "servers", "schemes", "isDefaultRoute")
	o.Done()
	r.api.Routes = append(r.api.Routes, rt)
}

// own is what gatepass adds to routes.
func (r *reader) own(o *tree.Object, rt *apidef.Route) {
	rt.EncodedSlash, rt.Integration.Headers = o.Bool("encodedSlash"), o.Texts("headers")
	o.Done()
}

func (r *reader) request(o *tree.Object, rt *apidef.Route, shared *tree.Node) {
	var rules apidef.RequestRules
	if name := o.Text(ext + "request-validator"); name != "" || r.validator != "" {
		if name == "" {
			name = r.validator
		}
		known := false
		if rules, known = r.validators[name]; !known {
			r.Fail(o.At(ext+"request-validator"), "no validator %q is declared", name)
		}
	}
	for _, list := range []*tree.Node{shared, o.Take("parameters")} {
		if list == nil {
			continue
		}
		for i, p := range list.Items {
			r.parameter(r.Object(o.At("parameters["+strconv.Itoa(i)+"]"), p), o, rt, &rules)
		}
	}
	body := o.Sub("requestBody")
	r.content(body, inlineName(rt.Methods[0], rt.Path, "Body"), &rules.Models)
	body.Ignore("description", "required")
	body.Done()
	o.Ignore("consumes", "produces")
	if rules.Parameters != nil || rules.Models != nil || rules.CheckParameters || rules.CheckBody {
		rt.Request = &rules
	}
}

func (r *reader) parameter(p, op *tree.Object, rt *apidef.Route, rules *apidef.RequestRules) {
	if p.Bool(implied) {
		return
	}
	name, required := p.Text("name"), p.Bool("required")
	where := map[string]string{"path": "path", "header": "header", "query": "querystring"}[p.Text("in")]
	switch in := p.Text("in"); {
	case where != "":
		if rules.Parameters == nil {
			rules.Parameters = map[string]bool{}
		}
		rules.Parameters["method.request."+where+"."+name] = required
	case in == "body" && r.swagger:
		model := r.model(p.Path, inlineName(rt.Methods[0], rt.Path, "Body"), p.Take("schema"))
		rules.Models = map[string]string{}
		for _, kind := range r.media(op, "consumes") {
			rules.Models[kind] = model
		}
	default:
		r.Note(p.Path, "a parameter in %q is not checked", in)
	}
}

// media are the content types that a Swagger operation consumes or produces.
func (r *reader) media(op *tree.Object, key string) []string {
	own := op.Texts(key)
	if own == nil {
		own = r.Object("", r.root).Texts(key)
	}
	if own == nil {
		own = []string{"application/json"}
	}
	return own
}

// content reads the models of content types.
func (r *reader) content(o *tree.Object, inline string, into *map[string]string) {
	content := o.Sub("content")
	for _, f := range content.Fields() {
		media := content.Sub(f.Key)
		if schema := media.Take("schema"); schema != nil {
			if *into == nil {
				*into = map[string]string{}
			}
			(*into)[f.Key] = r.model(media.At("schema"), inline, schema)
		}
		media.Ignore("example", "examples", "encoding")
		media.Done()
	}
}

func (r *reader) responses(o *tree.Object, name string) []apidef.MethodResponse {
	var out []apidef.MethodResponse
	all := o.Sub("responses")
	for _, f := range all.Fields() {
		one := all.Sub(f.Key)
		status, err := strconv.Atoi(f.Key)
		if err != nil {
			if one.Node.Get("headers") != nil || one.Node.Get("content") != nil {
				r.Note(one.Path, "a response without a status is not kept")
			}
			continue
		}
		m := apidef.MethodResponse{Status: status, Parameters: r.responseHeaders(one.Sub("headers"))}
		r.content(one, inlineName(name, f.Key), &m.Models)
		if s := one.Take("schema"); s != nil && r.swagger {
			model := r.model(one.At("schema"), inlineName(name, f.Key), s)
			m.Models = map[string]string{}
			for _, kind := range r.media(o, "produces") {
				m.Models[kind] = model
			}
		}
		one.Ignore("description", "links", "examples")
		one.Done()
		out = append(out, m)
	}
	return out
}

func (r *reader) responseHeaders(o *tree.Object) map[string]bool {
	if len(o.Fields()) == 0 {
		return nil
	}
	out := map[string]bool{}
	for _, f := range o.Fields() {
		out["method.response.header."+f.Key] = o.Sub(f.Key).Bool("required")
	}
	return out
}

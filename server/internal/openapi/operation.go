package openapi

import (
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

const anyMethod = ext + "any-method"

// pathItem reads the operations of a path.
func (r *reader) pathItem(path string, o *object) {
	if strings.HasPrefix(path, "x-") {
		return
	}
	shared := o.take("parameters")
	for _, f := range o.fields() {
		switch f.Key {
		case "get", "put", "post", "delete", "options", "head", "patch":
			r.operation(path, strings.ToUpper(f.Key), o.sub(f.Key), shared)
		case anyMethod:
			r.operation(path, "ANY", o.sub(f.Key), shared)
		}
	}
	o.ignore("summary", "description", "servers", "$ref")
	o.done()
}

func (r *reader) operation(path, method string, o *object, shared *tree.Node) {
	rt := apidef.Route{Path: r.prefix + path, Methods: []string{method}, OperationName: o.text("operationId")}
	if r.prefix != "" && path == "/" {
		rt.Path = r.prefix
	}
	if r.http() && path == "/$default" {
		rt.Path = "$default"
	}
	if !o.present() {
		o.node = &tree.Node{Kind: tree.Map}
	}
	r.guard(o, &rt)
	if r.http() {
		o.ignore("parameters", "requestBody", "responses", "consumes", "produces")
	} else {
		r.request(o, &rt, shared)
		rt.Responses = r.responses(o, method+path)
	}
	r.integration(o, &rt)
	r.own(o.sub("x-gatepass-route"), &rt)
	o.ignore("summary", "description", "tags", "externalDocs", "deprecated", "servers", "schemes", "isDefaultRoute")
	o.done()
	r.api.Routes = append(r.api.Routes, rt)
}

// own is what gatepass adds to routes.
func (r *reader) own(o *object, rt *apidef.Route) {
	rt.EncodedSlash, rt.Integration.Headers = o.boolean("encodedSlash"), o.texts("headers")
	o.done()
}

func (r *reader) request(o *object, rt *apidef.Route, shared *tree.Node) {
	var rules apidef.RequestRules
	if name := o.text(ext + "request-validator"); name != "" || r.validator != "" {
		if name == "" {
			name = r.validator
		}
		known := false
		if rules, known = r.validators[name]; !known {
			r.fail(o.at(ext+"request-validator"), "no validator %q is declared", name)
		}
	}
	for _, list := range []*tree.Node{shared, o.take("parameters")} {
		if list == nil {
			continue
		}
		for i, p := range list.Items {
			r.parameter(r.object(o.at("parameters["+strconv.Itoa(i)+"]"), p), o, rt, &rules)
		}
	}
	body := o.sub("requestBody")
	r.content(body, inlineName(rt.Methods[0], rt.Path, "Body"), &rules.Models)
	body.ignore("description", "required")
	body.done()
	o.ignore("consumes", "produces")
	if rules.Parameters != nil || rules.Models != nil || rules.CheckParameters || rules.CheckBody {
		rt.Request = &rules
	}
}

func (r *reader) parameter(p, op *object, rt *apidef.Route, rules *apidef.RequestRules) {
	name, required := p.text("name"), p.boolean("required")
	where := map[string]string{"path": "path", "header": "header", "query": "querystring"}[p.text("in")]
	switch in := p.text("in"); {
	case where != "":
		if rules.Parameters == nil {
			rules.Parameters = map[string]bool{}
		}
		rules.Parameters["method.request."+where+"."+name] = required
	case in == "body" && r.swagger:
		model := r.model(p.path, inlineName(rt.Methods[0], rt.Path, "Body"), p.take("schema"))
		rules.Models = map[string]string{}
		for _, kind := range r.consumes(op) {
			rules.Models[kind] = model
		}
	default:
		r.note(p.path, "a parameter in %q is not checked", in)
	}
}

// consumes are the content types of a Swagger operation's body.
func (r *reader) consumes(op *object) []string {
	own := op.texts("consumes")
	if own == nil {
		own = r.object("", r.root).texts("consumes")
	}
	if own == nil {
		own = []string{"application/json"}
	}
	return own
}

// content reads the models of content types.
func (r *reader) content(o *object, inline string, into *map[string]string) {
	content := o.sub("content")
	for _, f := range content.fields() {
		media := content.sub(f.Key)
		if schema := media.take("schema"); schema != nil {
			if *into == nil {
				*into = map[string]string{}
			}
			(*into)[f.Key] = r.model(media.at("schema"), inline, schema)
		}
		media.ignore("example", "examples", "encoding")
		media.done()
	}
}

func (r *reader) responses(o *object, name string) []apidef.MethodResponse {
	var out []apidef.MethodResponse
	all := o.sub("responses")
	for _, f := range all.fields() {
		one := all.sub(f.Key)
		status, err := strconv.Atoi(f.Key)
		if err != nil {
			if one.node.Get("headers") != nil || one.node.Get("content") != nil {
				r.note(one.path, "a response without a status is not kept")
			}
			continue
		}
		m := apidef.MethodResponse{Status: status, Parameters: r.responseHeaders(one.sub("headers"))}
		r.content(one, inlineName(name, f.Key), &m.Models)
		if s := one.take("schema"); s != nil && r.swagger {
			m.Models = map[string]string{"application/json": r.model(one.at("schema"), inlineName(name, f.Key), s)}
		}
		one.ignore("description", "links", "examples")
		one.done()
		out = append(out, m)
	}
	return out
}

func (r *reader) responseHeaders(o *object) map[string]bool {
	if len(o.fields()) == 0 {
		return nil
	}
	out := map[string]bool{}
	for _, f := range o.fields() {
		out["method.response.header."+f.Key] = o.sub(f.Key).boolean("required")
	}
	return out
}

package openapi

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

func (r *reader) integration(op *object, rt *apidef.Route) {
	o := op.sub(ext + "integration")
	if !o.present() {
		r.note(op.path, "without %sintegration it cannot be served", ext)
		return
	}
	kind := strings.ToUpper(o.text("type"))
	in := &rt.Integration
	in.URI, in.Payload = o.text("uri"), o.text("payloadFormatVersion")
	in.Timeout = time.Duration(o.integer("timeoutInMillis")) * time.Millisecond
	in.Parameters, in.Templates = o.textMap("requestParameters"), o.textMap("requestTemplates")
	in.Passthrough = strings.ToUpper(o.text("passthroughBehavior"))
	in.ContentHandling = strings.ToUpper(o.text("contentHandling"))
	in.Method = strings.ToUpper(o.text("httpMethod"))
	switch {
	case o.node.Get("integrationSubtype") != nil || kind == "AWS":
		r.unserved(o, in)
	case kind == string(apidef.HTTPProxy), kind == string(apidef.HTTPCustom), kind == string(apidef.Lambda), kind == string(apidef.Mock):
		in.Type = apidef.IntegrationType(kind)
		if in.Type == apidef.HTTPProxy {
			in.Type = ""
		}
		r.integrationResponses(o, in)
	default:
		r.fail(o.at("type"), "%q is not http_proxy, http, aws_proxy or mock", kind)
	}
	if in.Method == "ANY" || in.Type == apidef.Lambda || in.Type == apidef.Mock {
		in.Method = "" // the caller's, or always POST
	}
	r.tls(o.sub("tlsConfig"))
	r.passedOver(o)
	o.done()
}

// unserved keeps the route and its guard, so that no wider route answers in its
// place, with an answer that says what is missing.
func (r *reader) unserved(o *object, in *apidef.Integration) {
	r.note(o.path, "integrations with AWS services are not built: the route answers 501")
	*in = apidef.Integration{
		Type:      apidef.Mock,
		Templates: map[string]string{"application/json": `{"statusCode": 501}`},
		Responses: []apidef.IntegrationResponse{{Status: 501, Templates: map[string]string{"application/json": `{"message":"Not Implemented"}`}}},
	}
	for _, f := range o.fields() {
		o.ignore(f.Key)
	}
}

func (r *reader) tls(o *object) {
	if o.boolean("insecureSkipVerification") || o.take("serverNameToVerify") != nil {
		r.fail(o.path, "certificates of backends are verified as they are; leave tlsConfig out")
	}
	o.done()
}

// passedOver are fields without a meaning here; those that change what a backend
// sees are noted.
func (r *reader) passedOver(o *object) {
	for _, f := range [][2]string{
		{"credentials", "backends are called without a role"},
		{"cacheKeyParameters", "answers are not cached"},
		{"connectionId", "there are no VPC links: the address is called directly"},
	} {
		if o.take(f[0]) != nil {
			r.note(o.at(f[0]), "%s", f[1])
		}
	}
	o.ignore("connectionType", "cacheNamespace")
}

func (r *reader) integrationResponses(o *object, in *apidef.Integration) {
	if r.http() {
		all := o.sub("responseParameters")
		for _, f := range all.fields() {
			if in.ResponseParameters == nil {
				in.ResponseParameters = map[string]map[string]string{}
			}
			in.ResponseParameters[f.Key] = all.textMap(f.Key)
		}
		return
	}
	all := o.sub("responses")
	for _, f := range all.fields() {
		one := all.sub(f.Key)
		out := apidef.IntegrationResponse{
			Status: one.integer("statusCode"), Parameters: one.textMap("responseParameters"),
			Templates: one.textMap("responseTemplates"), ContentHandling: strings.ToUpper(one.text("contentHandling")),
		}
		if f.Key != "default" {
			out.Selection = f.Key
		}
		one.done()
		in.Responses = append(in.Responses, out)
	}
}

// sortedKeys is for writing what Go keeps without order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

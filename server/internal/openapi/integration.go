package openapi

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

func (r *reader) integration(op *tree.Object, rt *apidef.Route) {
	o := op.Sub(ext + "integration")
	if !o.Present() {
		r.Note(op.Path, "without %sintegration it cannot be served", ext)
		return
	}
	kind := strings.ToUpper(o.Text("type"))
	in := &rt.Integration
	in.URI, in.Payload = o.Text("uri"), o.Text("payloadFormatVersion")
	in.Timeout = time.Duration(o.Int("timeoutInMillis")) * time.Millisecond
	in.Parameters, in.Templates = o.TextMap("requestParameters"), o.TextMap("requestTemplates")
	in.Passthrough = strings.ToUpper(o.Text("passthroughBehavior"))
	in.ContentHandling = strings.ToUpper(o.Text("contentHandling"))
	in.Method = strings.ToUpper(o.Text("httpMethod"))
	switch {
	case o.Has("integrationSubtype") || kind == string(apidef.LambdaCustom) && (r.http() || !apidef.InvokesFunction(in.URI)):
		r.unserved(o, in)
		return
	case kind == string(apidef.HTTPProxy), kind == string(apidef.HTTPCustom), kind == string(apidef.Lambda), kind == string(apidef.LambdaCustom), kind == string(apidef.Mock):
		in.Type = apidef.IntegrationType(kind)
		if in.Type == apidef.HTTPProxy {
			in.Type = ""
		}
		r.integrationResponses(o, in)
	default:
		r.Fail(o.At("type"), "%q is not http_proxy, http, aws_proxy, aws or mock", kind)
	}
	if in.Method == "ANY" || in.Type.Invokes() || in.Type == apidef.Mock {
		in.Method = "" // the caller's, or always POST
	}
	r.tls(o.Sub("tlsConfig"))
	r.passedOver(o)
	o.Done()
}

// unserved keeps the route, with an answer that says what is missing.
func (r *reader) unserved(o *tree.Object, in *apidef.Integration) {
	r.Note(o.Path, "integrations with AWS services other than Lambda functions are not built: the route answers 501")
	*in = apidef.NotBuilt()
}

func (r *reader) tls(o *tree.Object) {
	if o.Bool("insecureSkipVerification") || o.Take("serverNameToVerify") != nil {
		r.Fail(o.Path, "certificates of backends are verified as they are; leave tlsConfig out")
	}
	o.Done()
}

// passedOver are fields without a meaning here; those that change what a backend
// sees are noted.
func (r *reader) passedOver(o *tree.Object) {
	for _, f := range [][2]string{
		{"credentials", "backends are called without a role"},
		{"cacheKeyParameters", "answers are not cached"},
		{"connectionId", "there are no VPC links: the address is called directly"},
	} {
		if o.Take(f[0]) != nil {
			r.Note(o.At(f[0]), "%s", f[1])
		}
	}
	o.Ignore("connectionType", "cacheNamespace")
}

func (r *reader) integrationResponses(o *tree.Object, in *apidef.Integration) {
	if r.http() {
		all := o.Sub("responseParameters")
		for _, f := range all.Fields() {
			if in.ResponseParameters == nil {
				in.ResponseParameters = map[string]map[string]string{}
			}
			in.ResponseParameters[f.Key] = all.TextMap(f.Key)
		}
		return
	}
	all := o.Sub("responses")
	for _, f := range all.Fields() {
		one := all.Sub(f.Key)
		out := apidef.IntegrationResponse{
			Status: one.Int("statusCode"), Parameters: one.TextMap("responseParameters"),
			Templates: one.TextMap("responseTemplates"), ContentHandling: strings.ToUpper(one.Text("contentHandling")),
		}
		if f.Key != "default" {
			out.Selection = f.Key
		}
		one.Done()
		in.Responses = append(in.Responses, out)
	}
}

// sortedKeys is for writing what Go keeps without order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

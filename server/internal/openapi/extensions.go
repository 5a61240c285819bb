package openapi

import (
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

const ext = "x-amazon-apigateway-"

// extensions are those of the whole document.
func (r *reader) extensions(d *tree.Object) {
	a := &r.api
	if p := d.Take(ext + "policy"); p != nil {
		a.Policy = string(p.JSON())
		if p.Kind == tree.String {
			a.Policy = p.Text
		}
		if r.http() {
			r.Fail(ext+"policy", "HTTP APIs have no resource policy")
		}
	}
	a.IdentityToken = d.Text("x-gatepass-identity-token")
	a.BinaryMediaTypes = d.Texts(ext + "binary-media-types")
	a.APIKeySource = strings.ToUpper(d.Text(ext + "api-key-source"))
	r.gatewayResponses(d.Sub(ext + "gateway-responses"))
	r.cors(d.Sub(ext + "cors"))
	r.endpoint(d.Sub(ext + "endpoint-configuration"))
	r.tags(d.Take("tags"))
	if n := d.Take(ext + "minimum-compression-size"); n != nil {
		r.Note(ext+"minimum-compression-size", "answers are not compressed")
	}
	d.Ignore(ext+"importexport-version", ext+"documentation")
}

func (r *reader) gatewayResponses(all *tree.Object) {
	for _, f := range all.Fields() {
		o := all.Sub(f.Key)
		if r.api.Responses == nil {
			r.api.Responses = map[string]apidef.GatewayResponse{}
		}
		r.api.Responses[f.Key] = apidef.GatewayResponse{
			Status: o.Int("statusCode"), Parameters: o.TextMap("responseParameters"), Templates: o.TextMap("responseTemplates"),
		}
		o.Ignore("responseType", "defaultResponse")
		o.Done()
	}
}

func (r *reader) cors(o *tree.Object) {
	if !o.Present() {
		return
	}
	r.api.CORS = &apidef.CORS{
		AllowOrigins: o.Texts("allowOrigins"), AllowMethods: o.Texts("allowMethods"), AllowHeaders: o.Texts("allowHeaders"),
		ExposeHeaders: o.Texts("exposeHeaders"), MaxAge: time.Duration(o.Int("maxAge")) * time.Second,
		AllowCredentials: o.Bool("allowCredentials"),
	}
	if !r.http() {
		r.Note(o.Path, "API Gateway reads this on HTTP APIs only; gatepass does it here, too")
	}
	o.Done()
}

func (r *reader) endpoint(o *tree.Object) {
	r.api.DisableEndpoint = o.Bool("disableExecuteApiEndpoint")
	private := slices.ContainsFunc(o.Texts("types"), func(t string) bool { return strings.EqualFold(t, "PRIVATE") })
	if private || o.Take("vpcEndpointIds") != nil {
		r.Fail(o.Path, "private APIs are not enforced: every network that reaches the server reaches the API")
	}
	o.Ignore("ipAddressType")
	o.Done()
}

// tags are the tags of an API, which stand among those of operations.
func (r *reader) tags(list *tree.Node) {
	if list == nil {
		return
	}
	for _, t := range list.Items {
		v := t.Get(ext + "tag-value")
		name, named := t.Get("name").Scalar()
		value, ok := v.Scalar()
		if v == nil || !named || !ok {
			continue
		}
		if r.api.Tags == nil {
			r.api.Tags = map[string]string{}
		}
		r.api.Tags[name] = value
	}
}

func (r *reader) requestValidators(d *tree.Object) {
	r.validators = map[string]apidef.RequestRules{}
	all := d.Sub(ext + "request-validators")
	for _, f := range all.Fields() {
		o := all.Sub(f.Key)
		r.validators[f.Key] = apidef.RequestRules{CheckParameters: o.Bool("validateRequestParameters"), CheckBody: o.Bool("validateRequestBody")}
		o.Done()
	}
	r.validator = d.Text(ext + "request-validator")
}

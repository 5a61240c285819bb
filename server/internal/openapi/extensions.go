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
func (r *reader) extensions(d *object) {
	a := &r.api
	if p := d.take(ext + "policy"); p != nil {
		a.Policy = string(p.JSON())
		if p.Kind == tree.String {
			a.Policy = p.Text
		}
		if r.http() {
			r.fail(ext+"policy", "HTTP APIs have no resource policy")
		}
	}
	a.BinaryMediaTypes = d.texts(ext + "binary-media-types")
	a.APIKeySource = strings.ToUpper(d.text(ext + "api-key-source"))
	r.gatewayResponses(d.sub(ext + "gateway-responses"))
	r.cors(d.sub(ext + "cors"))
	r.endpoint(d.sub(ext + "endpoint-configuration"))
	r.tags(d.take("tags"))
	if n := d.take(ext + "minimum-compression-size"); n != nil {
		r.note(ext+"minimum-compression-size", "answers are not compressed")
	}
	d.ignore(ext+"importexport-version", ext+"documentation")
}

func (r *reader) gatewayResponses(all *object) {
	for _, f := range all.fields() {
		o := all.sub(f.Key)
		if r.api.Responses == nil {
			r.api.Responses = map[string]apidef.GatewayResponse{}
		}
		r.api.Responses[f.Key] = apidef.GatewayResponse{
			Status: o.integer("statusCode"), Parameters: o.textMap("responseParameters"), Templates: o.textMap("responseTemplates"),
		}
		o.ignore("responseType", "defaultResponse")
		o.done()
	}
}

func (r *reader) cors(o *object) {
	if !o.present() {
		return
	}
	r.api.CORS = &apidef.CORS{
		AllowOrigins: o.texts("allowOrigins"), AllowMethods: o.texts("allowMethods"), AllowHeaders: o.texts("allowHeaders"),
		ExposeHeaders: o.texts("exposeHeaders"), MaxAge: time.Duration(o.integer("maxAge")) * time.Second,
		AllowCredentials: o.boolean("allowCredentials"),
	}
	if !r.http() {
		r.note(o.path, "API Gateway reads this on HTTP APIs only; gatepass does it here, too")
	}
	o.done()
}

func (r *reader) endpoint(o *object) {
	r.api.DisableEndpoint = o.boolean("disableExecuteApiEndpoint")
	private := slices.ContainsFunc(o.texts("types"), func(t string) bool { return strings.EqualFold(t, "PRIVATE") })
	if private || o.take("vpcEndpointIds") != nil {
		r.fail(o.path, "private APIs are not enforced: every network that reaches the server reaches the API")
	}
	o.ignore("ipAddressType")
	o.done()
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

func (r *reader) requestValidators(d *object) {
	r.validators = map[string]apidef.RequestRules{}
	all := d.sub(ext + "request-validators")
	for _, f := range all.fields() {
		o := all.sub(f.Key)
		r.validators[f.Key] = apidef.RequestRules{CheckParameters: o.boolean("validateRequestParameters"), CheckBody: o.boolean("validateRequestBody")}
		o.done()
	}
	r.validator = d.text(ext + "request-validator")
}

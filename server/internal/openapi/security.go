package openapi

import (
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// scheme is a security scheme as API Gateway understands it.
type scheme struct {
	auth   apidef.Auth // zero: an API key, or nothing that is enforced
	apiKey bool
	kind   string // of the document, for errors
}

func (r *reader) components(d *object) {
	schemes, schemas := d.sub("securityDefinitions"), d.sub("definitions")
	if !r.swagger {
		c := d.sub("components")
		schemes, schemas = c.sub("securitySchemes"), c.sub("schemas")
		c.ignore("parameters", "requestBodies", "responses", "headers", "examples", "links", "pathItems", ext+"integrations", ext+"authorizers")
		c.done()
	}
	d.ignore("parameters", "responses") // of Swagger, by reference
	r.schemes = map[string]scheme{}
	for _, f := range schemes.fields() {
		r.schemes[f.Key] = r.scheme(f.Key, schemes.sub(f.Key))
	}
	if r.http() {
		return // whose models are documentation
	}
	for _, f := range schemas.fields() {
		r.setModel(f.Key, f.Value)
	}
}

func (r *reader) scheme(name string, o *object) scheme {
	s := scheme{kind: o.text("type")}
	authtype := o.text(ext + "authtype")
	header := o.text("name")
	in := o.text("in")
	authorizer := o.sub(ext + "authorizer")
	switch {
	case strings.EqualFold(authtype, "awsSigv4"):
		s.auth = apidef.AuthIAM
	case authorizer.present():
		s.auth = r.authorizer(name, header, authorizer)
	case s.kind == "apiKey" && in == "header" && strings.EqualFold(header, "x-api-key"):
		s.apiKey = true
	}
	o.ignore("description", "scheme", "bearerFormat", "flows", "openIdConnectUrl", "flow", "authorizationUrl", "tokenUrl", "scopes")
	o.done()
	return s
}

// authorizer adds an authorizer to the API and gives the type of its routes.
func (r *reader) authorizer(name, header string, o *object) apidef.Auth {
	a := apidef.Authorizer{
		Name: name, Type: apidef.AuthorizerType(strings.ToUpper(o.text("type"))),
		ProviderARNs: o.texts("providerARNs"), URI: o.text("authorizerUri"), Validation: o.text("identityValidationExpression"),
		Payload: o.text("authorizerPayloadFormatVersion"), Simple: o.boolean("enableSimpleResponses"),
		IdentitySource: splitSources(o.texts("identitySource")),
	}
	jwt := o.sub("jwtConfiguration")
	a.Issuer, a.Audience = jwt.text("issuer"), jwt.texts("audience")
	jwt.done()
	if o.node.Get("authorizerResultTtlInSeconds") != nil {
		ttl := o.integer("authorizerResultTtlInSeconds")
		a.TTL = &ttl
	}
	if o.take("authorizerCredentials") != nil {
		r.note(o.at("authorizerCredentials"), "functions are called without a role")
	}
	auth := authOf(a.Type)
	switch {
	case auth == "":
		r.fail(o.at("type"), "%q is not token, request, cognito_user_pools or jwt", a.Type)
	case r.http() != (a.Type == apidef.JWTAuthorizer) && a.Type != apidef.RequestAuthorizer:
		r.fail(o.at("type"), "this kind of API has no authorizers of type %s", a.Type)
	case a.IdentitySource == nil && !usual(header) && (a.Type == apidef.CognitoAuthorizer || a.Type == apidef.TokenAuthorizer):
		a.IdentitySource = []string{headerSource + header}
	}
	o.done()
	r.api.Authorizers = append(r.api.Authorizers, a)
	return auth
}

const headerSource = "method.request.header."

func usual(header string) bool { return header == "" || header == "Authorization" }

// splitSources: several identity sources may stand in one text.
func splitSources(list []string) []string {
	var out []string
	for _, s := range list {
		for part := range strings.SplitSeq(s, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

func authOf(t apidef.AuthorizerType) apidef.Auth {
	switch t {
	case apidef.CognitoAuthorizer:
		return apidef.AuthCognito
	case apidef.JWTAuthorizer:
		return apidef.AuthJWT
	case apidef.TokenAuthorizer, apidef.RequestAuthorizer:
		return apidef.AuthCustom
	}
	return ""
}

// guard reads what an operation asks of its caller. As API Gateway does, it is
// open without security; a scheme that API Gateway would pass over is an error.
func (r *reader) guard(o *object, rt *apidef.Route) {
	rt.Auth = apidef.AuthNone
	own := o.node.Get("security") != nil
	list := o.take("security")
	if !own {
		list = r.security
	}
	r.requirements(o.at("security"), list, rt)
	auth := o.sub(ext + "auth")
	switch kind := apidef.Auth(strings.ToUpper(auth.text("type"))); {
	case !auth.present() || kind == rt.Auth:
	case kind == apidef.AuthIAM && (rt.Auth == apidef.AuthNone || !own):
		rt.Auth, rt.Authorizer, rt.Scopes = kind, "", nil
	default:
		r.fail(auth.path, "it says %q and security says %s; say the same", kind, rt.Auth)
	}
	auth.done()
}

func (r *reader) requirements(path string, list *tree.Node, rt *apidef.Route) {
	if list == nil {
		return
	}
	if list.Kind != tree.List || len(list.Items) > 1 {
		r.fail(path, "give a list of one requirement: API Gateway has no alternatives")
		return
	}
	for _, req := range list.Items {
		for _, f := range r.object(path, req).fields() {
			r.requirement(path+"."+f.Key, f, rt)
		}
	}
}

func (r *reader) requirement(path string, f tree.Field, rt *apidef.Route) {
	s, known := r.schemes[f.Key]
	switch {
	case !known:
		r.fail(path, "no security scheme of this name")
	case s.apiKey:
		rt.APIKeyRequired = true
	case s.auth == "":
		r.fail(path, "a scheme of type %q is not enforced; give it %sauthorizer or %sauthtype awsSigv4", s.kind, ext, ext)
	case rt.Auth != apidef.AuthNone:
		r.fail(path, "a route has one authorizer")
	default:
		rt.Auth = s.auth
		if s.auth != apidef.AuthIAM {
			rt.Authorizer = f.Key
		}
		if len(f.Value.Items) > 0 {
			scopes := &object{r: r, path: path, node: &tree.Node{Kind: tree.Map, Fields: []tree.Field{{Key: "scopes", Value: f.Value}}}, seen: map[string]bool{}}
			rt.Scopes = scopes.texts("scopes")
		}
	}
}

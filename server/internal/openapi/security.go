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

func (r *reader) components(d *tree.Object) {
	schemes, schemas := d.Sub("securityDefinitions"), d.Sub("definitions")
	if !r.swagger {
		c := d.Sub("components")
		schemes, schemas = c.Sub("securitySchemes"), c.Sub("schemas")
		c.Ignore("parameters", "requestBodies", "responses", "headers", "examples", "links", "pathItems", ext+"integrations", ext+"authorizers")
		c.Done()
	}
	d.Ignore("parameters", "responses") // of Swagger, by reference
	r.schemes = map[string]scheme{}
	for _, f := range schemes.Fields() {
		r.schemes[f.Key] = r.scheme(f.Key, schemes.Sub(f.Key))
	}
	if r.http() {
		return // whose models are documentation
	}
	for _, f := range schemas.Fields() {
		r.setModel(f.Key, f.Value)
	}
}

func (r *reader) scheme(name string, o *tree.Object) scheme {
	s := scheme{kind: o.Text("type")}
	authtype := o.Text(ext + "authtype")
	header := o.Text("name")
	in := o.Text("in")
	authorizer := o.Sub(ext + "authorizer")
	switch {
	case strings.EqualFold(authtype, "awsSigv4") && authorizer.Present():
		r.Fail(o.Path, "a scheme is awsSigv4 or has an authorizer")
	case strings.EqualFold(authtype, "awsSigv4"):
		s.auth = apidef.AuthIAM
	case authorizer.Present():
		s.auth = r.authorizer(name, header, authorizer)
	case s.kind == "apiKey" && in == "header" && strings.EqualFold(header, "x-api-key"):
		s.apiKey = true
	}
	o.Ignore("description", "scheme", "bearerFormat", "flows", "openIdConnectUrl", "flow", "authorizationUrl", "tokenUrl", "scopes")
	o.Done()
	return s
}

// authorizer adds an authorizer to the API and gives the type of its routes.
func (r *reader) authorizer(name, header string, o *tree.Object) apidef.Auth {
	a := apidef.Authorizer{
		Name: name, Type: apidef.AuthorizerType(strings.ToUpper(o.Text("type"))),
		ProviderARNs: o.Texts("providerARNs"), URI: o.Text("authorizerUri"), Validation: o.Text("identityValidationExpression"),
		Payload: o.Text("authorizerPayloadFormatVersion"), Simple: o.Bool("enableSimpleResponses"),
		IdentitySource: apidef.Sources(o.Texts("identitySource")...),
	}
	jwt := o.Sub("jwtConfiguration")
	a.Issuer, a.Audience = jwt.Text("issuer"), jwt.Texts("audience")
	jwt.Done()
	if o.Has("authorizerResultTtlInSeconds") {
		a.TTL = new(o.Int("authorizerResultTtlInSeconds"))
	}
	if o.Take("authorizerCredentials") != nil {
		r.Note(o.At("authorizerCredentials"), "functions are called without a role")
	}
	auth := a.Type.Auth()
	switch {
	case auth == "":
		r.Fail(o.At("type"), "%q is not token, request, cognito_user_pools or jwt", a.Type)
	case r.http() != (a.Type == apidef.JWTAuthorizer) && a.Type != apidef.RequestAuthorizer:
		r.Fail(o.At("type"), "authorizers of type %s are not of this kind of API, which is %s; a gate.yaml says protocol", a.Type, r.kind())
	case a.IdentitySource == nil && !usual(header) && (a.Type == apidef.CognitoAuthorizer || a.Type == apidef.TokenAuthorizer):
		a.IdentitySource = []string{headerSource + header}
	}
	o.Done()
	r.api.Authorizers = append(r.api.Authorizers, a)
	return auth
}

func (r *reader) kind() apidef.Protocol {
	if r.http() {
		return apidef.HTTP
	}
	return apidef.REST
}

const headerSource = "method.request.header."

func usual(header string) bool { return header == "" || header == "Authorization" }

// guard reads what an operation asks of its caller. As API Gateway does, it is
// open without security; a scheme that API Gateway would pass over is an error.
func (r *reader) guard(o *tree.Object, rt *apidef.Route) {
	rt.Auth = apidef.AuthNone
	own := o.Has("security")
	list := o.Take("security")
	if !own {
		list = r.security
	}
	r.requirements(o.At("security"), list, rt)
	auth := o.Sub(ext + "auth")
	switch kind := apidef.Auth(strings.ToUpper(auth.Text("type"))); {
	case !auth.Present() || kind == rt.Auth:
	case kind == apidef.AuthIAM && (rt.Auth == apidef.AuthNone || !own):
		rt.Auth, rt.Authorizer, rt.Scopes = kind, "", nil
	default:
		r.Fail(auth.Path, "it says %q and security says %s; say the same", kind, rt.Auth)
	}
	auth.Done()
}

// requirements are all asked for, also those that OpenAPI means as alternatives:
// API Gateway reads them so, and SAM writes an API key and an authorizer so.
func (r *reader) requirements(path string, list *tree.Node, rt *apidef.Route) {
	if list == nil {
		return
	}
	if list.Kind != tree.List {
		r.Fail(path, "this must be a list")
		return
	}
	for _, req := range list.Items {
		for _, f := range r.Object(path, req).Fields() {
			r.requirement(path+"."+f.Key, f, rt)
		}
	}
}

func (r *reader) requirement(path string, f tree.Field, rt *apidef.Route) {
	s, known := r.schemes[f.Key]
	switch {
	case !known && f.Key == "NONE": // of SAM, for a route that is open
	case !known:
		r.Fail(path, "no security scheme of this name")
	case s.apiKey:
		rt.APIKeyRequired = true
	case s.auth == "":
		r.Fail(path, "a scheme of type %q is not enforced; give it %sauthorizer or %sauthtype awsSigv4", s.kind, ext, ext)
	case rt.Auth != apidef.AuthNone:
		r.Fail(path, "a route has one authorizer")
	default:
		rt.Auth = s.auth
		if s.auth != apidef.AuthIAM {
			rt.Authorizer = f.Key
		}
		if len(f.Value.Items) > 0 {
			rt.Scopes = r.Object(path, &tree.Node{Kind: tree.Map, Fields: []tree.Field{{Key: "scopes", Value: f.Value}}}).Texts("scopes")
		}
	}
}

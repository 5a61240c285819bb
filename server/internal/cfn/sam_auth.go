package cfn

import (
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// samAuth reads the Auth section of an API of SAM, and gives the routes of its
// document without security of their own the default.
func (t *template) samAuth(o *tree.Object, a *apidef.API, body *tree.Node) {
	auth := samAuth{byDefault: o.Text("DefaultAuthorizer"), key: o.Bool("ApiKeyRequired"), scopes: map[string][]string{}}
	all := o.Sub("Authorizers")
	for _, f := range all.Fields() {
		x := all.Sub(f.Key)
		if f.Key == "AWS_IAM" || f.Key == "api_key" || f.Key == "NONE" {
			t.notAuthorizer(x)
			continue
		}
		auth.scopes[f.Key] = x.Texts("AuthorizationScopes")
		a.Authorizers = append(a.Authorizers, t.samAuthorizer(f.Key, x, a.Protocol))
	}
	if p := o.Sub("ResourcePolicy"); p.Present() {
		a.Policy = t.samPolicy(p)
	}
	if o.Has("UsagePlan") {
		plan := o.Sub("UsagePlan")
		if plan.Text("CreateUsagePlan") != "NONE" {
			t.Fail(plan.Path, "declare AWS::ApiGateway::UsagePlan and ApiKey with a Value: a key made by SAM has no value that is known here")
		}
	}
	if auth.preflight = a.Protocol != apidef.HTTP; o.Has("AddDefaultAuthorizerToCorsPreflight") {
		auth.preflight = o.Bool("AddDefaultAuthorizerToCorsPreflight")
	}
	o.Ignore("AddApiKeyRequiredToCorsPreflight", "InvokeRole", "EnableIamAuthorizer")
	o.Done()
	t.sam[a.ID] = auth
	for i := range a.Routes {
		rt := &a.Routes[i]
		if auth.byDefault != "" && auth.byDefault != "NONE" && undecided(body, rt) {
			t.samGuard(o.Path, a, rt, "", nil)
		}
		if auth.key {
			rt.APIKeyRequired = true
		}
	}
}

// notAuthorizer: some name what is always there among the authorizers.
func (t *template) notAuthorizer(o *tree.Object) {
	if len(o.Fields()) > 0 {
		t.Fail(o.Path, "this name is not for an authorizer")
	}
}

// undecided: the operation of a route says nothing about who may call it. SAM
// takes an empty list for nothing, and what the whole document says, too.
func undecided(body *tree.Node, rt *apidef.Route) bool {
	path := rt.Path
	if path == "$default" && body.Get("paths").Get(path) == nil {
		path = "/$default"
	}
	method := strings.ToLower(rt.Methods[0])
	if method == "any" {
		method = "x-amazon-apigateway-any-method"
	}
	op := body.Get("paths").Get(path).Get(method)
	security := op.Get("security")
	return (security == nil || len(security.Items) == 0) && op.Get("x-amazon-apigateway-auth") == nil
}

// samGuard sets what a route asks of its caller: the authorizer of its event, or
// the default of the API; with neither it is open, as SAM has it.
func (t *template) samGuard(path string, a *apidef.API, rt *apidef.Route, name string, scopes []string) {
	auth := t.sam[a.ID]
	if name == "" && (auth.preflight || rt.Methods[0] != "OPTIONS") {
		name = auth.byDefault
	}
	switch name {
	case "", "NONE":
		rt.Auth = apidef.AuthNone
		return
	case "AWS_IAM":
		rt.Auth = apidef.AuthIAM
		return
	}
	if scopes == nil {
		scopes = auth.scopes[name]
	}
	rt.Authorizer, rt.Scopes = name, scopes
	for _, x := range a.Authorizers {
		if x.Name == name {
			rt.Auth = x.Type.Auth()
			return
		}
	}
	t.Fail(path, "the API declares no authorizer %q", name)
}

func (t *template) samAuthorizer(name string, o *tree.Object, protocol apidef.Protocol) apidef.Authorizer {
	a := apidef.Authorizer{
		Name: name, ProviderARNs: o.Texts("UserPoolArn"), URI: o.Text("FunctionArn"), Payload: o.Text("AuthorizerPayloadFormatVersion"),
		Simple: o.Bool("EnableSimpleResponses"),
	}
	jwt := o.Sub("JwtConfiguration")
	a.Issuer, a.Audience = jwt.Text("issuer")+jwt.Text("Issuer"), append(jwt.Texts("audience"), jwt.Texts("Audience")...)
	jwt.Done()
	switch {
	case len(a.ProviderARNs) > 0:
		a.Type = apidef.CognitoAuthorizer
	case a.Issuer != "":
		a.Type, a.IdentitySource = apidef.JWTAuthorizer, o.Texts("IdentitySource")
	case protocol == apidef.HTTP || strings.EqualFold(o.Text("FunctionPayloadType"), "REQUEST"):
		a.Type = apidef.RequestAuthorizer
	default:
		a.Type = apidef.TokenAuthorizer
	}
	t.samIdentity(o.Sub("Identity"), &a, protocol)
	o.Ignore("FunctionInvokeRole", "DisableFunctionDefaultPermissions", "EnableFunctionDefaultPermissions", "FunctionPayloadType")
	o.Done()
	return a
}

// samIdentity reads where an authorizer's credentials are.
func (t *template) samIdentity(o *tree.Object, a *apidef.Authorizer, protocol apidef.Protocol) {
	a.Validation, a.TTL = o.Text("ValidationExpression"), ttl(o, "ReauthorizeEvery")
	prefix := map[bool]string{true: "$request.", false: "method.request."}[protocol == apidef.HTTP]
	if h := o.Text("Header"); h != "" {
		a.IdentitySource = append(a.IdentitySource, prefix+"header."+h)
	}
	context, stage := "context.", "stageVariables."
	if protocol == apidef.HTTP {
		context, stage = "$context.", "$stageVariables."
	}
	for _, list := range [][2]string{{"Headers", prefix + "header."}, {"QueryStrings", prefix + "querystring."}, {"StageVariables", stage}, {"Context", context}} {
		for _, name := range o.Texts(list[0]) {
			a.IdentitySource = append(a.IdentitySource, list[1]+name)
		}
	}
	o.Done()
}

// samPolicy is the resource policy of statements; SAM's lists of addresses and
// accounts are not read.
func (t *template) samPolicy(o *tree.Object) string {
	statements := o.Take("CustomStatements")
	o.Done()
	doc := &tree.Node{Kind: tree.Map}
	doc.Set("Version", tree.Text("2012-10-17"))
	doc.Set("Statement", statements)
	return string(doc.JSON())
}

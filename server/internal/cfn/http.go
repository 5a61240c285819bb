package cfn

import (
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

func (t *template) apiV2(r *resource) {
	o := r.props
	protocol := apidef.Protocol(o.Text("ProtocolType"))
	if protocol == "" {
		protocol = apidef.HTTP
	}
	a, _ := t.body(o, protocol, t.id(r, 0), o.Text("BasePath"))
	if s := o.Text("Name"); s != "" {
		a.Name = s
	}
	a.Description, a.RouteSelection = o.Text("Description"), o.Text("RouteSelectionExpression")
	if protocol == apidef.HTTP {
		a.RouteSelection = ""
	}
	if c := corsV2(o.Sub("CorsConfiguration")); c != nil {
		a.CORS = c
	}
	if o.Bool("DisableExecuteApiEndpoint") {
		a.DisableEndpoint = true
	}
	t.quickCreate(o, &a)
	o.Ignore("Tags", "FailOnWarnings", "Version", "DisableSchemaValidation", "ApiKeySelectionExpression", "IpAddressType")
	o.Done()
	t.add(o.Path, a)
}

// quickCreate makes the stage and route of an API that is made with a target.
func (t *template) quickCreate(o *tree.Object, a *apidef.API) {
	target, key := o.Text("Target"), o.Text("RouteKey")
	if target == "" {
		return
	}
	if key == "" {
		key = "$default"
	}
	rt := apidef.Route{Auth: apidef.AuthNone, Integration: apidef.Integration{Type: targetType(target), URI: target}}
	rt.Path, rt.Methods = routeKey(key)
	a.Routes = append(a.Routes, rt)
	a.Stages = append(a.Stages, apidef.Stage{Name: "$default"})
	o.Ignore("CredentialsArn")
}

func targetType(uri string) apidef.IntegrationType {
	if strings.HasPrefix(uri, "arn:") {
		return apidef.Lambda
	}
	return ""
}

// routeKey reads GET /path and $default.
func routeKey(key string) (path string, methods []string) {
	method, path, ok := strings.Cut(key, " ")
	if !ok {
		return key, []string{"ANY"}
	}
	return path, []string{method}
}

func corsV2(o *tree.Object) *apidef.CORS {
	if !o.Present() {
		return nil
	}
	c := &apidef.CORS{
		AllowOrigins: o.Texts("AllowOrigins"), AllowMethods: o.Texts("AllowMethods"), AllowHeaders: o.Texts("AllowHeaders"),
		ExposeHeaders: o.Texts("ExposeHeaders"), MaxAge: time.Duration(o.Int("MaxAge")) * time.Second, AllowCredentials: o.Bool("AllowCredentials"),
	}
	o.Done()
	return cleanCORS(c)
}

// cleanCORS: all methods is what an empty list means.
func cleanCORS(c *apidef.CORS) *apidef.CORS {
	if slices.Contains(c.AllowMethods, "*") {
		c.AllowMethods = nil
	}
	return c
}

func (t *template) authorizerV2(r *resource) {
	o := r.props
	jwt := o.Sub("JwtConfiguration")
	a := apidef.Authorizer{
		Name: t.named(r, "Name", 0), Type: apidef.AuthorizerType(o.Text("AuthorizerType")), Issuer: jwt.Text("Issuer"), Audience: jwt.Texts("Audience"),
		URI: o.Text("AuthorizerUri"), Payload: o.Text("AuthorizerPayloadFormatVersion"), Simple: o.Bool("EnableSimpleResponses"),
		TTL: ttl(o, "AuthorizerResultTtlInSeconds"), IdentitySource: apidef.Sources(o.Texts("IdentitySource")...),
	}
	jwt.Done()
	t.authNames[r.name] = a.Name
	api := t.api(o.Path, o.Text("ApiId"))
	api.Authorizers = append(api.Authorizers, a)
	o.Ignore("Name", "AuthorizerCredentialsArn")
	o.Done()
}

func (t *template) integrationV2(r *resource) {
	o := r.props
	in := apidef.Integration{
		Type: apidef.IntegrationType(o.Text("IntegrationType")), URI: o.Text("IntegrationUri"), Method: o.Text("IntegrationMethod"),
		Payload: o.Text("PayloadFormatVersion"), Timeout: time.Duration(o.Int("TimeoutInMillis")) * time.Millisecond,
		Parameters: o.TextMap("RequestParameters"), Templates: o.TextMap("RequestTemplates"), Passthrough: o.Text("PassthroughBehavior"),
		ContentHandling: o.Text("ContentHandlingStrategy"),
	}
	changes := o.Sub("ResponseParameters")
	for _, f := range changes.Fields() {
		put(&in.ResponseParameters, f.Key, t.responseChanges(changes.Sub(f.Key)))
	}
	if in.Type == "AWS" || o.Text("IntegrationSubtype") != "" {
		in = t.notServed(o.Path)
	}
	if in.Type == apidef.Lambda || in.Type == apidef.Mock || in.Method == "ANY" {
		in.Method = ""
	}
	tls := o.Sub("TlsConfig")
	if tls.Text("ServerNameToVerify") != "" {
		t.Fail(tls.Path, "certificates of backends are verified as they are")
	}
	t.targets[r.name] = in
	o.Ignore("ApiId", "ConnectionType", "ConnectionId", "CredentialsArn", "Description", "TemplateSelectionExpression")
	o.Done()
}

// responseChanges reads {ResponseParameters: [{Destination, Source}]}.
func (t *template) responseChanges(o *tree.Object) map[string]string {
	out := map[string]string{}
	for _, c := range o.Subs("ResponseParameters") {
		out[c.Text("Destination")] = c.Text("Source")
		c.Done()
	}
	o.Done()
	return out
}

func (t *template) routeV2(r *resource) {
	o := r.props
	api := t.api(o.Path, o.Text("ApiId"))
	rt := apidef.Route{
		Auth: apidef.Auth(o.Text("AuthorizationType")), Scopes: o.Texts("AuthorizationScopes"), APIKeyRequired: o.Bool("ApiKeyRequired"),
		OperationName: o.Text("OperationName"), Authorizer: t.authorizerName(o),
	}
	if rt.Auth == "" {
		rt.Auth = apidef.AuthNone // as CloudFormation does
	}
	rt.Path, rt.Methods = routeKey(o.Text("RouteKey"))
	if api.Protocol == apidef.WebSocket {
		rt.Path, rt.Methods = o.Text("RouteKey"), nil
	}
	name := strings.TrimPrefix(o.Text("Target"), "integrations/")
	in, known := t.targets[name]
	if !known {
		t.Fail(o.At("Target"), "no integration %q", name)
	}
	rt.Integration = in
	t.checkGuard(o, &rt)
	o.Ignore("RouteResponseSelectionExpression", "ModelSelectionExpression")
	o.Done()
	api.Routes = append(api.Routes, rt)
}

func (t *template) stageV2(r *resource) {
	o := r.props
	api := t.api(o.Path, o.Text("ApiId"))
	st := apidef.Stage{Name: o.Text("StageName"), Variables: o.TextMap("StageVariables")}
	t.stageSettingsV2(o, &st)
	o.Ignore("AutoDeploy", "DeploymentId", "Description", "Tags", "ClientCertificateId", "AccessPolicyId")
	o.Done()
	api.Stages = append(api.Stages, st)
}

// stageSettingsV2 are those of Stage and SAM's HttpApi.
func (t *template) stageSettingsV2(o *tree.Object, st *apidef.Stage) {
	st.Throttle = routeSettings(o.Sub("DefaultRouteSettings"))
	all := o.Sub("RouteSettings")
	for _, f := range all.Fields() {
		if limit := routeSettings(all.Sub(f.Key)); limit != nil {
			put(&st.RouteThrottles, f.Key, *limit)
		}
	}
	if log := o.Sub("AccessLogSettings"); log.Present() {
		st.AccessLog = &apidef.AccessLog{Format: log.Text("Format")}
		log.Ignore("DestinationArn")
		log.Done()
	}
}

func routeSettings(o *tree.Object) *apidef.Throttle {
	defer o.Done()
	o.Ignore("DetailedMetricsEnabled", "DataTraceEnabled", "LoggingLevel")
	if !o.Has("ThrottlingRateLimit") && !o.Has("ThrottlingBurstLimit") {
		return nil
	}
	return &apidef.Throttle{Rate: o.Float("ThrottlingRateLimit"), Burst: o.Int("ThrottlingBurstLimit")}
}

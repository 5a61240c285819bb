package cfn

import (
	"strings"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// add adds an API that others then add to.
func (t *template) add(path string, a apidef.API) *apidef.API {
	if t.apis[a.ID] != nil {
		t.Fail(path, "two APIs have the id %q", a.ID)
	}
	t.apis[a.ID] = &a
	t.order = append(t.order, a.ID)
	return &a
}

// api is the API of an id.
func (t *template) api(path, id string) *apidef.API {
	if a := t.apis[id]; a != nil {
		return a
	}
	t.Fail(path, "the API %q is not in this template", id)
	return &apidef.API{}
}

// body reads the OpenAPI document of an API, which is empty without one, and
// gives the document, too.
func (t *template) body(o *tree.Object, protocol apidef.Protocol, id, basePath string) (apidef.API, *tree.Node) {
	text := t.document(o)
	if text == nil || t.Err != nil {
		return apidef.API{ID: id, Protocol: protocol}, nil
	}
	doc, err := tree.Parse(text)
	if err != nil {
		t.Fail(o.Path, "%v", err)
	}
	a, notes, err := t.opts.ReadAPI(text, protocol, id, basePath)
	if err != nil {
		t.Fail(o.Path, "%v", err)
	}
	for _, n := range notes {
		t.Note(o.Path+".Body."+n.Path, "%s", n.Reason)
	}
	return a, doc
}

func (t *template) document(o *tree.Object) []byte {
	for _, key := range []string{"Body", "DefinitionBody"} {
		if b := o.Take(key); b != nil {
			return b.JSON()
		}
	}
	file := o.Take("DefinitionUri")
	if o.Take("BodyS3Location") != nil || file != nil && file.Kind == tree.Map || strings.HasPrefix(o.Text("DefinitionUri"), "s3://") {
		t.Fail(o.Path, "documents in S3 are not fetched: give DefinitionBody or a file")
		return nil
	}
	if file == nil {
		return nil
	}
	if t.opts.ReadFile == nil {
		t.Fail(o.Path, "files are not read here")
		return nil
	}
	text, err := t.opts.ReadFile(file.Text)
	if err != nil {
		t.Fail(o.At("DefinitionUri"), "%v", err)
	}
	return text
}

func (t *template) restAPI(r *resource) {
	o := r.props
	a, _ := t.body(o, apidef.REST, t.id(r, 0), o.Sub("Parameters").Text("basepath"))
	if s := o.Text("Name"); s != "" {
		a.Name = s
	}
	if s := o.Text("Description"); s != "" {
		a.Description = s
	}
	t.restSettings(o, &a)
	if key := o.Text("ApiKeySourceType"); key != "" {
		a.APIKeySource = key
	}
	if o.Bool("DisableExecuteApiEndpoint") {
		a.DisableEndpoint = true
	}
	o.Ignore("Tags", "FailOnWarnings", "Mode", "CloneFrom")
	o.Done()
	t.add(o.Path, a)
}

// restSettings are those that RestApi and SAM's Api share.
func (t *template) restSettings(o *tree.Object, a *apidef.API) {
	if p := o.Take("Policy"); p != nil {
		a.Policy = string(p.JSON())
	}
	if types := o.Texts("BinaryMediaTypes"); types != nil {
		a.BinaryMediaTypes = nil
		for _, b := range types {
			a.BinaryMediaTypes = append(a.BinaryMediaTypes, strings.ReplaceAll(b, "~1", "/"))
		}
	}
	if o.Take("MinimumCompressionSize") != nil {
		t.Note(o.At("MinimumCompressionSize"), "answers are not compressed")
	}
	kind := o.Take("EndpointConfiguration")
	if strings.Contains(string(kind.JSON()), "PRIVATE") {
		t.Fail(o.At("EndpointConfiguration"), "private APIs are not enforced: every network that reaches the server reaches the API")
	}
}

// declarePath finds the path of a resource, whose parents may come later.
func (t *template) declarePath(r *resource) {
	t.paths[r.name] = t.path(r, 0)
	r.props.Ignore("RestApiId")
	r.props.Done()
}

func (t *template) path(r *resource, depth int) string {
	parent := r.props.Text("ParentId")
	part := r.props.Text("PathPart")
	up := t.byName[parent]
	switch {
	case strings.HasSuffix(parent, "/"): // the root of an API
		return "/" + part
	case up == nil || up.kind != "AWS::ApiGateway::Resource" || depth > maxDeep:
		t.Fail(r.props.At("ParentId"), "%q is no resource of this template", parent)
		return ""
	}
	return t.path(up, depth+1) + "/" + part
}

func (t *template) authorizer(r *resource) {
	o := r.props
	a := apidef.Authorizer{
		Name: t.named(r, "Name", 0), Type: apidef.AuthorizerType(o.Text("Type")), ProviderARNs: o.Texts("ProviderARNs"),
		URI: o.Text("AuthorizerUri"), Validation: o.Text("IdentityValidationExpression"), TTL: ttl(o, "AuthorizerResultTtlInSeconds"),
		IdentitySource: apidef.Sources(o.Texts("IdentitySource")...),
	}
	t.authNames[r.name] = a.Name
	api := t.api(o.Path, o.Text("RestApiId"))
	api.Authorizers = append(api.Authorizers, a)
	o.Ignore("Name", "AuthType", "AuthorizerCredentials")
	o.Done()
}

// authorizerName is the name of the authorizer that a method or route names.
func (t *template) authorizerName(o *tree.Object) string {
	id := o.Text("AuthorizerId")
	if id != "" && t.authNames[id] == "" {
		t.Fail(o.At("AuthorizerId"), "no authorizer %q", id)
	}
	return t.authNames[id]
}

func ttl(o *tree.Object, key string) *int {
	if !o.Has(key) {
		return nil
	}
	return new(o.Int(key))
}

func (t *template) model(r *resource) {
	o := r.props
	api := t.api(o.Path, o.Text("RestApiId"))
	schema := o.Take("Schema")
	text, isText := schema.Scalar()
	if !isText {
		text = string(schema.JSON())
	}
	put(&api.Models, t.id(r, 0), text)
	o.Ignore("Name", "ContentType", "Description")
	o.Done()
}

func (t *template) validator(r *resource) {
	o := r.props
	t.checks[r.name] = apidef.RequestRules{CheckParameters: o.Bool("ValidateRequestParameters"), CheckBody: o.Bool("ValidateRequestBody")}
	o.Ignore("Name", "RestApiId")
	o.Done()
}

func (t *template) gatewayResponse(r *resource) {
	o := r.props
	api := t.api(o.Path, o.Text("RestApiId"))
	put(&api.Responses, o.Text("ResponseType"), apidef.GatewayResponse{
		Status: o.Int("StatusCode"), Parameters: o.TextMap("ResponseParameters"), Templates: o.TextMap("ResponseTemplates"),
	})
	o.Done()
}

// put adds to a map, which may be nil.
func put[V any](m *map[string]V, key string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = v
}

func (t *template) method(r *resource) {
	o := r.props
	rt := apidef.Route{
		Methods: []string{o.Text("HttpMethod")}, Auth: apidef.Auth(o.Text("AuthorizationType")), Scopes: o.Texts("AuthorizationScopes"),
		APIKeyRequired: o.Bool("ApiKeyRequired"), OperationName: o.Text("OperationName"), Authorizer: t.authorizerName(o),
	}
	if rt.Auth == "" {
		rt.Auth = apidef.AuthNone // as CloudFormation does
	}
	api := t.api(o.Path, o.Text("RestApiId"))
	at := o.Text("ResourceId")
	rt.Path = t.paths[at]
	if at == api.ID+"/" {
		rt.Path = "/"
	}
	t.requestRules(o, &rt)
	for _, m := range o.Subs("MethodResponses") {
		rt.Responses = append(rt.Responses, apidef.MethodResponse{Status: m.Int("StatusCode"), Parameters: bools(m.Sub("ResponseParameters")), Models: m.TextMap("ResponseModels")})
		m.Done()
	}
	rt.Integration = t.integration(o.Sub("Integration"))
	t.checkGuard(o, &rt)
	o.Done()
	api.Routes = append(api.Routes, rt)
}

// checkGuard: an authorization type that needs an authorizer has one.
func (t *template) checkGuard(o *tree.Object, rt *apidef.Route) {
	if rt.Auth != apidef.AuthNone && rt.Auth != apidef.AuthIAM && rt.Authorizer == "" {
		t.Fail(o.At("AuthorizationType"), "%s needs an AuthorizerId", rt.Auth)
	}
}

func (t *template) requestRules(o *tree.Object, rt *apidef.Route) {
	var rules apidef.RequestRules
	if name := o.Text("RequestValidatorId"); name != "" {
		known := false
		if rules, known = t.checks[name]; !known {
			t.Fail(o.At("RequestValidatorId"), "no validator %q", name)
		}
	}
	rules.Parameters, rules.Models = bools(o.Sub("RequestParameters")), o.TextMap("RequestModels")
	if rules.Parameters != nil || rules.Models != nil || rules.CheckBody || rules.CheckParameters {
		rt.Request = &rules
	}
}

func bools(o *tree.Object) map[string]bool {
	if len(o.Fields()) == 0 {
		return nil
	}
	out := map[string]bool{}
	for _, f := range o.Fields() {
		out[f.Key] = o.Bool(f.Key)
	}
	return out
}

func (t *template) integration(o *tree.Object) apidef.Integration {
	in := apidef.Integration{
		Type: apidef.IntegrationType(o.Text("Type")), URI: o.Text("Uri"), Method: o.Text("IntegrationHttpMethod"),
		Timeout: time.Duration(o.Int("TimeoutInMillis")) * time.Millisecond, Parameters: o.TextMap("RequestParameters"),
		Templates: o.TextMap("RequestTemplates"), Passthrough: o.Text("PassthroughBehavior"), ContentHandling: o.Text("ContentHandling"),
	}
	for _, x := range o.Subs("IntegrationResponses") {
		in.Responses = append(in.Responses, apidef.IntegrationResponse{
			Status: x.Int("StatusCode"), Selection: x.Text("SelectionPattern"), Parameters: x.TextMap("ResponseParameters"),
			Templates: x.TextMap("ResponseTemplates"), ContentHandling: x.Text("ContentHandling"),
		})
		x.Done()
	}
	if in.Type == apidef.LambdaCustom && !apidef.InvokesFunction(in.URI) {
		in = t.notServed(o.Path)
	}
	if in.Type.Invokes() || in.Type == apidef.Mock || in.Method == "ANY" {
		in.Method = ""
	}
	o.Ignore("Credentials", "CacheKeyParameters", "CacheNamespace", "ConnectionType", "ConnectionId")
	o.Done()
	return in
}

// notServed notes an integration that is not built.
func (t *template) notServed(path string) apidef.Integration {
	t.Note(path, "integrations with AWS services other than Lambda functions are not built: the route answers 501")
	return apidef.NotBuilt()
}

// deployment makes a stage if it names one.
func (t *template) deployment(r *resource) {
	o := r.props
	api := t.api(o.Path, o.Text("RestApiId"))
	if name := o.Text("StageName"); name != "" {
		st := apidef.Stage{Name: name}
		d := o.Sub("StageDescription")
		t.stageSettings(d, &st)
		d.Done()
		api.Stages = append(api.Stages, st)
	}
	o.Ignore("Description")
	o.Done()
}

func (t *template) stage(r *resource) {
	o := r.props
	api := t.api(o.Path, o.Text("RestApiId"))
	st := apidef.Stage{Name: o.Text("StageName")}
	t.stageSettings(o, &st)
	o.Ignore("DeploymentId", "Tags", "DocumentationVersion")
	o.Done()
	api.Stages = append(api.Stages, st)
}

// stageSettings are those of Stage, StageDescription and SAM's Api.
func (t *template) stageSettings(o *tree.Object, st *apidef.Stage) {
	st.Variables = o.TextMap("Variables")
	for _, m := range o.Subs("MethodSettings") {
		t.methodSetting(m, st)
	}
	if log := o.Sub("AccessLogSetting"); log.Present() {
		st.AccessLog = &apidef.AccessLog{Format: log.Text("Format")}
		log.Ignore("DestinationArn")
		log.Done()
	}
	if o.Has("ThrottlingRateLimit") {
		st.Throttle = &apidef.Throttle{Rate: o.Float("ThrottlingRateLimit"), Burst: o.Int("ThrottlingBurstLimit")}
	}
	if o.Has("CanarySetting") {
		t.Note(o.At("CanarySetting"), "there are no canaries: every call goes to the stage")
	}
	o.Ignore("CanarySetting", "Description", "TracingEnabled", "CacheClusterEnabled", "CacheClusterSize", "ClientCertificateId", "LoggingLevel", "MetricsEnabled", "DataTraceEnabled")
}

func (t *template) methodSetting(m *tree.Object, st *apidef.Stage) {
	path := "/" + strings.TrimLeft(strings.ReplaceAll(m.Text("ResourcePath"), "~1", "/"), "/")
	method := m.Text("HttpMethod")
	if m.Has("ThrottlingRateLimit") || m.Has("ThrottlingBurstLimit") {
		limit := apidef.Throttle{Rate: m.Float("ThrottlingRateLimit"), Burst: m.Int("ThrottlingBurstLimit")}
		switch {
		case path == "/*" && method == "*":
			st.Throttle = &limit
		case strings.Contains(path+method, "*"):
			t.Fail(m.Path, "throttling is for all methods (/*, *) or for one")
		default:
			put(&st.RouteThrottles, method+" "+path, limit)
		}
	}
	m.Ignore("LoggingLevel", "MetricsEnabled", "DataTraceEnabled", "CachingEnabled", "CacheTtlInSeconds", "CacheDataEncrypted")
	m.Done()
}

func (t *template) function(r *resource) {
	t.out.Functions = append(t.out.Functions, Function{r.name, t.id(r, 0)})
}

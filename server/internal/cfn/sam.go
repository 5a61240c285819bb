package cfn

import (
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// The resource types of SAM and the names of the APIs that it makes itself.
const (
	samFunction  = "AWS::Serverless::Function"
	samRest      = "AWS::Serverless::Api"
	samHTTP      = "AWS::Serverless::HttpApi"
	implicitRest = "ServerlessRestApi"
	implicitHTTP = "ServerlessHttpApi"
)

// samAuth is the Auth section of an API of SAM.
type samAuth struct {
	byDefault string              // DefaultAuthorizer
	scopes    map[string][]string // of authorizers
	key       bool                // ApiKeyRequired
	preflight bool                // the default is for OPTIONS, too
}

// globals merges the Globals section into the resources that it is for, and adds
// the APIs that events name by naming none.
func (t *template) globals(all *tree.Object) {
	kinds := map[string]string{"Function": samFunction, "Api": samRest, "HttpApi": samHTTP}
	for _, name := range []string{implicitRest, implicitHTTP} {
		if t.wants(name) {
			r := &resource{name: name, kind: implicit(name), raw: &tree.Node{Kind: tree.Map}}
			t.resources, t.byName[name] = append(t.resources, r), r
		}
	}
	for _, f := range all.Fields() {
		kind := kinds[f.Key]
		if kind == "" {
			t.Note("Globals."+f.Key, "not understood, left out")
		}
		for _, r := range t.resources {
			if r.kind == kind && kind != "" {
				r.raw = merge(f.Value, r.raw)
			}
		}
	}
}

// wants: some function has an event for the API that SAM would make.
func (t *template) wants(name string) bool {
	kind, key := "Api", "RestApiId"
	if name == implicitHTTP {
		kind, key = "HttpApi", "ApiId"
	}
	return t.byName[name] == nil && slices.ContainsFunc(t.resources, func(r *resource) bool {
		return r.kind == samFunction && r.raw.Get("Events") != nil && slices.ContainsFunc(r.raw.Get("Events").Fields, func(f tree.Field) bool {
			s, _ := f.Value.Get("Type").Scalar()
			return s == kind && f.Value.Get("Properties").Get(key) == nil
		})
	})
}

// merge is over with what it lacks of base; lists are joined, as SAM does.
func merge(base, over *tree.Node) *tree.Node {
	switch {
	case base == nil || over == nil || base.Kind != over.Kind || base.Tag+over.Tag != "":
		if over != nil {
			return over
		}
		return base
	case over.Kind == tree.List:
		out := *over
		out.Items = slices.Concat(base.Items, over.Items)
		return &out
	case over.Kind != tree.Map:
		return over
	}
	out := &tree.Node{Kind: tree.Map, Line: over.Line}
	for _, f := range base.Fields {
		out.Fields = append(out.Fields, tree.Field{Key: f.Key, Value: merge(f.Value, over.Get(f.Key))})
	}
	for _, f := range over.Fields {
		if base.Get(f.Key) == nil {
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}

// stageName is the stage of an API of SAM.
func (t *template) stageName(r *resource, depth int) string {
	if n := r.raw.Get("StageName"); n != nil {
		return t.text("Resources."+r.name+".StageName", n, depth+1)
	}
	if r.kind == samHTTP {
		return "$default"
	}
	return "Prod"
}

func (t *template) serverlessAPI(r *resource) {
	o := r.props
	a, doc := t.body(o, apidef.REST, t.id(r, 0), "")
	t.describe(r, &a)
	t.restSettings(o, &a)
	st := apidef.Stage{Name: t.stageName(r, 0)}
	t.stageSettings(o, &st)
	a.Stages = []apidef.Stage{st}
	responses := o.Sub("GatewayResponses")
	for _, f := range responses.Fields() {
		put(&a.Responses, f.Key, samResponse(responses.Sub(f.Key)))
	}
	models := o.Sub("Models")
	for _, f := range models.Fields() {
		put(&a.Models, strings.ToLower(f.Key), string(f.Value.JSON())) // as SAM names them
	}
	a.APIKeySource, a.DisableEndpoint = o.Text("ApiKeySourceType"), o.Bool("DisableExecuteApiEndpoint")
	t.samAuth(o.Sub("Auth"), &a, doc)
	if c := o.Take("Cors"); c != nil {
		t.cors[a.ID] = t.samCORS(o.At("Cors"), c)
	}
	t.finishSAM(o, a)
}

// describe names an API of SAM.
func (t *template) describe(r *resource, a *apidef.API) {
	if s := r.props.Text("Name"); s != "" {
		a.Name = s
	} else if a.Name == "" {
		a.Name = r.name
	}
	if s := r.props.Text("Description"); s != "" {
		a.Description = s
	}
}

func (t *template) finishSAM(o *tree.Object, a apidef.API) {
	t.samDomain(o.Sub("Domain"), &a)
	o.Ignore("StageName", "OpenApiVersion", "Tags", "PropagateTags", "FailOnWarnings", "AlwaysDeploy", "MergeDefinitions", "Mode", "DefinitionUri", "TracingEnabled")
	o.Done()
	t.add(o.Path, a)
}

func samResponse(o *tree.Object) apidef.GatewayResponse {
	params := o.Sub("ResponseParameters")
	g := apidef.GatewayResponse{Status: o.Int("StatusCode"), Templates: o.TextMap("ResponseTemplates")}
	for name, value := range params.TextMap("Headers") {
		put(&g.Parameters, "gatewayresponse.header."+name, value)
	}
	params.Done()
	o.Done()
	return g
}

func (t *template) serverlessHTTP(r *resource) {
	o := r.props
	a, doc := t.body(o, apidef.HTTP, t.id(r, 0), "")
	t.describe(r, &a)
	st := apidef.Stage{Name: t.stageName(r, 0), Variables: o.TextMap("StageVariables")}
	t.stageSettingsV2(o, &st)
	a.Stages = []apidef.Stage{st}
	if s, _ := o.Take("CorsConfiguration").Scalar(); s == "true" {
		a.CORS = &apidef.CORS{AllowOrigins: []string{"*"}}
	} else if s != "false" {
		if c := corsV2(o.Sub("CorsConfiguration")); c != nil {
			a.CORS = c
		}
	}
	a.DisableEndpoint = o.Bool("DisableExecuteApiEndpoint")
	t.samAuth(o.Sub("Auth"), &a, doc)
	t.finishSAM(o, a)
}

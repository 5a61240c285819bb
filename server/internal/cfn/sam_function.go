package cfn

import (
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// serverlessFunction makes the routes of a function's events.
func (t *template) serverlessFunction(r *resource) {
	t.function(r)
	events := r.props.Sub("Events")
	for _, f := range events.Fields() {
		e := events.Sub(f.Key)
		p := e.Sub("Properties")
		switch kind := e.Text("Type"); kind {
		case "Api":
			t.apiEvent(r, p)
		case "HttpApi":
			t.httpEvent(r, p)
		default:
			t.Note(e.Path, "events of type %s are not served", kind)
			p.IgnoreAll()
		}
		p.Done()
		e.Done()
	}
}

// event is a route to the function, and the API that it is of.
func (t *template) event(r *resource, o *tree.Object, key, implicit string) (*apidef.API, apidef.Route) {
	id := o.Text(key)
	if id == "" {
		id = strings.ToLower(implicit)
	}
	rt := apidef.Route{Path: o.Text("Path"), Methods: []string{strings.ToUpper(o.Text("Method"))}}
	rt.Integration = apidef.Integration{
		Type: apidef.Lambda, URI: t.arn("lambda", "function:"+t.id(r, 0)), Timeout: time.Duration(o.Int("TimeoutInMillis")) * time.Millisecond,
	}
	return t.api(o.Path, id), rt
}

func (t *template) apiEvent(r *resource, o *tree.Object) {
	api, rt := t.event(r, o, "RestApiId", implicitRest)
	auth := o.Sub("Auth")
	t.samGuard(auth.Path, api, &rt, auth.Text("Authorizer"), auth.Texts("AuthorizationScopes"))
	rt.APIKeyRequired = t.sam[api.ID].key
	if auth.Has("ApiKeyRequired") {
		rt.APIKeyRequired = auth.Bool("ApiKeyRequired")
	}
	auth.Ignore("InvokeRole", "OverrideApiAuth")
	auth.Done()
	t.eventRules(o, &rt)
	t.addRoute(api, rt)
}

func (t *template) eventRules(o *tree.Object, rt *apidef.Route) {
	var rules apidef.RequestRules
	if m := o.Sub("RequestModel"); m.Present() {
		rules.Models = map[string]string{"application/json": strings.ToLower(m.Text("Model"))}
		rules.CheckBody, rules.CheckParameters = m.Bool("ValidateBody"), m.Bool("ValidateParameters")
		m.Ignore("Required")
		m.Done()
	}
	if list := o.Take("RequestParameters"); list != nil {
		rules.Parameters = map[string]bool{}
		for _, p := range list.Items {
			name, ok := p.Scalar()
			if !ok && len(p.Fields) == 1 {
				s, _ := p.Fields[0].Value.Get("Required").Scalar()
				rules.Parameters[p.Fields[0].Key] = s == "true"
				continue
			}
			rules.Parameters[name] = false
		}
	}
	if rules.Models != nil || rules.Parameters != nil {
		rt.Request = &rules
	}
}

func (t *template) httpEvent(r *resource, o *tree.Object) {
	api, rt := t.event(r, o, "ApiId", implicitHTTP)
	if rt.Path == "" {
		rt.Path, rt.Methods[0] = "$default", "ANY"
	}
	if rt.Methods[0] == "" || rt.Methods[0] == "*" {
		rt.Methods[0] = "ANY"
	}
	rt.Integration.Payload = o.Text("PayloadFormatVersion")
	auth := o.Sub("Auth")
	t.samGuard(auth.Path, api, &rt, auth.Text("Authorizer"), auth.Texts("AuthorizationScopes"))
	auth.Done()
	if limit := routeSettings(o.Sub("RouteSettings")); limit != nil {
		t.throttleRoute(api, rt, *limit)
	}
	t.addRoute(api, rt)
}

func (t *template) throttleRoute(api *apidef.API, rt apidef.Route, limit apidef.Throttle) {
	key := rt.Methods[0] + " " + rt.Path
	if rt.Path == "$default" {
		key = rt.Path
	}
	for i := range api.Stages {
		put(&api.Stages[i].RouteThrottles, key, limit)
	}
}

// addRoute adds a route unless the API's document has it.
func (t *template) addRoute(api *apidef.API, rt apidef.Route) {
	has := slices.ContainsFunc(api.Routes, func(x apidef.Route) bool { return x.Path == rt.Path && slices.Equal(x.Methods, rt.Methods) })
	if !has {
		api.Routes = append(api.Routes, rt)
	}
}

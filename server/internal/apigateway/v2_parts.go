package apigateway

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

func v2PartOperations() []entry {
	routes := v2Part(v2Routes, "Route", "routes", func(e *edit, a *httpAPI, in wire.RouteSettings) (any, error) { return e.addRoute(a, in) })
	integrations := v2Part(v2Integrations, "Integration", "integrations", func(e *edit, a *httpAPI, in wire.IntegrationV2Settings) (any, error) {
		return e.addIntegration(a, in)
	})
	auth := v2Part(v2Authorizers, "Authorizer", "authorizers", func(e *edit, a *httpAPI, in wire.AuthorizerV2) (any, error) {
		in.AuthorizerID = ""
		return v2Authorizers.create(e, a, in)
	})
	models := v2Part(v2Models, "Model", "models", func(e *edit, a *httpAPI, in wire.ModelV2) (any, error) {
		in.ModelID = ""
		return v2Models.create(e, a, in)
	})
	return slices.Concat(routes, integrations, auth, models, v2ResponseOperations())
}

// v2Part gives the operations of a part of HTTP and WebSocket APIs.
func v2Part[T, In any](p part[*httpAPI, T], name, path string, create func(e *edit, a *httpAPI, in In) (any, error)) []entry {
	base := "/v2/apis/{api}/" + path
	one := base + "/{part}"
	return []entry{
		{"Create" + name, "POST " + base, 201, editV2(create)},
		{"Get" + name + "s", "GET " + base, 200, viewV2(func(c *call, a *httpAPI) (any, error) { return itemsV2(c, p.all(a), same) })},
		{"Get" + name, "GET " + one, 200, viewV2(func(c *call, a *httpAPI) (any, error) { return p.find(a, c.vars["part"]) })},
		{"Update" + name, "PATCH " + one, 200, editV2(func(e *edit, a *httpAPI, _ json.RawMessage) (any, error) {
			t, err := p.find(a, e.vars["part"])
			if err != nil {
				return nil, err
			}
			return t, p.update(a, t, e.Body)
		})},
		{"Delete" + name, "DELETE " + one, 204, editV2(func(e *edit, a *httpAPI, _ struct{}) (any, error) {
			return nil, p.remove(a, e.vars["part"])
		})},
	}
}

// update merges a body into a part: what is absent stays, an empty text in a map
// takes an entry away.
func (p part[A, T]) update(a A, t *T, body []byte) error {
	key := *p.key(t)
	if err := decode(body, t); err != nil {
		return err
	}
	if *p.key(t) != key {
		return badRequest("Identifiers cannot be changed")
	}
	return p.check(a, t)
}

func dropEmpty(m map[string]string) {
	for k, v := range m {
		if v == "" {
			delete(m, k)
		}
	}
}

var v2Routes = part[*httpAPI, wire.Route]{
	all: func(a *httpAPI) map[string]*wire.Route { return a.Routes }, key: func(t *wire.Route) *string { return &t.RouteID },
	check: checkRoute, missing: "Invalid Route identifier specified $",
}

func (e *edit) addRoute(a *httpAPI, in wire.RouteSettings) (*wire.Route, error) {
	if len(a.Routes) >= maxResources {
		return nil, badRequest("Maximum number of routes for this API has been reached: %d", maxResources)
	}
	return v2Routes.create(e, a, wire.Route{RouteSettings: in})
}

func checkRoute(a *httpAPI, r *wire.Route) error {
	for _, other := range a.Routes {
		if other.RouteKey == r.RouteKey && other.RouteID != r.RouteID {
			return conflict("Route with key %s already exists for this API", r.RouteKey)
		}
	}
	if err := checkRouteKey(a, r.RouteKey); err != nil {
		return err
	}
	if id, ok := strings.CutPrefix(r.Target, "integrations/"); r.Target != "" && (!ok || a.Integrations[id] == nil) {
		return badRequest("Invalid target specified: %s. It is integrations/ and the id of an integration of the API", r.Target)
	}
	if r.ModelSelectionExpression != "" {
		return unsupported("modelSelectionExpression")
	}
	if r.APIKeyRequired && (a.ProtocolType != string(apidef.WebSocket) || r.RouteKey != "$connect") {
		return badRequest("ApiKeyRequired is only supported for the $connect route of WEBSOCKET APIs")
	}
	return checkRouteAuth(a, r)
}

func checkRouteAuth(a *httpAPI, r *wire.Route) error {
	r.AuthorizationType = cmp.Or(r.AuthorizationType, "NONE")
	switch r.AuthorizationType {
	case "NONE", "AWS_IAM":
		r.AuthorizerID, r.AuthorizationScopes = "", nil
		return nil
	case "JWT", "CUSTOM":
		auth := a.Authorizers[r.AuthorizerID]
		if auth == nil || (auth.AuthorizerType == "JWT") != (r.AuthorizationType == "JWT") {
			return badRequest("Invalid authorizer ID specified: %s authorization needs an authorizer of that type", r.AuthorizationType)
		}
		return nil
	}
	return badRequest("Invalid authorization type specified. Must be one of [NONE, AWS_IAM, CUSTOM, JWT]")
}

// checkRouteKey: METHOD /path or $default on an HTTP API; any name on a WebSocket
// API.
func checkRouteKey(a *httpAPI, key string) error {
	if a.ProtocolType == string(apidef.WebSocket) || key == "$default" {
		if key == "" || strings.ContainsAny(key, " \t\r\n") {
			return badRequest("The provided route key is not formatted properly")
		}
		return nil
	}
	method, path, ok := strings.Cut(key, " ")
	if !ok || !slices.Contains(httpMethods, method) || !strings.HasPrefix(path, "/") {
		return badRequest("The provided route key is not formatted properly for HTTP protocol. Format should be \"<HTTP METHOD> /<RESOURCE PATH>\" or \"$default\"")
	}
	return nil
}

var v2Integrations = part[*httpAPI, wire.IntegrationV2]{
	all: func(a *httpAPI) map[string]*wire.IntegrationV2 { return a.Integrations }, key: func(t *wire.IntegrationV2) *string { return &t.IntegrationID },
	check: checkIntegrationV2, missing: "Invalid Integration identifier specified $",
	used: func(a *httpAPI, t *wire.IntegrationV2) error {
		for _, r := range a.Routes {
			if r.Target == "integrations/"+t.IntegrationID {
				return conflict("Cannot delete Integration '%s' due to: it is the target of the route %s", t.IntegrationID, r.RouteKey)
			}
		}
		delete(a.IntegrationResponses, t.IntegrationID)
		return nil
	},
}

func (e *edit) addIntegration(a *httpAPI, in wire.IntegrationV2Settings) (*wire.IntegrationV2, error) {
	return v2Integrations.create(e, a, wire.IntegrationV2{IntegrationV2Settings: in})
}

func checkIntegrationV2(a *httpAPI, in *wire.IntegrationV2) error {
	dropEmpty(in.RequestParameters)
	web := a.ProtocolType == string(apidef.WebSocket)
	limit := 30000
	if web {
		limit = 29000
	}
	in.ConnectionType = cmp.Or(in.ConnectionType, "INTERNET")
	in.TimeoutInMillis = cmp.Or(in.TimeoutInMillis, limit)
	switch kind := in.IntegrationType; {
	case kind == "AWS":
		return unsupported("integrations of type AWS; AWS_PROXY invokes a Lambda function")
	case kind != "HTTP_PROXY" && kind != "AWS_PROXY" && (!web || kind != "HTTP" && kind != "MOCK"):
		return badRequest("Invalid integration type specified: %s", kind)
	case in.ConnectionType != "INTERNET":
		return unsupported("VPC links")
	case in.TLSConfig != nil && in.TLSConfig.ServerNameToVerify != "":
		return unsupported("serverNameToVerify")
	case !defaultTemplates(in.TemplateSelection):
		return unsupported("templateSelectionExpression " + in.TemplateSelection)
	case kind != "MOCK" && in.IntegrationURI == "":
		return badRequest("IntegrationUri must be specified")
	case in.TimeoutInMillis < 50 || in.TimeoutInMillis > limit:
		return badRequest("Timeout should be between 50 ms and %d ms", limit)
	case kind == "HTTP_PROXY" && in.IntegrationMethod == "":
		return badRequest("HttpMethod must be specified for HTTP_PROXY integrations")
	case kind == "AWS_PROXY":
		in.IntegrationMethod = "POST"
		if !web {
			in.PayloadFormatVersion = cmp.Or(in.PayloadFormatVersion, "2.0")
		}
	}
	if !web && in.PayloadFormatVersion == "" {
		in.PayloadFormatVersion = "1.0"
	}
	return checkHandling(in.ContentHandling)
}

// defaultTemplates: the expression picks the template $default, as none does.
func defaultTemplates(selection string) bool {
	return selection == "" || selection == "$default" || selection == `\$default`
}

var v2Authorizers = part[*httpAPI, wire.AuthorizerV2]{
	all: func(a *httpAPI) map[string]*wire.AuthorizerV2 { return a.Authorizers }, key: func(t *wire.AuthorizerV2) *string { return &t.AuthorizerID },
	check: checkAuthorizerV2, missing: "Invalid Authorizer identifier specified $",
	used: func(a *httpAPI, t *wire.AuthorizerV2) error {
		for _, r := range a.Routes {
			if r.AuthorizerID == t.AuthorizerID {
				return conflict("Cannot delete Authorizer '%s' due to: it is used by the route %s", t.Name, r.RouteKey)
			}
		}
		return nil
	},
}

func checkAuthorizerV2(a *httpAPI, t *wire.AuthorizerV2) error {
	for _, other := range a.Authorizers {
		if other.Name == t.Name && other.AuthorizerID != t.AuthorizerID {
			return badRequest("Authorizer name must be unique. Authorizer %s already exists in this API.", t.Name)
		}
	}
	switch {
	case t.Name == "":
		return badRequest("Authorizer name cannot be empty")
	case t.AuthorizerType == "JWT" && (t.JWTConfiguration == nil || t.JWTConfiguration.Issuer == ""):
		return badRequest("JWT authorizers need a jwtConfiguration with an issuer and an audience")
	case t.AuthorizerType == "REQUEST" && t.AuthorizerURI == "":
		return badRequest("Authorizer URI cannot be empty for authorizers of type REQUEST")
	case t.AuthorizerType != "JWT" && t.AuthorizerType != "REQUEST":
		return badRequest("Invalid authorizer type specified: %s", t.AuthorizerType)
	case t.TTL != nil && (*t.TTL < 0 || *t.TTL > 3600):
		return badRequest("Invalid value for authorizerResultTtlInSeconds: it is between 0 and 3600")
	case t.IdentityValidationExpression != "":
		return unsupported("identityValidationExpression of HTTP and WebSocket APIs")
	}
	return nil
}

var v2Models = part[*httpAPI, wire.ModelV2]{
	all: func(a *httpAPI) map[string]*wire.ModelV2 { return a.Models }, key: func(t *wire.ModelV2) *string { return &t.ModelID },
	missing: "Invalid Model identifier specified $",
	check: func(a *httpAPI, t *wire.ModelV2) error {
		if a.ProtocolType != string(apidef.WebSocket) {
			return badRequest("Models are supported for WEBSOCKET APIs only")
		}
		if t.Name == "" || !json.Valid([]byte(t.Schema)) {
			return badRequest("A model has a name and a JSON schema")
		}
		return nil
	},
}

package apigateway

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

// frame is the API without its routes.
func (a *httpAPI) frame() apidef.API {
	out := apidef.API{
		ID: a.APIID, Name: a.Name, Description: a.Description, Protocol: apidef.Protocol(a.ProtocolType),
		DisableEndpoint: a.DisableExecuteAPIEndpoint, Tags: a.Tags,
	}
	if out.Protocol == apidef.WebSocket {
		out.RouteSelection = a.RouteSelectionExpression
	}
	if c := a.CorsConfiguration; c != nil {
		out.CORS = &apidef.CORS{
			AllowOrigins: c.AllowOrigins, AllowMethods: c.AllowMethods, AllowHeaders: c.AllowHeaders, ExposeHeaders: c.ExposeHeaders,
			MaxAge: time.Duration(c.MaxAge) * time.Second, AllowCredentials: c.AllowCredentials,
		}
	}
	return out
}

// render makes of the draft what a deployment keeps. A route without a target is
// refused: left out, its calls would go to a more general route, which may ask
// for less.
func (a *httpAPI) render() (apidef.API, error) {
	out := a.frame()
	for _, id := range slices.Sorted(maps.Keys(a.Authorizers)) {
		out.Authorizers = append(out.Authorizers, renderAuthorizerV2(a.Authorizers[id]))
	}
	for _, r := range slices.SortedFunc(maps.Values(a.Routes), func(x, y *wire.Route) int { return cmp.Compare(x.RouteKey, y.RouteKey) }) {
		route, err := a.renderRoute(r)
		if err != nil {
			return out, err
		}
		out.Routes = append(out.Routes, route)
	}
	if len(out.Routes) == 0 {
		return out, badRequest("Unable to deploy API because no routes exist in this API")
	}
	return out, nil
}

func renderAuthorizerV2(t *wire.AuthorizerV2) apidef.Authorizer {
	out := apidef.Authorizer{
		Name: t.Name, Type: apidef.AuthorizerType(t.AuthorizerType), IdentitySource: t.IdentitySource, URI: t.AuthorizerURI, TTL: t.TTL,
		Payload: t.PayloadFormatVersion, Simple: t.EnableSimpleResponses,
	}
	if j := t.JWTConfiguration; j != nil {
		out.Issuer, out.Audience = j.Issuer, j.Audience
	}
	return out
}

func (a *httpAPI) renderRoute(r *wire.Route) (apidef.Route, error) {
	web := a.ProtocolType == string(apidef.WebSocket)
	out := apidef.Route{
		Path: r.RouteKey, Auth: apidef.Auth(r.AuthorizationType), Scopes: r.AuthorizationScopes, OperationName: r.OperationName, APIKeyRequired: r.APIKeyRequired,
	}
	in := a.Integrations[strings.TrimPrefix(r.Target, "integrations/")]
	switch {
	case in != nil:
		out.Integration = a.renderIntegration(in)
	case !web || r.RouteKey != "$connect" && r.RouteKey != "$disconnect":
		return apidef.Route{}, badRequest("Unable to deploy API because the route %s has no target", r.RouteKey)
	}
	if auth := a.Authorizers[r.AuthorizerID]; auth != nil {
		out.Authorizer = auth.Name
	}
	if web {
		out.Responses = routeResponses(a.RouteResponses[r.RouteID])
		return out, nil
	}
	out.Methods = []string{"ANY"}
	if method, path, ok := strings.Cut(r.RouteKey, " "); ok {
		out.Methods, out.Path = []string{method}, path
	}
	return out, nil
}

// routeResponses says that a route of a WebSocket API answers its caller.
func routeResponses(all map[string]*wire.RouteResponse) []apidef.MethodResponse {
	if len(all) == 0 {
		return nil
	}
	return []apidef.MethodResponse{{Status: 200}}
}

func (a *httpAPI) renderIntegration(in *wire.IntegrationV2) apidef.Integration {
	out := apidef.Integration{
		Type: apidef.IntegrationType(in.IntegrationType), URI: in.IntegrationURI, Parameters: in.RequestParameters, Templates: in.RequestTemplates,
		ContentHandling: in.ContentHandling, ResponseParameters: in.ResponseParameters,
	}
	web := a.ProtocolType == string(apidef.WebSocket)
	if in.IntegrationMethod != "ANY" && out.Type != apidef.Lambda && out.Type != apidef.Mock {
		out.Method = in.IntegrationMethod
	}
	if out.Type == apidef.Lambda && !web {
		out.Payload = in.PayloadFormatVersion
	}
	if in.PassthroughBehavior != "WHEN_NO_MATCH" {
		out.Passthrough = in.PassthroughBehavior
	}
	if limit := map[bool]int{false: 30000, true: 29000}[web]; in.TimeoutInMillis != limit {
		out.Timeout = time.Duration(in.TimeoutInMillis) * time.Millisecond
	}
	all := a.IntegrationResponses[in.IntegrationID]
	for _, id := range slices.Sorted(maps.Keys(all)) {
		r := all[id]
		next := apidef.IntegrationResponse{Status: 200, Parameters: r.ResponseParameters, Templates: r.ResponseTemplates, ContentHandling: r.ContentHandling}
		if r.IntegrationResponseKey != "$default" {
			next.Selection = strings.Trim(r.IntegrationResponseKey, "/")
		}
		out.Responses = append(out.Responses, next)
	}
	return out
}

func throttleOf(set *wire.StageRouteSettings) *apidef.Throttle {
	if set == nil || set.ThrottlingRateLimit == 0 && set.ThrottlingBurstLimit == 0 {
		return nil
	}
	t := apidef.Throttle{Rate: set.ThrottlingRateLimit, Burst: set.ThrottlingBurstLimit}
	t.Rate, t.Burst = cmp.Or(t.Rate, accountRate), cmp.Or(t.Burst, accountBurst)
	return &t
}

func renderStageV2(st *wire.StageV2) apidef.Stage {
	out := apidef.Stage{Name: st.StageName, Deployment: st.DeploymentID, Variables: st.StageVariables, Throttle: throttleOf(st.DefaultRouteSettings)}
	for key, own := range st.RouteSettings {
		if t := throttleOf(own); t != nil {
			set(&out.RouteThrottles, key, *t)
		}
	}
	if log := st.AccessLogSettings; log != nil {
		out.AccessLog = &apidef.AccessLog{Format: log.Format}
	}
	return out
}

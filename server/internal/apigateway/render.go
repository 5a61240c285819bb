package apigateway

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

// frame is the API without its routes.
func (a *restAPI) frame() apidef.API {
	out := apidef.API{
		ID: a.ID, Name: a.Name, Protocol: apidef.REST, Policy: a.Policy, Pins: a.Pins, BinaryMediaTypes: a.BinaryMediaTypes,
		DisableEndpoint: a.DisableExecuteAPIEndpoint, Tags: a.Tags,
	}
	if a.Description != nil {
		out.Description = *a.Description
	}
	if a.APIKeySource == "AUTHORIZER" {
		out.APIKeySource = a.APIKeySource
	}
	return out
}

// render makes of the draft what a deployment keeps.
func (a *restAPI) render() (apidef.API, error) {
	out := a.frame()
	for _, id := range slices.Sorted(maps.Keys(a.Authorizers)) {
		out.Authorizers = append(out.Authorizers, renderAuthorizer(a.Authorizers[id]))
	}
	for name, m := range a.Models {
		set(&out.Models, name, m.Schema)
	}
	for kind, r := range a.Responses {
		if out.Responses == nil {
			out.Responses = map[string]apidef.GatewayResponse{}
		}
		out.Responses[kind] = apidef.GatewayResponse{Status: number(r.StatusCode), Parameters: r.ResponseParameters, Templates: r.ResponseTemplates}
	}
	for _, r := range slices.SortedFunc(maps.Values(a.Resources), func(x, y *wire.Resource) int { return cmp.Compare(x.Path, y.Path) }) {
		for _, name := range slices.Sorted(maps.Keys(r.Methods)) {
			route, err := a.renderMethod(r.Path, r.Methods[name])
			if err != nil {
				return out, err
			}
			out.Routes = append(out.Routes, route)
		}
	}
	if len(out.Routes) == 0 {
		return out, badRequest("The REST API doesn't contain any methods")
	}
	return out, nil
}

// number reads a status, which has been checked.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

func renderAuthorizer(t *wire.Authorizer) apidef.Authorizer {
	return apidef.Authorizer{
		Name: t.Name, Type: apidef.AuthorizerType(t.Type), ProviderARNs: t.ProviderARNs, Validation: t.IdentityValidationExpression,
		URI: t.AuthorizerURI, TTL: t.TTL, IdentitySource: apidef.Sources(t.IdentitySource),
	}
}

func (a *restAPI) renderMethod(path string, m *wire.Method) (apidef.Route, error) {
	if m.Integration == nil {
		return apidef.Route{}, badRequest("No integration defined for method")
	}
	out := apidef.Route{
		Path: path, Methods: []string{m.HTTPMethod}, Auth: apidef.Auth(m.AuthorizationType), Scopes: m.AuthorizationScopes,
		APIKeyRequired: m.APIKeyRequired, OperationName: m.OperationName, Integration: renderIntegration(m),
	}
	if auth := a.Authorizers[m.AuthorizerID]; auth != nil {
		out.Authorizer = auth.Name
	}
	v := a.Validators[m.RequestValidatorID]
	if v != nil || len(m.RequestParameters)+len(m.RequestModels) > 0 {
		out.Request = &apidef.RequestRules{Parameters: m.RequestParameters, Models: m.RequestModels}
		if v != nil {
			out.Request.CheckParameters, out.Request.CheckBody = v.ValidateRequestParameters, v.ValidateRequestBody
		}
	}
	for _, code := range slices.Sorted(maps.Keys(m.MethodResponses)) {
		r := m.MethodResponses[code]
		out.Responses = append(out.Responses, apidef.MethodResponse{Status: number(code), Parameters: r.ResponseParameters, Models: r.ResponseModels})
	}
	return out, nil
}

func renderIntegration(m *wire.Method) apidef.Integration {
	in := m.Integration
	out := apidef.Integration{
		Type: apidef.IntegrationType(in.Type), URI: in.URI, Parameters: in.RequestParameters, Templates: in.RequestTemplates,
		ContentHandling: in.ContentHandling,
	}
	switch out.Type {
	case apidef.HTTPProxy, apidef.HTTPCustom:
		out.URI = rooted(in.URI)
		if in.HTTPMethod != "ANY" && in.HTTPMethod != m.HTTPMethod {
			out.Method = in.HTTPMethod
		}
	case apidef.Mock:
		out.URI = ""
	}
	if in.PassthroughBehavior != "WHEN_NO_MATCH" {
		out.Passthrough = in.PassthroughBehavior
	}
	if in.TimeoutInMillis != 29000 {
		out.Timeout = time.Duration(in.TimeoutInMillis) * time.Millisecond
	}
	for _, code := range slices.Sorted(maps.Keys(in.IntegrationResponses)) {
		r := in.IntegrationResponses[code]
		out.Responses = append(out.Responses, apidef.IntegrationResponse{
			Status: number(code), Selection: r.SelectionPattern, Parameters: r.ResponseParameters, Templates: r.ResponseTemplates, ContentHandling: r.ContentHandling,
		})
	}
	return out
}

// rooted gives an address without a path the path "/". A REST API of AWS sends
// every call to exactly the address it has, and one without a path means "/";
// apidef has another meaning for it.
func rooted(uri string) string {
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok || strings.ContainsAny(rest, "/?#") {
		return uri
	}
	if _, err := url.Parse(scheme + "://x"); err != nil {
		return uri
	}
	return uri + "/"
}

// renderStage makes of a stage what the gateway serves.
func renderStage(st *wire.Stage) apidef.Stage {
	out := apidef.Stage{Name: st.StageName, Deployment: st.DeploymentID, Variables: st.Variables}
	for key, own := range st.MethodSettings {
		t := apidef.Throttle{Rate: own.ThrottlingRateLimit, Burst: own.ThrottlingBurstLimit}
		if key == "*/*" {
			out.Throttle = &t
			continue
		}
		set(&out.RouteThrottles, methodFirst(key), t)
	}
	if log := st.AccessLogSettings; log != nil {
		out.AccessLog = &apidef.AccessLog{Format: log.Format}
	}
	return out
}

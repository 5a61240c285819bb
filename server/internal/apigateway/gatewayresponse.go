package apigateway

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
)

// defaultStatus are the types of gateway responses with their status; "" where
// the refusal has its own (Amazon API Gateway Developer Guide, "Gateway response
// types").
var defaultStatus = map[string]string{
	"ACCESS_DENIED": "403", "API_CONFIGURATION_ERROR": "500", "AUTHORIZER_CONFIGURATION_ERROR": "500", "AUTHORIZER_FAILURE": "500",
	"BAD_REQUEST_BODY": "400", "BAD_REQUEST_PARAMETERS": "400", "DEFAULT_4XX": "", "DEFAULT_5XX": "", "EXPIRED_TOKEN": "403",
	"INTEGRATION_FAILURE": "504", "INTEGRATION_TIMEOUT": "504", "INVALID_API_KEY": "403", "INVALID_SIGNATURE": "403",
	"MISSING_AUTHENTICATION_TOKEN": "403", "QUOTA_EXCEEDED": "429", "REQUEST_TOO_LARGE": "413", "RESOURCE_NOT_FOUND": "404",
	"THROTTLED": "429", "UNAUTHORIZED": "401", "UNSUPPORTED_MEDIA_TYPE": "415", "WAF_FILTERED": "403",
}

const defaultTemplate = `{"message":$context.error.messageString}`

func responseOperations() []entry {
	const all, one = "/restapis/{api}/gatewayresponses", "/restapis/{api}/gatewayresponses/{type}"
	return []entry{
		{"GetGatewayResponses", "GET " + all, 200, viewAPI(getGatewayResponses)},
		{"GetGatewayResponse", "GET " + one, 200, viewAPI(func(c *call, a *restAPI) (any, error) { return a.response(c.vars["type"]) })},
		{"PutGatewayResponse", "PUT " + one, 201, editAPI(putGatewayResponse)},
		{"UpdateGatewayResponse", "PATCH " + one, 200, editAPI(updateGatewayResponse)},
		{"DeleteGatewayResponse", "DELETE " + one, 202, editAPI(deleteGatewayResponse)},
	}
}

// response is what an API answers to one kind of refusal: what is set for it,
// else for its class, else the default.
func (a *restAPI) response(kind string) (*wire.GatewayResponse, error) {
	status, known := defaultStatus[kind]
	if !known {
		return nil, wire.Errorf("ValidationException", "1 validation error detected: Value '%s' at 'responseType' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [%s]", kind, strings.Join(slices.Sorted(maps.Keys(defaultStatus)), ", "))
	}
	if set := a.Responses[kind]; set != nil {
		return set, nil
	}
	class := "DEFAULT_4XX"
	if status != "" && status[0] == '5' {
		class = "DEFAULT_5XX"
	}
	out := &wire.GatewayResponse{
		ResponseType: kind, StatusCode: status, DefaultResponse: true,
		ResponseParameters: map[string]string{}, ResponseTemplates: map[string]string{"application/json": defaultTemplate},
	}
	if set := a.Responses[class]; set != nil && status != "" {
		out.StatusCode = cmp.Or(set.StatusCode, status)
		out.ResponseParameters, out.ResponseTemplates = maps.Clone(set.ResponseParameters), maps.Clone(set.ResponseTemplates)
	}
	return out, nil
}

func getGatewayResponses(_ *call, a *restAPI) (any, error) {
	out := wire.Items[*wire.GatewayResponse]{}
	for _, kind := range slices.Sorted(maps.Keys(defaultStatus)) {
		r, err := a.response(kind)
		if err != nil {
			return nil, err
		}
		out.Item = append(out.Item, r)
	}
	return out, nil
}

func putGatewayResponse(e *edit, a *restAPI, in wire.PutGatewayResponseInput) (any, error) {
	kind := e.vars["type"]
	if _, err := a.response(kind); err != nil {
		return nil, err
	}
	r := &wire.GatewayResponse{
		ResponseType: kind, StatusCode: cmp.Or(in.StatusCode, defaultStatus[kind]),
		ResponseParameters: in.ResponseParameters, ResponseTemplates: in.ResponseTemplates,
	}
	return r, a.setResponse(r)
}

func (a *restAPI) setResponse(r *wire.GatewayResponse) error {
	if r.StatusCode != "" && !statusForm(r.StatusCode) {
		return badRequest("Invalid status code specified: %s", r.StatusCode)
	}
	for name := range r.ResponseParameters {
		if header, ok := strings.CutPrefix(name, "gatewayresponse.header."); !ok || header == "" {
			return badRequest("Invalid response parameter specified: %s", name)
		}
	}
	if r.ResponseParameters == nil {
		r.ResponseParameters = map[string]string{}
	}
	if len(r.ResponseTemplates) == 0 {
		r.ResponseTemplates = map[string]string{"application/json": defaultTemplate}
	}
	r.DefaultResponse = false
	a.Responses[r.ResponseType] = r
	return nil
}

func updateGatewayResponse(e *edit, a *restAPI, in wire.PatchInput) (any, error) {
	r, err := a.response(e.vars["type"])
	if err != nil {
		return nil, err
	}
	if err := patch(r, in.PatchOperations, "/statusCode", "/responseParameters/*", "/responseTemplates/*"); err != nil {
		return nil, err
	}
	return r, a.setResponse(r)
}

func deleteGatewayResponse(e *edit, a *restAPI, _ struct{}) (any, error) {
	kind := e.vars["type"]
	if a.Responses[kind] == nil {
		return nil, notFound("Gateway response type not defined on api")
	}
	delete(a.Responses, kind)
	return nil, nil
}

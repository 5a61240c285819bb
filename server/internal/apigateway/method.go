package apigateway

import (
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
)

func methodOperations() []entry {
	const method = "/restapis/{api}/resources/{id}/methods/{method}"
	const response, integration = method + "/responses/{status}", method + "/integration"
	const mapping = integration + "/responses/{status}"
	return []entry{
		{"PutMethod", "PUT " + method, 201, editAPI(putMethod)},
		{"GetMethod", "GET " + method, 200, viewAPI(func(c *call, a *restAPI) (any, error) { return a.method(c) })},
		{"UpdateMethod", "PATCH " + method, 200, editAPI(updateMethod)},
		{"DeleteMethod", "DELETE " + method, 204, editAPI(deleteMethod)},

		{"PutMethodResponse", "PUT " + response, 201, editAPI(putMethodResponse)},
		{"GetMethodResponse", "GET " + response, 200, viewAPI(func(c *call, a *restAPI) (any, error) { return a.methodResponse(c) })},
		{"UpdateMethodResponse", "PATCH " + response, 201, editAPI(updateMethodResponse)},
		{"DeleteMethodResponse", "DELETE " + response, 204, editAPI(deleteMethodResponse)},

		{"PutIntegration", "PUT " + integration, 201, editAPI(putIntegration)},
		{"GetIntegration", "GET " + integration, 200, viewAPI(func(c *call, a *restAPI) (any, error) { return a.integration(c) })},
		{"UpdateIntegration", "PATCH " + integration, 200, editAPI(updateIntegration)},
		{"DeleteIntegration", "DELETE " + integration, 204, editAPI(deleteIntegration)},

		{"PutIntegrationResponse", "PUT " + mapping, 201, editAPI(putIntegrationResponse)},
		{"GetIntegrationResponse", "GET " + mapping, 200, viewAPI(func(c *call, a *restAPI) (any, error) { return a.integrationResponse(c) })},
		{"UpdateIntegrationResponse", "PATCH " + mapping, 200, editAPI(updateIntegrationResponse)},
		{"DeleteIntegrationResponse", "DELETE " + mapping, 204, editAPI(deleteIntegrationResponse)},
	}
}

// httpMethods are those of a resource.
var httpMethods = []string{"GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"}

// method is the one that the path names.
func (a *restAPI) method(c *call) (*wire.Method, error) {
	r, err := a.resource(c.vars["id"])
	if err != nil {
		return nil, err
	}
	if m := r.Methods[c.vars["method"]]; m != nil {
		return m, nil
	}
	return nil, notFound("Invalid Method identifier specified")
}

func putMethod(e *edit, a *restAPI, in wire.MethodSettings) (any, error) {
	r, err := a.resource(e.vars["id"])
	if err != nil {
		return nil, err
	}
	name := e.vars["method"]
	switch {
	case !slices.Contains(httpMethods, name):
		return nil, badRequest("Invalid HttpMethod specified. Valid options are %s", strings.Join(httpMethods, ","))
	case r.Methods[name] != nil:
		return nil, conflict("Method already exists for this resource")
	}
	m := &wire.Method{MethodSettings: in, HTTPMethod: name}
	if err := a.checkMethod(m); err != nil {
		return nil, err
	}
	set(&r.Methods, name, m)
	return m, nil
}

func (a *restAPI) checkMethod(m *wire.Method) error {
	switch m.AuthorizationType {
	case "NONE", "AWS_IAM":
		m.AuthorizerID = ""
	case "COGNITO_USER_POOLS", "CUSTOM":
		auth := a.Authorizers[m.AuthorizerID]
		if auth == nil || (auth.Type == "COGNITO_USER_POOLS") != (m.AuthorizationType == "COGNITO_USER_POOLS") {
			return badRequest("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.")
		}
	default:
		return badRequest("Invalid authorization type specified. Valid options are NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS")
	}
	if m.RequestValidatorID != "" && a.Validators[m.RequestValidatorID] == nil {
		return badRequest("Invalid Request Validator identifier specified")
	}
	for _, name := range m.RequestModels {
		if a.Models[name] == nil {
			return badRequest("Invalid model identifier specified: %s", name)
		}
	}
	return checkParameters(m.RequestParameters)
}

func checkParameters(all map[string]bool) error {
	seen := map[string]bool{}
	for p := range all {
		place, name, ok := strings.Cut(strings.TrimPrefix(p, "method.request."), ".")
		if !ok || name == "" || !slices.Contains([]string{"header", "querystring", "path"}, place) || !strings.HasPrefix(p, "method.request.") {
			return badRequest("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: %s]", p)
		}
		if seen[name] {
			return badRequest("Parameter names must be unique across querystring, header and path")
		}
		seen[name] = true
	}
	return nil
}

func updateMethod(e *edit, a *restAPI, in wire.PatchInput) (any, error) {
	m, err := a.method(e.call)
	if err != nil {
		return nil, err
	}
	err = patch(&m.MethodSettings, in.PatchOperations, "/authorizationType", "/authorizerId", "/apiKeyRequired", "/requestValidatorId",
		"/operationName", "/requestParameters/*", "/requestModels/*", "/authorizationScopes/*")
	if err != nil {
		return nil, err
	}
	return m, a.checkMethod(m)
}

func deleteMethod(e *edit, a *restAPI, _ struct{}) (any, error) {
	if _, err := a.method(e.call); err != nil {
		return nil, err
	}
	delete(a.Resources[e.vars["id"]].Methods, e.vars["method"])
	return nil, nil
}

func (a *restAPI) methodResponse(c *call) (*wire.MethodResponse, error) {
	m, err := a.method(c)
	if err != nil {
		return nil, err
	}
	if r := m.MethodResponses[c.vars["status"]]; r != nil {
		return r, nil
	}
	return nil, notFound("Invalid Response status code specified")
}

// statusForm: 100 to 599.
func statusForm(code string) bool {
	return len(code) == 3 && code[0] >= '1' && code[0] <= '5' && code[1] >= '0' && code[1] <= '9' && code[2] >= '0' && code[2] <= '9'
}

func putMethodResponse(e *edit, a *restAPI, in wire.MethodResponse) (any, error) {
	m, err := a.method(e.call)
	if err != nil {
		return nil, err
	}
	in.StatusCode = e.vars["status"]
	if m.MethodResponses[in.StatusCode] != nil {
		return nil, conflict("Response already exists for this resource")
	}
	if err := a.checkMethodResponse(&in); err != nil {
		return nil, err
	}
	set(&m.MethodResponses, in.StatusCode, &in)
	return in, nil
}

func (a *restAPI) checkMethodResponse(r *wire.MethodResponse) error {
	if !statusForm(r.StatusCode) {
		return badRequest("Invalid Response status code specified: %s", r.StatusCode)
	}
	for _, name := range r.ResponseModels {
		if a.Models[name] == nil {
			return badRequest("Invalid model identifier specified: %s", name)
		}
	}
	return nil
}

func updateMethodResponse(e *edit, a *restAPI, in wire.PatchInput) (any, error) {
	r, err := a.methodResponse(e.call)
	if err != nil {
		return nil, err
	}
	if err := patch(r, in.PatchOperations, "/responseParameters/*", "/responseModels/*"); err != nil {
		return nil, err
	}
	return r, a.checkMethodResponse(r)
}

func deleteMethodResponse(e *edit, a *restAPI, _ struct{}) (any, error) {
	if _, err := a.methodResponse(e.call); err != nil {
		return nil, err
	}
	m, err := a.method(e.call)
	if err != nil {
		return nil, err
	}
	delete(m.MethodResponses, e.vars["status"])
	return nil, nil
}

package apigateway

import (
	"cmp"
	"slices"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

// integration is the one of the method that the path names.
func (a *restAPI) integration(c *call) (*wire.Integration, error) {
	m, err := a.method(c)
	if err != nil {
		return nil, err
	}
	if m.Integration == nil {
		return nil, notFound("Invalid Integration identifier specified")
	}
	return m.Integration, nil
}

func putIntegration(e *edit, a *restAPI, in wire.IntegrationSettings) (any, error) {
	m, err := a.method(e.call)
	if err != nil {
		return nil, err
	}
	next := &wire.Integration{IntegrationSettings: in}
	if err := e.checkIntegration(next); err != nil {
		return nil, err
	}
	m.Integration = next
	return next, nil
}

// checkIntegration refuses what the gateway does not do and fills in defaults.
func (e *edit) checkIntegration(in *wire.Integration) error {
	types := []string{"HTTP", "HTTP_PROXY", "MOCK", "AWS", "AWS_PROXY"}
	switch {
	case in.Type == "AWS" && !apidef.InvokesFunction(in.URI):
		return unsupported("integrations with AWS services other than Lambda functions")
	case !slices.Contains(types, in.Type):
		return badRequest("Invalid integration type specified: %s", in.Type)
	case in.ConnectionType == "VPC_LINK":
		return unsupported("VPC links")
	case in.TLSConfig != nil && in.TLSConfig.InsecureSkipVerification:
		return unsupported("insecureSkipVerification")
	case in.TransferMode == "STREAM":
		return unsupported("responseTransferMode STREAM")
	case len(in.CacheKeyParameters) > 0:
		return unsupported("caching")
	case in.Type != "MOCK" && in.HTTPMethod == "":
		return badRequest("Enumeration value for HttpMethod must be non-empty")
	case in.Type != "MOCK" && in.URI == "":
		return badRequest("Invalid HTTP endpoint specified for URI")
	}
	in.PassthroughBehavior = cmp.Or(in.PassthroughBehavior, "WHEN_NO_MATCH")
	in.TimeoutInMillis = cmp.Or(in.TimeoutInMillis, 29000)
	in.CacheNamespace = cmp.Or(in.CacheNamespace, e.vars["id"])
	if !slices.Contains([]string{"WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"}, in.PassthroughBehavior) {
		return badRequest("Invalid passthrough behavior specified: %s", in.PassthroughBehavior)
	}
	if in.TimeoutInMillis < 50 || in.TimeoutInMillis > 29000 {
		return badRequest("Timeout should be between 50 ms and 29000 ms")
	}
	return checkHandling(in.ContentHandling)
}

func checkHandling(h string) error {
	if h != "" && h != "CONVERT_TO_BINARY" && h != "CONVERT_TO_TEXT" {
		return badRequest("Invalid content handling specified: %s", h)
	}
	return nil
}

func updateIntegration(e *edit, a *restAPI, in wire.PatchInput) (any, error) {
	i, err := a.integration(e.call)
	if err != nil {
		return nil, err
	}
	err = patch(&i.IntegrationSettings, in.PatchOperations, "/type", "/httpMethod", "/uri", "/connectionType", "/requestParameters/*",
		"/requestTemplates/*", "/passthroughBehavior", "/contentHandling", "/timeoutInMillis", "/cacheNamespace", "/cacheKeyParameters/*",
		"/tlsConfig/insecureSkipVerification")
	if err != nil {
		return nil, err
	}
	return i, e.checkIntegration(i)
}

func deleteIntegration(e *edit, a *restAPI, _ struct{}) (any, error) {
	m, err := a.method(e.call)
	if err == nil && m.Integration == nil {
		err = notFound("Invalid Integration identifier specified")
	}
	if err == nil {
		m.Integration = nil
	}
	return nil, err
}

func (a *restAPI) integrationResponse(c *call) (*wire.IntegrationResponse, error) {
	i, err := a.integration(c)
	if err != nil {
		return nil, err
	}
	if r := i.IntegrationResponses[c.vars["status"]]; r != nil {
		return r, nil
	}
	return nil, notFound("Invalid Response status code specified")
}

func putIntegrationResponse(e *edit, a *restAPI, in wire.IntegrationResponse) (any, error) {
	i, err := a.integration(e.call)
	if err != nil {
		return nil, err
	}
	in.StatusCode = e.vars["status"]
	if err := a.checkIntegrationResponse(e, &in); err != nil {
		return nil, err
	}
	set(&i.IntegrationResponses, in.StatusCode, &in)
	return in, nil
}

func (a *restAPI) checkIntegrationResponse(e *edit, r *wire.IntegrationResponse) error {
	if !statusForm(r.StatusCode) {
		return badRequest("Invalid Response status code specified: %s", r.StatusCode)
	}
	m, err := a.method(e.call)
	if err != nil {
		return err
	}
	if m.MethodResponses[r.StatusCode] == nil {
		return notFound("Invalid Response status code specified")
	}
	return checkHandling(r.ContentHandling)
}

func updateIntegrationResponse(e *edit, a *restAPI, in wire.PatchInput) (any, error) {
	r, err := a.integrationResponse(e.call)
	if err != nil {
		return nil, err
	}
	err = patch(r, in.PatchOperations, "/selectionPattern", "/responseParameters/*", "/responseTemplates/*", "/contentHandling")
	if err != nil {
		return nil, err
	}
	return r, checkHandling(r.ContentHandling)
}

func deleteIntegrationResponse(e *edit, a *restAPI, _ struct{}) (any, error) {
	if _, err := a.integrationResponse(e.call); err != nil {
		return nil, err
	}
	i, err := a.integration(e.call)
	if err == nil {
		delete(i.IntegrationResponses, e.vars["status"])
	}
	return nil, err
}

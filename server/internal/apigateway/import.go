package apigateway

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

// read reads the OpenAPI document of an import, and refuses it for its warnings
// if the call says so.
func (s *Service) read(c *call, doc []byte, p apidef.Protocol) (apidef.API, []string, error) {
	if s.Read == nil {
		return apidef.API{}, nil, unsupported("imports")
	}
	api, warnings, err := s.Read(doc, p, c.Query.Get("basepath"))
	if err != nil {
		return api, nil, badRequest("Errors found during import: %v", err)
	}
	fail := c.Query.Get("failonwarnings") + c.Query.Get("failOnWarnings")
	if strings.EqualFold(fail, "true") && len(warnings) > 0 {
		return api, nil, badRequest("Warnings found during import: %s", strings.Join(warnings, "; "))
	}
	if api.IdentityToken != "" {
		return api, nil, unsupported("an identity token of imported APIs")
	}
	return api, warnings, nil
}

func settingsOf(api apidef.API) wire.RestAPISettings {
	out := wire.RestAPISettings{
		Name: api.Name, BinaryMediaTypes: api.BinaryMediaTypes, APIKeySource: api.APIKeySource, Policy: api.Policy,
		DisableExecuteAPIEndpoint: api.DisableEndpoint, Tags: api.Tags,
	}
	if api.Description != "" {
		out.Description = &api.Description
	}
	return out
}

func importRestAPI(c *call) (any, error) {
	api, warnings, err := c.s.read(c, c.Body, apidef.REST)
	if err != nil {
		return nil, err
	}
	return transact(c, func(e *edit) (*restAPI, error) {
		settings := settingsOf(api)
		if types := c.Query.Get("endpointConfigurationTypes"); types != "" {
			settings.EndpointConfiguration = &wire.EndpointConfiguration{Types: []string{types}, IPAddressType: "ipv4"}
		}
		return e.newRestAPI(settings)
	}, (*edit).putRestAPI, func(e *edit, a *restAPI) (any, error) { return a.warned(warnings), e.absorb(a, api) })
}

// warned is the API as imports show it.
func (a *restHead) warned(warnings []string) wire.RestAPI {
	out := a.shown()
	out.Warnings = warnings
	return out
}

// reimportRestAPI merges a document into an API or puts it in place of its resources.
func reimportRestAPI(c *call) (any, error) {
	mode := cmp.Or(c.Query.Get("mode"), "merge")
	if mode != "merge" && mode != "overwrite" {
		return nil, badRequest("Enumeration value of OpenAPI import mode must be \"overwrite\" or \"merge\"")
	}
	api, warnings, err := c.s.read(c, c.Body, apidef.REST)
	if err != nil {
		return nil, err
	}
	return transact(c, func(e *edit) (*restAPI, error) { return findRestAPI(c, e.Tx) }, (*edit).putRestAPI, func(e *edit, a *restAPI) (any, error) {
		err := e.overlay(a, api, mode == "overwrite")
		return a.warned(warnings), err
	})
}

// overlay puts a document over the draft, or in its place.
func (e *edit) overlay(a *restAPI, api apidef.API, overwrite bool) error {
	old, next := a.RestAPISettings, settingsOf(api)
	if overwrite {
		root := a.Resources[a.RootResourceID]
		root.Methods = nil
		a.Resources = map[string]*wire.Resource{root.ID: root}
		a.Authorizers, a.Validators = map[string]*wire.Authorizer{}, map[string]*wire.RequestValidator{}
		a.Models, a.Responses = defaultModels(), map[string]*wire.GatewayResponse{}
		a.Name, a.Description, a.Policy, a.BinaryMediaTypes = cmp.Or(next.Name, old.Name), next.Description, next.Policy, next.BinaryMediaTypes
		a.APIKeySource, a.DisableExecuteAPIEndpoint = next.APIKeySource, next.DisableExecuteAPIEndpoint
	} else {
		a.Policy = cmp.Or(next.Policy, a.Policy)
		a.APIKeySource = cmp.Or(next.APIKeySource, a.APIKeySource)
		a.DisableExecuteAPIEndpoint = a.DisableExecuteAPIEndpoint || next.DisableExecuteAPIEndpoint
		if len(next.BinaryMediaTypes) > 0 {
			a.BinaryMediaTypes = next.BinaryMediaTypes
		}
	}
	if err := e.checkRestAPI(a, old); err != nil {
		return err
	}
	return e.absorb(a, api)
}

// absorb takes what a document describes into the draft: the inverse of render.
func (e *edit) absorb(a *restAPI, api apidef.API) error {
	for name, schema := range api.Models {
		id, err := e.s.newID(6)
		if err != nil {
			return err
		}
		a.Models[name] = &wire.Model{ID: id, Name: name, ContentType: "application/json", Schema: schema}
	}
	for kind, r := range api.Responses {
		next := &wire.GatewayResponse{ResponseType: kind, ResponseParameters: r.Parameters, ResponseTemplates: r.Templates, StatusCode: defaultStatus[kind]}
		if r.Status != 0 {
			next.StatusCode = strconv.Itoa(r.Status)
		}
		if err := a.setResponse(next); err != nil {
			return err
		}
	}
	for _, t := range api.Authorizers {
		if err := e.absorbAuthorizer(a, t); err != nil {
			return err
		}
	}
	for _, r := range api.Routes {
		if err := e.absorbRoute(a, r); err != nil {
			return err
		}
	}
	return nil
}

func (e *edit) absorbAuthorizer(a *restAPI, t apidef.Authorizer) error {
	next := wire.Authorizer{
		Name: t.Name, Type: string(t.Type), ProviderARNs: t.ProviderARNs, AuthorizerURI: t.URI, TTL: t.TTL,
		IdentitySource: strings.Join(t.IdentitySource, ","), IdentityValidationExpression: t.Validation,
	}
	for id, old := range a.Authorizers {
		if old.Name == t.Name {
			next.ID = id
		}
	}
	_, err := authorizers.create(e, a, next)
	return err
}

func (e *edit) absorbRoute(a *restAPI, r apidef.Route) error {
	at, err := e.resourceAt(a, r.Path)
	if err != nil {
		return err
	}
	if r.EncodedSlash || r.Integration.Headers != nil {
		return unsupported("encoded slashes and forwarded headers of imported APIs")
	}
	for _, name := range r.Methods {
		m, err := e.absorbMethod(a, r, name)
		if err != nil {
			return err
		}
		if err := a.checkMethod(m); err != nil {
			return fmt.Errorf("%w (%s %s)", err, name, r.Path)
		}
		set(&at.Methods, name, m)
	}
	return nil
}

// resourceAt finds the resource of a path, made with its parents if need be.
func (e *edit) resourceAt(a *restAPI, path string) (*wire.Resource, error) {
	at := a.Resources[a.RootResourceID]
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if part == "" {
			continue
		}
		next := a.child(at, part)
		if next == nil {
			var err error
			if next, err = e.addResource(a, at, part); err != nil {
				return nil, err
			}
		}
		at = next
	}
	return at, nil
}

func (a *restAPI) child(parent *wire.Resource, part string) *wire.Resource {
	for _, r := range a.Resources {
		if r.ParentID == parent.ID && r.PathPart == part {
			return r
		}
	}
	return nil
}

func (e *edit) absorbMethod(a *restAPI, r apidef.Route, name string) (*wire.Method, error) {
	m := &wire.Method{HTTPMethod: name, MethodSettings: wire.MethodSettings{
		AuthorizationType: string(r.Auth), APIKeyRequired: r.APIKeyRequired, OperationName: r.OperationName, AuthorizationScopes: r.Scopes,
	}}
	for id, t := range a.Authorizers {
		if t.Name == r.Authorizer {
			m.AuthorizerID = id
		}
	}
	if q := r.Request; q != nil {
		m.RequestParameters, m.RequestModels = q.Parameters, q.Models
		var err error
		if m.RequestValidatorID, err = e.validatorFor(a, q); err != nil {
			return nil, err
		}
	}
	for _, resp := range r.Responses {
		if m.MethodResponses == nil {
			m.MethodResponses = map[string]*wire.MethodResponse{}
		}
		code := strconv.Itoa(resp.Status)
		m.MethodResponses[code] = &wire.MethodResponse{StatusCode: code, ResponseParameters: resp.Parameters, ResponseModels: resp.Models}
	}
	m.Integration = absorbIntegration(r.Integration, name)
	return m, e.checkIntegration(m.Integration)
}

// validatorFor finds or makes the validator that checks what the rules say.
func (e *edit) validatorFor(a *restAPI, q *apidef.RequestRules) (string, error) {
	if !q.CheckBody && !q.CheckParameters {
		return "", nil
	}
	for _, id := range slices.Sorted(maps.Keys(a.Validators)) {
		if v := a.Validators[id]; v.ValidateRequestBody == q.CheckBody && v.ValidateRequestParameters == q.CheckParameters {
			return id, nil
		}
	}
	name := "Validate body"
	switch {
	case q.CheckBody && q.CheckParameters:
		name = "Validate body, query string parameters, and headers"
	case q.CheckParameters:
		name = "Validate query string parameters and headers"
	}
	v, err := validators.create(e, a, wire.RequestValidator{Name: name, ValidateRequestBody: q.CheckBody, ValidateRequestParameters: q.CheckParameters})
	if err != nil {
		return "", err
	}
	return v.ID, nil
}

func absorbIntegration(in apidef.Integration, method string) *wire.Integration {
	out := &wire.Integration{IntegrationSettings: wire.IntegrationSettings{
		Type: string(cmp.Or(in.Type, apidef.HTTPProxy)), URI: in.URI, HTTPMethod: cmp.Or(in.Method, method), RequestParameters: in.Parameters,
		RequestTemplates: in.Templates, PassthroughBehavior: in.Passthrough, ContentHandling: in.ContentHandling,
		TimeoutInMillis: int(in.Timeout.Milliseconds()),
	}}
	switch in.Type {
	case apidef.Lambda, apidef.LambdaCustom:
		out.HTTPMethod = "POST"
	case apidef.Mock:
		out.HTTPMethod = ""
	}
	for _, r := range in.Responses {
		if out.IntegrationResponses == nil {
			out.IntegrationResponses = map[string]*wire.IntegrationResponse{}
		}
		code := strconv.Itoa(r.Status)
		out.IntegrationResponses[code] = &wire.IntegrationResponse{
			StatusCode: code, SelectionPattern: r.Selection, ResponseParameters: r.Parameters, ResponseTemplates: r.Templates, ContentHandling: r.ContentHandling,
		}
	}
	return out
}

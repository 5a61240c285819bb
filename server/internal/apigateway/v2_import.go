package apigateway

import (
	"cmp"
	"maps"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

// readV2 reads the document in the body of ImportApi and ReimportApi.
func (s *Service) readV2(c *call) (apidef.API, []string, error) {
	var in wire.ImportAPIInput
	if err := decode(c.Body, &in); err != nil {
		return apidef.API{}, nil, err
	}
	return s.read(c, []byte(in.Body), apidef.HTTP)
}

func importAPI(c *call) (any, error) {
	api, warnings, err := c.s.readV2(c)
	if err != nil {
		return nil, err
	}
	return transact(c, func(e *edit) (*httpAPI, error) {
		return e.newAPI(wire.CreateAPIInput{
			APIV2Settings: wire.APIV2Settings{Name: api.Name, Description: api.Description, DisableExecuteAPIEndpoint: api.DisableEndpoint, CorsConfiguration: corsOf(api.CORS)},
			ProtocolType:  string(apidef.HTTP), Tags: api.Tags,
		})
	}, (*edit).putHTTPAPI, func(e *edit, a *httpAPI) (any, error) { return a.warned(warnings), e.absorbV2(a, api) })
}

// warned is the API as imports show it.
func (a *httpHead) warned(warnings []string) wire.APIV2 {
	out := a.APIV2
	out.Warnings = warnings
	return out
}

// reimportAPI puts a document in place of everything but stages and deployments.
func reimportAPI(c *call) (any, error) {
	api, warnings, err := c.s.readV2(c)
	if err != nil {
		return nil, err
	}
	return transact(c, func(e *edit) (*httpAPI, error) { return findHTTPAPI(c, e.Tx) }, (*edit).putHTTPAPI, func(e *edit, a *httpAPI) (any, error) {
		if a.ProtocolType != string(apidef.HTTP) {
			return nil, badRequest("Only HTTP APIs can be imported")
		}
		a.Routes, a.Integrations, a.Authorizers = map[string]*wire.Route{}, map[string]*wire.IntegrationV2{}, map[string]*wire.AuthorizerV2{}
		a.Name, a.Description, a.CorsConfiguration = cmp.Or(api.Name, a.Name), api.Description, corsOf(api.CORS)
		if err := e.checkAPI(a); err != nil {
			return nil, err
		}
		return a.warned(warnings), e.absorbV2(a, api)
	})
}

func corsOf(c *apidef.CORS) *wire.Cors {
	if c == nil {
		return nil
	}
	return &wire.Cors{
		AllowCredentials: c.AllowCredentials, AllowHeaders: c.AllowHeaders, AllowMethods: c.AllowMethods, AllowOrigins: c.AllowOrigins,
		ExposeHeaders: c.ExposeHeaders, MaxAge: int(c.MaxAge / time.Second),
	}
}

// absorbV2 takes what a document describes into the draft: the inverse of render.
func (e *edit) absorbV2(a *httpAPI, api apidef.API) error {
	for _, t := range api.Authorizers {
		next := wire.AuthorizerV2{
			Name: t.Name, AuthorizerType: string(t.Type), AuthorizerURI: t.URI, PayloadFormatVersion: t.Payload, TTL: t.TTL,
			EnableSimpleResponses: t.Simple, IdentitySource: t.IdentitySource, IdentityValidationExpression: t.Validation,
		}
		if t.Type == apidef.JWTAuthorizer {
			next.JWTConfiguration = &wire.JWTConfiguration{Issuer: t.Issuer, Audience: t.Audience}
		}
		if _, err := v2Authorizers.create(e, a, next); err != nil {
			return err
		}
	}
	for _, r := range api.Routes {
		if r.EncodedSlash || r.Integration.Headers != nil {
			return unsupported("encoded slashes and forwarded headers of imported APIs")
		}
		for _, method := range r.Methods {
			if err := e.absorbRouteV2(a, r, method); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *edit) absorbRouteV2(a *httpAPI, r apidef.Route, method string) error {
	in := r.Integration
	i, err := e.addIntegration(a, wire.IntegrationV2Settings{
		IntegrationType: string(cmp.Or(in.Type, apidef.HTTPProxy)), IntegrationMethod: cmp.Or(in.Method, method), IntegrationURI: in.URI,
		ContentHandling: in.ContentHandling, PassthroughBehavior: in.Passthrough, PayloadFormatVersion: in.Payload, RequestParameters: maps.Clone(in.Parameters),
		RequestTemplates: in.Templates, ResponseParameters: in.ResponseParameters, TimeoutInMillis: int(in.Timeout.Milliseconds()),
	})
	if err != nil {
		return err
	}
	next := wire.RouteSettings{
		RouteKey: method + " " + r.Path, Target: "integrations/" + i.IntegrationID, AuthorizationType: string(r.Auth), AuthorizationScopes: r.Scopes,
		APIKeyRequired: r.APIKeyRequired, OperationName: r.OperationName,
	}
	if strings.HasPrefix(r.Path, "$") {
		next.RouteKey = r.Path
	}
	for id, t := range a.Authorizers {
		if t.Name == r.Authorizer {
			next.AuthorizerID = id
		}
	}
	_, err = e.addRoute(a, next)
	return err
}

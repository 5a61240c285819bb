package openapi

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// TestWrittenAPIsReadTheSame: what is written reads as the same API, for APIs of
// every shape that OpenAPI can hold.
func TestWrittenAPIsReadTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anAPI(t)
		doc, err := Write(want, "prod")
		if err != nil {
			t.Fatal(err)
		}
		got, notes, err := Read(doc, Options{Protocol: want.Protocol, ID: want.ID})
		if err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("-want +got\n%s\n%s", diff, doc)
		}
		for _, n := range notes {
			if n.Path != "x-amazon-apigateway-cors" && n.Reason != "without x-amazon-apigateway-integration it cannot be served" {
				t.Fatalf("a note about what gatepass wrote: %s\n%s", n, doc)
			}
		}
	})
}

// TestModelsOfEveryAPI: Empty and Error need no declaration.
func TestModelsOfEveryAPI(t *testing.T) {
	empty := map[string]string{"application/json": "Empty"}
	doc, err := Write(apidef.API{Routes: []apidef.Route{{Path: "/", Methods: []string{"GET"}, Auth: apidef.AuthNone, Responses: []apidef.MethodResponse{{Status: 200, Models: empty}}}}}, "p")
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := Read(doc, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(empty, got.Routes[0].Responses[0].Models); diff != "" || got.Models["Empty"] == "" {
		t.Errorf("%s%v", diff, got.Models)
	}
}

var (
	word    = rapid.StringMatching(`[A-Za-z][A-Za-z0-9]{0,7}`)
	text    = rapid.StringMatching(`[ -~äß😀]{1,12}`)
	content = rapid.SampledFrom([]string{"application/json", "text/plain"})
)

func maybe[T any](t *rapid.T, name string, g *rapid.Generator[T]) (v T) {
	if rapid.Bool().Draw(t, "has "+name) {
		v = g.Draw(t, name)
	}
	return v
}

func some[T any](t *rapid.T, name string, g *rapid.Generator[T]) []T {
	return maybe(t, name, rapid.SliceOfN(g, 1, 3))
}

func texts(t *rapid.T, name, prefix string) map[string]string {
	keys := rapid.Map(word, func(s string) string { return prefix + s })
	return maybe(t, name, rapid.MapOfN(keys, text, 1, 3))
}

func anAPI(t *rapid.T) apidef.API {
	a := apidef.API{
		ID: "abc123", Name: text.Draw(t, "name"), Description: maybe(t, "description", text),
		Protocol:        rapid.SampledFrom([]apidef.Protocol{"", apidef.REST, apidef.HTTP}).Draw(t, "protocol"),
		IdentityToken:   maybe(t, "token", word),
		DisableEndpoint: rapid.Bool().Draw(t, "disabled"), Tags: texts(t, "tags", ""),
	}
	if rapid.Bool().Draw(t, "cors") {
		a.CORS = &apidef.CORS{AllowOrigins: some(t, "origins", word), AllowHeaders: some(t, "headers", word), MaxAge: time.Duration(rapid.IntRange(0, 9).Draw(t, "age")) * time.Second}
	}
	rest := a.Protocol != apidef.HTTP
	if rest {
		restParts(t, &a)
	}
	a.Authorizers = authorizers(t, rest)
	seen := map[string]bool{}
	for _, path := range rapid.SliceOfN(rapid.StringMatching(`/([a-z]{1,3}|\{[a-z]{1,3}\+?\})`), 0, 4).Draw(t, "paths") {
		if !seen[path] {
			a.Routes = append(a.Routes, aRoute(t, &a, path))
		}
		seen[path] = true
	}
	if !rest && rapid.Bool().Draw(t, "default") {
		a.Routes = append(a.Routes, aRoute(t, &a, "$default"))
	}
	return a
}

func restParts(t *rapid.T, a *apidef.API) {
	a.Policy = maybe(t, "policy", rapid.Just(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*"}}`))
	a.BinaryMediaTypes, a.APIKeySource = some(t, "binary", content), maybe(t, "source", rapid.SampledFrom([]string{"HEADER", "AUTHORIZER"}))
	a.Models = maybe(t, "models", rapid.Just(map[string]string{
		"Note": `{"type":"object","properties":{"of":{"$ref":"https://apigateway.amazonaws.com/restapis/abc123/models/Owner"},"n":{"type":"number","maximum":1.50}}}`, "Owner": `{"type":"string"}`,
	}))
	for _, kind := range some(t, "responses", rapid.SampledFrom([]string{"DEFAULT_4XX", "ACCESS_DENIED"})) {
		if a.Responses == nil {
			a.Responses = map[string]apidef.GatewayResponse{}
		}
		a.Responses[kind] = apidef.GatewayResponse{Status: rapid.IntRange(0, 599).Draw(t, "status"), Parameters: texts(t, "parameters", "gatewayresponse.header."), Templates: texts(t, "templates", "application/")}
	}
}

func authorizers(t *rapid.T, rest bool) []apidef.Authorizer {
	zero := 0
	all := []apidef.Authorizer{
		{Name: "sigv4", Type: apidef.JWTAuthorizer, Issuer: "https://issuer.example", Audience: []string{"a", "b"}},
		{Name: "j", Type: apidef.JWTAuthorizer, Issuer: "https://issuer.example", IdentitySource: []string{"$request.querystring.t"}},
		{Name: "l", Type: apidef.RequestAuthorizer, URI: "arn:x", Payload: "2.0", Simple: true, TTL: &zero, IdentitySource: []string{"$request.header.A", "$context.routeKey"}},
	}
	if rest {
		all = []apidef.Authorizer{
			{Name: "pool", Type: apidef.CognitoAuthorizer, ProviderARNs: []string{"arn:p"}, IdentitySource: []string{"method.request.header.X"}},
			{Name: "sigv4", Type: apidef.TokenAuthorizer, URI: "arn:x", Validation: "^a$", TTL: &zero},
			{Name: "req", Type: apidef.RequestAuthorizer, URI: "arn:x", IdentitySource: []string{"method.request.header.A", "method.request.querystring.b"}},
		}
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(t, "authorizers"):]
}

func aRoute(t *rapid.T, a *apidef.API, path string) apidef.Route {
	rt := apidef.Route{
		Path: path, Methods: []string{rapid.SampledFrom([]string{"GET", "POST", "ANY"}).Draw(t, "method")}, Auth: apidef.AuthNone,
		OperationName: maybe(t, "operation", word), EncodedSlash: rapid.Bool().Draw(t, "slash"),
		APIKeyRequired: rapid.Bool().Draw(t, "key"), Integration: anIntegration(t, a),
	}
	switch i := rapid.IntRange(0, len(a.Authorizers)+1).Draw(t, "auth"); {
	case i < len(a.Authorizers):
		rt.Auth, rt.Authorizer, rt.Scopes = a.Authorizers[i].Type.Auth(), a.Authorizers[i].Name, some(t, "scopes", word)
	case i == len(a.Authorizers):
		rt.Auth = apidef.AuthIAM
	}
	if a.Protocol == apidef.HTTP {
		return rt
	}
	if a.Models != nil && rapid.Bool().Draw(t, "models") {
		rt.Request = &apidef.RequestRules{
			Parameters: map[string]bool{"method.request.header.H": true, "method.request.querystring.q": false}, Models: map[string]string{"application/json": "Note"},
			CheckParameters: rapid.Bool().Draw(t, "check"), CheckBody: rapid.Bool().Draw(t, "check"),
		}
		rt.Responses = []apidef.MethodResponse{{Status: 200, Parameters: map[string]bool{"method.response.header.X": false}, Models: map[string]string{"application/json": "Owner"}}}
	}
	return rt
}

func anIntegration(t *rapid.T, a *apidef.API) apidef.Integration {
	in := apidef.Integration{Type: rapid.SampledFrom([]apidef.IntegrationType{"", apidef.Lambda}).Draw(t, "type"), URI: "http://127.0.0.1:1/{x}"}
	in.Timeout = time.Duration(rapid.IntRange(0, 29).Draw(t, "timeout")) * time.Second
	in.Parameters, in.Headers = texts(t, "parameters", "integration.request.header."), some(t, "headers", word)
	if a.Protocol == apidef.HTTP {
		in.Payload = maybe(t, "payload", rapid.SampledFrom([]string{"1.0", "2.0"}))
		if rapid.Bool().Draw(t, "changes") {
			in.ResponseParameters = map[string]map[string]string{"200": {"overwrite:statuscode": "201"}}
		}
		return in
	}
	if in.Type = rapid.SampledFrom([]apidef.IntegrationType{"", apidef.Lambda, apidef.LambdaCustom, apidef.Mock, apidef.HTTPCustom}).Draw(t, "type"); in.Type == apidef.HTTPCustom {
		in.Method = maybe(t, "method", rapid.Just("PUT"))
	}
	in.Templates, in.Passthrough = texts(t, "templates", "application/"), maybe(t, "passthrough", rapid.SampledFrom([]string{"WHEN_NO_MATCH", "NEVER"}))
	in.ContentHandling = maybe(t, "handling", rapid.Just("CONVERT_TO_TEXT"))
	if rapid.Bool().Draw(t, "responses") {
		in.Responses = []apidef.IntegrationResponse{{Status: 200, Templates: texts(t, "t", "a/")}, {Status: 404, Selection: "4\\d{2}", Parameters: texts(t, "p", "method.response.header."), ContentHandling: "CONVERT_TO_BINARY"}}
	}
	return in
}

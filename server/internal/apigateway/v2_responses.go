package apigateway

import (
	"encoding/json"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

// v2ResponseOperations are those of WebSocket APIs for what comes back.
func v2ResponseOperations() []entry {
	const ir, rr = "/v2/apis/{api}/integrations/{of}/integrationresponses", "/v2/apis/{api}/routes/{of}/routeresponses"
	return append(nested(ir, "IntegrationResponse", integrationResponsesOf, integrationResponse),
		nested(rr, "RouteResponse", routeResponsesOf, routeResponse)...)
}

// nested gives the operations of things below an integration or a route.
func nested[T any](path, name string, of func(a *httpAPI, id string) (map[string]*T, error), p part[map[string]*T, T]) []entry {
	with := func(fn func(e *edit, all map[string]*T) (any, error)) handler {
		return editV2(func(e *edit, a *httpAPI, _ json.RawMessage) (any, error) {
			all, err := of(a, e.vars["of"])
			if err != nil {
				return nil, err
			}
			return fn(e, all)
		})
	}
	view := func(fn func(c *call, all map[string]*T) (any, error)) handler {
		return viewV2(func(c *call, a *httpAPI) (any, error) {
			all, err := of(a, c.vars["of"])
			if err != nil {
				return nil, err
			}
			return fn(c, all)
		})
	}
	one := path + "/{part}"
	return []entry{
		{"Create" + name, "POST " + path, 201, with(func(e *edit, all map[string]*T) (any, error) {
			var in T
			if err := decode(e.Body, &in); err != nil {
				return nil, err
			}
			*p.key(&in) = ""
			return p.create(e, all, in)
		})},
		{"Get" + name + "s", "GET " + path, 200, view(func(c *call, all map[string]*T) (any, error) { return itemsV2(c, all, same) })},
		{"Get" + name, "GET " + one, 200, view(func(c *call, all map[string]*T) (any, error) { return p.find(all, c.vars["part"]) })},
		{"Update" + name, "PATCH " + one, 200, with(func(e *edit, all map[string]*T) (any, error) {
			t, err := p.find(all, e.vars["part"])
			if err != nil {
				return nil, err
			}
			return t, p.update(all, t, e.Body)
		})},
		{"Delete" + name, "DELETE " + one, 204, with(func(e *edit, all map[string]*T) (any, error) { return nil, p.remove(all, e.vars["part"]) })},
	}
}

func webSocketOnly(a *httpAPI) error {
	if a.ProtocolType != string(apidef.WebSocket) {
		return badRequest("Responses are supported for WEBSOCKET APIs only")
	}
	return nil
}

func integrationResponsesOf(a *httpAPI, id string) (map[string]*wire.IntegrationResponseV2, error) {
	if _, err := v2Integrations.find(a, id); err != nil {
		return nil, err
	}
	if a.IntegrationResponses[id] == nil {
		a.IntegrationResponses[id] = map[string]*wire.IntegrationResponseV2{}
	}
	return a.IntegrationResponses[id], webSocketOnly(a)
}

func routeResponsesOf(a *httpAPI, id string) (map[string]*wire.RouteResponse, error) {
	if _, err := v2Routes.find(a, id); err != nil {
		return nil, err
	}
	if a.RouteResponses[id] == nil {
		a.RouteResponses[id] = map[string]*wire.RouteResponse{}
	}
	return a.RouteResponses[id], webSocketOnly(a)
}

var integrationResponse = part[map[string]*wire.IntegrationResponseV2, wire.IntegrationResponseV2]{
	all:     func(a map[string]*wire.IntegrationResponseV2) map[string]*wire.IntegrationResponseV2 { return a },
	key:     func(t *wire.IntegrationResponseV2) *string { return &t.IntegrationResponseID },
	missing: "Invalid IntegrationResponse identifier specified $",
	check: func(_ map[string]*wire.IntegrationResponseV2, t *wire.IntegrationResponseV2) error {
		switch {
		case !defaultTemplates(t.TemplateSelection):
			return unsupported("templateSelectionExpression " + t.TemplateSelection)
		case t.IntegrationResponseKey != "$default" && !(strings.HasPrefix(t.IntegrationResponseKey, "/") && strings.HasSuffix(t.IntegrationResponseKey, "/") && len(t.IntegrationResponseKey) > 2):
			return badRequest("Invalid integration response key specified: %s, it is $default or /PATTERN/", t.IntegrationResponseKey)
		}
		return checkHandling(t.ContentHandling)
	},
}

var routeResponse = part[map[string]*wire.RouteResponse, wire.RouteResponse]{
	all:     func(a map[string]*wire.RouteResponse) map[string]*wire.RouteResponse { return a },
	key:     func(t *wire.RouteResponse) *string { return &t.RouteResponseID },
	missing: "Invalid RouteResponse identifier specified $",
	check: func(_ map[string]*wire.RouteResponse, t *wire.RouteResponse) error {
		switch {
		case t.RouteResponseKey != "$default":
			return badRequest("Invalid route response key specified: only $default is allowed")
		case t.ModelSelectionExpression != "":
			return unsupported("modelSelectionExpression")
		}
		return nil
	},
}

package apigateway

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/store"
)

// httpAPI is the record of an HTTP or WebSocket API.
type httpAPI struct {
	wire.APIV2
	Routes       map[string]*wire.Route         // by id, like all of these
	Integrations map[string]*wire.IntegrationV2 //
	Authorizers  map[string]*wire.AuthorizerV2  //
	Models       map[string]*wire.ModelV2       //
	Stages       map[string]*wire.StageV2       // by name
	// By integration or route, then by id; of WebSocket APIs.
	IntegrationResponses map[string]map[string]*wire.IntegrationResponseV2
	RouteResponses       map[string]map[string]*wire.RouteResponse
}

func v2Operations() []entry {
	const all, one = "/v2/apis", "/v2/apis/{api}"
	return slices.Concat([]entry{
		{"CreateApi", "POST " + all, 201, createAPI},
		{"ImportApi", "PUT " + all, 201, importAPI},
		{"GetApis", "GET " + all, 200, getAPIs},
		{"GetApi", "GET " + one, 200, viewV2(func(_ *call, a *httpAPI) (any, error) { return a.APIV2, nil })},
		{"UpdateApi", "PATCH " + one, 200, editV2(updateAPI)},
		{"ReimportApi", "PUT " + one, 201, reimportAPI},
		{"DeleteApi", "DELETE " + one, 204, deleteAPI},
		{"ExportApi", "GET " + one + "/exports/{spec}", 200, exportAPI},
		{"DeleteCorsConfiguration", "DELETE " + one + "/cors", 204, editV2(func(_ *edit, a *httpAPI, _ struct{}) (any, error) {
			a.CorsConfiguration = nil
			return nil, nil
		})},
	}, v2PartOperations(), v2StageOperations(), v2DomainOperations())
}

func viewV2(fn func(c *call, a *httpAPI) (any, error)) handler {
	return view(store.KindHTTPAPI, fn)
}

// editV2 is an operation that changes an HTTP or WebSocket API. Its stages with
// autoDeploy then serve the draft.
func editV2[In any](fn func(e *edit, a *httpAPI, in In) (any, error)) handler {
	return func(s *Service, c *call) (any, error) {
		var in In
		if err := decode(c.Body, &in); err != nil {
			return nil, err
		}
		var out any
		err := s.edit(c, func(e *edit) error {
			a, err := recordOf[httpAPI](e.APIRecord(e.ctx, store.KindHTTPAPI, c.vars["api"]))
			if err != nil {
				return missing(err, s.apiNotFound(c.vars["api"]))
			}
			if out, err = fn(e, a, in); err != nil {
				return err
			}
			return e.saveV2(a)
		})
		return out, err
	}
}

// saveV2 keeps the API after its automatic deployments.
func (e *edit) saveV2(a *httpAPI) error {
	if err := e.autoDeploy(a); err != nil {
		return err
	}
	return e.put(store.KindHTTPAPI, a.APIID, "", a)
}

func (s *Service) utc() time.Time { return s.Now().UTC().Truncate(time.Second) }

// endpointOf is the address that an API is invoked at; a stage and a path follow.
func (s *Service) endpointOf(id, protocol string) string {
	if s.Endpoint != nil && protocol != string(apidef.WebSocket) {
		if base := s.Endpoint(); base != "" {
			return base + "/_aws/execute-api/" + id
		}
	}
	scheme := "https://"
	if protocol == string(apidef.WebSocket) {
		if s.Endpoint != nil && s.Endpoint() != "" {
			return webSocket(s.Endpoint()) + "/_aws/execute-api/" + id
		}
		scheme = "wss://"
	}
	return scheme + id + ".execute-api." + s.Region + ".amazonaws.com"
}

// webSocket is an http address with the scheme ws, https with wss.
func webSocket(base string) string { return "ws" + base[min(len("http"), len(base)):] }

func createAPI(s *Service, c *call) (any, error) {
	var in wire.CreateAPIInput
	if err := decode(c.Body, &in); err != nil {
		return nil, err
	}
	var a *httpAPI
	err := s.edit(c, func(e *edit) (err error) {
		if a, err = e.newAPI(in); err != nil {
			return err
		}
		if err := e.quickCreate(a, in.QuickCreate); err != nil {
			return err
		}
		return e.saveV2(a)
	})
	if err != nil {
		return nil, err
	}
	return a.APIV2, nil
}

func (e *edit) newAPI(in wire.CreateAPIInput) (*httpAPI, error) {
	id, err := e.freeID(in.Tags)
	if err != nil {
		return nil, err
	}
	a := &httpAPI{
		APIV2: wire.APIV2{
			APIV2Settings: in.APIV2Settings, APIID: id, APIEndpoint: e.s.endpointOf(id, in.ProtocolType), ProtocolType: in.ProtocolType,
			CreatedDate: e.s.utc(), Tags: in.Tags,
		},
		Routes: map[string]*wire.Route{}, Integrations: map[string]*wire.IntegrationV2{}, Authorizers: map[string]*wire.AuthorizerV2{},
		Models: map[string]*wire.ModelV2{}, Stages: map[string]*wire.StageV2{},
		IntegrationResponses: map[string]map[string]*wire.IntegrationResponseV2{}, RouteResponses: map[string]map[string]*wire.RouteResponse{},
	}
	return a, e.checkAPI(a)
}

func (e *edit) checkAPI(a *httpAPI) error {
	web := a.ProtocolType == string(apidef.WebSocket)
	switch {
	case a.ProtocolType != string(apidef.HTTP) && !web:
		return badRequest("Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]")
	case a.Name == "":
		return badRequest("Name cannot be blank")
	case web && a.RouteSelectionExpression == "":
		return badRequest("RouteSelectionExpression must be specified for WEBSOCKET APIs")
	case web && a.CorsConfiguration != nil:
		return badRequest("CORS configuration is only supported for HTTP APIs")
	}
	a.APIKeySelectionExpression = cmp.Or(a.APIKeySelectionExpression, "$request.header.x-api-key")
	if !web {
		a.RouteSelectionExpression = cmp.Or(a.RouteSelectionExpression, "$request.method $request.path")
	}
	switch {
	case a.APIKeySelectionExpression != "$request.header.x-api-key":
		return unsupported("apiKeySelectionExpression " + a.APIKeySelectionExpression)
	case !web && a.RouteSelectionExpression != "$request.method $request.path" && a.RouteSelectionExpression != "${request.method} ${request.path}":
		return badRequest("Invalid route selection expression for an HTTP API: %s", a.RouteSelectionExpression)
	}
	probe := a.frame()
	if web {
		probe.Routes = []apidef.Route{{Path: "$connect", Auth: apidef.AuthNone}} // there must be one to serve it
	}
	return e.s.fits(probe, apidef.Stage{Name: "prod"})
}

// quickCreate makes a route to a target, and the stage $default that deploys by
// itself.
func (e *edit) quickCreate(a *httpAPI, in wire.QuickCreate) error {
	if in.Target == "" {
		if in.RouteKey != "" {
			return badRequest("Target must be specified with a route key")
		}
		return nil
	}
	kind := "HTTP_PROXY"
	if len(in.Target) > 4 && in.Target[:4] == "arn:" {
		kind = "AWS_PROXY"
	}
	i, err := e.addIntegration(a, wire.IntegrationV2Settings{IntegrationType: kind, IntegrationURI: in.Target, IntegrationMethod: "ANY"})
	if err != nil {
		return err
	}
	r, err := e.addRoute(a, wire.RouteSettings{RouteKey: cmp.Or(in.RouteKey, "$default"), Target: "integrations/" + i.IntegrationID})
	if err != nil {
		return err
	}
	i.APIGatewayManaged, r.APIGatewayManaged = true, true
	a.Stages["$default"] = &wire.StageV2{
		StageName: "$default", StageV2Settings: wire.StageV2Settings{AutoDeploy: true}, APIGatewayManaged: true,
		CreatedDate: e.s.utc(), LastUpdatedDate: e.s.utc(),
	}
	return nil
}

func getAPIs(s *Service, c *call) (any, error) {
	recs, err := s.Store.APIRecords(c.ctx, store.KindHTTPAPI, "")
	if err != nil {
		return nil, err
	}
	all := map[string]wire.APIV2{}
	for _, r := range recs {
		a, err := recordOf[httpAPI](r, nil)
		if err != nil {
			return nil, err
		}
		all[a.APIID] = a.APIV2
	}
	return itemsV2(c, all, same)
}

func updateAPI(e *edit, a *httpAPI, _ json.RawMessage) (any, error) {
	in := wire.UpdateAPIInput{APIV2Settings: &a.APIV2Settings}
	cors := a.CorsConfiguration
	a.CorsConfiguration = nil
	if err := decode(e.Body, &in); err != nil {
		return nil, err
	}
	if a.CorsConfiguration == nil {
		a.CorsConfiguration = cors
	}
	if in.Target != "" || in.RouteKey != "" {
		return nil, unsupported("changing the quick-created route; use UpdateRoute and UpdateIntegration")
	}
	err := e.checkAPI(a)
	return a.APIV2, err
}

func deleteAPI(s *Service, c *call) (any, error) {
	return nil, s.edit(c, func(e *edit) error {
		a, err := recordOf[httpAPI](e.APIRecord(e.ctx, store.KindHTTPAPI, c.vars["api"]))
		if err != nil {
			return missing(err, s.apiNotFound(c.vars["api"]))
		}
		for stage := range maps.Keys(a.Stages) {
			if err := e.stageInUse(a.APIID, stage); err != nil {
				return err
			}
		}
		e.served = true
		return e.DeleteAPIRecord(store.KindHTTPAPI, a.APIID)
	})
}

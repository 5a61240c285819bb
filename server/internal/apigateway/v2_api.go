package apigateway

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/store"
)

// httpAPI is an HTTP or WebSocket API, in two records like a restAPI.
type httpAPI struct {
	httpHead
	httpDraft
}

// httpHead is the record of an HTTP or WebSocket API.
type httpHead struct {
	wire.APIV2
	Stages  map[string]*wire.StageV2 // by name
	Flushes map[string]int           `json:",omitempty"` // by stage: apidef.Stage.Flushes
}

// httpDraft is the record of its draft.
type httpDraft struct {
	Routes       map[string]*wire.Route         // by id, like all of these
	Integrations map[string]*wire.IntegrationV2 //
	Authorizers  map[string]*wire.AuthorizerV2  //
	Models       map[string]*wire.ModelV2       //
	// By integration or route, then by id; of WebSocket APIs.
	IntegrationResponses map[string]map[string]*wire.IntegrationResponseV2
	RouteResponses       map[string]map[string]*wire.RouteResponse
}

func v2Operations() []entry {
	const all, one = "/v2/apis", "/v2/apis/{api}"
	return slices.Concat([]entry{
		{"CreateApi", "POST " + all, 201, creating((*edit).createAPI, (*edit).putHTTPAPI, (*Service).shownV2)},
		{"ImportApi", "PUT " + all, 201, importAPI},
		{"GetApis", "GET " + all, 200, getAPIs},
		{"GetApi", "GET " + one, 200, view(findHTTPHead, func(_ *call, a *httpHead) (any, error) { return a.APIV2, nil })},
		{"UpdateApi", "PATCH " + one, 200, editV2(updateAPI)},
		{"ReimportApi", "PUT " + one, 201, reimportAPI},
		{"DeleteApi", "DELETE " + one, 204, deleteAPI(store.KindHTTPAPI)},
		{"ExportApi", "GET " + one + "/exports/{spec}", 200, exportAPI},
		{"DeleteCorsConfiguration", "DELETE " + one + "/cors", 204, editV2(func(_ *edit, a *httpAPI, _ struct{}) (any, error) {
			a.CorsConfiguration = nil
			return nil, nil
		})},
	}, v2PartOperations(), v2StageOperations(), v2DomainOperations())
}

// viewV2 is an operation that reads an HTTP or WebSocket API with its draft.
func viewV2(fn func(c *call, a *httpAPI) (any, error)) handler { return view(findHTTPAPI, fn) }

// editV2 is an operation that changes an HTTP or WebSocket API.
func editV2[In any](fn func(e *edit, a *httpAPI, in In) (any, error)) handler {
	return changing(findHTTPAPI, (*edit).putHTTPAPI, fn)
}

func findHTTPAPI(c *call, r reader) (*httpAPI, error) { return whole[httpAPI](c, r, store.KindHTTPAPI) }

func findHTTPHead(c *call, r reader) (*httpHead, error) {
	return head[httpHead](c, r, store.KindHTTPAPI)
}

// putHTTPAPI keeps the API after its automatic deployments.
func (e *edit) putHTTPAPI(a *httpAPI) error {
	if err := e.autoDeploy(a); err != nil {
		return err
	}
	return errors.Join(e.put(store.KindHTTPAPI, a.APIID, "", a.httpHead), e.put(store.KindAPIDraft, a.APIID, a.APIID, a.httpDraft))
}

// endpointOf is the address that an API is invoked at; a stage and a path follow.
func (s *Service) endpointOf(id, protocol string) string {
	base, at := "https://"+id+".execute-api."+s.Region+".amazonaws.com", ""
	if s.Endpoint != nil {
		at = s.Endpoint()
	}
	if at != "" {
		base = at + "/_aws/execute-api/" + id
	}
	if protocol == string(apidef.WebSocket) {
		return "ws" + strings.TrimPrefix(base, "http")
	}
	return base
}

func (*Service) shownV2(a *httpAPI) any { return a.APIV2 }

func (e *edit) createAPI(in wire.CreateAPIInput) (*httpAPI, error) {
	a, err := e.newAPI(in)
	if err != nil {
		return nil, err
	}
	return a, e.quickCreate(a, in.QuickCreate)
}

func (e *edit) newAPI(in wire.CreateAPIInput) (*httpAPI, error) {
	id, err := e.freeID(in.Tags)
	if err != nil {
		return nil, err
	}
	a := &httpAPI{
		httpHead{
			APIV2: wire.APIV2{
				APIV2Settings: in.APIV2Settings, APIID: id, APIEndpoint: e.s.endpointOf(id, in.ProtocolType), ProtocolType: in.ProtocolType,
				CreatedDate: e.s.utc(), Tags: in.Tags,
			},
			Stages: map[string]*wire.StageV2{},
		},
		httpDraft{
			Routes: map[string]*wire.Route{}, Integrations: map[string]*wire.IntegrationV2{}, Authorizers: map[string]*wire.AuthorizerV2{},
			Models:               map[string]*wire.ModelV2{},
			IntegrationResponses: map[string]map[string]*wire.IntegrationResponseV2{}, RouteResponses: map[string]map[string]*wire.RouteResponse{},
		},
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
	if strings.HasPrefix(in.Target, "arn:") {
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

func getAPIs(c *call) (any, error) {
	all, err := recordsOf[httpHead](c, c.s.Store, store.KindHTTPAPI, "")
	if err != nil {
		return nil, err
	}
	return itemsV2(c, all, func(a *httpHead) wire.APIV2 { return a.APIV2 })
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

package apigateway

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/store"
)

// restAPI is the record of a REST API: its draft and its stages.
type restAPI struct {
	wire.RestAPI
	Resources   map[string]*wire.Resource         // by id
	Authorizers map[string]*wire.Authorizer       // by id
	Validators  map[string]*wire.RequestValidator // by id
	Models      map[string]*wire.Model            // by name
	Responses   map[string]*wire.GatewayResponse  // by type; those that are set
	Stages      map[string]*wire.Stage            // by name
}

// customID is the tag of local stacks that chooses the id of an API.
const customID = "_custom_id_"

func restOperations() []entry {
	return slices.Concat([]entry{
		{"CreateRestApi", "POST /restapis", 201, createOrImport},
		{"GetRestApis", "GET /restapis", 200, getRestAPIs},
		{"GetRestApi", "GET /restapis/{api}", 200, viewAPI(func(_ *call, a *restAPI) (any, error) { return a.shown(), nil })},
		{"UpdateRestApi", "PATCH /restapis/{api}", 200, editAPI(updateRestAPI)},
		{"PutRestApi", "PUT /restapis/{api}", 200, putRestAPI},
		{"DeleteRestApi", "DELETE /restapis/{api}", 202, deleteRestAPI},
	}, resourceOperations(), methodOperations(), partOperations(), deploymentOperations(), stageOperations())
}

// viewAPI is an operation that reads a REST API.
func viewAPI(fn func(c *call, a *restAPI) (any, error)) handler {
	return view(store.KindRestAPI, fn)
}

// view is an operation that reads an API of one kind.
func view[A any](kind store.APIKind, fn func(c *call, a *A) (any, error)) handler {
	return func(s *Service, c *call) (any, error) {
		a, err := recordOf[A](s.Store.APIRecord(c.ctx, kind, c.vars["api"]))
		if err != nil {
			return nil, missing(err, s.apiNotFound(c.vars["api"]))
		}
		return fn(c, a)
	}
}

// editAPI is an operation that changes a REST API.
func editAPI[In any](fn func(e *edit, a *restAPI, in In) (any, error)) handler {
	return func(s *Service, c *call) (any, error) {
		var in In
		if err := decode(c.Body, &in); err != nil {
			return nil, err
		}
		var out any
		err := s.edit(c, func(e *edit) error {
			a, err := e.restAPI(c.vars["api"])
			if err != nil {
				return err
			}
			if out, err = fn(e, a, in); err != nil {
				return err
			}
			return e.put(store.KindRestAPI, a.ID, "", a)
		})
		return out, err
	}
}

// recordOf reads an API that was found in the store.
func recordOf[A any](rec store.APIRecord, err error) (*A, error) {
	if err != nil {
		return nil, err
	}
	var a A
	return &a, json.Unmarshal(rec.Doc, &a)
}

func (e *edit) restAPI(id string) (*restAPI, error) {
	a, err := recordOf[restAPI](e.APIRecord(e.ctx, store.KindRestAPI, id))
	return a, missing(err, e.s.apiNotFound(id))
}

// put keeps a record.
func (e *edit) put(kind store.APIKind, id, parent string, v any) error {
	doc, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return e.PutAPIRecord(kind, store.APIRecord{ID: id, Parent: parent, Doc: doc})
}

func createOrImport(s *Service, c *call) (any, error) {
	if c.Query.Get("mode") == "import" {
		return importRestAPI(s, c)
	}
	var in wire.RestAPISettings
	if err := decode(c.Body, &in); err != nil {
		return nil, err
	}
	var a *restAPI
	err := s.edit(c, func(e *edit) (err error) {
		if a, err = e.newRestAPI(in); err != nil {
			return err
		}
		return e.put(store.KindRestAPI, a.ID, "", a)
	})
	if err != nil {
		return nil, err
	}
	return a.shown(), nil
}

// shown is the API as calls describe it. Its policy is escaped once more, as AWS
// has it and as tools that know AWS undo.
func (a *restAPI) shown() wire.RestAPI {
	out := a.RestAPI
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(out.Policy)) == nil {
		out.Policy = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `/`, `\/`).Replace(compact.String())
	}
	return out
}

// newRestAPI makes an API with a root resource and the models every API has.
func (e *edit) newRestAPI(in wire.RestAPISettings) (*restAPI, error) {
	id, err := e.freeID(in.Tags)
	if err != nil {
		return nil, err
	}
	root, err := e.s.newID(10)
	if err != nil {
		return nil, err
	}
	a := &restAPI{
		RestAPI:   wire.RestAPI{RestAPISettings: in, ID: id, CreatedDate: e.s.epoch(), RootResourceID: root},
		Resources: map[string]*wire.Resource{root: {ID: root, Path: "/"}},
		Models:    defaultModels(), Authorizers: map[string]*wire.Authorizer{}, Validators: map[string]*wire.RequestValidator{},
		Responses: map[string]*wire.GatewayResponse{}, Stages: map[string]*wire.Stage{},
	}
	return a, e.checkRestAPI(a, wire.RestAPISettings{})
}

// freeID is a new API's id: the one its tags ask for, or any.
func (e *edit) freeID(tags map[string]string) (string, error) {
	id := tags[customID]
	if id == "" {
		return e.s.newID(10)
	}
	for _, kind := range []store.APIKind{store.KindRestAPI, store.KindHTTPAPI} {
		if _, err := e.APIRecord(e.ctx, kind, id); err == nil {
			return "", conflict("The API id %s is taken", id)
		} else if missing(err, nil) != nil {
			return "", err
		}
	}
	if e.s.taken(id) {
		return "", conflict("The API id %s is declared in the server's configuration", id)
	}
	return id, nil
}

// checkRestAPI checks the settings of a new API or, against those it had, of a
// changed one, and fills in defaults.
func (e *edit) checkRestAPI(a *restAPI, old wire.RestAPISettings) error {
	end := a.EndpointConfiguration
	switch {
	case a.Name == "":
		return badRequest("Name cannot be blank")
	case a.Description != nil && *a.Description == "":
		return badRequest("Description cannot be an empty string")
	case a.MinimumCompressionSize != nil:
		return unsupported("minimumCompressionSize: answers are not compressed")
	case a.APIKeySource != "" && a.APIKeySource != "HEADER" && a.APIKeySource != "AUTHORIZER":
		return badRequest("Invalid API key source specified: %s", a.APIKeySource)
	case end != nil && (slices.Contains(end.Types, "PRIVATE") || len(end.VPCEndpointIDs) > 0):
		return unsupported("private endpoints")
	}
	if a.APIKeySource == "" {
		a.APIKeySource = "HEADER"
	}
	if end == nil || len(end.Types) == 0 {
		a.EndpointConfiguration = &wire.EndpointConfiguration{Types: []string{"EDGE"}, IPAddressType: "ipv4"}
	}
	if a.Policy != old.Policy {
		if err := e.may("apigateway:UpdateRestApiPolicy", "/restapis/"+a.ID); err != nil {
			return err
		}
	}
	return e.s.fits(a.frame(), apidef.Stage{Name: "prod"})
}

func getRestAPIs(s *Service, c *call) (any, error) {
	recs, err := s.Store.APIRecords(c.ctx, store.KindRestAPI, "")
	if err != nil {
		return nil, err
	}
	all := map[string]wire.RestAPI{}
	for _, r := range recs {
		a, err := recordOf[restAPI](r, nil)
		if err != nil {
			return nil, err
		}
		all[a.ID] = a.shown()
	}
	return items(c, all, same)
}

func updateRestAPI(e *edit, a *restAPI, in wire.PatchInput) (any, error) {
	old := a.RestAPISettings
	err := patch(&a.RestAPISettings, in.PatchOperations, "/name", "/description", "/version", "/binaryMediaTypes/*", "/minimumCompressionSize",
		"/apiKeySource", "/policy", "/disableExecuteApiEndpoint", "/endpointConfiguration/types/*", "/endpointConfiguration/ipAddressType")
	if err != nil {
		return nil, err
	}
	err = e.checkRestAPI(a, old)
	return a.shown(), err
}

func deleteRestAPI(s *Service, c *call) (any, error) {
	return nil, s.edit(c, func(e *edit) error {
		a, err := e.restAPI(c.vars["api"])
		if err != nil {
			return err
		}
		for stage := range maps.Keys(a.Stages) {
			if err := e.stageInUse(a.ID, stage); err != nil {
				return err
			}
		}
		e.served = true
		return e.DeleteAPIRecord(store.KindRestAPI, a.ID)
	})
}

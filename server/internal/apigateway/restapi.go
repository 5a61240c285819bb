package apigateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/store"
)

// restAPI is a REST API: what all who list or serve APIs read of it, and its draft,
// which only those read who look into it or change it.
type restAPI struct {
	restHead
	restDraft
}

// restHead is the record of a REST API.
type restHead struct {
	wire.RestAPI
	Stages  map[string]*wire.Stage // by name
	Flushes map[string]int         `json:",omitempty"` // by stage: apidef.Stage.Flushes
	Pins    map[string]string      `json:",omitempty"` // of Policy: apidef.API.Pins
}

// restDraft is the record of its draft.
type restDraft struct {
	Resources   map[string]*wire.Resource         // by id
	Authorizers map[string]*wire.Authorizer       // by id
	Validators  map[string]*wire.RequestValidator // by id
	Models      map[string]*wire.Model            // by name
	Responses   map[string]*wire.GatewayResponse  // by type; those that are set
}

// customID is the tag of local stacks that chooses the id of an API.
const customID = "_custom_id_"

func restOperations() []entry {
	return slices.Concat([]entry{
		{"CreateRestApi", "POST /restapis", 201, createOrImport},
		{"GetRestApis", "GET /restapis", 200, getRestAPIs},
		{"GetRestApi", "GET /restapis/{api}", 200, view(findRestHead, func(_ *call, a *restHead) (any, error) { return a.shown(), nil })},
		{"UpdateRestApi", "PATCH /restapis/{api}", 200, editAPI(updateRestAPI)},
		{"PutRestApi", "PUT /restapis/{api}", 200, reimportRestAPI},
		{"DeleteRestApi", "DELETE /restapis/{api}", 202, deleteAPI(store.KindRestAPI)},
	}, resourceOperations(), methodOperations(), partOperations(), deploymentOperations(), stageOperations())
}

// viewAPI is an operation that reads a REST API with its draft.
func viewAPI(fn func(c *call, a *restAPI) (any, error)) handler { return view(findRestAPI, fn) }

// editAPI is an operation that changes a REST API.
func editAPI[In any](fn func(e *edit, a *restAPI, in In) (any, error)) handler {
	return changing(findRestAPI, (*edit).putRestAPI, fn)
}

func findRestAPI(c *call, r reader) (*restAPI, error) { return whole[restAPI](c, r, store.KindRestAPI) }

func findRestHead(c *call, r reader) (*restHead, error) {
	return head[restHead](c, r, store.KindRestAPI)
}

func (e *edit) putRestAPI(a *restAPI) error {
	return errors.Join(e.put(store.KindRestAPI, a.ID, "", a.restHead), e.put(store.KindAPIDraft, a.ID, a.ID, a.restDraft))
}

func createOrImport(c *call) (any, error) {
	if c.Query.Get("mode") == "import" {
		return importRestAPI(c)
	}
	return creating((*edit).newRestAPI, (*edit).putRestAPI, func(_ *Service, a *restAPI) any { return a.shown() })(c)
}

// shown is the API as calls describe it. Its policy is escaped once more, as AWS
// has it and as tools that know AWS undo.
func (a *restHead) shown() wire.RestAPI {
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
		restHead{
			RestAPI: wire.RestAPI{RestAPISettings: in, ID: id, CreatedDate: e.s.epoch(), RootResourceID: root},
			Stages:  map[string]*wire.Stage{},
		},
		restDraft{
			Resources: map[string]*wire.Resource{root: {ID: root, Path: "/"}},
			Models:    defaultModels(), Authorizers: map[string]*wire.Authorizer{}, Validators: map[string]*wire.RequestValidator{},
			Responses: map[string]*wire.GatewayResponse{},
		},
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
	if err := e.s.fits(a.frame(), apidef.Stage{Name: "prod"}); err != nil || a.Policy == old.Policy {
		return err
	}
	return e.pin(a)
}

// pin has the policy of an API mean the roles and users who are there now.
func (e *edit) pin(a *restAPI) (err error) {
	if e.s.Pins != nil {
		a.Pins, err = e.s.Pins(e.ctx, e.Tx, a.Policy)
	}
	return err
}

func getRestAPIs(c *call) (any, error) {
	all, err := recordsOf[restHead](c, c.s.Store, store.KindRestAPI, "")
	if err != nil {
		return nil, err
	}
	return items(c, all, (*restHead).shown)
}

func updateRestAPI(e *edit, a *restAPI, in wire.PatchInput) (any, error) {
	old := a.RestAPISettings
	err := patch(&a.RestAPISettings, in.PatchOperations, "/name", "/description", "/version", "/binaryMediaTypes/*", "/minimumCompressionSize",
		"/apiKeySource", "/policy", "/disableExecuteApiEndpoint", "/endpointConfiguration/types/*", "/endpointConfiguration/ipAddressType")
	if err != nil {
		return nil, err
	}
	named := func(op wire.PatchOperation) bool { return op.Path == "/policy" }
	if a.Policy != "" && slices.ContainsFunc(in.PatchOperations, named) {
		old.Policy = "" // one that is written again means who is there now
	}
	err = e.checkRestAPI(a, old)
	return a.shown(), err
}

// deleteAPI is an operation that deletes an API of which nothing names a stage.
func deleteAPI(kind store.APIKind) handler {
	return func(c *call) (any, error) {
		return nil, c.s.edit(c, func(e *edit) error {
			a, err := head[stageNames](c, e.Tx, kind)
			if err != nil {
				return err
			}
			for stage := range a.Stages {
				if err := e.stageInUse(c.vars["api"], stage); err != nil {
					return err
				}
			}
			e.served = true
			return e.DeleteAPIRecord(kind, c.vars["api"])
		})
	}
}

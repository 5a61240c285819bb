package apigateway

import (
	"strings"
	"time"
	"unicode"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/store"
)

// deployment is a snapshot of an API of either kind. Its API has no stages.
type deployment struct {
	ID          string
	Description string
	Created     time.Time
	Auto        bool `json:",omitempty"`
	API         apidef.API
}

func deploymentOperations() []entry {
	const all, one = "/restapis/{api}/deployments", "/restapis/{api}/deployments/{id}"
	return []entry{
		{"CreateDeployment", "POST " + all, 201, editAPI(createDeployment)},
		{"GetDeployments", "GET " + all, 200, getDeployments},
		{"GetDeployment", "GET " + one, 200, getDeployment},
		{"UpdateDeployment", "PATCH " + one, 200, editAPI(updateDeployment)},
		{"DeleteDeployment", "DELETE " + one, 202, editAPI(deleteDeployment)},
	}
}

func deploymentNotFound() error { return notFound("Invalid Deployment identifier specified") }

// fits asks the gateway whether it would serve an API with a stage.
func (s *Service) fits(a apidef.API, st apidef.Stage) error {
	a.Stages = []apidef.Stage{st}
	if err := s.Validate(a); err != nil {
		return misfit(err)
	}
	return nil
}

// probe is a stage to try an API with that no stage serves yet. Its variables,
// which the stage will have, are numbers, fit for any part of an address.
func probe(a apidef.API) apidef.Stage {
	out := apidef.Stage{Name: "prod"}
	for _, r := range a.Routes {
		for rest := r.Integration.URI; ; {
			_, after, found := strings.Cut(rest, "stageVariables.")
			if !found {
				break
			}
			end := strings.IndexFunc(after, func(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) })
			if end < 0 {
				end = len(after)
			}
			if out.Variables == nil {
				out.Variables = map[string]string{}
			}
			out.Variables[after[:end]], rest = "80", after[end:]
		}
	}
	return out
}

// deployment finds a deployment of an API; store.ErrNotFound.
func (c *call) deployment(r reader, api, id string) (*deployment, error) {
	return recordOf[deployment](r.APIRecord(c.ctx, store.KindAPIDeployment, api+"/"+id))
}

// keep adds a deployment to an API.
func (e *edit) keep(api string, d *deployment) error {
	return e.put(store.KindAPIDeployment, api+"/"+d.ID, api, d)
}

func (d *deployment) shown() wire.Deployment {
	return wire.Deployment{ID: d.ID, Description: d.Description, CreatedDate: wire.Epoch{Time: d.Created}}
}

// snapshot deploys the draft to a new deployment, which the stage, if any, will
// serve.
func (e *edit) snapshot(a apidef.API, description string, auto bool) (*deployment, error) {
	id, err := e.s.newID(6)
	if err != nil {
		return nil, err
	}
	d := &deployment{ID: id, Description: description, Created: e.s.utc(), Auto: auto, API: a}
	return d, e.keep(a.ID, d)
}

func createDeployment(e *edit, a *restAPI, in wire.CreateDeploymentInput) (any, error) {
	if in.CacheClusterEnabled || in.TracingEnabled {
		return nil, unsupported("caching and tracing")
	}
	api, err := a.render()
	if err != nil {
		return nil, err
	}
	st, err := e.stageFor(a, in)
	if err != nil {
		return nil, err
	}
	serving := probe(api)
	if st != nil {
		serving = renderStage(st)
	}
	if err := e.s.fits(api, serving); err != nil {
		return nil, err
	}
	d, err := e.snapshot(api, in.Description, false)
	if err != nil {
		return nil, err
	}
	if st != nil {
		st.DeploymentID, st.LastUpdatedDate = d.ID, e.s.epoch()
		a.Stages[st.StageName], e.served = st, true
	}
	return d.shown(), nil
}

// stageFor is the stage that CreateDeployment names, made if it is new; nil
// without a name.
func (e *edit) stageFor(a *restAPI, in wire.CreateDeploymentInput) (*wire.Stage, error) {
	if in.StageName == "" {
		return nil, nil
	}
	st := a.Stages[in.StageName]
	if st == nil {
		st = &wire.Stage{CreatedDate: e.s.epoch()}
		st.StageName, st.Description = in.StageName, in.StageDescription
	}
	if in.Variables != nil {
		st.Variables = in.Variables
	}
	return st, checkStage(st)
}

// deployments are those of an API of a kind, which must be there.
func (c *call) deployments(kind store.APIKind) (map[string]*deployment, error) {
	if _, err := head[stageNames](c, c.s.Store, kind); err != nil {
		return nil, err
	}
	return recordsOf[deployment](c, c.s.Store, store.KindAPIDeployment, c.vars["api"])
}

func getDeployments(c *call) (any, error) {
	all, err := c.deployments(store.KindRestAPI)
	if err != nil {
		return nil, err
	}
	return items(c, all, (*deployment).shown)
}

func getDeployment(c *call) (any, error) {
	d, err := c.deployment(c.s.Store, c.vars["api"], c.vars["id"])
	if err != nil {
		return nil, missing(err, deploymentNotFound())
	}
	return d.shown(), nil
}

func updateDeployment(e *edit, a *restAPI, in wire.PatchInput) (any, error) {
	d, err := e.deployment(e.Tx, a.ID, e.vars["id"])
	if err != nil {
		return nil, missing(err, deploymentNotFound())
	}
	shown := d.shown()
	if err := patch(&shown, in.PatchOperations, "/description"); err != nil {
		return nil, err
	}
	d.Description = shown.Description
	return shown, e.keep(a.ID, d)
}

func deleteDeployment(e *edit, a *restAPI, _ struct{}) (any, error) {
	id := e.vars["id"]
	for _, st := range a.Stages {
		if st.DeploymentID == id {
			return nil, badRequest("Active stages pointing to this deployment must be moved or deleted")
		}
	}
	return nil, missing(e.DeleteAPIRecord(store.KindAPIDeployment, a.ID+"/"+id), deploymentNotFound())
}

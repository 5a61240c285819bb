package apigateway

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/store"
)

func v2StageOperations() []entry {
	const all, one = "/v2/apis/{api}/stages", "/v2/apis/{api}/stages/{stage}"
	const deployments, deployment = "/v2/apis/{api}/deployments", "/v2/apis/{api}/deployments/{id}"
	return []entry{
		{"CreateStage", "POST " + all, 201, editV2(createStageV2)},
		{"GetStages", "GET " + all, 200, view(findHTTPHead, func(c *call, a *httpHead) (any, error) { return itemsV2(c, a.Stages, same) })},
		{"GetStage", "GET " + one, 200, view(findHTTPHead, func(c *call, a *httpHead) (any, error) { return a.stage(c.vars["stage"]) })},
		{"UpdateStage", "PATCH " + one, 200, editV2(updateStageV2)},
		{"DeleteStage", "DELETE " + one, 204, editV2(deleteStageV2)},
		{"DeleteAccessLogSettings", "DELETE " + one + "/accesslogsettings", 204, editV2(changeStage(func(_ *edit, st *wire.StageV2) { st.AccessLogSettings = nil }))},
		{"ResetAuthorizersCache", "DELETE " + one + "/cache/authorizers", 204, editV2(func(e *edit, a *httpAPI, _ struct{}) (any, error) {
			_, err := a.stage(e.vars["stage"])
			set(&a.Flushes, e.vars["stage"], a.Flushes[e.vars["stage"]]+1)
			e.served = true
			return nil, err
		})},
		{"DeleteRouteSettings", "DELETE " + one + "/routesettings/{route}", 204, editV2(changeStage(func(e *edit, st *wire.StageV2) {
			delete(st.RouteSettings, e.vars["route"])
		}))},
		{"CreateDeployment", "POST " + deployments, 201, editV2(createDeploymentV2)},
		{"GetDeployments", "GET " + deployments, 200, viewDeployments},
		{"GetDeployment", "GET " + deployment, 200, viewDeployment},
		{"UpdateDeployment", "PATCH " + deployment, 200, editV2(updateDeploymentV2)},
		{"DeleteDeployment", "DELETE " + deployment, 204, editV2(deleteDeploymentV2)},
	}
}

func (a *httpHead) stage(name string) (*wire.StageV2, error) {
	if st := a.Stages[name]; st != nil {
		return st, nil
	}
	return nil, stageNotFound()
}

func changeStage(fn func(e *edit, st *wire.StageV2)) func(e *edit, a *httpAPI, _ struct{}) (any, error) {
	return func(e *edit, a *httpAPI, _ struct{}) (any, error) {
		st, err := a.stage(e.vars["stage"])
		if err != nil {
			return nil, err
		}
		fn(e, st)
		return nil, e.deployV2(a, st)
	}
}

func checkStageV2(a *httpAPI, st *wire.StageV2) error {
	plain := strings.Trim(st.StageName, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
	if st.StageName == "" || !plain && (st.StageName != "$default" || a.ProtocolType == string(apidef.WebSocket)) {
		return badRequest("Invalid stage name specified: %s", st.StageName)
	}
	dropEmpty(st.StageVariables)
	settings := []*wire.StageRouteSettings{st.DefaultRouteSettings}
	for key, set := range st.RouteSettings {
		settings = append(settings, set)
		if !slices.ContainsFunc(mapped(a.Routes), func(r *wire.Route) bool { return r.RouteKey == key }) {
			return notFound("Unable to find Route by key %s within the provided RouteSettings", key)
		}
	}
	for _, set := range settings {
		if set != nil && (set.DataTraceEnabled || set.DetailedMetricsEnabled || set.LoggingLevel != "" && set.LoggingLevel != "OFF") {
			return unsupported("data trace, metrics and execution logs of stages")
		}
	}
	return checkLog(st.AccessLogSettings)
}

func mapped[T any](m map[string]T) []T {
	out := make([]T, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// deployV2 checks a stage with the deployment it names, if any, and serves it.
func (e *edit) deployV2(a *httpAPI, st *wire.StageV2) error {
	if err := checkStageV2(a, st); err != nil {
		return err
	}
	st.LastUpdatedDate, e.served = e.s.utc(), true
	a.Stages[st.StageName] = st
	if st.DeploymentID == "" {
		return nil
	}
	d, err := e.deployment(e.Tx, a.APIID, st.DeploymentID)
	if err != nil {
		return missing(err, notFound("Invalid deployment identifier specified %s", st.DeploymentID))
	}
	return e.s.fits(d.API, renderStageV2(st))
}

func createStageV2(e *edit, a *httpAPI, in wire.CreateStageV2Input) (any, error) {
	if a.Stages[in.StageName] != nil {
		return nil, conflict("Stage already exists")
	}
	if in.AutoDeploy && in.DeploymentID != "" {
		return nil, badRequest("Deployment ID cannot be set if AutoDeploy is set to true")
	}
	st := &wire.StageV2{StageV2Settings: in.StageV2Settings, StageName: in.StageName, Tags: in.Tags, CreatedDate: e.s.utc()}
	return st, e.deployV2(a, st)
}

func updateStageV2(e *edit, a *httpAPI, _ json.RawMessage) (any, error) {
	st, err := a.stage(e.vars["stage"])
	if err != nil {
		return nil, err
	}
	was := st.DeploymentID
	if err := decode(e.Body, &st.StageV2Settings); err != nil {
		return nil, err
	}
	if st.AutoDeploy && st.DeploymentID != was {
		return nil, badRequest("Deployment ID cannot be set if AutoDeploy is set to true")
	}
	return st, e.deployV2(a, st)
}

func deleteStageV2(e *edit, a *httpAPI, _ struct{}) (any, error) {
	name := e.vars["stage"]
	if _, err := a.stage(name); err != nil {
		return nil, err
	}
	if err := e.stageInUse(a.APIID, name); err != nil {
		return nil, err
	}
	e.served = true
	delete(a.Stages, name)
	return nil, nil
}

// autoDeploy lets the stages that deploy by themselves serve the draft. What the
// gateway would refuse is not served: the stage keeps what it had and says why.
func (e *edit) autoDeploy(a *httpAPI) error {
	stages := slices.DeleteFunc(mapped(a.Stages), func(st *wire.StageV2) bool { return !st.AutoDeploy })
	if len(stages) == 0 {
		return nil
	}
	api, err := a.render()
	for _, st := range stages {
		if err == nil {
			err = e.s.fits(api, renderStageV2(st))
		}
		if err != nil {
			st.LastDeploymentStatusMessage = "Deployment attempt failed: " + wire.AsError(err).Message
			continue
		}
		if err := e.autoDeployStage(a, api, st); err != nil {
			return err
		}
	}
	return nil
}

func (e *edit) autoDeployStage(a *httpAPI, api apidef.API, st *wire.StageV2) error {
	old, err := e.deployment(e.Tx, a.APIID, st.DeploymentID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if old != nil && equal(old.API, api) {
		return nil
	}
	d, err := e.snapshot(api, "Automatic deployment triggered by changes to the Api configuration", true)
	if err != nil {
		return err
	}
	e.served = true
	st.DeploymentID, st.LastUpdatedDate = d.ID, e.s.utc()
	st.LastDeploymentStatusMessage = "Successfully deployed stage with deployment ID '" + d.ID + "'"
	if old != nil && old.Auto && !a.names(old.ID) {
		return e.DeleteAPIRecord(store.KindAPIDeployment, a.APIID+"/"+old.ID)
	}
	return nil
}

// names: a stage serves the deployment.
func (a *httpHead) names(deployment string) bool {
	return slices.ContainsFunc(mapped(a.Stages), func(st *wire.StageV2) bool { return st.DeploymentID == deployment })
}

func equal(x, y apidef.API) bool {
	a, err := json.Marshal(x)
	b, err2 := json.Marshal(y)
	return err == nil && err2 == nil && string(a) == string(b)
}

func (d *deployment) shownV2() wire.DeploymentV2 {
	return wire.DeploymentV2{DeploymentID: d.ID, AutoDeployed: d.Auto, CreatedDate: d.Created, DeploymentStatus: "DEPLOYED", Description: d.Description}
}

func createDeploymentV2(e *edit, a *httpAPI, in wire.CreateDeploymentV2Input) (any, error) {
	api, err := a.render()
	if err != nil {
		return nil, err
	}
	var st *wire.StageV2
	serving := probe(api)
	if in.StageName != "" {
		if st, err = a.stage(in.StageName); err != nil {
			return nil, err
		}
		if st.AutoDeploy {
			return nil, badRequest("Deployment cannot be created for a stage with AutoDeploy set to true")
		}
		serving = renderStageV2(st)
	}
	if err := e.s.fits(api, serving); err != nil {
		return nil, err
	}
	d, err := e.snapshot(api, in.Description, false)
	if err != nil {
		return nil, err
	}
	if st != nil {
		st.DeploymentID, st.LastUpdatedDate, e.served = d.ID, e.s.utc(), true
	}
	return d.shownV2(), nil
}

func viewDeployments(c *call) (any, error) {
	all, err := c.deployments(store.KindHTTPAPI)
	if err != nil {
		return nil, err
	}
	return itemsV2(c, all, (*deployment).shownV2)
}

func viewDeployment(c *call) (any, error) {
	d, err := c.deployment(c.s.Store, c.vars["api"], c.vars["id"])
	if err != nil {
		return nil, missing(err, notFound("Invalid deployment identifier specified %s", c.vars["id"]))
	}
	return d.shownV2(), nil
}

func updateDeploymentV2(e *edit, a *httpAPI, in wire.CreateDeploymentV2Input) (any, error) {
	d, err := e.deployment(e.Tx, a.APIID, e.vars["id"])
	if err != nil {
		return nil, missing(err, notFound("Invalid deployment identifier specified %s", e.vars["id"]))
	}
	d.Description = in.Description
	return d.shownV2(), e.keep(a.APIID, d)
}

func deleteDeploymentV2(e *edit, a *httpAPI, _ struct{}) (any, error) {
	id := e.vars["id"]
	if a.names(id) {
		return nil, badRequest("Active stages pointing to this deployment must be moved or deleted")
	}
	return nil, missing(e.DeleteAPIRecord(store.KindAPIDeployment, a.APIID+"/"+id), notFound("Invalid deployment identifier specified %s", id))
}

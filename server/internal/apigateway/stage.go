package apigateway

import (
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
)

func stageOperations() []entry {
	const all, one = "/restapis/{api}/stages", "/restapis/{api}/stages/{stage}"
	return []entry{
		{"CreateStage", "POST " + all, 201, editAPI(createStage)},
		{"GetStages", "GET " + all, 200, view(findRestHead, getStages)},
		{"GetStage", "GET " + one, 200, view(findRestHead, func(c *call, a *restHead) (any, error) { return a.stage(c.vars["stage"]) })},
		{"UpdateStage", "PATCH " + one, 200, editAPI(updateStage)},
		{"DeleteStage", "DELETE " + one, 202, editAPI(deleteStage)},
		{"FlushStageAuthorizersCache", "DELETE " + one + "/cache/authorizers", 202, editAPI(flushAuthorizers)},
		{"GetExport", "GET " + one + "/exports/{type}", 200, getExport},
	}
}

func stageNotFound() error { return notFound("Invalid stage identifier specified") }

func (a *restHead) stage(name string) (*wire.Stage, error) {
	if st := a.Stages[name]; st != nil {
		return st, nil
	}
	return nil, stageNotFound()
}

// checkStage refuses what no stage may be.
func checkStage(st *wire.Stage) error {
	if st.CacheClusterEnabled || st.TracingEnabled {
		return unsupported("caching and tracing")
	}
	if st.StageName == "" || strings.Trim(st.StageName, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		return badRequest("Stage name only allows a-zA-Z0-9_")
	}
	return checkLog(st.AccessLogSettings)
}

// checkLog: access logs go to the server's log. A file that a caller of the
// control plane could choose would be a way to write any file.
func checkLog(log *wire.AccessLogSettings) error {
	if log == nil {
		return nil
	}
	if log.DestinationARN != "" && !strings.HasPrefix(log.DestinationARN, "arn:") {
		return badRequest("Invalid ARN specified in the request. ARNs must start with 'arn:': %s", log.DestinationARN)
	}
	if log.Format == "" {
		return badRequest("Access log format must be specified")
	}
	return nil
}

// deploy checks a stage with the deployment it names, and serves it.
func (e *edit) deploy(a *restAPI, st *wire.Stage) error {
	if err := checkStage(st); err != nil {
		return err
	}
	d, err := e.deployment(e.Tx, a.ID, st.DeploymentID)
	if err != nil {
		return missing(err, badRequest("Invalid Deployment identifier specified"))
	}
	st.LastUpdatedDate, e.served = e.s.epoch(), true
	a.Stages[st.StageName] = st
	return e.s.fits(d.API, renderStage(st))
}

func createStage(e *edit, a *restAPI, in wire.StageSettings) (any, error) {
	if a.Stages[in.StageName] != nil {
		return nil, conflict("Stage already exists")
	}
	st := &wire.Stage{StageSettings: in, CreatedDate: e.s.epoch()}
	return st, e.deploy(a, st)
}

func getStages(c *call, a *restHead) (any, error) {
	out := wire.Items[*wire.Stage]{Item: []*wire.Stage{}}
	only := c.Query.Get("deploymentId")
	for _, st := range a.Stages {
		if only == "" || st.DeploymentID == only {
			out.Item = append(out.Item, st)
		}
	}
	slices.SortFunc(out.Item, func(x, y *wire.Stage) int { return strings.Compare(x.StageName, y.StageName) })
	return out, nil
}

func updateStage(e *edit, a *restAPI, in wire.PatchInput) (any, error) {
	st, err := a.stage(e.vars["stage"])
	if err != nil {
		return nil, err
	}
	for _, op := range in.PatchOperations {
		met, err := patchMethod(st, op)
		if err == nil && !met {
			err = patch(st, []wire.PatchOperation{op}, "/deploymentId", "/description", "/variables/*", "/cacheClusterEnabled", "/tracingEnabled",
				"/accessLogSettings", "/accessLogSettings/format", "/accessLogSettings/destinationArn")
		}
		if err != nil {
			return nil, err
		}
	}
	if log := st.AccessLogSettings; log != nil && *log == (wire.AccessLogSettings{}) {
		st.AccessLogSettings = nil
	}
	return st, e.deploy(a, st)
}

// methodGroups are what a stage sets for methods, with the values that change
// nothing here.
var methodGroups = map[string]string{
	"throttling/rateLimit": "", "throttling/burstLimit": "", "logging/loglevel": "OFF", "logging/dataTrace": "false", "metrics/enabled": "false",
	"caching/enabled": "false", "caching/ttlInSeconds": "", "caching/dataEncrypted": "false",
	"caching/requireAuthorizationForCacheControl": "", "caching/unauthorizedCacheControlHeaderStrategy": "",
}

// patchMethod applies an operation on the settings of a method,
// /{resource}/{METHOD}/{group}/{setting}; the resource is escaped or not. False:
// it is none.
func patchMethod(st *wire.Stage, op wire.PatchOperation) (bool, error) {
	keys := pointer(op.Path)
	if len(keys) == 2 && op.Op == "remove" && slices.Contains(httpMethodsOrAll, keys[1]) {
		delete(st.MethodSettings, strings.TrimPrefix(strings.Join(keys, "/"), "/"))
		return true, nil
	}
	if len(keys) < 4 {
		return false, nil
	}
	name := strings.Join(keys[len(keys)-2:], "/")
	harmless, known := methodGroups[name]
	method := strings.TrimPrefix(strings.Join(keys[:len(keys)-2], "/"), "/")
	if !known || !slices.Contains(httpMethodsOrAll, keys[len(keys)-3]) {
		return false, nil
	}
	if !strings.HasPrefix(name, "throttling/") {
		if harmless != "" && op.Value != nil && strings.EqualFold(*op.Value, harmless) {
			return true, nil
		}
		return true, unsupported("the stage setting " + name)
	}
	return true, setThrottle(st, method, name, op)
}

var httpMethodsOrAll = append([]string{"*"}, httpMethods...)

func setThrottle(st *wire.Stage, method, name string, op wire.PatchOperation) error {
	own := st.MethodSettings[method]
	if own == nil {
		own = &wire.MethodSetting{ThrottlingBurstLimit: accountBurst, ThrottlingRateLimit: accountRate}
		set(&st.MethodSettings, method, own)
	}
	op.Path = "/throttlingRateLimit"
	if name == "throttling/burstLimit" {
		op.Path = "/throttlingBurstLimit"
	}
	return patch(own, []wire.PatchOperation{op}, op.Path)
}

// flushAuthorizers lets every node serve the stage anew, for what authorizers said
// is kept with what is served.
func flushAuthorizers(e *edit, a *restAPI, _ struct{}) (any, error) {
	_, err := a.stage(e.vars["stage"])
	set(&a.Flushes, e.vars["stage"], a.Flushes[e.vars["stage"]]+1)
	e.served = true
	return nil, err
}

func deleteStage(e *edit, a *restAPI, _ struct{}) (any, error) {
	name := e.vars["stage"]
	if _, err := a.stage(name); err != nil {
		return nil, err
	}
	if err := e.stageInUse(a.ID, name); err != nil {
		return nil, err
	}
	e.served = true
	delete(a.Stages, name)
	return nil, nil
}

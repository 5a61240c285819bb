package apigateway

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// planRecord is a usage plan with the ids of its keys.
type planRecord struct {
	wire.UsagePlan
	Keys []string
}

func (p *planRecord) drop(key string) bool {
	n := len(p.Keys)
	p.Keys = slices.DeleteFunc(p.Keys, func(k string) bool { return k == key })
	return len(p.Keys) < n
}

func usagePlanOperations() []entry {
	const one, keys = "/usageplans/{plan}", "/usageplans/{plan}/keys"
	return []entry{
		{"CreateUsagePlan", "POST /usageplans", 201, creating((*edit).newPlan, (*edit).putPlan, func(_ *Service, p *planRecord) any { return p.UsagePlan })},
		{"GetUsagePlans", "GET /usageplans", 200, getUsagePlans},
		{"GetUsagePlan", "GET " + one, 200, view(findPlan, func(_ *call, p *planRecord) (any, error) { return p.UsagePlan, nil })},
		{"UpdateUsagePlan", "PATCH " + one, 200, editPlan(updateUsagePlan)},
		{"DeleteUsagePlan", "DELETE " + one, 202, deleteUsagePlan},
		{"CreateUsagePlanKey", "POST " + keys, 201, editPlan(createUsagePlanKey)},
		{"GetUsagePlanKeys", "GET " + keys, 200, view(findPlan, getUsagePlanKeys)},
		{"GetUsagePlanKey", "GET " + keys + "/{key}", 200, view(findPlan, getUsagePlanKey)},
		{"DeleteUsagePlanKey", "DELETE " + keys + "/{key}", 202, editPlan(deleteUsagePlanKey)},
	}
}

func findPlan(c *call, r reader) (*planRecord, error) {
	p, err := recordOf[planRecord](r.APIRecord(c.ctx, store.KindUsagePlan, c.vars["plan"]))
	return p, missing(err, notFound("Invalid Usage Plan ID specified"))
}

func (c *call) plans(r reader) (map[string]*planRecord, error) {
	return recordsOf[planRecord](c, r, store.KindUsagePlan, "")
}

// editPlan is an operation that changes a plan.
func editPlan[In any](fn func(e *edit, p *planRecord, in In) (any, error)) handler {
	return changing(findPlan, (*edit).putPlan, fn)
}

func (e *edit) putPlan(p *planRecord) error {
	e.served = true
	return e.put(store.KindUsagePlan, p.ID, "", p)
}

func (e *edit) newPlan(in wire.UsagePlanSettings) (*planRecord, error) {
	id, err := e.s.newID(6)
	if err != nil {
		return nil, err
	}
	p := &planRecord{UsagePlan: wire.UsagePlan{UsagePlanSettings: in, ID: id}}
	return p, e.checkPlan(p)
}

// checkPlan checks the numbers and that the stages are there.
func (e *edit) checkPlan(p *planRecord) error {
	if p.Name == "" {
		return badRequest("Usage plan name cannot be blank")
	}
	if p.APIStages == nil {
		p.APIStages = []wire.APIStage{}
	}
	if q := p.Quota; q != nil {
		if q.Limit < 1 || q.Offset < 0 || q.Offset > q.Limit || !slices.Contains([]string{"DAY", "WEEK", "MONTH"}, q.Period) {
			return badRequest("Invalid quota specified: a limit, an offset of at most the limit, and a period of DAY, WEEK or MONTH")
		}
	}
	if err := checkThrottle(p.Throttle); err != nil {
		return err
	}
	for _, st := range p.APIStages {
		if err := e.checkPlanStage(st); err != nil {
			return err
		}
	}
	return nil
}

func checkThrottle(t *wire.ThrottleSettings) error {
	if t != nil && (t.BurstLimit < 0 || t.RateLimit < 0) {
		return badRequest("Usage Plan throttle limits cannot be negative")
	}
	return nil
}

func (e *edit) checkPlanStage(st wire.APIStage) error {
	for _, a := range e.s.declared().APIs {
		for _, have := range a.Stages {
			if a.ID == st.APIID && have.Name == st.Stage {
				return nil
			}
		}
	}
	a, err := recordOf[stageNames](e.APIRecord(e.ctx, store.KindRestAPI, st.APIID))
	if err != nil {
		return missing(err, e.s.apiNotFound(st.APIID))
	}
	if _, met := a.Stages[st.Stage]; !met {
		return notFound("API Stage not found: %s:%s", st.APIID, st.Stage)
	}
	for _, t := range st.Throttle {
		if err := checkThrottle(t); err != nil {
			return err
		}
	}
	return nil
}

func getUsagePlans(c *call) (any, error) {
	all, err := c.plans(c.s.Store)
	if err != nil {
		return nil, err
	}
	for id, p := range all {
		if key := c.Query.Get("keyId"); key != "" && !slices.Contains(p.Keys, key) {
			delete(all, id)
		}
	}
	return items(c, all, func(p *planRecord) wire.UsagePlan { return p.UsagePlan })
}

func updateUsagePlan(e *edit, p *planRecord, in wire.PatchInput) (any, error) {
	for _, op := range in.PatchOperations {
		met, err := p.patchStages(op)
		if err == nil && !met {
			err = patch(&p.UsagePlanSettings, []wire.PatchOperation{op}, "/name", "/description", "/throttle", "/throttle/rateLimit", "/throttle/burstLimit",
				"/quota", "/quota/limit", "/quota/offset", "/quota/period")
		}
		if err != nil {
			return nil, err
		}
	}
	return p.UsagePlan, e.checkPlan(p)
}

// patchStages changes what a plan admits to: /apiStages with the value API:STAGE,
// or /apiStages/API:STAGE/throttle/{resource}~1{METHOD}/{limit}. False: it is
// another operation.
func (p *planRecord) patchStages(op wire.PatchOperation) (bool, error) {
	keys := pointer(op.Path)
	if keys[0] != "apiStages" {
		return false, nil
	}
	if len(keys) == 1 && op.Value != nil {
		return true, p.patchStage(op.Op, *op.Value)
	}
	i := -1
	if len(keys) > 3 {
		i = slices.IndexFunc(p.APIStages, func(st wire.APIStage) bool { return st.APIID+":"+st.Stage == keys[1] })
	}
	if i < 0 || keys[2] != "throttle" {
		return true, badRequest("Invalid patch path  '%s' specified for op '%s'. Must be one of: [/apiStages, /apiStages/{api}:{stage}/throttle/{method}/{limit}]", op.Path, op.Op)
	}
	limit := keys[len(keys)-1]
	method := "/" + strings.TrimPrefix(strings.Join(keys[3:len(keys)-1], "/"), "/")
	op.Path = "/throttle/" + strings.ReplaceAll(strings.ReplaceAll(method, "~", "~0"), "/", "~1") + "/" + limit
	return true, patch(&p.APIStages[i], []wire.PatchOperation{op}, "/throttle/*/rateLimit", "/throttle/*/burstLimit")
}

func (p *planRecord) patchStage(op, value string) error {
	api, stage, ok := strings.Cut(value, ":")
	if !ok {
		return badRequest("Invalid API stage specified: %s, it is API:STAGE", value)
	}
	n := len(p.APIStages)
	rest := slices.DeleteFunc(slices.Clone(p.APIStages), func(st wire.APIStage) bool { return st.APIID == api && st.Stage == stage })
	switch {
	case op == "add":
		rest = append(rest, wire.APIStage{APIID: api, Stage: stage})
	case len(rest) == n:
		return notFound("API Stage not found: %s", value)
	}
	p.APIStages = rest
	return nil
}

func deleteUsagePlan(c *call) (any, error) {
	return nil, c.s.edit(c, func(e *edit) error {
		p, err := findPlan(c, e.Tx)
		if err != nil {
			return err
		}
		if len(p.APIStages) > 0 {
			return badRequest("Cannot delete Usage Plan: it is associated with an API stage")
		}
		e.served = true
		return e.DeleteAPIRecord(store.KindUsagePlan, p.ID)
	})
}

func planKey(k *wire.APIKey) wire.UsagePlanKey {
	return wire.UsagePlanKey{ID: k.ID, Type: "API_KEY", Name: k.Name}
}

func planKeyNotFound() error { return notFound("Invalid Usage Plan Key identifier specified") }

func createUsagePlanKey(e *edit, p *planRecord, in wire.CreateUsagePlanKeyInput) (any, error) {
	if in.KeyType != "API_KEY" {
		return nil, badRequest("Invalid key type specified: %s", cmp.Or(in.KeyType, "none"))
	}
	k, err := e.apiKey(e.Tx, in.KeyID)
	if err != nil {
		return nil, err
	}
	if slices.Contains(p.Keys, k.ID) {
		return nil, conflict("API Key %s is already in the usage plan", k.ID)
	}
	p.Keys = append(p.Keys, k.ID)
	return planKey(k), nil
}

func getUsagePlanKeys(c *call, p *planRecord) (any, error) {
	all, err := c.keys(c.s.Store)
	if err != nil {
		return nil, err
	}
	for id, k := range all {
		if !slices.Contains(p.Keys, id) || !strings.HasPrefix(k.Name, c.Query.Get("name")) {
			delete(all, id)
		}
	}
	return items(c, all, planKey)
}

func getUsagePlanKey(c *call, p *planRecord) (any, error) {
	if !slices.Contains(p.Keys, c.vars["key"]) {
		return nil, planKeyNotFound()
	}
	k, err := findAPIKey(c, c.s.Store)
	if err != nil {
		return nil, err
	}
	return planKey(k), nil
}

func deleteUsagePlanKey(e *edit, p *planRecord, _ struct{}) (any, error) {
	if !p.drop(e.vars["key"]) {
		return nil, planKeyNotFound()
	}
	return nil, nil
}

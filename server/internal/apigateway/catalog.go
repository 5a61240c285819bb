package apigateway

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/store"
)

// Mark is another text whenever what Catalog gives is another.
func (s *Service) Mark(ctx context.Context) (string, error) { return s.Store.APIMark(ctx) }

// Catalog is everything to serve: what the configuration declares, and the
// stages that have been deployed. What cannot be served beside it is left out,
// with an error for each in refused.
func (s *Service) Catalog(ctx context.Context) (all apidef.Catalog, refused []error, err error) {
	return s.catalog(&call{ctx: ctx}, s.Store)
}

// catalog is Catalog, also of a transaction that is not done.
func (s *Service) catalog(c *call, r reader) (all apidef.Catalog, refused []error, err error) {
	b := &builder{s: s, call: c, r: r, out: s.declared()}
	b.out.APIs, b.out.Keys, b.out.Plans = slices.Clone(b.out.APIs), slices.Clone(b.out.Keys), slices.Clone(b.out.Plans)
	for _, step := range []func() error{b.readDomains, b.restAPIs, b.httpAPIs, b.plans} {
		if err := step(); err != nil {
			return apidef.Catalog{}, nil, err
		}
	}
	return b.out, b.refused, nil
}

// builder gathers a catalog.
type builder struct {
	*call
	s       *Service
	r       reader
	out     apidef.Catalog
	refused []error
	domains map[string][]apidef.Domain // by API
}

func (b *builder) refuse(what string, err error) {
	b.refused = append(b.refused, fmt.Errorf("%s: %w", what, err))
}

// readDomains leaves out a host that the configuration declares.
func (b *builder) readDomains() error {
	found, err := b.s.domains(b.call, b.r)
	if err != nil {
		return err
	}
	declared := map[string]bool{}
	for _, a := range b.out.APIs {
		for _, d := range a.Domains {
			declared[d.Host] = true
		}
	}
	b.domains = map[string][]apidef.Domain{}
	for host, d := range found {
		if declared[host] {
			b.refuse("domain name "+host, fmt.Errorf("the configuration declares it"))
			continue
		}
		for base, m := range d.Mappings {
			b.domains[m.APIID] = append(b.domains[m.APIID], apidef.Domain{Host: host, BasePath: base, Stage: m.Stage})
		}
	}
	return nil
}

func (b *builder) restAPIs() error {
	recs, err := b.r.APIRecords(b.ctx, store.KindRestAPI, "")
	if err != nil {
		return err
	}
	for _, rec := range recs {
		a, err := b.s.restAPI(rec, nil)
		if err != nil {
			return err
		}
		var stages []apidef.Stage
		for _, st := range a.Stages {
			stages = append(stages, renderStage(st))
		}
		if err := b.add(a.ID, stages); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) httpAPIs() error {
	recs, err := b.r.APIRecords(b.ctx, store.KindHTTPAPI, "")
	if err != nil {
		return err
	}
	for _, rec := range recs {
		a, err := b.s.httpAPI(rec, nil)
		if err != nil {
			return err
		}
		var stages []apidef.Stage
		for _, st := range a.Stages {
			if st.DeploymentID != "" {
				stages = append(stages, renderStageV2(st))
			}
		}
		if err := b.add(a.APIID, stages); err != nil {
			return err
		}
	}
	return nil
}

// add takes each stage of an API with its deployment.
func (b *builder) add(id string, stages []apidef.Stage) error {
	if len(stages) == 0 {
		return nil
	}
	if b.s.taken(id) {
		b.refuse("API "+id, fmt.Errorf("the configuration declares one of that id"))
		return nil
	}
	for _, st := range stages {
		d, err := b.deployment(b.r, id, st.Deployment)
		if err != nil {
			return fmt.Errorf("deployment %s of API %s: %w", st.Deployment, id, err)
		}
		api := d.API
		api.Stages = []apidef.Stage{st}
		for _, domain := range b.domains[id] {
			if domain.Stage == st.Name {
				api.Domains = append(api.Domains, domain)
			}
		}
		if err := b.s.Validate(api); err != nil {
			b.refuse("stage "+st.Name+" of API "+id, err)
			continue
		}
		b.out.APIs = append(b.out.APIs, api)
	}
	return nil
}

// plans adds API keys and usage plans.
func (b *builder) plans() error {
	keys, err := b.s.keys(b.call, b.r)
	if err != nil {
		return err
	}
	for _, k := range keys {
		b.out.Keys = append(b.out.Keys, apidef.APIKey{ID: k.ID, Name: k.Name, Value: apidef.Secret(k.Value), Enabled: k.Enabled})
	}
	recs, err := b.r.APIRecords(b.ctx, store.KindUsagePlan, "")
	if err != nil {
		return err
	}
	for _, rec := range recs {
		var p planRecord
		if err := json.Unmarshal(rec.Doc, &p); err != nil {
			return err
		}
		b.out.Plans = append(b.out.Plans, renderPlan(&p))
	}
	return nil
}

func renderPlan(p *planRecord) apidef.UsagePlan {
	out := apidef.UsagePlan{ID: p.ID, Name: p.Name, Keys: p.Keys, Throttle: renderThrottle(p.Throttle)}
	if q := p.Quota; q != nil {
		out.Quota = &apidef.Quota{Limit: q.Limit, Offset: q.Offset, Period: q.Period}
	}
	for _, st := range p.APIStages {
		next := apidef.PlanStage{API: st.APIID, Stage: st.Stage}
		for key, t := range st.Throttle {
			if next.Throttles == nil {
				next.Throttles = map[string]apidef.Throttle{}
			}
			next.Throttles[methodFirst(key)] = *renderThrottle(t)
		}
		out.Stages = append(out.Stages, next)
	}
	return out
}

// methodFirst turns /notes/GET into GET /notes.
func methodFirst(key string) string {
	for i := len(key) - 1; i >= 0; i-- {
		if key[i] == '/' {
			return key[i+1:] + " /" + trimSlash(key[:i])
		}
	}
	return key
}

func trimSlash(s string) string {
	if s != "" && s[0] == '/' {
		return s[1:]
	}
	return s
}

func renderThrottle(t *wire.ThrottleSettings) *apidef.Throttle {
	if t == nil {
		return nil
	}
	return &apidef.Throttle{Rate: t.RateLimit, Burst: t.BurstLimit}
}

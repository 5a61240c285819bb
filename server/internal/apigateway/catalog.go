package apigateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

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
	b := &builder{call: &call{s: s, ctx: ctx}, r: s.Store}
	b.serving = b.deployed
	all, refused, err = b.build()
	if err == nil {
		s.ready.keep(b.used)
	}
	return all, refused, err
}

// outline is what Catalog will give after a transaction, without what the APIs
// do: it shows whether everything fits together.
func (e *edit) outline() (apidef.Catalog, error) {
	b := &builder{call: e.call, r: e.Tx}
	b.serving = func(id string, st apidef.Stage) (apidef.API, error) {
		api := apidef.API{ID: id, Stages: []apidef.Stage{{Name: st.Name}}}
		if st.Name == "$default" {
			api.Protocol = apidef.HTTP // which alone may have it
		}
		return api, nil
	}
	all, _, err := b.build()
	return all, err
}

func (b *builder) build() (all apidef.Catalog, refused []error, err error) {
	b.out = b.s.declared()
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
	r       reader
	out     apidef.Catalog
	refused []error
	domains map[string][]apidef.Domain // by API
	// serving gives a stage of an API, without domains.
	serving func(id string, st apidef.Stage) (apidef.API, error)
	used    map[string]*deployment
}

// ready keeps deployments that were read and, by how they look to a stage, those
// that were found fit: neither changes. The zero value is empty.
type ready struct {
	mu   sync.Mutex
	read map[string]*deployment // by API and id
	fit  map[string]bool        // by deployment and stage
}

// keep forgets what is not in use.
func (r *ready) keep(used map[string]*deployment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read = used
	maps.DeleteFunc(r.fit, func(key string, _ bool) bool {
		deployment, _, _ := strings.Cut(key, " ")
		return used[deployment] == nil
	})
}

func (r *ready) deployment(key string) *deployment {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read[key]
}

// fits asks valid once for each key.
func (r *ready) fits(key string, valid func() error) error {
	r.mu.Lock()
	known := r.fit[key]
	r.mu.Unlock()
	if known {
		return nil
	}
	if err := valid(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	set(&r.fit, key, true)
	return nil
}

func (b *builder) refuse(what string, err error) {
	b.refused = append(b.refused, fmt.Errorf("%s: %w", what, err))
}

// readDomains leaves out a host that the configuration declares.
func (b *builder) readDomains() error {
	found, err := b.call.domains(b.r)
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
	return addAll(b, store.KindRestAPI, func(a *restHead) (stages []apidef.Stage) {
		for name, st := range a.Stages {
			next := renderStage(st)
			next.Flushes = a.Flushes[name]
			stages = append(stages, next)
		}
		return stages
	})
}

func (b *builder) httpAPIs() error {
	return addAll(b, store.KindHTTPAPI, func(a *httpHead) (stages []apidef.Stage) {
		for name, st := range a.Stages {
			if st.DeploymentID != "" {
				next := renderStageV2(st)
				next.Flushes = a.Flushes[name]
				stages = append(stages, next)
			}
		}
		return stages
	})
}

// addAll adds the APIs of a kind with the stages that they are served with.
func addAll[A any](b *builder, kind store.APIKind, stages func(a *A) []apidef.Stage) error {
	all, err := recordsOf[A](b.call, b.r, kind, "")
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if err := b.add(id, stages(all[id])); err != nil {
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
		api, err := b.serving(id, st)
		if refused := (*unfit)(nil); errors.As(err, &refused) {
			b.refuse("stage "+st.Name+" of API "+id, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("deployment %s of API %s: %w", st.Deployment, id, err)
		}
		for _, domain := range b.domains[id] {
			if domain.Stage == st.Name {
				api.Domains = append(slices.Clip(api.Domains), domain)
			}
		}
		b.out.APIs = append(b.out.APIs, api)
	}
	return nil
}

// unfit is what the gateway says of a stage that it would not serve.
type unfit struct{ err error }

func (u *unfit) Error() string { return u.err.Error() }

// deployed gives a stage with its deployment, which is read and judged once.
func (b *builder) deployed(id string, st apidef.Stage) (apidef.API, error) {
	key := id + "/" + st.Deployment
	d := b.s.ready.deployment(key)
	if d == nil {
		var err error
		if d, err = b.deployment(b.r, id, st.Deployment); err != nil {
			return apidef.API{}, err
		}
	}
	set(&b.used, key, d)
	api := d.API
	api.Stages = []apidef.Stage{st}
	look, err := json.Marshal(st)
	if err != nil {
		return api, err
	}
	return api, b.s.ready.fits(key+" "+string(look), func() error {
		if err := b.s.Validate(api); err != nil {
			return &unfit{err}
		}
		return nil
	})
}

// plans adds API keys and usage plans.
func (b *builder) plans() error {
	keys, err := b.keys(b.r)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		k := keys[id]
		b.out.Keys = append(b.out.Keys, apidef.APIKey{ID: k.ID, Name: k.Name, Value: apidef.Secret(k.Value), Enabled: k.Enabled})
	}
	all, err := b.call.plans(b.r)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		b.out.Plans = append(b.out.Plans, renderPlan(all[id]))
	}
	return nil
}

func renderPlan(p *planRecord) apidef.UsagePlan {
	out := apidef.UsagePlan{ID: p.ID, Name: p.Name, Keys: p.Keys, Throttle: renderThrottle(p.Throttle), Quota: renderQuota(p.Quota)}
	for _, st := range p.APIStages {
		next := apidef.PlanStage{API: st.APIID, Stage: st.Stage}
		for key, t := range st.Throttle {
			set(&next.Throttles, methodFirst(key), *renderThrottle(t))
		}
		out.Stages = append(out.Stages, next)
	}
	return out
}

// methodFirst turns notes/GET, with or without a slash before it, into GET /notes.
func methodFirst(key string) string {
	i := strings.LastIndexByte(key, '/')
	if i < 0 {
		return key
	}
	return key[i+1:] + " /" + strings.TrimPrefix(key[:i], "/")
}

func renderQuota(q *wire.QuotaSettings) *apidef.Quota {
	if q == nil {
		return nil
	}
	return &apidef.Quota{Limit: q.Limit, Offset: q.Offset, Period: q.Period}
}

func renderThrottle(t *wire.ThrottleSettings) *apidef.Throttle {
	if t == nil {
		return nil
	}
	return &apidef.Throttle{Rate: t.RateLimit, Burst: t.BurstLimit}
}

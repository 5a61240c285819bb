package cfn

import (
	"slices"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// apiKey keeps a key whose value the template gives; API Gateway would make the
// value of another, which nobody here could be told.
func (t *template) apiKey(r *resource) {
	o := r.props
	k := apidef.APIKey{ID: r.name, Name: o.Text("Name"), Value: apidef.Secret(o.Text("Value")), Enabled: o.Bool("Enabled")}
	if k.Value == "" {
		t.Note(o.Path, "the key has no Value in the template: nobody has it")
		return
	}
	o.Ignore("Description", "GenerateDistinctId", "StageKeys", "Tags", "CustomerId")
	o.Done()
	t.out.Keys = append(t.out.Keys, k)
}

func (t *template) usagePlan(r *resource) {
	o := r.props
	p := apidef.UsagePlan{ID: r.name, Name: o.Text("UsagePlanName"), Throttle: throttle(o.Sub("Throttle"))}
	if q := o.Sub("Quota"); q.Present() {
		p.Quota = &apidef.Quota{Limit: q.Int("Limit"), Offset: q.Int("Offset"), Period: q.Text("Period")}
		q.Done()
	}
	for _, s := range o.Subs("ApiStages") {
		st := apidef.PlanStage{API: s.Text("ApiId"), Stage: s.Text("Stage")}
		limits := s.Sub("Throttle")
		for _, f := range limits.Fields() {
			put(&st.Throttles, f.Key, *throttle(limits.Sub(f.Key)))
		}
		s.Done()
		p.Stages = append(p.Stages, st)
	}
	o.Ignore("Description", "Tags")
	o.Done()
	t.out.Plans = append(t.out.Plans, p)
}

func throttle(o *tree.Object) *apidef.Throttle {
	if !o.Present() {
		return nil
	}
	limit := &apidef.Throttle{Rate: o.Float("RateLimit"), Burst: o.Int("BurstLimit")}
	o.Done()
	return limit
}

func (t *template) usagePlanKey(r *resource) {
	o := r.props
	plan, key := o.Text("UsagePlanId"), o.Text("KeyId")
	i := slices.IndexFunc(t.out.Plans, func(p apidef.UsagePlan) bool { return p.ID == plan })
	known := slices.ContainsFunc(t.out.Keys, func(k apidef.APIKey) bool { return k.ID == key })
	switch {
	case i < 0:
		t.Fail(o.Path, "no usage plan %q", plan)
	case known:
		t.out.Plans[i].Keys = append(t.out.Plans[i].Keys, key)
	}
	o.Ignore("KeyType")
	o.Done()
}

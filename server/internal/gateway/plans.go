package gateway

import (
	"crypto/sha256"
	"slices"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// Sources of API keys (apiKeySource).
const (
	keyHeader     = "HEADER"
	keyAuthorizer = "AUTHORIZER"
)

// Limits of the value of an API key.
const (
	minKey = 20
	maxKey = 128
)

// access is a key at a stage. Keys are found by their hash, so that how long a
// search takes says nothing of how near a guess is.
type access struct {
	key        [sha256.Size]byte
	api, stage string
}

// membership is a key in a usage plan that admits it to a stage.
type membership struct {
	key   *apidef.APIKey
	plan  *apidef.UsagePlan
	stage *apidef.PlanStage
}

// membership finds the plan by which a key may call; nil if it may not.
func (t *table) membership(value string, at Target) *membership {
	if value == "" {
		return nil
	}
	return t.members[access{sha256.Sum256([]byte(value)), at.API, at.Stage}]
}

// setPlans keeps which keys may call which stages. A plan may name keys and
// stages that are not there; they admit nobody.
func (t *table) setPlans(keys []apidef.APIKey, plans []apidef.UsagePlan) error {
	byID := map[string]*apidef.APIKey{}
	values := map[apidef.Secret]bool{}
	for i := range keys {
		k := &keys[i]
		switch {
		case k.ID == "" || byID[k.ID] != nil:
			return invalid("Keys", "the id %q is empty or taken", k.ID)
		case len(k.Value) < minKey || len(k.Value) > maxKey:
			return invalid("Keys", "the value of %s is not %d to %d characters", k.ID, minKey, maxKey)
		case values[k.Value]:
			return invalid("Keys", "the value of %s is another's too", k.ID)
		}
		byID[k.ID], values[k.Value] = k, true
	}
	t.members = map[access]*membership{}
	for i := range plans {
		if err := validatePlan(&plans[i]); err != nil {
			return err
		}
		if err := t.addPlan(&plans[i], byID); err != nil {
			return err
		}
	}
	return nil
}

// addPlan admits the keys of a plan that are enabled.
func (t *table) addPlan(p *apidef.UsagePlan, keys map[string]*apidef.APIKey) error {
	for _, id := range p.Keys {
		k := keys[id]
		if k == nil || !k.Enabled {
			continue
		}
		for i := range p.Stages {
			st := &p.Stages[i]
			at := access{sha256.Sum256([]byte(k.Value)), st.API, st.Stage}
			if t.members[at] != nil {
				return invalid("Plans", "the key %s has two plans for the stage %s of %s", id, st.Stage, st.API)
			}
			t.members[at] = &membership{key: k, plan: p, stage: st}
		}
	}
	return nil
}

func validatePlan(p *apidef.UsagePlan) error {
	field := "Plans." + p.ID
	if p.ID == "" {
		return invalid("Plans", "a plan needs an id")
	}
	if err := validateThrottle(field, p.Throttle); err != nil {
		return err
	}
	for _, st := range p.Stages {
		if err := validateThrottles(field, st.Throttles); err != nil {
			return err
		}
	}
	q := p.Quota
	switch {
	case q == nil:
	case !slices.Contains([]string{apidef.Day, apidef.Week, apidef.Month}, q.Period):
		return invalid(field, "the period of a quota is DAY, WEEK or MONTH, not %q", q.Period)
	case q.Limit < 0:
		return invalid(field, "a quota is at least 0")
	case q.Offset != 0:
		return invalid(field, "the offset of a quota is not built")
	}
	return nil
}

func validateThrottle(field string, t *apidef.Throttle) error {
	if t != nil && (!(t.Rate >= 0) || t.Burst < 0) { // nor is NaN, which no bucket refuses by
		return invalid(field, "rate and burst are at least 0")
	}
	return nil
}

func validateThrottles(field string, all map[string]apidef.Throttle) error {
	for name, t := range all {
		if err := validateThrottle(field+"."+name, &t); err != nil {
			return err
		}
	}
	return nil
}

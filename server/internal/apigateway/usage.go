package apigateway

import (
	"context"
	"slices"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

func usageOperations() []entry {
	return []entry{
		{"GetUsage", "GET /usageplans/{plan}/usage", 200, view(findPlan, getUsage)},
		{"UpdateUsage", "PATCH /usageplans/{plan}/keys/{key}/usage", 200, changing(findPlan, unchanged[planRecord], updateUsage)},
	}
}

// maxUsageDays is how many days are told at once, as long as they are kept.
const maxUsageDays = 90

// getUsage tells what was counted on each day, which nodes do in blocks, a
// hundredth of a quota at most, before the calls. A day that has not begun is not
// told, nor is anything of a plan without a quota: its calls are not counted.
func getUsage(c *call, p *planRecord) (any, error) {
	first, last, err := c.dates()
	if err != nil {
		return nil, err
	}
	keys := slices.Sorted(slices.Values(p.Keys))
	if key := c.Query.Get("keyId"); key != "" {
		if !slices.Contains(keys, key) {
			return nil, planKeyNotFound()
		}
		keys = []string{key}
	}
	out := wire.Usage{UsagePlanID: p.ID, StartDate: first.Format(time.DateOnly), EndDate: last.Format(time.DateOnly), Values: map[string][][2]int64{}}
	if p.Quota == nil {
		return out, nil
	}
	if keys, out.Position, err = c.page(keys, "limit", "position"); err != nil {
		return nil, err
	}
	for _, key := range keys {
		if out.Values[key], err = c.usage(c.s.Store, p, key, first, last); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// dates are the days that a call asks for.
func (c *call) dates() (first, last time.Time, err error) {
	for name, at := range map[string]*time.Time{"startDate": &first, "endDate": &last} {
		if *at, err = time.Parse(time.DateOnly, c.Query.Get(name)); err != nil {
			return first, last, badRequest("Invalid %s specified: it is a day such as 2026-01-31", name)
		}
	}
	if last.Before(first) || last.Sub(first) >= maxUsageDays*24*time.Hour {
		return first, last, badRequest("Invalid date range specified: it ends after it begins and has at most %d days", maxUsageDays)
	}
	return first, last, nil
}

// quotaReader reads counters, in a transaction or outside of one.
type quotaReader interface {
	Quotas(ctx context.Context, first, last string) (map[string]int64, error)
}

// usage tells used and remaining of each day. Of this day remains what may still be
// counted; of another what the days of its period had left of the quota.
func (c *call) usage(r quotaReader, p *planRecord, key string, first, last time.Time) ([][2]int64, error) {
	quota, now := renderQuota(p.Quota), c.s.Now()
	begin, _ := quota.At(first)
	this, _ := quota.At(now)
	counter := quota.Counter(p.ID, key, this)
	days, err := r.Quotas(c.ctx, apidef.UsedCounter(counter, begin), apidef.UsedCounter(counter, last))
	if err != nil {
		return nil, err
	}
	counted, err := r.Quotas(c.ctx, counter, counter)
	if err != nil {
		return nil, err
	}
	limit, today := int64(quota.Limit), now.UTC().Format(time.DateOnly)
	out, left := [][2]int64{}, limit
	for day := begin; !day.After(last) && !day.After(now); day = day.AddDate(0, 0, 1) {
		if start, _ := quota.At(day); start.Equal(day) {
			left = limit
		}
		used := days[apidef.UsedCounter(counter, day)]
		if left -= used; day.Format(time.DateOnly) == today {
			left = limit - counted[counter]
		}
		if !day.Before(first) {
			out = append(out, [2]int64{used, max(0, left)})
		}
	}
	return out, nil
}

// updateUsage gives a key more or less for what is left of the period. Nodes go on
// with the blocks they have, and ask again for a quota that was spent within
// seconds.
func updateUsage(e *edit, p *planRecord, in wire.PatchInput) (any, error) {
	key := e.vars["key"]
	switch {
	case !slices.Contains(p.Keys, key):
		return nil, planKeyNotFound()
	case p.Quota == nil:
		return nil, badRequest("Usage Plan %s does not have a quota", p.ID)
	}
	if slices.ContainsFunc(in.PatchOperations, func(op wire.PatchOperation) bool { return op.Op != "replace" }) {
		return nil, badRequest("Invalid patch operation specified. Must be one of: [replace]")
	}
	change := struct {
		Remaining int `json:"remaining"`
	}{-1}
	if err := patch(&change, in.PatchOperations, "/remaining"); err != nil {
		return nil, err
	}
	if change.Remaining < 0 {
		return nil, badRequest("Invalid value for /remaining: it is a whole number, and at least 0")
	}
	quota, now := renderQuota(p.Quota), e.s.Now()
	begin, end := quota.At(now)
	if err := e.SetQuota(quota.Counter(p.ID, key, begin), int64(quota.Limit-change.Remaining), now, end); err != nil {
		return nil, err
	}
	today := now.UTC().Truncate(24 * time.Hour)
	values, err := e.usage(e.Tx, p, key, today, today)
	day := today.Format(time.DateOnly)
	return wire.Usage{UsagePlanID: p.ID, StartDate: day, EndDate: day, Values: map[string][][2]int64{key: values}}, err
}

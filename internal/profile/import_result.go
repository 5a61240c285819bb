package profile

import (
	"fmt"
	"slices"

	"github.com/gatepass/gatepass/sigv4"
)

// result decides between what was found in a file.
func (f *finder) result() *Imported {
	im := &Imported{Unused: f.unused}
	p := &im.Profile
	p.UserPoolID = f.pick(im, fieldUserPool)
	p.ClientID = f.pick(im, fieldClient)
	p.IdentityPoolID = f.pick(im, fieldIdentityPool)
	p.Region = f.pick(im, fieldRegion)
	p.Endpoint = f.pick(im, fieldEndpoint)
	f.nameAPIs(im)
	im.complete()
	return im
}

// pick chooses the value of the best grade. Others of that grade that differ are a
// conflict; those of lower grades are mentioned.
func (f *finder) pick(im *Imported, field string) string {
	all := f.found[field]
	best := 0
	for _, c := range all {
		best = max(best, c.grade)
	}
	var top []Value
	for _, c := range all {
		same := slices.ContainsFunc(top, func(v Value) bool { return v.Text == c.Text })
		if c.grade == best && !same {
			top = append(top, c.Value)
		}
	}
	switch len(top) {
	case 0:
		return ""
	case 1:
		im.Values = append(im.Values, top[0])
		im.mention(all, best, top[0])
		return top[0].Text
	}
	im.Conflicts = append(im.Conflicts, Conflict{field, top})
	return ""
}

func (im *Imported) mention(all []candidate, best int, taken Value) {
	for _, c := range all {
		if c.grade < best && c.Text != taken.Text {
			c.Note = "another one is named more clearly"
			im.Unused = append(im.Unused, c.Value)
		}
	}
}

// complete derives what the ids and URLs say: the region, and the server behind
// an API on this machine.
func (im *Imported) complete() {
	p := &im.Profile
	for _, pool := range []struct{ name, id string }{{"user pool", p.UserPoolID}, {"identity pool", p.IdentityPoolID}} {
		place := placeOf(pool.id)
		switch {
		case !sigv4.IsRegion(place):
		case p.Region == "":
			p.Region = place
			im.insert(Value{Field: fieldRegion, Text: place, Note: "from the id of the " + pool.name})
			im.settle(pool.name)
		case p.Region != place:
			im.contradiction(pool.name, place)
		}
	}
	if p.Endpoint == "" {
		im.gate()
	}
}

// settle ends a conflict between regions: the pool has said which.
func (im *Imported) settle(pool string) {
	im.Conflicts = slices.DeleteFunc(im.Conflicts, func(c Conflict) bool {
		if c.Field != fieldRegion {
			return false
		}
		for _, v := range c.Values {
			if v.Text != im.Profile.Region {
				v.Note = fmt.Sprintf("the %s is in %s", pool, im.Profile.Region)
				im.Unused = append(im.Unused, v)
			}
		}
		return true
	})
}

// contradiction reports regions that differ. A user pool's own wins over a key's:
// an id is never of another region.
func (im *Imported) contradiction(pool, place string) {
	i := slices.IndexFunc(im.Values, func(v Value) bool { return v.Field == fieldRegion })
	said := im.Values[i]
	if said.File == "" || pool != "user pool" {
		im.Unused = append(im.Unused, Value{Field: fieldRegion, Text: place, Note: fmt.Sprintf("of the %s, while the profile is in %s", pool, im.Profile.Region)})
		return
	}
	said.Note = fmt.Sprintf("the %s is in %s", pool, place)
	im.Unused = append(im.Unused, said)
	im.Values[i] = Value{Field: fieldRegion, Text: place, Note: "from the id of the " + pool}
	im.Profile.Region = place
}

// gate derives the endpoint from APIs that are served on this machine, if they
// agree.
func (im *Imported) gate() {
	base := ""
	for _, name := range sortedKeys(im.Profile.APIs) {
		u, ok := baseURL(im.Profile.APIs[name].URL)
		if !ok {
			continue
		}
		g := gateOf(u)
		if g == "" || base != "" && g != base {
			return
		}
		base = g
	}
	if base == "" {
		return
	}
	im.Profile.Endpoint = base
	im.insert(Value{Field: fieldEndpoint, Text: base, Note: "the server of the API"})
}

// insert puts a value behind those of the fields before it.
func (im *Imported) insert(v Value) {
	order := []string{fieldUserPool, fieldClient, fieldIdentityPool, fieldRegion, fieldEndpoint}
	rank := func(field string) int {
		if i := slices.Index(order, field); i >= 0 {
			return i
		}
		return len(order)
	}
	i := slices.IndexFunc(im.Values, func(w Value) bool { return rank(w.Field) > rank(v.Field) })
	if i < 0 {
		i = len(im.Values)
	}
	im.Values = slices.Insert(im.Values, i, v)
}

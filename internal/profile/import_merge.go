package profile

import (
	"slices"
	"strings"
)

// Merge joins what several files say; the first has the last word. A file whose
// pools or client differ from those of the files before it speaks of another
// deployment: nothing of it is taken, and the conflict is named.
func Merge(all ...*Imported) *Imported {
	out := new(Imported)
	for _, im := range all {
		im = im.asRead()
		if c := out.differs(im); len(c) > 0 {
			out.Conflicts = append(out.Conflicts, c...)
			theirs := c[0].Values[1]
			theirs.Note = "another deployment, left out"
			out.Unused = append(out.Unused, theirs)
			continue
		}
		out.Unused = append(out.Unused, im.Unused...)
		out.Conflicts = append(out.Conflicts, im.Conflicts...)
		out.join(im)
	}
	out.complete()
	return out
}

// asRead is the import without what was derived: files that come later may say it.
func (im *Imported) asRead() *Imported {
	out := *im
	out.Values = nil
	for _, v := range im.Values {
		if v.File != "" {
			out.Values = append(out.Values, v)
		} else if p := out.Profile.field(v.Field); p != nil {
			*p = ""
		}
	}
	return &out
}

// field gives the place of a field that is a string; nil if there is none.
func (p *Profile) field(name string) *string {
	switch name {
	case fieldRegion:
		return &p.Region
	case fieldUserPool:
		return &p.UserPoolID
	case fieldClient:
		return &p.ClientID
	case fieldIdentityPool:
		return &p.IdentityPoolID
	case fieldEndpoint:
		return &p.Endpoint
	}
	return nil
}

// differs names the ids for which both have a value, and not the same.
func (im *Imported) differs(other *Imported) []Conflict {
	var out []Conflict
	for _, field := range []string{fieldUserPool, fieldClient, fieldIdentityPool} {
		mine, theirs := *im.Profile.field(field), *other.Profile.field(field)
		if mine != "" && theirs != "" && mine != theirs {
			out = append(out, Conflict{field, []Value{im.value(field), other.value(field)}})
		}
	}
	return out
}

func (im *Imported) value(field string) Value {
	for _, v := range im.Values {
		if v.Field == field {
			return v
		}
	}
	return Value{}
}

// join takes what is not known yet.
func (im *Imported) join(other *Imported) {
	before := slices.Clone(im.Values)
	for _, v := range other.Values {
		known := im.value(v.Field)
		name, isAPI := strings.CutPrefix(v.Field, fieldAPI+".")
		switch {
		case known.Text == v.Text:
		case known.Text != "":
			v.Note = "a file before it says otherwise"
			im.Unused = append(im.Unused, v)
		case isAPI && hasURL(before, v.Text): // under another name
		case isAPI:
			im.addAPI(name, other.Profile.APIs[name], v)
		default:
			*im.Profile.field(v.Field) = v.Text
			im.insert(v)
		}
	}
}

// hasURL says whether one of the values is that URL of an API.
func hasURL(values []Value, url string) bool {
	return slices.ContainsFunc(values, func(v Value) bool {
		return strings.HasPrefix(v.Field, fieldAPI+".") && v.Text == url
	})
}

package iam

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatepass/gatepass/internal/wire"
)

// params reads the parameters of a request and remembers which were asked for: one that nobody asked for is refused by name,
// never passed over.
type params struct {
	form url.Values
	read map[string]bool
	err  error // the first
}

func newParams(form url.Values) *params {
	return &params{form: form, read: map[string]bool{"Action": true, "Version": true}}
}

// done is the first thing wrong with the parameters that were read, or else one that was not read.
func (p *params) done() error {
	if p.err != nil {
		return p.err
	}
	for _, key := range slices.Sorted(maps.Keys(p.form)) {
		name, _, _ := strings.Cut(key, ".")
		if !p.read[name] {
			return wire.Errorf("InvalidInput", "gatepass does not support the parameter %s here", name)
		}
	}
	return nil
}

func (p *params) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// lower is the name of a parameter as error texts have it.
func lower(name string) string { return strings.ToLower(name[:1]) + name[1:] }

func (p *params) refuse(name, constraint string, args ...any) {
	p.fail(wire.Errorf("ValidationError", "1 validation error detected: Value at '%s' failed to satisfy constraint: "+constraint,
		append([]any{lower(name)}, args...)...))
}

// text reads an optional parameter of at most max characters.
func (p *params) text(name string, most int) string {
	p.read[name] = true
	v := p.form.Get(name)
	if utf8.RuneCountInString(v) > most {
		p.refuse(name, "Member must have length less than or equal to %d", most)
	}
	return v
}

// needed reads a required parameter.
func (p *params) needed(name string, most int) string {
	v := p.text(name, most)
	if v == "" {
		p.refuse(name, "Member must not be null")
	}
	return v
}

// name reads the name of a role, user or policy.
func (p *params) name(field string, most int) string {
	v := p.needed(field, most)
	if !allOf(v, nameSigns) {
		p.fail(wire.Errorf("ValidationError", "The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", lower(field)))
	}
	return v
}

// nameSigns are what names may have beside letters and digits.
const nameSigns = "_+=,.@-"

func allOf(s, signs string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && strings.IndexByte(signs, c) < 0 {
			return false
		}
	}
	return true
}

const maxPath = 512

// path reads Path, "/" if there is none.
func (p *params) path() string {
	v := p.text("Path", maxPath)
	if v == "" {
		return "/"
	}
	if !isPath(v) {
		p.fail(wire.Errorf("ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."))
	}
	return v
}

// isPath is narrower than AWS for roles and users: a wildcard in a path would stand in ARNs that policies are compared with.
func isPath(s string) bool {
	return strings.HasPrefix(s, "/") && strings.HasSuffix(s, "/") && !strings.Contains(s, "//") && allOf(s, nameSigns+"/")
}

// prefix reads PathPrefix, "/" if there is none.
func (p *params) prefix() string {
	v := p.text("PathPrefix", maxPath)
	if v == "" {
		return "/"
	}
	if v[0] != '/' || !allOf(v, nameSigns+"/") {
		p.fail(wire.Errorf("ValidationError", "The specified value for pathPrefix is invalid. It must begin with the / character and contain only alphanumeric characters and/or / characters."))
	}
	return v
}

// number reads an optional number, 0 if there is none.
func (p *params) number(name string, least, most int) int {
	p.read[name] = true
	v := p.form.Get(name)
	if v == "" {
		return 0
	}
	n, err := strconv.Atoi(v)
	switch {
	case err != nil:
		p.fail(wire.Errorf("MalformedInput", "Invalid Argument"))
	case n < least:
		p.refuse(name, "Member must have value greater than or equal to %d", least)
	case n > most:
		p.refuse(name, "Member must have value less than or equal to %d", most)
	}
	return n
}

// truth reads an optional boolean.
func (p *params) truth(name string) bool {
	p.read[name] = true
	switch v := p.form.Get(name); v {
	case "true":
		return true
	case "", "false":
	default:
		p.fail(wire.Errorf("MalformedInput", "Invalid Argument"))
	}
	return false
}

// choice reads an optional parameter that is one of a few words; the first is what none means.
func (p *params) choice(name string, legal ...string) string {
	p.read[name] = true
	v := p.form.Get(name)
	if v == "" {
		return legal[0]
	}
	if !slices.Contains(legal, v) {
		p.refuse(name, "Member must satisfy enum value set: [%s]", strings.Join(legal, ", "))
	}
	return v
}

// structs reads a list of structures.
func (p *params) structs(name string, most int) []url.Values {
	p.read[name] = true
	all, err := wire.QueryList(p.form, name, most)
	if err != nil {
		p.fail(err)
	}
	return all
}

// list reads a list of texts, none of them empty.
func (p *params) list(name string, most, length int) []string {
	var out []string
	for _, member := range p.structs(name, most) {
		v := member.Get("")
		if v == "" || len(member) != 1 || utf8.RuneCountInString(v) > length {
			p.refuse(name, "Member must satisfy constraint: [Member must have length less than or equal to %d, Member must have length greater than or equal to 1]", length)
		}
		out = append(out, v)
	}
	return out
}

const maxTags = 50

// tags reads Tags; nil if there are none.
func (p *params) tags() map[string]string {
	out := map[string]string{}
	for _, member := range p.structs("Tags", maxTags) {
		key := member.Get("Key")
		switch _, twice := out[key]; {
		case len(member) != 2 || !member.Has("Key") || !member.Has("Value"):
			p.refuse("Tags", "a tag has a Key and a Value")
		case twice:
			p.fail(duplicateTag())
		}
		out[key] = member.Get("Value")
	}
	if err := CheckTags(out); err != nil {
		p.fail(err)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func duplicateTag() error {
	return wire.Errorf("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
}

// CheckTags checks tags (IAM User Guide, "Rules for tagging in IAM and AWS STS"). Errors are a *wire.Error.
func CheckTags(tags map[string]string) error {
	seen := map[string]bool{}
	for key, value := range tags {
		folded := strings.ToLower(key)
		switch {
		case key == "" || utf8.RuneCountInString(key) > 128 || utf8.RuneCountInString(value) > 256 || !isTag(key) || !isTag(value):
			return wire.Errorf("ValidationError", "1 validation error detected: Value at 'tags' failed to satisfy constraint: a tag has a Key of 1 to 128 and a Value of up to 256 letters, digits, spaces and _.:/=+-@")
		case strings.HasPrefix(folded, "aws:"):
			return wire.Errorf("InvalidInput", "System tags may not be added by this operation: tag keys beginning with aws: are reserved.")
		case seen[folded]:
			return duplicateTag()
		}
		seen[folded] = true
	}
	if len(tags) > maxTags {
		return limitExceeded("A role or user has at most %d tags.", maxTags)
	}
	return nil
}

// isTag: keys and values of tags have no wildcards in them, nor what begins a policy variable.
func isTag(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Z, r) && !strings.ContainsRune("_.:/=+-@", r)
	})
}

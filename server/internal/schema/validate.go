package schema

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a validation. A schema that refers to itself in two alternatives looks
// at a text nested n deep 2^n times, so what is counted is how often a schema
// looks at a value.
const (
	looks     = 5_000     // for a text of no size
	looksByte = 4         // more for each of its bytes
	maxLooks  = 5_000_000 // in all
	perLook   = 16        // bytes that are compared or matched count as one look
	maxShown  = 64        // bytes of a name in an error
)

// run is one validation.
type run struct {
	ctx  context.Context
	left int // work, perLook for each look
	asks int // looks until the context is asked
}

func begin(ctx context.Context, size int) *run {
	return &run{ctx: ctx, left: min(looks+looksByte*size, maxLooks) * perLook}
}

// spend takes work from what is left.
func (r *run) spend(n int) error {
	if r.left -= n; r.left < 0 {
		return ErrWork
	}
	if r.asks--; r.asks < 0 {
		r.asks = 63
		if r.ctx.Err() != nil {
			return ErrWork
		}
	}
	return nil
}

func wrong(format string, args ...any) error { return &Error{Reason: fmt.Sprintf(format, args...)} }

// below puts a name before the pointer of an error.
func below(name string, err error) error {
	if e, ok := err.(*Error); ok {
		return &Error{Pointer: "/" + escape(shown(name)) + e.Pointer, Reason: e.Reason}
	}
	return err
}

// shown is a name of a body as errors have it, which stand in JSON texts that
// responses are made of: short, and without what would end a string.
func shown(name string) string {
	if len(name) > maxShown {
		name = strings.ToValidUTF8(name[:maxShown], "") + "…"
	}
	return strings.Map(plain, name)
}

func plain(r rune) rune {
	if r < ' ' || r == '"' || r == '\\' {
		return '?'
	}
	return r
}

// failed says whether a schema does not hold, which is no error of its own, and
// what ends the validation.
func failed(err error) (bool, error) {
	if _, ok := err.(*Error); ok {
		return true, nil
	}
	return false, err
}

// node holds a value against a schema, and ends with the first thing that is
// wrong.
func (r *run) node(n *node, v any) error {
	if err := r.spend(perLook); err != nil {
		return err
	}
	if n.ref != nil {
		return r.node(n.ref, v)
	}
	if n.types != 0 && kindOf(v)&n.types == 0 {
		return wrong("is not of the type %s", n.types)
	}
	if err := r.enum(n, v); err != nil {
		return err
	}
	if err := r.value(n, v); err != nil {
		return err
	}
	return r.logic(n, v)
}

func (r *run) enum(n *node, v any) error {
	if n.enum == nil {
		return nil
	}
	text, err := r.canonical(v)
	if err == nil && !n.enum[text] {
		return wrong("is none of the enum")
	}
	return err
}

func (r *run) canonical(v any) (string, error) {
	if err := r.spend(size(v)); err != nil {
		return "", err
	}
	return string(canonical(nil, v)), nil
}

func (r *run) value(n *node, v any) error {
	switch v := v.(type) {
	case json.Number:
		return r.number(&n.number, v)
	case string:
		return r.text(&n.text, v)
	case []any:
		return r.listOf(&n.list, v)
	case map[string]any:
		return r.objectOf(&n.object, v)
	}
	return nil
}

func (r *run) number(n *numbers, v json.Number) error {
	if n.min == nil && n.max == nil && n.multiple == nil {
		return nil
	}
	if err := r.spend(numberCost(v)); err != nil {
		return err
	}
	x := exact(v)
	switch {
	case n.min != nil && (x.Cmp(n.min) < 0 || n.overMin && x.Cmp(n.min) == 0):
		return wrong("is less than the minimum")
	case n.max != nil && (x.Cmp(n.max) > 0 || n.underMax && x.Cmp(n.max) == 0):
		return wrong("is more than the maximum")
	case n.multiple != nil && !x.Quo(x, n.multiple).IsInt():
		return wrong("is not a multiple of what it should be")
	}
	return nil
}

// numberCost is more for those that no machine word holds.
func numberCost(v json.Number) int {
	if len(v) > 18 || strings.ContainsAny(string(v), "eE") {
		return 4 * perLook
	}
	return 0
}

func (r *run) text(n *texts, v string) error {
	if n.min == nil && n.max == nil && n.pattern == nil && n.format == nil {
		return nil
	}
	if err := r.spend(len(v)); err != nil {
		return err
	}
	if err := count(utf8.RuneCountInString(v), n.min, n.max, "characters"); err != nil {
		return err
	}
	if n.format != nil && !n.format(v) {
		return wrong("is not of the format")
	}
	if n.pattern == nil {
		return nil
	}
	ok, err := r.match(n.pattern, v)
	if err == nil && !ok {
		return wrong("does not match the pattern")
	}
	return err
}

func count(n int, least, most *int, of string) error {
	switch {
	case least != nil && n < *least:
		return wrong("has %d %s, and should have at least %d", n, of, *least)
	case most != nil && n > *most:
		return wrong("has %d %s, and should have at most %d", n, of, *most)
	}
	return nil
}

func (r *run) listOf(n *lists, v []any) error {
	if err := count(len(v), n.min, n.max, "items"); err != nil {
		return err
	}
	if n.unique {
		if err := r.unique(v); err != nil {
			return err
		}
	}
	for i, item := range v[:min(n.looked(), len(v))] {
		is, known := n.at(i)
		switch {
		case !known && n.rest.none:
			return wrong("has more items than it should")
		case is == nil:
			continue
		}
		if err := r.node(is, item); err != nil {
			return below(strconv.Itoa(i), err)
		}
	}
	return nil
}

// looked is how many items there is something to say of.
func (n *lists) looked() int {
	switch {
	case n.each == nil && n.all == nil:
		return 0
	case n.each != nil && n.rest == (extra{}):
		return len(n.each)
	}
	return math.MaxInt
}

// at is the schema of an item, if any, and whether items speaks of it: only a list
// leaves something over.
func (n *lists) at(i int) (*node, bool) {
	switch {
	case n.each == nil:
		return n.all, true
	case i < len(n.each):
		return n.each[i], true
	}
	return n.rest.is, false
}

func (r *run) unique(v []any) error {
	seen := make(map[string]int, len(v))
	for i, item := range v {
		text, err := r.canonical(item)
		if err != nil {
			return err
		}
		if j, ok := seen[text]; ok {
			return wrong("has the same item at %d and %d", j, i)
		}
		seen[text] = i
	}
	return nil
}

func (r *run) objectOf(n *objects, v map[string]any) error {
	if err := count(len(v), n.min, n.max, "properties"); err != nil {
		return err
	}
	if err := r.spend(len(n.needs) + len(n.required)); err != nil {
		return err
	}
	if err := has(v, n.required); err != nil {
		return err
	}
	if err := r.dependencies(n, v); err != nil {
		return err
	}
	if n.properties == nil && n.patterns == nil && n.rest == (extra{}) {
		return nil
	}
	if err := r.spend(len(v) * perLook / 2); err != nil { // for the order
		return err
	}
	for _, name := range sortedKeys(v) {
		if err := r.property(n, name, v[name]); err != nil {
			return err
		}
	}
	return nil
}

func has(v map[string]any, names []string) error {
	for _, name := range names {
		if _, ok := v[name]; !ok {
			return wrong("has no '%s'", shown(name))
		}
	}
	return nil
}

func (r *run) dependencies(n *objects, v map[string]any) error {
	for _, d := range n.needs {
		if _, ok := v[d.name]; !ok {
			continue
		}
		if err := r.spend(len(d.also)); err != nil {
			return err
		}
		if err := has(v, d.also); err != nil {
			return err
		}
		if d.is == nil {
			continue
		}
		if err := r.node(d.is, v); err != nil {
			return err
		}
	}
	return nil
}

// property holds one property against all that speak of it.
func (r *run) property(n *objects, name string, v any) error {
	is, known := n.properties[name]
	if known {
		if err := r.node(is, v); err != nil {
			return below(name, err)
		}
	}
	for _, p := range n.patterns {
		ok, err := r.match(p.name, name)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		known = true
		if err := r.node(p.is, v); err != nil {
			return below(name, err)
		}
	}
	switch {
	case known:
		return nil
	case n.rest.none:
		return wrong("has '%s', which it should not", shown(name))
	case n.rest.is != nil:
		return below(name, r.node(n.rest.is, v))
	}
	return nil
}

func (r *run) logic(n *node, v any) error {
	for _, one := range n.allOf {
		if err := r.node(one, v); err != nil {
			return err
		}
	}
	if n.not != nil {
		no, err := failed(r.node(n.not, v))
		if err != nil {
			return err
		}
		if !no {
			return wrong("is what it should not be")
		}
	}
	return r.some(n, v)
}

// some holds a value against alternatives.
func (r *run) some(n *node, v any) error {
	if n.anyOf != nil {
		if hold, err := r.holding(n.anyOf, v, 1); err != nil {
			return err
		} else if hold == 0 {
			return wrong("is nothing of anyOf")
		}
	}
	if n.oneOf != nil {
		if hold, err := r.holding(n.oneOf, v, 2); err != nil {
			return err
		} else if hold != 1 {
			return wrong("is not exactly one of oneOf")
		}
	}
	return nil
}

// holding counts the schemas that hold, up to a number.
func (r *run) holding(all []*node, v any, enough int) (int, error) {
	n := 0
	for _, one := range all {
		no, err := failed(r.node(one, v))
		if err != nil {
			return 0, err
		}
		if !no {
			n++
		}
		if n == enough {
			break
		}
	}
	return n, nil
}

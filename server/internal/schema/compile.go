package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// maxDepth is how deep schemas may be in each other, by references too.
const maxDepth = 10_000

// later are keywords of later drafts that ask for something, or change what a
// reference means. In draft 4 they would be ignored, and who wrote them would think
// that they hold.
const later = " $id $anchor $dynamicRef $dynamicAnchor $recursiveRef $recursiveAnchor const contains minContains maxContains" +
	" propertyNames if then else dependentRequired dependentSchemas prefixItems unevaluatedItems unevaluatedProperties "

// Compile makes a schema of the text that load has for a name. References are to
// places in the same text, or by an address that ends in /models/NAME to the text
// load has for that name. Errors name the text and the JSON pointer.
func Compile(name string, load func(name string) (string, error)) (*Schema, error) {
	c := &compiler{load: load, docs: map[string]any{}, nodes: map[key]*node{}}
	root, err := c.at(place{model: name})
	if err != nil {
		return nil, err
	}
	if err := c.endless(); err != nil {
		return nil, err
	}
	return &Schema{root: *root}, nil
}

// place is where a schema is.
type place struct {
	model, pointer string
	depth          int
	ids            ids
}

// key is the identity of a place.
type key struct{ model, pointer string }

func (p place) key() key { return key{p.model, p.pointer} }

func (p place) below(names ...string) place {
	for _, name := range names {
		p.pointer += "/" + escape(name)
	}
	p.depth++
	return p
}

type compiler struct {
	load  func(string) (string, error)
	docs  map[string]any
	nodes map[key]*node
}

func (p place) refuse(format string, args ...any) error {
	return fmt.Errorf("the model %q at %q: %s", p.model, "#"+p.pointer, fmt.Sprintf(format, args...))
}

// at compiles the schema at a place, once.
func (c *compiler) at(p place) (*node, error) {
	doc, err := c.doc(p.model)
	if err != nil {
		return nil, err
	}
	v, above, ok := follow(doc, p.pointer)
	p.ids = above
	if !ok {
		return nil, p.refuse("nothing is there")
	}
	return c.schema(p, v)
}

func (c *compiler) doc(name string) (any, error) {
	if doc, ok := c.docs[name]; ok {
		return doc, nil
	}
	text, err := c.load(name)
	if err != nil {
		return nil, err
	}
	doc, err := decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("the model %q is not JSON: %w", name, err)
	}
	if checkNumbers(doc) != nil {
		return nil, fmt.Errorf("the model %q has a number with too many digits", name)
	}
	c.docs[name] = doc
	return doc, nil
}

// schema compiles what is at a place.
func (c *compiler) schema(p place, v any) (*node, error) {
	if n := c.nodes[p.key()]; n != nil {
		return n, nil
	}
	m, ok := v.(map[string]any)
	switch {
	case !ok:
		return nil, p.refuse("a schema is an object")
	case p.depth > maxDepth:
		return nil, p.refuse("is nested too deep")
	}
	n := &node{}
	c.nodes[p.key()] = n
	if ref, ok := m["$ref"]; ok { // all else is ignored
		return n, c.refer(p.below("$ref"), n, ref)
	}
	return n, c.keywords(p, n, m)
}

func (c *compiler) keywords(p place, n *node, m map[string]any) error {
	if id, ok := m["id"]; ok {
		if _, err := text(p.below("id"), id); err != nil {
			return err
		}
		p.ids = p.ids.with(p.pointer, m)
	}
	for _, name := range sortedKeys(m) {
		if err := c.keyword(p.below(name), n, m, name); err != nil {
			return err
		}
	}
	return n.number.complete(p, m)
}

// keyword reads one keyword; the place is its own.
func (c *compiler) keyword(p place, n *node, m map[string]any, name string) (err error) {
	v := m[name]
	switch name {
	case "$schema":
		return draft(p, v)
	case "title", "description":
		_, err = text(p, v)
	case "type":
		n.types, err = types(p, v)
	case "enum":
		n.enum, err = enum(p, v)
	case "allOf":
		n.allOf, err = c.some(p, v)
	case "anyOf":
		n.anyOf, err = c.some(p, v)
	case "oneOf":
		n.oneOf, err = c.some(p, v)
	case "not":
		n.not, err = c.schema(p, v)
	case "definitions":
		_, err = c.named(p, v)
	default:
		return c.typed(p, n, name, v)
	}
	return err
}

// typed reads the keywords that speak of values of one type.
func (c *compiler) typed(p place, n *node, name string, v any) error {
	for _, read := range []func(place, *node, string, any) (bool, error){readNumber, readText, c.readList, c.readObject} {
		if known, err := read(p, n, name, v); known || err != nil {
			return err
		}
	}
	if strings.Contains(later, " "+name+" ") {
		return p.refuse("JSON Schema draft 4, which models are of, has no %q", name)
	}
	return nil
}

func readNumber(p place, n *node, name string, v any) (known bool, err error) {
	switch name {
	case "minimum":
		n.number.min, err = number(p, v)
	case "maximum":
		n.number.max, err = number(p, v)
	case "exclusiveMinimum":
		n.number.overMin, err = flag(p, v)
	case "exclusiveMaximum":
		n.number.underMax, err = flag(p, v)
	case "multipleOf":
		n.number.multiple, err = number(p, v)
		if err == nil && n.number.multiple.Sign() <= 0 {
			err = p.refuse("is not more than 0")
		}
	default:
		return false, nil
	}
	return true, err
}

// complete refuses an exclusive bound that is none.
func (n *numbers) complete(p place, m map[string]any) error {
	for _, bound := range []string{"Minimum", "Maximum"} {
		_, exclusive := m["exclusive"+bound]
		if _, ok := m[strings.ToLower(bound)]; exclusive && !ok {
			return p.below("exclusive"+bound).refuse("there is no %s", strings.ToLower(bound))
		}
	}
	return nil
}

func readText(p place, n *node, name string, v any) (known bool, err error) {
	switch name {
	case "minLength":
		n.text.min, err = whole(p, v)
	case "maxLength":
		n.text.max, err = whole(p, v)
	case "pattern":
		n.text.pattern, err = pattern(p, v)
	case "format":
		var of string
		of, err = text(p, v)
		n.text.format = formatNamed(of)
	default:
		return false, nil
	}
	return true, err
}

func (c *compiler) readList(p place, n *node, name string, v any) (known bool, err error) {
	switch name {
	case "minItems":
		n.list.min, err = whole(p, v)
	case "maxItems":
		n.list.max, err = whole(p, v)
	case "uniqueItems":
		n.list.unique, err = flag(p, v)
	case "additionalItems":
		n.list.rest, err = c.extra(p, v)
	case "items":
		if _, ok := v.([]any); ok {
			n.list.each, err = c.some(p, v)
			break
		}
		n.list.all, err = c.schema(p, v)
	default:
		return false, nil
	}
	return true, err
}

func (c *compiler) readObject(p place, n *node, name string, v any) (known bool, err error) {
	o := &n.object
	switch name {
	case "minProperties":
		o.min, err = whole(p, v)
	case "maxProperties":
		o.max, err = whole(p, v)
	case "required":
		o.required, err = names(p, v)
	case "properties":
		o.properties, err = c.named(p, v)
	case "patternProperties":
		o.patterns, err = c.patterned(p, v)
	case "additionalProperties":
		o.rest, err = c.extra(p, v)
	case "dependencies":
		o.needs, err = c.dependencies(p, v)
	default:
		return false, nil
	}
	return true, err
}

// some reads a list of at least one schema.
func (c *compiler) some(p place, v any) ([]*node, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, p.refuse("is not a list of schemas")
	}
	return c.each(p, list)
}

func (c *compiler) each(p place, list []any) (out []*node, err error) {
	out = make([]*node, len(list))
	for i, one := range list {
		if out[i], err = c.schema(p.below(strconv.Itoa(i)), one); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// named reads an object of schemas.
func (c *compiler) named(p place, v any) (map[string]*node, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, p.refuse("is not an object of schemas")
	}
	out := make(map[string]*node, len(m))
	for _, name := range sortedKeys(m) {
		is, err := c.schema(p.below(name), m[name])
		if err != nil {
			return nil, err
		}
		out[name] = is
	}
	return out, nil
}

func (c *compiler) patterned(p place, v any) ([]patterned, error) {
	all, err := c.named(p, v)
	if err != nil {
		return nil, err
	}
	var out []patterned
	for _, name := range sortedKeys(all) {
		re, err := pattern(p.below(name), name)
		if err != nil {
			return nil, err
		}
		out = append(out, patterned{re, all[name]})
	}
	return out, nil
}

func (c *compiler) extra(p place, v any) (extra, error) {
	if allowed, ok := v.(bool); ok {
		return extra{none: !allowed}, nil
	}
	is, err := c.schema(p, v)
	return extra{is: is}, err
}

func (c *compiler) dependencies(p place, v any) ([]dependency, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, p.refuse("is not an object")
	}
	var out []dependency
	for _, name := range sortedKeys(m) {
		d, err := dependency{name: name}, error(nil)
		if _, ok := m[name].([]any); ok {
			d.also, err = names(p.below(name), m[name])
		} else {
			d.is, err = c.schema(p.below(name), m[name])
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func draft(p place, v any) error {
	s, err := text(p, v)
	if err != nil {
		return err
	}
	if _, of, _ := strings.Cut(s, "://"); strings.TrimSuffix(of, "#") != "json-schema.org/draft-04/schema" {
		return p.refuse("models are of JSON Schema draft 4, not of %q", s)
	}
	return nil
}

func types(p place, v any) (kinds, error) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out kinds
	for _, one := range list {
		name, _ := one.(string)
		k := kindNamed(name)
		if k == 0 || out&k != 0 {
			return 0, p.refuse("%v is no type, or there twice", one)
		}
		out |= k
	}
	if out == 0 {
		return 0, p.refuse("has no type")
	}
	return out, nil
}

func enum(p place, v any) (map[string]bool, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, p.refuse("is not a list of values")
	}
	out := make(map[string]bool, len(list))
	for _, one := range list {
		key := string(canonical(nil, one))
		if out[key] {
			return nil, p.refuse("has a value twice")
		}
		out[key] = true
	}
	return out, nil
}

func text(p place, v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", p.refuse("is not a string")
	}
	return s, nil
}

func flag(p place, v any) (bool, error) {
	b, ok := v.(bool)
	if !ok {
		return false, p.refuse("is not true or false")
	}
	return b, nil
}

func number(p place, v any) (*big.Rat, error) {
	n, ok := v.(json.Number)
	if !ok {
		return nil, p.refuse("is not a number")
	}
	return exact(n), nil
}

// whole reads a count, which may be written as 2.0.
func whole(p place, v any) (*int, error) {
	n, err := number(p, v)
	if err != nil {
		return nil, err
	}
	i := n.Num()
	if !n.IsInt() || i.Sign() < 0 || !i.IsInt64() || i.Int64() > 1<<31-1 {
		return nil, p.refuse("is not a whole number of at least 0")
	}
	out := int(i.Int64())
	return &out, nil
}

// names reads a list of at least one name, none of them twice.
func names(p place, v any) ([]string, error) {
	list, _ := v.([]any)
	var out []string
	seen := map[string]bool{}
	for _, one := range list {
		s, ok := one.(string)
		if !ok || seen[s] {
			return nil, p.refuse("%v is not a string, or there twice", one)
		}
		seen[s], out = true, append(out, s)
	}
	if len(out) == 0 {
		return nil, p.refuse("is not a list of names")
	}
	return out, nil
}

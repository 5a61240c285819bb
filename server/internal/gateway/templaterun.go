package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// run is one run of a template.
type run struct {
	ctx   context.Context
	in    *templateInput
	vars  map[string]any
	out   strings.Builder
	steps int
	depth int // of defined blocks
	made  int // bytes of texts
	loops []loopState
}

// templateInput is what a template works on.
type templateInput struct {
	c         *call
	body      []byte
	params    func() *jsonObject // path, querystring and header, each by name
	value     any                // of body, once it was asked for
	decoded   bool
	overrides map[string][]string // that the template set, by requestOverride.header.X and the like
}

type loopState struct {
	index int
	last  bool
}

// errStop and errBreak leave the template, or the loop around.
var (
	errStop  = errors.New("#stop")
	errBreak = errors.New("#break")
)

// render runs a template on an input.
func (t *template) render(ctx context.Context, in *templateInput) (string, error) {
	r := &run{ctx: ctx, in: in, vars: map[string]any{}}
	err := r.all(t.body)
	if err != nil && !errors.Is(err, errStop) && !errors.Is(err, errBreak) {
		return "", err
	}
	return r.out.String(), nil
}

func (r *run) all(body []piece) error {
	for _, st := range body {
		if err := r.work(1); err != nil {
			return err
		}
		if err := st.run(r); err != nil {
			return err
		}
	}
	return nil
}

// work counts what a run has done: it ends within a bound of steps and of time.
func (r *run) work(steps int) error {
	r.steps += steps
	if r.steps > maxTemplateSteps {
		return errTemplateSteps
	}
	return r.ctx.Err()
}

// text counts a text that was made.
func (r *run) text(s string) (string, error) {
	r.made += len(s)
	if r.made > maxTemplateText || len(s) > maxPayload {
		return "", errTemplateSize
	}
	return s, nil
}

func (r *run) write(s string) error {
	if r.out.Len()+len(s) > maxPayload {
		return errTemplateSize
	}
	r.out.WriteString(s)
	return nil
}

type literalText string

func (t literalText) run(r *run) error { return r.write(string(t)) }

// printed is a reference in the text; what is not there prints nothing.
type printed struct{ ref *reference }

func (p printed) run(r *run) error {
	v, err := p.ref.eval(r)
	if err != nil {
		return err
	}
	text, err := r.plain(v)
	if err != nil {
		return err
	}
	return r.write(text)
}

type leap string

func (l leap) run(*run) error {
	if l == "stop" {
		return errStop
	}
	return errBreak
}

type branch struct {
	when expression
	body []piece
}

type choice []branch

func (c choice) run(r *run) error {
	for _, b := range c {
		v, err := b.when.eval(r)
		if err != nil {
			return err
		}
		if truth(v) {
			return r.all(b.body)
		}
	}
	return nil
}

// truth is what #if goes by: everything but false and null.
func truth(v any) bool {
	b, isBool := v.(bool)
	return v != nil && (!isBool || b)
}

type loop struct {
	name string
	list expression
	body []piece
}

func (l loop) run(r *run) error {
	v, err := l.list.eval(r)
	if err != nil {
		return err
	}
	before, items := r.vars[l.name], members(v)
	if err := r.work(len(items) / 16); err != nil {
		return err
	}
	depth := len(r.loops)
	defer func() { r.loops, r.vars[l.name] = r.loops[:depth], before }()
	for i, item := range items {
		r.vars[l.name] = item
		r.loops = append(r.loops[:depth], loopState{i, i == len(items)-1})
		switch err := r.all(l.body); {
		case errors.Is(err, errBreak):
			return nil
		case err != nil:
			return err
		}
		if err := r.work(1); err != nil {
			return err
		}
	}
	return nil
}

type assignment struct {
	ref   *reference
	value expression
}

func (a assignment) run(r *run) error {
	v, err := a.value.eval(r)
	if err != nil {
		return err
	}
	last := len(a.ref.steps) - 1
	switch {
	case a.ref.name == "context":
		name, _ := contextName(a.ref.steps)
		return r.in.override(name, v)
	case last < 0:
		r.vars[a.ref.name] = v
		return nil
	}
	owner, err := (&reference{a.ref.name, a.ref.steps[:last]}).eval(r)
	if err != nil {
		return err
	}
	key, err := a.ref.steps[last].key(r)
	if o, ok := owner.(*jsonObject); ok && err == nil {
		o.put(key, v)
	}
	return err
}

// override keeps a change; a list is several values.
func (in *templateInput) override(name string, v any) error {
	items := []any{v}
	if list, ok := v.(*jsonList); ok {
		items = list.items
	}
	delete(in.overrides, name)
	for _, item := range items {
		text, err := plain(item)
		if err != nil {
			return err
		}
		in.overrides[name] = append(in.overrides[name], text)
	}
	return nil
}

// definition is #define($name) … #end: a block that is run where $name is.
type definition struct {
	name string
	body defined
}

func (d definition) run(r *run) error {
	r.vars[d.name] = d.body
	return nil
}

type defined []piece

func (d defined) eval(r *run) (any, error) {
	if r.depth++; r.depth > maxTemplateDepth {
		return nil, errTemplateSteps // it is in itself
	}
	defer func() { r.depth-- }()
	return interpolation(d).eval(r)
}

// key is the name or the index that a step goes to.
func (s step) key(r *run) (string, error) {
	if s.name != "" {
		return s.name, nil
	}
	v, err := s.args[0].eval(r)
	if err != nil {
		return "", err
	}
	return r.plain(v)
}

type constant struct{ value any }

func (c constant) eval(*run) (any, error) { return c.value, nil }

// interpolation is a text in double quotes: what its statements write.
type interpolation []piece

func (t interpolation) eval(r *run) (any, error) {
	inner := &run{ctx: r.ctx, in: r.in, vars: r.vars, steps: r.steps, depth: r.depth, made: r.made, loops: r.loops}
	err := inner.all(t)
	r.steps, r.made = inner.steps, inner.made
	if err != nil {
		return nil, err
	}
	return r.text(inner.out.String())
}

type listing []expression

func (l listing) eval(r *run) (any, error) {
	out := &jsonList{}
	for _, e := range l {
		v, err := e.eval(r)
		if err != nil {
			return nil, err
		}
		out.items = append(out.items, v)
	}
	return out, r.work(len(l))
}

type pair struct{ key, value expression }

type dictionary []pair

func (d dictionary) eval(r *run) (any, error) {
	out := newObject()
	for _, p := range d {
		k, err := p.key.eval(r)
		if err != nil {
			return nil, err
		}
		v, err := p.value.eval(r)
		if err != nil {
			return nil, err
		}
		key, err := r.plain(k)
		if err != nil {
			return nil, err
		}
		out.put(key, v)
	}
	return out, r.work(len(d))
}

// series is [first..last].
type series struct{ first, last expression }

func (s series) eval(r *run) (any, error) {
	from, err := s.first.eval(r)
	if err != nil {
		return nil, err
	}
	to, err := s.last.eval(r)
	if err != nil {
		return nil, err
	}
	a, okA := toNumber(from)
	b, okB := toNumber(to)
	if !okA || !okB || math.Abs(a) > 1<<52 || math.Abs(b) > 1<<52 {
		return nil, errors.New("a range is not of numbers")
	}
	if err := r.work(int(min(math.Abs(b-a), maxTemplateSteps))); err != nil {
		return nil, err
	}
	out := &jsonList{}
	step := 1.0
	if b < a {
		step = -1
	}
	for ; (b-a)*step >= 0; a += step {
		out.items = append(out.items, fromNumber(a))
	}
	return out, nil
}

type negation struct{ of expression }

func (n negation) eval(r *run) (any, error) {
	v, err := n.of.eval(r)
	return !truth(v), err
}

type operation struct {
	op          string
	left, right expression
}

func (o operation) eval(r *run) (any, error) {
	if err := r.work(1); err != nil {
		return nil, err
	}
	left, err := o.left.eval(r)
	if err != nil {
		return nil, err
	}
	if o.op == "&&" && !truth(left) || o.op == "||" && truth(left) {
		return o.op == "||", nil
	}
	right, err := o.right.eval(r)
	if err != nil {
		return nil, err
	}
	switch o.op {
	case "&&", "||":
		return truth(right), nil
	case "==", "!=":
		same, err := r.equal(left, right)
		return same == (o.op == "=="), err
	case "<", ">", "<=", ">=":
		return compareNumbers(o.op, left, right), nil
	}
	return r.arithmetic(o.op, left, right)
}

// equal compares numbers as numbers and everything else as it prints; what is not
// there is as good as an empty text.
func (r *run) equal(left, right any) (bool, error) {
	if left == nil || right == nil {
		return (left == nil || left == "") && (right == nil || right == ""), nil
	}
	a, okA := left.(json.Number)
	b, okB := right.(json.Number)
	if okA && okB {
		x, _ := toNumber(a)
		y, _ := toNumber(b)
		return x == y, nil
	}
	x, err := r.plain(left)
	if err != nil {
		return false, err
	}
	y, err := r.plain(right)
	if err != nil {
		return false, err
	}
	return x == y, r.work(min(len(x), len(y)) / 64)
}

// compareNumbers is false where a side is no number.
func compareNumbers(op string, left, right any) bool {
	a, okA := toNumber(left)
	b, okB := toNumber(right)
	switch {
	case !okA || !okB:
		return false
	case op == "<":
		return a < b
	case op == ">":
		return a > b
	case op == "<=":
		return a <= b
	}
	return a >= b
}

// arithmetic adds texts too.
func (r *run) arithmetic(op string, left, right any) (any, error) {
	_, textLeft := left.(string)
	_, textRight := right.(string)
	if op == "+" && (textLeft || textRight) {
		a, err := r.plain(left)
		if err != nil {
			return nil, err
		}
		b, err := r.plain(right)
		if err != nil {
			return nil, err
		}
		return r.text(a + b)
	}
	a, okA := toNumber(left)
	b, okB := toNumber(right)
	if !okA || !okB {
		return nil, nil // as Velocity: no value
	}
	return calculate(op, left, right, a, b), nil
}

// calculate does integers as integers.
func calculate(op string, left, right any, a, b float64) any {
	whole := isWhole(left) && isWhole(right)
	switch op {
	case "+":
		return fromNumber(a + b)
	case "-":
		return fromNumber(a - b)
	case "*":
		return fromNumber(a * b)
	}
	if b == 0 {
		return nil
	}
	if op == "%" {
		return fromNumber(math.Mod(a, b))
	}
	if whole {
		return fromNumber(math.Trunc(a / b))
	}
	return fromNumber(a / b)
}

func isWhole(v any) bool {
	return !strings.ContainsAny(fmt.Sprint(v), ".eE")
}

func toNumber(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(n), 64)
	return f, err == nil
}

func fromNumber(f float64) any {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return nil
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return json.Number(strconv.FormatInt(int64(f), 10))
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
}

package cfn

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/server/internal/tree"
)

// Bounds of evaluation: a template can refer to itself in ever longer texts.
const (
	maxSteps = 500_000
	maxText  = 1 << 20
	maxDeep  = 100
	maxSize  = 16 << 20 // of all that functions give, in bytes
)

// noValue is the value of AWS::NoValue, which removes what it stands for.
const noValue = "AWS::NoValue"

// eval is n without intrinsic functions.
func (t *template) eval(path string, n *tree.Node, depth int) *tree.Node {
	if t.steps++; t.steps > maxSteps || depth > maxDeep {
		t.Fail(path, "the template refers to itself, or is too large when evaluated")
		return nil
	}
	if n == nil || t.Err != nil {
		return n
	}
	if name, arg, ok := intrinsic(n); ok {
		v := t.call(path, name, arg, depth+1)
		if t.weigh(v); t.size > maxSize {
			t.Fail(path, "the template is larger than %d bytes when evaluated", maxSize)
		}
		return v
	}
	if n.Tag != "" {
		t.Fail(path, "line %d: the function %s is not supported", n.Line, n.Tag)
	}
	switch n.Kind {
	case tree.List:
		return t.evalList(path, n, depth)
	case tree.Map:
		return t.evalMap(path, n, depth)
	}
	return n
}

// weigh counts what a function gives, which templates can ask for over and over.
func (t *template) weigh(n *tree.Node) {
	if n == nil || t.size > maxSize {
		return
	}
	t.size += 1 + len(n.Text)
	for _, item := range n.Items {
		t.weigh(item)
	}
	for _, f := range n.Fields {
		t.size += len(f.Key)
		t.weigh(f.Value)
	}
}

func (t *template) evalList(path string, n *tree.Node, depth int) *tree.Node {
	out := &tree.Node{Kind: tree.List, Line: n.Line}
	for i, item := range n.Items {
		if v := t.eval(path+"["+strconv.Itoa(i)+"]", item, depth+1); !removed(v) {
			out.Items = append(out.Items, v)
		}
	}
	return out
}

func (t *template) evalMap(path string, n *tree.Node, depth int) *tree.Node {
	out := &tree.Node{Kind: tree.Map, Line: n.Line}
	for _, f := range n.Fields {
		if v := t.eval(path+"."+f.Key, f.Value, depth+1); !removed(v) {
			out.Fields = append(out.Fields, tree.Field{Key: f.Key, Value: v})
		}
	}
	return out
}

func removed(n *tree.Node) bool { return n != nil && n.Tag == noValue }

// intrinsic reads n as a function call, !Name arg or {"Fn::Name": arg}.
func intrinsic(n *tree.Node) (string, *tree.Node, bool) {
	if name, ok := strings.CutPrefix(n.Tag, "!"); ok {
		plain := *n
		plain.Tag = ""
		return name, &plain, true
	}
	if n.Kind == tree.Map && len(n.Fields) == 1 {
		name, ok := strings.CutPrefix(n.Fields[0].Key, "Fn::")
		if arg := n.Fields[0].Value; ok || name == "Ref" || name == "Condition" && arg != nil && arg.Kind == tree.String {
			return name, arg, true
		}
	}
	return "", nil, false
}

func (t *template) call(path, name string, arg *tree.Node, depth int) *tree.Node {
	switch name {
	case "Ref":
		return t.ref(path, t.text(path, arg, depth), depth)
	case "GetAtt":
		return t.getAtt(path, arg, depth)
	case "Sub":
		return t.sub(path, arg, depth)
	case "If":
		return t.evalIf(path, arg, depth)
	case "Condition", "Equals", "And", "Or", "Not":
		return boolean(t.truth(path, name, arg, depth))
	case "FindInMap":
		return t.findInMap(path, arg, depth)
	case "ImportValue":
		return t.imported(path, t.text(path, arg, depth))
	case "Base64":
		return tree.Text(base64.StdEncoding.EncodeToString([]byte(t.text(path, arg, depth))))
	case "GetAZs":
		return list(t.opts.Region+"a", t.opts.Region+"b")
	case "ToJsonString":
		return tree.Text(string(t.eval(path, arg, depth).JSON()))
	case "Join", "Select", "Split":
		return t.pair(path, name, arg, depth)
	}
	t.Fail(path, "the function Fn::%s is not supported", name)
	return nil
}

func boolean(b bool) *tree.Node { return &tree.Node{Kind: tree.Bool, Text: strconv.FormatBool(b)} }

func list(texts ...string) *tree.Node {
	n := &tree.Node{Kind: tree.List}
	for _, s := range texts {
		n.Items = append(n.Items, tree.Text(s))
	}
	return n
}

// text evaluates what must be a scalar.
func (t *template) text(path string, n *tree.Node, depth int) string {
	s, ok := t.eval(path, n, depth+1).Scalar()
	if !ok {
		t.Fail(path, "this must be a text")
	}
	if len(s) > maxText {
		t.Fail(path, "the text is longer than %d bytes", maxText)
		return ""
	}
	return s
}

// pair calls the functions of a text or number and a list.
func (t *template) pair(path, name string, arg *tree.Node, depth int) *tree.Node {
	if arg == nil || arg.Kind != tree.List || len(arg.Items) != 2 {
		t.Fail(path, "Fn::%s takes a list of two", name)
		return nil
	}
	first := t.text(path, arg.Items[0], depth)
	if name == "Split" {
		s := t.text(path, arg.Items[1], depth)
		if first == "" {
			t.Fail(path, "Fn::Split needs a separator")
			return nil
		}
		return list(strings.Split(s, first)...)
	}
	items := t.eval(path, arg.Items[1], depth)
	if items == nil || items.Kind != tree.List {
		t.Fail(path, "Fn::%s takes a list", name)
		return nil
	}
	if name == "Select" {
		i, err := strconv.Atoi(first)
		if err != nil || i < 0 || i >= len(items.Items) {
			t.Fail(path, "Fn::Select asks for number %s of %d", first, len(items.Items))
			return nil
		}
		return items.Items[i]
	}
	return t.join(path, first, items)
}

func (t *template) join(path, separator string, items *tree.Node) *tree.Node {
	var parts []string
	size := 0
	for _, item := range items.Items {
		s, ok := item.Scalar()
		if size += len(s) + len(separator); !ok || size > maxText {
			t.Fail(path, "Fn::Join takes texts")
			return nil
		}
		parts = append(parts, s)
	}
	return tree.Text(strings.Join(parts, separator))
}

func (t *template) findInMap(path string, arg *tree.Node, depth int) *tree.Node {
	if arg == nil || arg.Kind != tree.List || len(arg.Items) < 3 {
		t.Fail(path, "Fn::FindInMap takes a list of three")
		return nil
	}
	at := t.root.Get("Mappings")
	for _, key := range arg.Items[:3] {
		at = at.Get(t.text(path, key, depth))
	}
	if at == nil && len(arg.Items) == 4 {
		return t.eval(path, arg.Items[3].Get("DefaultValue"), depth)
	}
	if at == nil {
		t.Fail(path, "Fn::FindInMap finds nothing")
	}
	return at
}

func (t *template) imported(path, name string) *tree.Node {
	v, ok := t.opts.Parameters[name]
	if !ok {
		t.Fail(path, "it imports %s of another stack: give it as a parameter, %s=VALUE", name, name)
	}
	return tree.Text(v)
}

// sub replaces ${Name}, ${Name.Attribute} and the variables of its second
// argument; ${!Literal} stays as ${Literal}.
func (t *template) sub(path string, arg *tree.Node, depth int) *tree.Node {
	vars := &tree.Node{}
	format := arg
	if arg != nil && arg.Kind == tree.List && len(arg.Items) == 2 {
		format, vars = arg.Items[0], arg.Items[1]
	}
	rest, ok := format.Scalar()
	if !ok {
		t.Fail(path, "Fn::Sub takes a text, or a list of a text and variables")
	}
	var b strings.Builder
	for t.Err == nil {
		before, after, found := strings.Cut(rest, "${")
		b.WriteString(before)
		name, next, closed := strings.Cut(after, "}")
		if !found || !closed {
			break
		}
		rest = next
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			b.WriteString("${" + literal + "}")
			continue
		}
		b.WriteString(t.variable(path, strings.TrimSpace(name), vars, depth))
		if b.Len() > maxText {
			t.Fail(path, "the text is longer than %d bytes", maxText)
		}
	}
	return tree.Text(b.String())
}

func (t *template) variable(path, name string, vars *tree.Node, depth int) string {
	if v := vars.Get(name); v != nil {
		return t.text(path, v, depth)
	}
	if resource, attribute, ok := strings.Cut(name, "."); ok {
		return t.text(path, t.attribute(path, resource, attribute, depth), depth)
	}
	return t.text(path, t.ref(path, name, depth), depth)
}

// parameters takes values given, else defaults.
func (t *template) parameters(all *tree.Object) {
	for _, f := range all.Fields() {
		o := all.Sub(f.Key)
		v, given := t.opts.Parameters[f.Key]
		kind := o.Text("Type")
		if !given {
			if v = o.Text("Default"); !o.Has("Default") {
				t.Fail(o.Path, "the template needs this parameter: give %s=VALUE", f.Key)
			}
		}
		if strings.HasPrefix(kind, "AWS::SSM::") && !given {
			t.Note(o.Path, "there is no parameter store: its name %q stands for its value", v)
		}
		if legal := o.Texts("AllowedValues"); legal != nil && !slices.Contains(legal, v) {
			t.Fail(o.Path, "%q is not one of %q", v, legal)
		}
		t.params[f.Key] = tree.Text(v)
		if kind == "CommaDelimitedList" || strings.HasPrefix(kind, "List<") {
			t.params[f.Key] = list(strings.Split(v, ",")...)
		}
	}
	for name := range t.opts.Parameters {
		if t.params[name] == nil && validName(name) {
			t.Fail("Parameters", "the template has no parameter %s", name)
		}
	}
}

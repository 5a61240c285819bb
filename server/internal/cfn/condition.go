package cfn

import "github.com/gatepass/gatepass/server/internal/tree"

type conditionState uint8

const (
	asked conditionState = iota + 1
	holds
	fails
)

// condition evaluates a condition of the template by name.
func (t *template) condition(name string, depth int) bool {
	path := "Conditions." + name
	switch t.conditions[name] {
	case holds:
		return true
	case fails:
		return false
	case asked:
		t.Fail(path, "the condition asks for itself")
		return false
	}
	n := t.root.Get("Conditions").Get(name)
	if n == nil {
		t.Fail(path, "no condition of this name")
		return false
	}
	t.conditions[name] = asked
	s, _ := t.eval(path, n, depth+1).Scalar()
	t.conditions[name] = fails
	if s == "true" {
		t.conditions[name] = holds
	}
	return s == "true"
}

func (t *template) evalIf(path string, arg *tree.Node, depth int) *tree.Node {
	if arg == nil || arg.Kind != tree.List || len(arg.Items) != 3 {
		t.Fail(path, "Fn::If takes a condition and two values")
		return nil
	}
	name, _ := arg.Items[0].Scalar()
	if t.condition(name, depth) {
		return t.eval(path, arg.Items[1], depth)
	}
	return t.eval(path, arg.Items[2], depth)
}

func (t *template) truth(path, name string, arg *tree.Node, depth int) bool {
	if name == "Condition" {
		s, _ := arg.Scalar()
		return t.condition(s, depth)
	}
	if arg == nil || arg.Kind != tree.List || len(arg.Items) == 0 || name == "Equals" && len(arg.Items) != 2 {
		t.Fail(path, "Fn::%s takes a list", name)
		return false
	}
	values := t.evalList(path, arg, depth)
	if name == "Equals" {
		return len(values.Items) == 2 && string(asText(values.Items[0])) == string(asText(values.Items[1]))
	}
	all, some := true, false
	for _, v := range values.Items {
		s, _ := v.Scalar()
		all, some = all && s == "true", some || s == "true"
	}
	switch name {
	case "And":
		return all
	case "Or":
		return some
	}
	return !all // Not, of one
}

func asText(n *tree.Node) []byte {
	if s, ok := n.Scalar(); ok {
		return []byte(s)
	}
	return n.JSON()
}

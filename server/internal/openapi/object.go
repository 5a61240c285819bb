package openapi

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/server/internal/tree"
)

// object is a mapping of a document with a record of which keys were read, so
// that done can tell the others.
type object struct {
	r    *reader
	path string
	node *tree.Node // nil: absent, which reads as empty
	seen map[string]bool
}

// object reads n, following a $ref.
func (r *reader) object(path string, n *tree.Node) *object {
	n = r.deref(path, n)
	if n != nil && n.Kind != tree.Map {
		r.fail(path, "this must be an object")
		n = nil
	}
	return &object{r: r, path: path, node: n, seen: map[string]bool{}}
}

// deref follows references within the document.
func (r *reader) deref(path string, n *tree.Node) *tree.Node {
	for hops := 0; ; hops++ {
		ref, ok := n.Get("$ref").Scalar()
		if !ok {
			return n
		}
		to := r.at(ref)
		if to == nil || hops == 10 {
			r.fail(path, "the reference %q leads nowhere within this document", ref)
			return nil
		}
		n = to
	}
}

// at is the value that a reference #/a/b names, nil if there is none.
func (r *reader) at(ref string) *tree.Node {
	rest, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil
	}
	n := r.root
	for seg := range strings.SplitSeq(rest, "/") {
		n = n.Get(strings.NewReplacer("~1", "/", "~0", "~").Replace(seg))
	}
	return n
}

func (o *object) at(key string) string { return o.path + "." + key }

func (o *object) present() bool { return o.node != nil }

func (o *object) fields() []tree.Field {
	if o.node == nil {
		return nil
	}
	return o.node.Fields
}

func (o *object) take(key string) *tree.Node {
	o.seen[key] = true
	n := o.node.Get(key)
	if n.IsNull() {
		return nil
	}
	return n
}

func (o *object) sub(key string) *object { return o.r.object(o.at(key), o.take(key)) }

// text is a scalar as text; absent: empty.
func (o *object) text(key string) string {
	n := o.take(key)
	s, ok := n.Scalar()
	if n != nil && !ok {
		o.r.fail(o.at(key), "this must be a text")
	}
	return s
}

func (o *object) boolean(key string) bool {
	s := o.text(key)
	if s != "" && s != "true" && s != "false" {
		o.r.fail(o.at(key), "%q is not true or false", s)
	}
	return s == "true"
}

func (o *object) integer(key string) int {
	s := o.text(key)
	if s == "" {
		return 0
	}
	i, err := strconv.Atoi(s)
	if err != nil || i < 0 {
		o.r.fail(o.at(key), "%q is not a whole number", s)
	}
	return i
}

// texts is a list of texts; one text stands for a list of it.
func (o *object) texts(key string) []string {
	n := o.take(key)
	if s, ok := n.Scalar(); ok {
		return []string{s}
	}
	if n == nil {
		return nil
	}
	if n.Kind != tree.List {
		o.r.fail(o.at(key), "this must be a list of texts")
	}
	var out []string
	for _, item := range n.Items {
		s, ok := item.Scalar()
		if !ok {
			o.r.fail(o.at(key), "this must be a list of texts")
		}
		out = append(out, s)
	}
	return out
}

// textMap is an object of texts; nil if it has none.
func (o *object) textMap(key string) map[string]string {
	m := o.sub(key)
	if len(m.fields()) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, f := range m.fields() {
		s, ok := f.Value.Scalar()
		if !ok && !f.Value.IsNull() {
			o.r.fail(m.at(f.Key), "this must be a text")
		}
		out[f.Key] = s
	}
	return out
}

// ignore marks keys that hold documentation.
func (o *object) ignore(keys ...string) {
	for _, k := range keys {
		o.seen[k] = true
	}
}

// done notes the keys nobody read. One that guards something is an error.
func (o *object) done() {
	for _, f := range o.fields() {
		switch {
		case o.seen[f.Key]:
		case guards(f.Key):
			o.r.fail(o.at(f.Key), "this is not understood and may be a check; gatepass does not serve without it")
		default:
			o.r.note(o.at(f.Key), "not understood, left out")
		}
	}
}

// guards tells the extensions whose loss could open something.
func guards(key string) bool {
	key = strings.ToLower(key)
	words := []string{"auth", "policy", "valid", "tls", "security", "certificate", "throttl"}
	return strings.HasPrefix(key, "x-amazon-apigateway-") && slices.ContainsFunc(words, func(w string) bool { return strings.Contains(key, w) })
}

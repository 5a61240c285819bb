package schema

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// modelPath is in the address by which models refer to each other.
const modelPath = "/models/"

// refer makes a node the one a reference is to.
func (c *compiler) refer(p place, n *node, v any) error {
	ref, err := text(p, v)
	if err != nil {
		return err
	}
	to, err := target(p, ref)
	if err == nil {
		n.ref, err = c.at(to)
	}
	return err
}

// target is the place of a reference.
func target(p place, ref string) (place, error) {
	u, err := url.Parse(ref)
	if err != nil {
		return place{}, p.refuse("%q is not an address", ref)
	}
	if u.Fragment != "" && u.Fragment[0] != '/' {
		return place{}, p.refuse("%q is not a JSON pointer", ref)
	}
	address, _, _ := strings.Cut(ref, "#")
	if u.Scheme == "" && (p.ids == idBelow || p.ids == idOfRoot && address != "") {
		return place{}, p.refuse("%q is relative to an id, which models cannot be", ref)
	}
	to := place{model: p.model, pointer: u.Fragment, depth: p.depth}
	if address != "" {
		base := &url.URL{Scheme: "model", Path: modelPath + p.model}
		full := base.ResolveReference(u).Path
		i := strings.LastIndex(full, modelPath)
		if i < 0 {
			return place{}, p.refuse("%q is not a model of this API", ref)
		}
		to.model = full[i+len(modelPath):]
	}
	return to, nil
}

// ids says what relative references of a place are relative to.
type ids uint8

const (
	noID     ids = iota // the model
	idOfRoot            // an id of the whole model
	idBelow             // an id of a part
)

// with is that of what is below an object.
func (i ids) with(pointer string, m map[string]any) ids {
	id, ok := m["id"].(string)
	switch {
	case !ok || strings.HasPrefix(id, "#"):
		return i
	case pointer == "":
		return idOfRoot
	}
	return idBelow
}

// follow finds what a JSON pointer is to, and the ids above it.
func follow(v any, pointer string) (_ any, above ids, ok bool) {
	if pointer == "" {
		return v, noID, true
	}
	done := ""
	for _, name := range strings.Split(pointer, "/")[1:] {
		if m, ok := v.(map[string]any); ok {
			above = above.with(done, m)
		}
		if v, ok = member(v, name); !ok {
			return nil, above, false
		}
		done += "/" + name
	}
	return v, above, true
}

func member(of any, name string) (v any, ok bool) {
	switch of := of.(type) {
	case map[string]any:
		v, ok = of[unescape(name)]
	case []any:
		i, err := strconv.Atoi(name)
		if ok = err == nil && i >= 0 && i < len(of) && strconv.Itoa(i) == name; ok {
			v = of[i]
		}
	}
	return v, ok
}

func escape(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

func unescape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
}

// endless refuses schemas that ask for themselves of the same value again.
func (c *compiler) endless() error {
	w := walk{}
	order := slices.SortedFunc(maps.Keys(c.nodes), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.model, b.model), cmp.Compare(a.pointer, b.pointer))
	})
	for _, k := range order {
		if !w.ends(c.nodes[k]) {
			return place{model: k.model, pointer: k.pointer}.refuse("refers to itself without an end")
		}
	}
	return nil
}

// walk remembers which schemas are being asked (1), and which are known to end (2).
type walk map[*node]int

func (w walk) ends(n *node) bool {
	if state := w[n]; state != 0 {
		return state == 2
	}
	w[n] = 1
	for _, other := range n.same() {
		if !w.ends(other) {
			return false
		}
	}
	w[n] = 2
	return true
}

// same are the schemas that are asked of the same value.
func (n *node) same() []*node {
	out := slices.Concat(n.allOf, n.anyOf, n.oneOf)
	for _, d := range n.object.needs {
		out = append(out, d.is)
	}
	out = append(out, n.not, n.ref)
	return slices.DeleteFunc(out, func(n *node) bool { return n == nil })
}

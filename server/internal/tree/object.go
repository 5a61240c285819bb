package tree

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Note is a part of a document that is not kept, and why.
type Note struct {
	Path, Reason string
}

// String is the note on one line.
func (n Note) String() string { return n.Path + ": " + n.Reason }

// Reader collects what is wrong with a document and what is not understood of
// it. The first error stays; what is read after it does not matter.
type Reader struct {
	Notes []Note
	Err   error
	// Wrap is what errors answer to.
	Wrap error
	// Resolve follows a reference before a value is read; nil: there are none.
	Resolve func(path string, n *Node) *Node
	// Guards tells keys whose loss could open something; nil: none does.
	Guards func(path, key string) bool
}

// Note adds a note.
func (r *Reader) Note(path, format string, args ...any) {
	r.Notes = append(r.Notes, Note{strings.TrimPrefix(path, "."), fmt.Sprintf(format, args...)})
}

// Fail sets the error unless there is one.
func (r *Reader) Fail(path, format string, args ...any) {
	if r.Err == nil {
		r.Err = fmt.Errorf("%w: %s: %s", r.Wrap, strings.TrimPrefix(path, "."), fmt.Sprintf(format, args...))
	}
}

// Object is a Map with a record of which keys were read, so that Done can tell
// the others. An absent one reads as empty.
type Object struct {
	Path string
	Node *Node
	r    *Reader
	seen map[string]bool
}

// Object reads n, which is at path.
func (r *Reader) Object(path string, n *Node) *Object {
	if r.Resolve != nil {
		n = r.Resolve(path, n)
	}
	if n.IsNull() {
		n = nil
	} else if n.Kind != Map {
		r.Fail(path, "this must be an object")
		n = nil
	}
	return &Object{r: r, Path: path, Node: n, seen: map[string]bool{}}
}

// At is the path of a key.
func (o *Object) At(key string) string { return o.Path + "." + key }

// Present tells an object that is there, be it empty.
func (o *Object) Present() bool { return o.Node != nil }

// Has tells whether a key is there, without reading it.
func (o *Object) Has(key string) bool { return !o.Node.Get(key).IsNull() }

// Fields are all keys, none of them thereby read.
func (o *Object) Fields() []Field {
	if o.Node == nil {
		return nil
	}
	return o.Node.Fields
}

// Take reads a value; null and absence are nil.
func (o *Object) Take(key string) *Node {
	o.seen[key] = true
	n := o.Node.Get(key)
	if n.IsNull() {
		return nil
	}
	return n
}

// Sub reads an object.
func (o *Object) Sub(key string) *Object { return o.r.Object(o.At(key), o.Take(key)) }

// Subs reads a list of objects.
func (o *Object) Subs(key string) []*Object {
	n := o.Take(key)
	if n == nil {
		return nil
	}
	if n.Kind != List {
		o.r.Fail(o.At(key), "this must be a list")
	}
	var out []*Object
	for i, item := range n.Items {
		out = append(out, o.r.Object(o.At(key)+"["+strconv.Itoa(i)+"]", item))
	}
	return out
}

// Text is a scalar as text; absent: empty.
func (o *Object) Text(key string) string {
	n := o.Take(key)
	s, ok := n.Scalar()
	if n != nil && !ok {
		o.r.Fail(o.At(key), "this must be a text")
	}
	return s
}

// Bool is true or false, as text too; absent: false.
func (o *Object) Bool(key string) bool {
	s := strings.ToLower(o.Text(key))
	if s != "" && s != "true" && s != "false" {
		o.r.Fail(o.At(key), "%q is not true or false", s)
	}
	return s == "true"
}

// Int is a whole number that is not negative; absent: 0.
func (o *Object) Int(key string) int {
	s := o.Text(key)
	if s == "" {
		return 0
	}
	i, err := strconv.Atoi(s)
	if err != nil || i < 0 {
		o.r.Fail(o.At(key), "%q is not a whole number", s)
	}
	return i
}

// Float is a number that is not negative; absent: 0.
func (o *Object) Float(key string) float64 {
	s := o.Text(key)
	if s == "" {
		return 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0) || math.IsInf(f, 0) {
		o.r.Fail(o.At(key), "%q is not a number", s)
	}
	return f
}

// Texts is a list of texts; one text stands for a list of it.
func (o *Object) Texts(key string) []string {
	n := o.Take(key)
	if s, ok := n.Scalar(); ok {
		return []string{s}
	}
	if n == nil {
		return nil
	}
	if n.Kind != List {
		o.r.Fail(o.At(key), "this must be a list of texts")
	}
	var out []string
	for _, item := range n.Items {
		s, ok := item.Scalar()
		if !ok {
			o.r.Fail(o.At(key), "this must be a list of texts")
		}
		out = append(out, s)
	}
	return out
}

// TextMap is an object of texts; nil if it has none.
func (o *Object) TextMap(key string) map[string]string {
	m := o.Sub(key)
	if len(m.Fields()) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, f := range m.Fields() {
		s, ok := f.Value.Scalar()
		if !ok && !f.Value.IsNull() {
			o.r.Fail(m.At(f.Key), "this must be a text")
		}
		out[f.Key] = s
	}
	return out
}

// Ignore marks keys that have no meaning here.
func (o *Object) Ignore(keys ...string) {
	for _, k := range keys {
		o.seen[k] = true
	}
}

// IgnoreAll marks every key.
func (o *Object) IgnoreAll() {
	for _, f := range o.Fields() {
		o.seen[f.Key] = true
	}
}

// Done notes the keys that nobody read. One that guards something is an error.
func (o *Object) Done() {
	for _, f := range o.Fields() {
		switch {
		case o.seen[f.Key]:
		case o.r.Guards != nil && o.r.Guards(o.Path, f.Key):
			o.r.Fail(o.At(f.Key), "this is not understood and may be a check; gatepass does not serve without it")
		default:
			o.r.Note(o.At(f.Key), "not understood, left out")
		}
	}
}

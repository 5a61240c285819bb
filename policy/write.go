package policy

import (
	"bytes"
	"encoding/json"
)

// String is the policy as a JSON document, in the order it was read. Parse
// accepts it and gives an equal policy.
func (p *Policy) String() string {
	w := &writer{}
	w.byte('{')
	if p.version != "" {
		w.field("Version", p.version)
	}
	if p.id != "" {
		w.field("Id", p.id)
	}
	w.key("Statement")
	w.byte('[')
	for _, st := range p.statements {
		w.comma()
		w.statement(st)
	}
	w.buf.WriteString("]}")
	return w.buf.String()
}

// MarshalJSON is String as JSON bytes; it never fails.
func (p *Policy) MarshalJSON() ([]byte, error) { return []byte(p.String()), nil }

type writer struct{ buf bytes.Buffer }

func (w *writer) byte(c byte) { w.buf.WriteByte(c) }

// comma separates from what is before, if anything is.
func (w *writer) comma() {
	if b := w.buf.Bytes(); len(b) > 0 && b[len(b)-1] != '{' && b[len(b)-1] != '[' {
		w.byte(',')
	}
}

func (w *writer) text(s string) {
	b, _ := json.Marshal(s) // a string cannot fail
	w.buf.Write(b)
}

func (w *writer) key(k string) {
	w.comma()
	w.text(k)
	w.byte(':')
}

func (w *writer) field(k, v string) {
	w.key(k)
	w.text(v)
}

// list writes one value as a string and several as an array, as IAM does.
func (w *writer) list(k string, values []string) {
	w.key(k)
	if len(values) == 1 {
		w.text(values[0])
		return
	}
	w.byte('[')
	for _, v := range values {
		w.comma()
		w.text(v)
	}
	w.byte(']')
}

func (w *writer) statement(st *Statement) {
	w.byte('{')
	if st.Sid != "" {
		w.field("Sid", st.Sid)
	}
	w.field("Effect", string(st.Effect))
	if st.principals != nil {
		w.principals(st)
	}
	w.list(not(st.notAction)+"Action", sources(st.actions, func(a *action) string { return a.source }))
	if st.resources != nil {
		w.list(not(st.notResource)+"Resource", sources(st.resources, func(t *template) string { return t.source }))
	}
	if st.conditions != nil {
		w.conditions(st.conditions)
	}
	w.byte('}')
}

func (w *writer) principals(st *Statement) {
	w.key(not(st.notPrincipal) + "Principal")
	if st.principals.star {
		w.text("*")
		return
	}
	w.byte('{')
	for _, g := range st.principals.groups {
		w.list(g.name, g.values)
	}
	w.byte('}')
}

func (w *writer) conditions(list []condition) {
	w.key("Condition")
	w.byte('{')
	for i := range list {
		c := &list[i]
		if i == 0 || list[i-1].name != c.name {
			w.key(c.name)
			w.byte('{')
		}
		w.list(c.keyName, sources(c.values, func(v *value) string { return v.source }))
		if i+1 == len(list) || list[i+1].name != c.name {
			w.byte('}')
		}
	}
	w.byte('}')
}

func not(negated bool) string {
	if negated {
		return "Not"
	}
	return ""
}

func sources[T any](list []T, source func(*T) string) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = source(&list[i])
	}
	return out
}

package policy

import (
	"encoding/base64"
	"net/netip"
	"strings"
	"time"
)

// value is one value of a condition, parsed as its operator reads it.
type value struct {
	source string
	text   template   // strings, and ARN patterns that are not cut into fields
	fields []template // the six fields of an ARN pattern
	number decimal
	date   time.Time
	prefix netip.Prefix
	truth  bool
}

func (r *reader) conditions(st *Statement, n *node) error {
	block := n.get("Condition")
	if block == nil {
		return nil
	}
	if block.kind != nodeObject {
		return r.fail(block, msgSyntax, "Condition must be an object, not %s", nodeNames[block.kind])
	}
	for _, m := range block.members {
		op, ok := parseOperator(m.key)
		if !ok {
			return failAt(r.src, m.pos, msgSyntax, "unknown condition operator %q; see the list of condition operators (they are case-sensitive)", m.key)
		}
		if m.value.kind != nodeObject || len(m.value.members) == 0 {
			return r.fail(m.value, msgSyntax, "%s must be an object with at least one condition key", m.key)
		}
		if err := r.conditionKeys(st, op, m.value); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) conditionKeys(st *Statement, op condition, n *node) error {
	seen := map[string]bool{}
	for _, m := range n.members {
		vendor, name, ok := strings.Cut(m.key, ":")
		if !ok || vendor == "" || name == "" {
			return failAt(r.src, m.pos, msgVendor, "write the condition key %q as vendor:key", m.key)
		}
		c := op
		c.keyName, c.key = m.key, newContextKey(m.key)
		if seen[c.key.name] {
			return failAt(r.src, m.pos, msgSyntax, "the condition key %q appears twice (keys have no case); keep one", m.key)
		}
		seen[c.key.name] = true
		if err := r.conditionValues(&c, m.value); err != nil {
			return err
		}
		st.conditions = append(st.conditions, c)
	}
	return nil
}

func (r *reader) conditionValues(c *condition, n *node) error {
	list := []*node{n}
	if n.kind == nodeArray {
		list = n.elems
	}
	if len(list) == 0 {
		return r.fail(n, msgSyntax, "the condition key %q has an empty list; write at least one value", c.keyName)
	}
	for _, e := range list {
		if e.kind != nodeString && e.kind != nodeNumber && e.kind != nodeBool {
			return r.fail(e, msgSyntax, "a condition value must be a string, a number or a boolean, not %s", nodeNames[e.kind])
		}
		v, err := r.conditionValue(c, e)
		if err != nil {
			return err
		}
		v.source = e.text
		c.values = append(c.values, v)
	}
	return nil
}

func (r *reader) conditionValue(c *condition, n *node) (v value, err error) {
	ok := true
	want := ""
	switch c.op.compare {
	case compareText, compareFold:
		v.text, err = r.template(n, false)
	case compareGlob:
		v.text, err = r.template(n, true)
	case compareARN:
		err = r.arn(&v, n)
	case compareNumber:
		v.number, ok = parseDecimal(n.text)
		want = "a decimal number such as 10 or -2.5"
	case compareDate:
		if v.date, ok = parseDate(n.text); !ok {
			return v, r.fail(n, msgLegacy, "%q is no date; write 2006-01-02T15:04:05Z or epoch seconds", n.text)
		}
	case compareBool, compareNull:
		v.truth, ok = parseBool(n.text)
		want = "true or false"
	case compareBinary:
		_, e := base64.StdEncoding.Strict().DecodeString(n.text)
		ok, want = e == nil && !strings.ContainsAny(n.text, "\r\n"), "base64 with padding"
	case compareIP:
		v.prefix, ok = parsePrefix(n.text)
		want = "an IP address or CIDR range such as 203.0.113.0/24"
	}
	if !ok {
		err = r.fail(n, msgSyntax, "%s cannot compare with %q; write %s", c.name, n.text, want)
	}
	return v, err
}

// arn cuts an ARN pattern into its six fields, compared one by one so that a
// wildcard stays in its field. Two patterns stand for a whole ARN: "*" and a
// single variable.
func (r *reader) arn(v *value, n *node) (err error) {
	if v.text, err = r.template(n, true); err != nil {
		return err
	}
	one := len(v.text.parts) == 2 && v.text.parts[0].text == "" && v.text.parts[1].text == ""
	if one || n.text == "*" {
		return nil
	}
	fields := splitARN(n.text, r.variables)
	if len(fields) != 6 {
		return r.fail(n, msgSyntax, `%q is no ARN pattern: it needs six fields, arn:partition:service:region:account:resource, each of which may be *`, n.text)
	}
	for _, f := range fields {
		t, problem := compileTemplate(f, true, r.variables)
		if problem != "" {
			return r.fail(n, msgSyntax, "%s", problem)
		}
		v.fields = append(v.fields, t)
	}
	return nil
}

// splitARN cuts at the first five colons that stand outside of variables.
func splitARN(s string, variables bool) []string {
	var fields []string
	start := 0
	for i := 0; i < len(s) && len(fields) < 5; i++ {
		if variables && strings.HasPrefix(s[i:], "${") {
			_, n, _ := scanVariable(s[i:]) // cannot fail: the whole compiled
			i += n - 1
		} else if s[i] == ':' {
			fields = append(fields, s[start:i])
			start = i + 1
		}
	}
	return append(fields, s[start:])
}

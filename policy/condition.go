package policy

import "strings"

// conditionsHold tests that all conditions of a statement hold.
func (e *evaluation) conditionsHold(st *Statement) bool {
	for i := range st.conditions {
		if !e.holds(&st.conditions[i]) {
			return false
		}
	}
	return true
}

// holds tests one condition. A negated operator asks that no value of the
// policy matches; several values of the request without a set prefix count as
// with ForAnyValue.
func (e *evaluation) holds(c *condition) bool {
	if v, ok := e.own(&c.key); ok && c.op.compare != compareNull {
		return e.compare(c, v) != c.op.negated
	} else if ok {
		return c.nullHolds(false)
	}
	values := e.listed(&c.key)
	if c.op.compare == compareNull {
		return c.nullHolds(len(values) == 0)
	}
	if len(values) == 0 {
		return c.missingHolds()
	}
	all := c.quantifier == forAllValues
	for _, v := range values {
		if (e.compare(c, v) != c.op.negated) != all {
			return !all
		}
	}
	return all
}

func (c *condition) nullHolds(missing bool) bool {
	for i := range c.values {
		if c.values[i].truth == missing {
			return true
		}
	}
	return false
}

// missingHolds is the answer for a key the request does not have.
func (c *condition) missingHolds() bool {
	switch {
	case c.ifExists || c.quantifier == forAllValues:
		return true
	case c.quantifier == forAnyValue:
		return false
	default:
		return c.op.negated
	}
}

// compare reports whether any value of the policy matches v. A v that the
// operator cannot read matches none.
func (e *evaluation) compare(c *condition, v string) bool {
	switch c.op.compare {
	case compareNumber:
		return c.compareNumber(v)
	case compareDate:
		return c.compareDate(v)
	case compareIP:
		return c.compareIP(v)
	case compareBool:
		return c.compareBool(v)
	case compareARN:
		return e.compareARN(c, v)
	}
	for i := range c.values {
		if e.compareText(c, &c.values[i], v) {
			return true
		}
	}
	return false
}

func (e *evaluation) compareText(c *condition, want *value, v string) bool {
	switch c.op.compare {
	case compareBinary: // strict base64 has one spelling for one value
		return want.source == v
	case compareFold:
		text, ok := e.expand(&want.text)
		return ok && strings.EqualFold(text, v)
	default:
		matched, _ := e.match(&want.text, v)
		return matched
	}
}

// has reports whether the outcome of a comparison is in the set.
func (o order) has(outcome int) bool {
	switch {
	case outcome < 0:
		return o&less != 0
	case outcome > 0:
		return o&greater != 0
	default:
		return o&equal != 0
	}
}

func (c *condition) compareNumber(v string) bool {
	n, ok := parseDecimal(v)
	for i := range c.values {
		if ok && c.op.order.has(n.compare(c.values[i].number)) {
			return true
		}
	}
	return false
}

// compareDate and compareIP parse a copy: the errors of the standard parsers keep
// their input, which would send the whole request to the heap.
func (c *condition) compareDate(v string) bool {
	t, ok := parseDate(strings.Clone(v))
	for i := range c.values {
		if ok && c.op.order.has(t.Compare(c.values[i].date)) {
			return true
		}
	}
	return false
}

func (c *condition) compareIP(v string) bool {
	addr, ok := parseAddr(strings.Clone(v))
	for i := range c.values {
		if ok && c.values[i].prefix.Contains(addr) {
			return true
		}
	}
	return false
}

func (c *condition) compareBool(v string) bool {
	truth, ok := parseBool(v)
	for i := range c.values {
		if ok && c.values[i].truth == truth {
			return true
		}
	}
	return false
}

func (e *evaluation) compareARN(c *condition, v string) bool {
	fields, ok := arnFields(v)
	for i := range c.values {
		if ok && e.matchARN(&c.values[i], v, &fields) {
			return true
		}
	}
	return false
}

func (e *evaluation) matchARN(want *value, whole string, fields *[6]string) bool {
	if want.fields == nil {
		matched, _ := e.match(&want.text, whole)
		return matched
	}
	for i := range want.fields {
		if matched, _ := e.match(&want.fields[i], fields[i]); !matched {
			return false
		}
	}
	return true
}

// AccountOf is the account in an ARN, "" if there is none.
func AccountOf(arn string) string {
	fields, ok := arnFields(arn)
	if !ok {
		return ""
	}
	return fields[4]
}

// arnFields cuts a request's ARN at its first five colons.
func arnFields(s string) (fields [6]string, ok bool) {
	for i := range 5 {
		if fields[i], s, ok = strings.Cut(s, ":"); !ok {
			return fields, false
		}
	}
	fields[5] = s
	return fields, true
}

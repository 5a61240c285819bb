package policy

// A Near is a statement that would have allowed a request but for one element.
type Near struct {
	Policy    string     // Name of the policy
	Statement *Statement // read it only
	// Fails is the element that does not fit: "Action", "Resource" or
	// "Condition", the last followed by a space and the key.
	Fails string
}

// Nearest finds, for a request that nothing allows, the Allow statement that
// came closest: only its conditions do not hold, else only its resource does not
// fit, else only its action. The first of equals counts. It reports false where
// no statement lacks only one of the three. It explains a decision and never
// makes one.
func Nearest(req Request, policies ...*Policy) (Near, bool) {
	e := evaluation{req: &req, action: lowerASCII(req.Action)}
	best, rank := Near{}, 0
	for _, p := range policies {
		if p == nil {
			continue
		}
		for _, st := range p.allow {
			if fails, r := e.falls(st); r > rank {
				best, rank = Near{p.Name, st, fails}, r
			}
		}
	}
	return best, rank > 0
}

// falls says which one element of a statement does not fit, and how close the
// statement is, 0 for not at all.
func (e *evaluation) falls(st *Statement) (fails string, rank int) {
	action, resource := e.actionMatches(st), e.resourceMatches(st)
	switch {
	case action && resource:
		return e.unmet(st), 3
	case action && e.conditionsHold(st):
		return "Resource", 2
	case resource && e.conditionsHold(st):
		return "Action", 1
	}
	return "", 0
}

// unmet names the first condition that does not hold.
func (e *evaluation) unmet(st *Statement) string {
	for i := range st.conditions {
		if c := &st.conditions[i]; !e.holds(c) {
			return "Condition " + c.keyName
		}
	}
	return "Principal"
}

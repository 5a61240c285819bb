package policy

// Step is what one statement said about a request.
type Step struct {
	Kind      Kind
	Policy    string     // Name of the policy
	Statement *Statement // read it only
	Fails     []Failure  // the elements that do not fit; none: the statement applies
}

// Applies reports whether all elements of the statement fit the request.
func (s Step) Applies() bool { return len(s.Fails) == 0 }

// Failure is an element of a statement that does not fit a request.
type Failure struct {
	Element  string   // "Principal", "Action", "Resource" or "Condition", as written ("NotAction" …)
	Operator string   // of a condition
	Key      string   // of a condition
	Want     []string // as the policy writes it; nil for principals
	Got      []string // what the request has; none for a key that is missing
}

// Trace decides as Evaluate does and says, for every statement in order, whether
// it applied and which of its elements do not fit. It is made for people and
// takes its time. A policy that could not be read has no steps.
func (ps Policies) Trace(req Request) (Decision, []Step) {
	e := evaluation{req: &req, action: lowerASCII(req.Action)}
	var steps []Step
	for _, g := range ps.groups() {
		for _, p := range g.policies {
			if p == nil {
				continue
			}
			for _, st := range p.statements {
				steps = append(steps, Step{g.kind, p.Name, st, e.failures(st)})
			}
		}
	}
	return ps.Evaluate(req), steps
}

// failures lists all that does not fit.
func (e *evaluation) failures(st *Statement) (fails []Failure) {
	if e.principalMatches(st) == noMatch {
		fails = append(fails, Failure{Element: not(st.notPrincipal) + "Principal", Got: e.caller()})
	}
	if !e.actionMatches(st) {
		want := sources(st.actions, func(a *action) string { return a.source })
		fails = append(fails, Failure{Element: not(st.notAction) + "Action", Want: want, Got: []string{e.req.Action}})
	}
	if !e.resourceMatches(st) {
		want := sources(st.resources, func(t *template) string { return t.source })
		fails = append(fails, Failure{Element: not(st.notResource) + "Resource", Want: want, Got: []string{e.req.Resource}})
	}
	for i := range st.conditions {
		if c := &st.conditions[i]; !e.holds(c) {
			want := sources(c.values, func(v *value) string { return v.source })
			fails = append(fails, Failure{"Condition", c.name, c.keyName, want, e.values(&c.key)})
		}
	}
	return fails
}

func (e *evaluation) caller() []string {
	switch p := &e.req.Principal; {
	case p.ARN != "":
		return []string{p.ARN}
	case p.FederatedProvider != "":
		return []string{p.FederatedProvider}
	}
	return nil
}

// values are those the request has for a key.
func (e *evaluation) values(k *contextKey) []string {
	if v, ok := e.own(k); ok {
		return []string{v}
	}
	return e.listed(k)
}

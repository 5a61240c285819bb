package policy

import (
	"strconv"
	"time"
)

// Request is one question: may this principal do this action on this resource?
type Request struct {
	Principal Principal
	Action    string // "service:Name"; letter case does not matter. Empty is denied
	Resource  string // ARN, or "*" for actions without a resource. Empty is denied
	// AltResource is another form of Resource, such as the percent-decoded one;
	// empty for none. A Deny applies when it matches either form, an Allow only
	// when it matches Resource.
	AltResource string
	// Context has the keys that do not come from Principal or Time. Where both
	// have a value, that of Principal and Time counts.
	Context Context
	Time    time.Time // aws:CurrentTime and aws:EpochTime; zero leaves them to Context
}

// Evaluate decides over the identity policies of a principal: any Deny that
// applies wins, then any Allow, and otherwise the answer is no (IAM User Guide,
// "Policy evaluation logic").
//
// It fails closed: a nil policy, which stands for one that could not be read,
// and a policy of another kind than Identity make the answer an implicit deny.
// Evaluate is safe for concurrent use.
func Evaluate(req Request, policies ...*Policy) Decision {
	d := Decision{Kind: Identity, Action: req.Action}
	if req.Resource == "" {
		return d
	}
	return evaluate(&req, d, policies)
}

func evaluate(req *Request, d Decision, policies []*Policy) Decision {
	for _, p := range policies {
		if p == nil || p.kind != d.Kind {
			return d
		}
	}
	if req.Action == "" {
		return d
	}
	e := evaluation{req: req, action: req.Action}
	var lower [32]byte
	if len(req.Action) <= len(lower) {
		foldASCII(lower[:copy(lower[:], req.Action)])
		e.action = string(lower[:len(req.Action)])
	} else {
		e.action = lowerASCII(req.Action)
	}
	for _, p := range policies {
		for _, st := range p.deny {
			if e.applies(st) != noMatch {
				return d.by(p, st, ExplicitDeny)
			}
		}
	}
	return e.allowed(d, policies)
}

// allowed looks for an Allow. One that only delegates to the caller's account
// is taken when there is no better.
func (e *evaluation) allowed(d Decision, policies []*Policy) Decision {
	for _, p := range policies {
		for _, st := range p.allow {
			m := e.applies(st)
			if m == noMatch || m == accountMatch && d.Allowed {
				continue
			}
			d = d.by(p, st, Allow)
			d.Delegated = m == accountMatch
			if !d.Delegated {
				return d
			}
		}
	}
	return d
}

// evaluation is the state of one decision. It lives on the stack.
type evaluation struct {
	req     *Request
	action  string // lower case
	scratch [192]byte
}

// applies tests the elements of a statement, the cheapest and most selective
// first.
func (e *evaluation) applies(st *Statement) principalMatch {
	if !e.actionMatches(st) || !e.resourceMatches(st) {
		return noMatch
	}
	m := directMatch
	if st.principals != nil {
		m = st.principals.match(&e.req.Principal, st.denies)
	}
	if m == noMatch || !e.conditionsHold(st) {
		return noMatch
	}
	return m
}

func (e *evaluation) actionMatches(st *Statement) bool {
	for i := range st.actions {
		if matchGlob(st.actions[i].glob, e.action) {
			return !st.notAction
		}
	}
	return st.notAction
}

func (e *evaluation) resourceMatches(st *Statement) bool {
	if st.resources == nil { // trust policies have none
		return true
	}
	if e.formMatches(st, e.req.Resource) {
		return true
	}
	return st.denies && e.req.AltResource != "" && e.formMatches(st, e.req.AltResource)
}

// formMatches tests one form of the resource. A pattern with a variable that
// has no value matches nothing; under NotResource that alone would widen an
// Allow, so there it voids the statement.
func (e *evaluation) formMatches(st *Statement, form string) bool {
	unresolved := false
	for i := range st.resources {
		matched, resolved := e.match(&st.resources[i], form)
		if matched {
			return !st.notResource
		}
		unresolved = unresolved || !resolved
	}
	return st.notResource && (!unresolved || st.denies)
}

// own is the value of a single-valued key that the request itself has.
func (e *evaluation) own(k *contextKey) (string, bool) {
	switch k.own {
	case notOwn, ownAMR:
		return "", false
	case ownTag:
		return e.req.Principal.tag(k.tag)
	case ownCurrentTime:
		if !e.req.Time.IsZero() {
			return isoTime(e.req.Time), true
		}
		return "", false
	case ownEpochTime:
		if !e.req.Time.IsZero() {
			return strconv.FormatInt(e.req.Time.Unix(), 10), true
		}
		return "", false
	default:
		v := e.req.Principal.own(k.own)
		return v, v != ""
	}
}

// listed gives the values of a key that the request itself has no single value
// for, none when it is missing.
func (e *evaluation) listed(k *contextKey) []string {
	if k.own == ownAMR && len(e.req.Principal.AMR) > 0 {
		return e.req.Principal.AMR
	}
	return e.req.Context.lookup(k.name)
}

// single gives the value of a key for a variable, and how many it has: a key
// that is made to have several is no use even when it has one.
func (e *evaluation) single(k *contextKey) (value string, n int) {
	if v, ok := e.own(k); ok {
		return v, 1
	}
	values := e.listed(k)
	switch {
	case len(values) == 0:
		return "", 0
	case len(values) == 1 && !k.multi:
		return values[0], 1
	default:
		return "", 2
	}
}

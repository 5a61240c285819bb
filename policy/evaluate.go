package policy

import (
	"strconv"
	"strings"
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
	// Namesake says that the caller is not whom a policy means by the caller's ARN,
	// but one who was made later under that name: an Allow for the ARN is not for it,
	// a Deny is.
	Namesake bool
	Time     time.Time // aws:CurrentTime and aws:EpochTime; zero leaves them to Context
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
	if !readable(d.Kind, policies) || req.Action == "" {
		return d
	}
	var lower [32]byte
	e := evaluation{req: req, action: fold(lower[:], req.Action)}
	if p, st := e.denied(policies); st != nil {
		return d.by(p, st, ExplicitDeny)
	}
	d, m := e.allowed(d, policies)
	d.Delegated = m == accountMatch
	return d
}

// readable reports whether all policies could be read and are of the kind.
func readable(kind Kind, policies []*Policy) bool {
	for _, p := range policies {
		if p == nil || p.kind != kind {
			return false
		}
	}
	return true
}

// fold gives an action in lower case. It is small enough to be inlined, which
// keeps the text of all actions that are in use off the heap.
func fold(buf []byte, action string) string { return string(foldInto(buf, action)) }

func foldInto(buf []byte, s string) []byte {
	buf = append(buf[:0], s...)
	foldASCII(buf)
	return buf
}

// denied finds the first Deny that applies.
func (e *evaluation) denied(policies []*Policy) (*Policy, *Statement) {
	for _, p := range policies {
		for _, st := range p.deny {
			if e.applies(st) != noMatch {
				return p, st
			}
		}
	}
	return nil, nil
}

// allowed looks for the Allow that names the caller best, the first of equals.
func (e *evaluation) allowed(d Decision, policies []*Policy) (Decision, principalMatch) {
	best := noMatch
	for _, p := range policies {
		for _, st := range p.allow {
			m := e.applies(st)
			if m <= best {
				continue
			}
			d, best = d.by(p, st, Allow), m
			if m == directMatch {
				return d, m
			}
		}
	}
	return d, best
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
	m := e.principalMatches(st)
	if m == noMatch || !e.conditionsHold(st) {
		return noMatch
	}
	return m
}

// principalMatches says how well a statement names the caller. NotPrincipal in
// a Deny spares only a caller of whom every form is named, its account as well
// (IAM User Guide, "NotPrincipal with Deny"); in an Allow one form is enough to
// shut it out.
func (e *evaluation) principalMatches(st *Statement) principalMatch {
	caller := &e.req.Principal
	if e.req.Namesake && !st.denies && !st.notPrincipal {
		caller = &Principal{Account: caller.Account}
	}
	switch {
	case st.principals == nil:
		return directMatch
	case !st.notPrincipal:
		return st.principals.match(caller, st.denies)
	case st.denies && st.principals.spares(caller), !st.denies && st.principals.match(caller, true) != noMatch:
		return noMatch
	}
	return roleMatch
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
		t, s := &st.resources[i], form
		if t.ofAPI {
			s = pathOfAPI(form)
		}
		matched, resolved := e.match(t, s)
		if matched {
			return !st.notResource
		}
		unresolved = unresolved || !resolved
	}
	return st.notResource && (!unresolved || st.denies)
}

// pathOfAPI is the ARN of a request to an API from behind the API's id on:
// "/stage/METHOD/path"; "" for any other resource.
func pathOfAPI(arn string) string {
	f, ok := arnFields(arn)
	if i := strings.IndexByte(f[5], '/'); ok && f[2] == "execute-api" && i >= 0 {
		return f[5][i:]
	}
	return ""
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

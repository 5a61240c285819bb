package gateway

import (
	"slices"
	"strconv"

	"github.com/gatepass/gatepass/policy"
)

// headerDecision tells a caller which statement decided, where the operator
// wants that (Gateway.ShowDecisions). It names policy, statement and element and
// nothing they hold, and it goes only to somebody whose signature was right,
// about the policies of his own role. A backend cannot set it.
const headerDecision = identityPrefix + "Decision"

// headerDenial is the same for every gate: opaque to the caller, for an operator to open (Gateway.Denied).
const headerDenial = identityPrefix + "Authorization-Message"

// verdict is a decision in one line of printable ASCII, for the log and for the
// header:
//
//	ExplicitDeny; kind=identity; policy="notes"; statement="DenyAdmin"
//	ImplicitDeny; kind=identity; nearest="notes"; statement="0"; fails="Resource"
func verdict(d policy.Decision, req policy.Request, policies policy.Policies) string {
	out := d.Reason.String() + "; kind=" + d.Kind.String()
	if d.Statement != nil {
		return out + "; policy=" + strconv.QuoteToASCII(d.Policy) + "; statement=" + label(d.Statement)
	}
	near, ok := policy.Nearest(req, deciding(policies, d.Kind)...)
	if !ok {
		return out
	}
	return out + "; nearest=" + strconv.QuoteToASCII(near.Policy) + "; statement=" + label(near.Statement) +
		"; fails=" + strconv.QuoteToASCII(near.Fails)
}

// deciding are the policies of the kind that decided.
func deciding(all policy.Policies, kind policy.Kind) []*policy.Policy {
	switch kind {
	case policy.Resource:
		return all.Resource
	case policy.Boundary:
		return all.Boundary
	case policy.Session:
		return all.Session
	case policy.SCP:
		return slices.Concat(all.SCPs...)
	}
	return all.Identity
}

// label is the Sid of a statement, or its place in the document from 0.
func label(st *policy.Statement) string {
	if st.Sid != "" {
		return strconv.QuoteToASCII(st.Sid)
	}
	return strconv.Quote(strconv.Itoa(st.Index))
}

package policy

// Reason says how a decision came about. The zero value denies.
type Reason int

// The three outcomes of IAM's evaluation.
const (
	ImplicitDeny Reason = iota // nothing allows
	ExplicitDeny               // a Deny applies
	Allow                      // an Allow applies and no Deny does
)

// String is the name of the reason.
func (r Reason) String() string {
	switch r {
	case Allow:
		return "Allow"
	case ExplicitDeny:
		return "ExplicitDeny"
	default:
		return "ImplicitDeny"
	}
}

// Decision is the answer to a Request and says what decided it. The zero value
// denies.
type Decision struct {
	Allowed   bool
	Reason    Reason
	Kind      Kind       // the kind of policy that decided or was silent
	Policy    string     // Name of the policy that decided; "" on an implicit deny
	Statement *Statement // the statement that decided; nil on an implicit deny
	Action    string     // as asked
	// Delegated says that a trust or resource policy allows the caller's account only, which
	// leaves the choice to that account: the caller's own identity policies must
	// allow the action too.
	Delegated bool
}

func (d Decision) by(p *Policy, st *Statement, r Reason) Decision {
	d.Reason, d.Allowed = r, r == Allow
	d.Policy, d.Statement = p.Name, st
	return d
}

// Suffix is what AWS puts after the resource in an AccessDenied message, with
// its leading space; "" when the request is allowed (IAM User Guide,
// "Troubleshoot access denied error messages").
func (d Decision) Suffix() string {
	if d.Allowed {
		return ""
	}
	phrase := phrases[Identity]
	if d.Kind > Identity && d.Kind <= SCP {
		phrase = phrases[d.Kind]
	}
	if d.Reason == ExplicitDeny {
		return " with an explicit deny in " + phrase.denies
	}
	return " because no " + phrase.silent + " allows the " + d.Action + " action"
}

// phrases are the words of the messages, by Kind. "sessions policy" is AWS's
// spelling.
var phrases = [...]struct{ silent, denies string }{
	Identity: {"identity-based policy", "an identity-based policy"},
	Resource: {"resource-based policy", "a resource-based policy"},
	Session:  {"session policy", "a sessions policy"},
	Boundary: {"permissions boundary", "a permissions boundary"},
	Trust:    {"role trust policy", "the role trust policy"},
	SCP:      {"service control policy", "a service control policy"},
}

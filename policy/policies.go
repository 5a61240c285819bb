package policy

// Policies are all that have a say in a request, by kind. An empty list says
// that there is none of the kind; a nil policy in a list stands for one that
// could not be read, and the answer is no. The zero value grants nothing.
type Policies struct {
	Identity []*Policy // of the user or role, or what a Lambda authorizer returned
	Resource []*Policy // of the resource; one for an API
	Boundary []*Policy // one for a user or role; each of several must allow
	Session  []*Policy // passed when the session was made; one of several must allow
	// SCPs are the service control policies of the caller's account, by level
	// from the root of the organization down: each level must allow.
	SCPs [][]*Policy
	// Account owns the resource, twelve digits; "" for the one in its ARN. A
	// caller of another account needs an Allow on both sides.
	Account string
}

// Evaluate decides over all kinds of policies (IAM User Guide, "Policy
// evaluation logic"; API Gateway Developer Guide, "How API Gateway resource
// policies affect authorization workflow"):
//
//  1. a Deny of any kind that applies wins;
//  2. each level of service control policies must allow;
//  3. a resource policy of the caller's own account that names its session or
//     user allows, whatever the others are silent about;
//  4. in the same account, the resource's or the caller's policy must allow; a
//     resource policy that names the account leaves it to the caller's; across
//     accounts, both must allow;
//  5. boundary and session policies must allow too.
//
// A caller without ARN is of the resource's account. So an API without
// authorizer, or with one of a user pool, is asked with its resource policy
// alone and the zero Principal: nothing else can allow. Evaluate is safe for
// concurrent use.
func (ps Policies) Evaluate(req Request) Decision {
	d := Decision{Action: req.Action}
	for _, g := range ps.groups() {
		if d.Kind = g.kind; !readable(g.kind, g.policies) {
			return d
		}
	}
	if d.Kind = ps.silent(); req.Action == "" || req.Resource == "" {
		return d
	}
	var lower [32]byte
	e := evaluation{req: &req, action: fold(lower[:], req.Action)}
	for _, g := range ps.groups() {
		if p, st := e.denied(g.policies); st != nil {
			d.Kind = g.kind
			return d.by(p, st, ExplicitDeny)
		}
	}
	for i := range ps.SCPs {
		if under := e.allow(SCP, ps.SCPs[i]); !under.Allowed && req.Principal.Account != "" {
			return under
		}
	}
	return ps.grant(&e)
}

// group is all policies of one kind.
type group struct {
	kind     Kind
	policies []*Policy
}

// groups lists the policies in the order in which they are asked for a Deny.
func (ps *Policies) groups() []group {
	var all [16]group
	out := all[:0]
	for _, level := range ps.SCPs {
		out = append(out, group{SCP, level})
	}
	return append(out, group{Resource, ps.Resource}, group{Identity, ps.Identity},
		group{Boundary, ps.Boundary}, group{Session, ps.Session})
}

// silent is the kind of policy that is missing when nothing allows.
func (ps *Policies) silent() Kind {
	if len(ps.Identity) == 0 && len(ps.Resource) > 0 {
		return Resource
	}
	return Identity
}

func (e *evaluation) allow(kind Kind, policies []*Policy) Decision {
	d, m := e.allowed(Decision{Kind: kind, Action: e.req.Action}, policies)
	d.Delegated = m == accountMatch
	return d
}

// grant is steps 3 and 4.
func (ps *Policies) grant(e *evaluation) Decision {
	mine := e.allow(Identity, ps.Identity)
	theirs, m := e.allowed(Decision{Kind: Resource, Action: e.req.Action}, ps.Resource)
	theirs.Delegated = m == accountMatch
	switch other := ps.across(e.req); {
	case other && !theirs.Allowed && mine.Allowed:
		return theirs
	case other || m == accountMatch:
		return ps.narrow(e, mine)
	case m == directMatch:
		return theirs
	case m == roleMatch:
		return ps.narrow(e, theirs)
	}
	if !mine.Allowed {
		mine.Kind = ps.silent()
	}
	return ps.narrow(e, mine)
}

// across reports whether the caller is of another account than the resource.
// Where it is not known whose a resource with a policy is, it is another's.
func (ps *Policies) across(req *Request) bool {
	owner := ps.Account
	if owner == "" {
		f, _ := arnFields(req.Resource)
		owner = f[4]
	}
	if owner == "" && len(ps.Resource) == 0 {
		return false
	}
	return req.Principal.ARN != "" && req.Principal.Account != owner
}

// narrow is step 5: boundary and session policies take away and never give.
func (ps *Policies) narrow(e *evaluation, d Decision) Decision {
	if !d.Allowed {
		return d
	}
	for i := range ps.Boundary {
		if under := e.allow(Boundary, ps.Boundary[i:i+1]); !under.Allowed {
			return under
		}
	}
	if len(ps.Session) > 0 {
		if under := e.allow(Session, ps.Session); !under.Allowed {
			return under
		}
	}
	return d
}

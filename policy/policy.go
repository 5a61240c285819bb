package policy

// Kind says what a policy document is attached to, and so which elements it
// may have. The zero value is Identity.
type Kind int

// The kinds of policy documents (IAM User Guide, "Policies and permissions in
// IAM", policy types).
const (
	Identity Kind = iota // attached to a role, user or group: no Principal
	Resource             // attached to a resource: Principal and Resource
	Session              // passed when a role is assumed: like Identity, only narrows
	Boundary             // permissions boundary: like Identity, only narrows
	Trust                // says who may assume a role: Principal, no Resource
	SCP                  // service control policy of an organization: like Identity, only narrows
)

// String is the kind as error texts name it.
func (k Kind) String() string {
	if k < Identity || k > SCP {
		return "unknown"
	}
	return [...]string{"identity", "resource", "session", "boundary", "trust", "scp"}[k]
}

// namesPrincipal tells the kinds that say who from those attached to someone.
func (k Kind) namesPrincipal() bool { return k == Resource || k == Trust }

// Effect is what a statement does when it applies: "Allow" or "Deny".
type Effect string

// The two effects, spelled as in a document.
const (
	EffectAllow Effect = "Allow"
	EffectDeny  Effect = "Deny"
)

// Policy is a parsed policy document. Everything that can be prepared is
// prepared by Parse; after that a Policy is safe for concurrent use. The zero
// value is an identity policy without statements: it grants nothing.
type Policy struct {
	// Name is the caller's name for the policy, repeated in a Decision. Set it
	// before the policy is shared.
	Name string

	kind       Kind
	version    string // as written, "" when absent
	id         string
	statements []*Statement
	deny       []*Statement // the statements by effect, in order
	allow      []*Statement
}

// Kind is the kind the policy was parsed as.
func (p *Policy) Kind() Kind { return p.kind }

// Version is the Version element: "2012-10-17", "2008-10-17", or "" when the
// document has none, which means 2008-10-17.
func (p *Policy) Version() string { return p.version }

// Statements lists the statements in the order of the document. They are
// shared with the policy: read them only.
func (p *Policy) Statements() []*Statement { return p.statements }

// Statement is one statement of a policy. The exported fields only describe it:
// changing them changes no decision.
type Statement struct {
	Index        int    // place in the document, from 0
	Sid          string // "" when it has none
	Effect       Effect
	Line, Column int // where it stands in the document, both from 1

	denies       bool
	principals   *principals // nil unless the kind names principals
	notPrincipal bool
	actions      []action
	notAction    bool
	resources    []template
	notResource  bool
	conditions   []condition
}

// action is a pattern over lower-cased "service:Name".
type action struct {
	source string
	glob   string // encoded and lower-cased
}

package policy

import (
	"errors"
	"time"
)

// Kind says what a policy document is attached to, and so which elements it may have.
type Kind int

// The kinds of policy documents.
const (
	Identity Kind = iota
	Resource
	Session
	Boundary
	Trust
)

// ErrMalformed is what every *SyntaxError is.
var ErrMalformed = errors.New("policy: malformed policy document")

// SyntaxError says what is wrong with a document and where.
type SyntaxError struct {
	Line, Column int    // 1-based; Column counts bytes
	Code         string // "MalformedPolicyDocument"
	Message      string // the text AWS puts on the wire
	Detail       string // what exactly is wrong and what to write instead
}

// Error gives position, message and detail.
func (e *SyntaxError) Error() string { return e.Message }

// Unwrap makes errors.Is(err, ErrMalformed) hold.
func (e *SyntaxError) Unwrap() error { return ErrMalformed }

// Policy is a parsed document.
type Policy struct {
	Name string // set by the caller; named in a Decision
}

// Effect is Allow or Deny.
type Effect string

// Statement is one statement of a policy.
type Statement struct {
	Index  int // from 0
	Sid    string
	Effect Effect
}

// Parse reads a document strictly.
func Parse(doc []byte, kind Kind) (*Policy, error) {
	return nil, &SyntaxError{Message: "not yet"}
}

// Kind of the policy.
func (p *Policy) Kind() Kind { return Identity }

// Statements of the policy, in the order of the document.
func (p *Policy) Statements() []*Statement { return nil }

// String is the document as JSON.
func (p *Policy) String() string { return "" }

// MarshalJSON is the document as JSON.
func (p *Policy) MarshalJSON() ([]byte, error) { return nil, errors.New("not yet") }

// Request is one question.
type Request struct {
	Principal   Principal
	Action      string
	Resource    string
	AltResource string
	Context     Context
	Time        time.Time
}

// Context maps lower-case condition keys to values.
type Context map[string][]string

// NewContext merges contexts, lower-casing keys; later ones win.
func NewContext(from ...Context) Context { return Context{} }

// Set sets the values of a key; no values removes it.
func (c Context) Set(key string, values ...string) {}

// Get gives the values of a key.
func (c Context) Get(key string) []string { return nil }

// Principal is who asks.
type Principal struct {
	Type              string // "AssumedRole", "User", "Account", "Anonymous"
	ARN               string
	RoleARN           string
	Account           string
	UserID            string
	Username          string
	Tags              map[string]string
	TokenIssueTime    time.Time
	FederatedProvider string
	IdentityID        string
	IdentityPoolID    string
	AMR               []string
	CognitoProvider   string
}

// Context gives the condition keys of the principal.
func (p Principal) Context() Context { return Context{} }

// Reason says how a decision came about.
type Reason int

// The reasons; the zero value denies.
const (
	ImplicitDeny Reason = iota
	ExplicitDeny
	Allow
)

// Decision is the answer to a Request.
type Decision struct {
	Allowed   bool
	Reason    Reason
	Policy    string     // Name of the policy that decided
	Statement *Statement // the one that decided, nil on implicit deny
	Kind      Kind
	Action    string
	Delegated bool // trust: only the caller's account is named; an identity policy must allow too
}

// Suffix is the end of AWS's AccessDenied message, with its leading space.
func (d Decision) Suffix() string { return "" }

// Evaluate decides over identity policies.
func Evaluate(req Request, policies ...*Policy) Decision { return Decision{Action: req.Action} }

// EvaluateTrust decides over a role's trust policy.
func EvaluateTrust(req Request, trust *Policy) Decision {
	return Decision{Kind: Trust, Action: req.Action}
}

package policy

import (
	"slices"
	"strings"
)

// Severity ranks findings. The zero value is Info.
type Severity int

// The severities: Error is a policy that IAM refuses, that cannot do what it says
// or that lets in whom nobody meant; Warning is one that probably does; Info is
// worth knowing.
const (
	Info Severity = iota
	Warning
	Error
)

// String is "info", "warning" or "error".
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	}
	return "info"
}

// Finding is one thing that Lint has to say about a document.
type Finding struct {
	Line, Column int // where, both from 1; Column counts bytes
	Severity     Severity
	Rule         string // stable name, such as "method-case"
	Message      string // what is wrong
	Fix          string // what to write instead
}

// Lint reads a policy document as one of the given kind and says what in it does
// not work as its author will have meant, in the order of the document. A
// document that Parse refuses has one finding, with the rule "syntax".
func Lint(doc []byte, kind Kind) []Finding {
	p, err := Parse(doc, kind)
	if err != nil {
		e, ok := err.(*SyntaxError)
		if !ok { // every error of Parse is one
			return []Finding{{1, 1, Error, "syntax", err.Error(), "correct the document"}}
		}
		return []Finding{{e.Line, e.Column, Error, "syntax", e.Message, e.Detail}}
	}
	l := &linter{src: string(doc), p: p}
	l.root, _ = readJSON(l.src) // Parse has read it
	l.document()
	for i, n := range l.statements() {
		l.st, l.node = p.statements[i], n
		l.statement()
	}
	slices.SortStableFunc(l.found, func(a, b Finding) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return l.found
}

// Guess says what kind a document most likely is, by the elements it has: one
// with Principal is a trust policy, or with Resource a resource policy; any other
// is an identity policy. Session, boundary and service control policies look
// like identity policies.
func Guess(doc []byte) Kind {
	root, err := readJSON(string(doc))
	if err != nil {
		return Identity
	}
	kind := Identity
	for _, st := range (&linter{root: root}).statements() {
		switch {
		case st.get("Principal") == nil && st.get("NotPrincipal") == nil:
		case st.get("Resource") != nil || st.get("NotResource") != nil:
			return Resource
		default:
			kind = Trust
		}
	}
	return kind
}

// linter goes through a document beside what Parse made of it.
type linter struct {
	src   string
	p     *Policy
	root  *node
	st    *Statement
	node  *node // of st
	found []Finding
}

func (l *linter) add(n *node, s Severity, rule, message, fix string) {
	l.addAt(n.pos, s, rule, message, fix)
}

func (l *linter) addAt(pos int, s Severity, rule, message, fix string) {
	line, column := position(l.src, pos)
	l.found = append(l.found, Finding{line, column, s, rule, message, fix})
}

func (l *linter) statements() []*node {
	n := l.root.get("Statement")
	if n == nil {
		return nil
	}
	return elements(n)
}

// elements are those of a list, or the one value in place of a list.
func elements(n *node) []*node {
	if n.kind == nodeArray {
		return n.elems
	}
	return []*node{n}
}

// document looks at what concerns all statements.
func (l *linter) document() {
	if l.p.version == "" && !strings.Contains(l.src, "${") {
		l.add(l.root, Info, "no-version", "without a Version the document is of 2008, which has no policy variables",
			`add "Version": "2012-10-17"`)
	}
	if len(l.p.allow) == 0 && (l.p.kind == Boundary || l.p.kind == Session) {
		l.add(l.root, Warning, "ceiling-without-allow", "a "+l.p.kind.String()+" policy that allows nothing takes everything away",
			`add a statement that allows what may stay, such as "Action": "*", "Resource": "*"`)
	}
	l.size()
}

// sizes are the most characters that IAM takes, white space not counted, and
// the number above which it takes them only in some places.
var sizes = [...]struct {
	some, most int
	where      string
}{
	Identity: {6144, 10240, "managed policies have 6144 characters, and those inline in a role 10240 together"},
	Resource: {8192, 8192, "the policy of an API has 8192 characters"},
	Session:  {2048, 2048, "a session policy has 2048 characters"},
	Boundary: {6144, 6144, "managed policies have 6144 characters"},
	Trust:    {2048, 4096, "a trust policy has 2048 characters, and 4096 if the quota was raised"},
	SCP:      {5120, 5120, "a service control policy has 5120 characters"},
}

func (l *linter) size() {
	n := 0
	for _, r := range l.src {
		if !strings.ContainsRune(" \t\r\n", r) {
			n++
		}
	}
	limit := sizes[l.p.kind]
	severity := Warning
	if n > limit.most {
		severity = Error
	}
	if n > limit.some {
		l.add(l.root, severity, "size", "the document is too long: "+limit.where,
			"join statements, or use wildcards; white space does not count")
	}
}

func (l *linter) statement() {
	l.principal()
	l.breadth()
	for _, n := range l.values("Action") {
		l.action(n)
	}
	for _, n := range l.values("Resource") {
		l.variables(n)
		l.resource(n)
	}
	l.conditions()
	if l.p.kind == Trust && !l.st.denies {
		l.identityPool()
	}
}

// values are those of an element or of its Not form.
func (l *linter) values(element string) []*node {
	if n := l.element(element); n != nil {
		return elements(n)
	}
	return nil
}

func (l *linter) element(name string) *node {
	if n := l.node.get(name); n != nil {
		return n
	}
	return l.node.get("Not" + name)
}

// breadth finds Allow statements that give more than they name.
func (l *linter) breadth() {
	if l.st.denies {
		return
	}
	ceiling := l.p.kind == Boundary || l.p.kind == Session || l.p.kind == SCP
	if l.st.notAction && !ceiling {
		l.add(l.element("Action"), Warning, "not-action", "Allow with NotAction gives every action of every service but these",
			"name what is allowed in Action")
	}
	if l.st.notResource && !ceiling {
		l.add(l.element("Resource"), Warning, "not-resource", "Allow with NotResource gives every resource but these, those to come as well",
			"name what is allowed in Resource, and what is not in a Deny")
	}
	if l.p.kind == Identity && l.all("Action") && l.all("Resource") && l.st.conditions == nil {
		l.add(l.node, Warning, "allow-all", "this allows every action on every resource",
			`for callers of APIs, "Action": "execute-api:Invoke" and the ARN of the API are enough`)
	}
}

// all tells the element that is only "*".
func (l *linter) all(element string) bool {
	for _, n := range elementsOf(l.node.get(element)) {
		if n.text == "*" {
			return true
		}
	}
	return false
}

func elementsOf(n *node) []*node {
	if n == nil {
		return nil
	}
	return elements(n)
}

// invocations are the actions of execute-api, in lower case.
var invocations = []string{"execute-api:invoke", "execute-api:invalidatecache", "execute-api:manageconnections"}

func (l *linter) action(n *node) {
	a := lowerASCII(n.text)
	vendor, name, _ := strings.Cut(a, ":")
	switch {
	case vendor == "apigateway" && name == "invoke":
		l.add(n, Error, "unknown-action", n.text+" is no action: apigateway is the service that manages APIs",
			`write "execute-api:Invoke"`)
	case vendor == "execute-api":
		glob := string(encodeGlob(nil, a))
		if !slices.ContainsFunc(invocations, func(known string) bool { return matchGlob(glob, known) }) {
			l.add(n, Error, "unknown-action", n.text+" is no action: execute-api has Invoke, InvalidateCache and ManageConnections",
				`write "execute-api:Invoke"; the method stands in the Resource`)
		}
	}
}

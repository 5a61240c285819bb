package policy

import (
	"fmt"
	"strings"
)

// Parse reads a policy document of the given kind.
//
// It is strict: a key that appears twice, is unknown or has the wrong case,
// both or neither of Action and NotAction (Resource and NotResource), an empty
// string or list, a value of the wrong type, an unknown condition operator, a
// number, date, address or ARN no condition could match, text after the end and
// bad UTF-8 are all refused. The grammar is that of the IAM User Guide, "Grammar
// of the IAM JSON policy language". Every error is a *SyntaxError.
//
// Documents of version 2008-10-17, or without a version, have no policy
// variables: "${" is ordinary text there.
func Parse(doc []byte, kind Kind) (*Policy, error) {
	src := string(doc)
	root, err := readJSON(src)
	if err != nil {
		return nil, err
	}
	r := &reader{src: src, kind: kind, sids: map[string]bool{}}
	return r.policy(root)
}

// reader turns the JSON tree into a Policy.
type reader struct {
	src       string
	kind      Kind
	variables bool // version 2012-10-17: ${...} is a policy variable
	sids      map[string]bool
}

func (r *reader) fail(n *node, message, format string, args ...any) error {
	return failAt(r.src, n.pos, message, format, args...)
}

func (r *reader) policy(root *node) (*Policy, error) {
	if err := r.object(root, "a policy", "Version", "Id", "Statement"); err != nil {
		return nil, err
	}
	p := &Policy{kind: r.kind}
	if r.kind < Identity || r.kind > SCP {
		return nil, r.fail(root, msgSyntax, "unknown kind of policy %d", int(r.kind))
	}
	var err error
	if p.version, err = r.version(root.get("Version")); err != nil {
		return nil, err
	}
	if id := root.get("Id"); id != nil {
		if p.id, err = r.text(id, "Id"); err != nil {
			return nil, err
		}
	}
	return p, r.statements(p, root)
}

func (r *reader) version(n *node) (string, error) {
	if n == nil {
		return "", nil
	}
	if n.kind != nodeString || n.text != "2012-10-17" && n.text != "2008-10-17" {
		return "", r.fail(n, msgSyntax, `Version must be "2012-10-17" or "2008-10-17"`)
	}
	r.variables = n.text == "2012-10-17"
	return n.text, nil
}

func (r *reader) statements(p *Policy, root *node) error {
	n := root.get("Statement")
	if n == nil {
		return r.fail(root, msgSyntax, "the policy has no Statement")
	}
	list := []*node{n}
	if n.kind == nodeArray {
		list = n.elems
	}
	if len(list) == 0 {
		return r.fail(n, msgSyntax, "Statement is empty; write at least one statement")
	}
	for i, e := range list {
		st, err := r.statement(e)
		if err != nil {
			return err
		}
		st.Index = i
		p.statements = append(p.statements, st)
		if st.denies {
			p.deny = append(p.deny, st)
		} else {
			p.allow = append(p.allow, st)
		}
	}
	return nil
}

func (r *reader) statement(n *node) (*Statement, error) {
	err := r.object(n, "a statement", "Sid", "Effect", "Principal", "NotPrincipal",
		"Action", "NotAction", "Resource", "NotResource", "Condition")
	if err != nil {
		return nil, err
	}
	st := &Statement{}
	st.Line, st.Column = position(r.src, n.pos)
	steps := [...]func(*Statement, *node) error{
		r.sid, r.effect, r.principal, r.actions, r.resources, r.conditions,
	}
	for _, step := range steps {
		if err := step(st, n); err != nil {
			return nil, err
		}
	}
	return st, nil
}

func (r *reader) sid(st *Statement, n *node) error {
	s := n.get("Sid")
	if s == nil {
		return nil
	}
	if s.kind != nodeString {
		return r.fail(s, msgSyntax, "Sid must be a string, not %s", nodeNames[s.kind])
	}
	for i := range len(s.text) {
		if !isAlnum(s.text[i]) {
			return r.fail(s, msgSyntax, "Sid may have only letters and digits (A-Z, a-z, 0-9)")
		}
	}
	if s.text != "" && r.sids[s.text] {
		return r.fail(s, msgSid, "%q is used twice", s.text)
	}
	r.sids[s.text] = true
	st.Sid = s.text
	return nil
}

func (r *reader) effect(st *Statement, n *node) error {
	e := n.get("Effect")
	if e == nil {
		return r.fail(n, msgSyntax, `the statement has no Effect; write "Allow" or "Deny"`)
	}
	if e.kind != nodeString || e.text != string(EffectAllow) && e.text != string(EffectDeny) {
		return r.fail(e, msgSyntax, `Effect must be "Allow" or "Deny", in this case`)
	}
	st.Effect = Effect(e.text)
	st.denies = st.Effect == EffectDeny
	return nil
}

// either finds the one of two keys that is there; neither gives nil.
func (r *reader) either(n *node, key string) (value *node, not bool, err error) {
	value, other := n.get(key), n.get("Not"+key)
	if value != nil && other != nil {
		return nil, false, r.fail(other, msgSyntax, "the statement has both %s and Not%s; keep one", key, key)
	}
	if value == nil {
		return other, other != nil, nil
	}
	return value, false, nil
}

func (r *reader) actions(st *Statement, n *node) error {
	v, not, err := r.either(n, "Action")
	if err != nil {
		return err
	}
	if v == nil {
		return r.fail(n, msgNoActions, "write an Action or NotAction")
	}
	list, err := r.list(v, "Action", msgNoActions)
	if err != nil {
		return err
	}
	st.notAction = not
	for _, e := range list {
		if err := r.checkAction(e); err != nil {
			return err
		}
		glob := encodeGlob(nil, lowerASCII(e.text))
		st.actions = append(st.actions, action{source: e.text, glob: string(glob)})
	}
	return nil
}

func (r *reader) checkAction(n *node) error {
	if n.text == "*" {
		return nil
	}
	vendor, name, ok := strings.Cut(n.text, ":")
	if !ok || vendor == "" {
		return r.fail(n, msgVendor, "write %q as service:Action", n.text)
	}
	for i := range len(vendor) {
		if c := vendor[i]; !isAlnum(c) && c != '-' && c != '.' {
			return r.fail(n, fmt.Sprintf(msgBadVendor, vendor), "no wildcard or other sign may stand before the colon")
		}
	}
	if name == "" || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == ':' }) {
		return r.fail(n, msgSyntax, "%q is no action; write service:Action", n.text)
	}
	return nil
}

func (r *reader) resources(st *Statement, n *node) error {
	v, not, err := r.either(n, "Resource")
	if err != nil {
		return err
	}
	if r.kind == Trust {
		if v != nil {
			return r.fail(v, msgSyntax, "a trust policy has no Resource; remove it")
		}
		return nil
	}
	if v == nil {
		return r.fail(n, msgNoResources, "write a Resource or NotResource")
	}
	list, err := r.list(v, "Resource", msgNoResources)
	if err != nil {
		return err
	}
	st.notResource = not
	for _, e := range list {
		t, err := r.resource(e)
		if err != nil {
			return err
		}
		st.resources = append(st.resources, t)
	}
	return nil
}

func (r *reader) resource(n *node) (template, error) {
	if err := r.checkResource(n); err != nil {
		return template{}, err
	}
	if path, ok := strings.CutPrefix(n.text, shorthand); ok && r.kind == Resource {
		t, problem := compileTemplate("/"+path, true, r.variables)
		if problem != "" {
			return t, r.fail(n, msgSyntax, "%s", problem)
		}
		t.source, t.ofAPI = n.text, true
		return t, nil
	}
	t, err := r.template(n, true)
	if err != nil {
		return t, err
	}
	if i := t.firstVariable(); i >= 0 && strings.Count(n.text[:i], ":") < 5 {
		return t, r.fail(n, msgSyntax, "a variable may stand only after the fifth colon of an ARN; write * before it")
	}
	return t, nil
}

// shorthand begins a resource of an API's own policy that leaves out the API:
// execute-api:/stage/METHOD/path.
const shorthand = "execute-api:/"

// checkResource holds the form of an ARN. What follows partition and service
// may be cut short: "arn:aws:execute-api:*" is a pattern like any other.
func (r *reader) checkResource(n *node) error {
	if n.text == "*" || r.kind == Resource && strings.HasPrefix(n.text, shorthand) {
		return nil
	}
	rest, ok := strings.CutPrefix(n.text, "arn:")
	partition, rest, more := strings.Cut(rest, ":")
	if !ok || !more || rest == "" {
		return r.fail(n, fmt.Sprintf(msgNotARN, n.text), `write arn:partition:service:region:account:resource, or "*"`)
	}
	if partition != "*" && partition != "aws" && !strings.HasPrefix(partition, "aws-") {
		return r.fail(n, fmt.Sprintf(msgPartition, partition, n.text), `the partition is "aws", "aws-cn", "aws-us-gov"…`)
	}
	return nil
}

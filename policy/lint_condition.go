package policy

import (
	"slices"
	"strings"
)

// conditions looks at the operators of a statement.
func (l *linter) conditions() {
	block := l.node.get("Condition")
	if block == nil {
		return
	}
	for _, m := range block.members {
		c, _ := parseOperator(m.key)
		for _, key := range m.value.members {
			l.operator(&c, key.pos, key.key)
			if c.op.compare == compareText || c.op.compare == compareFold || c.op.compare == compareGlob || c.op.compare == compareARN {
				l.texts(&c, key.value)
			}
		}
	}
}

func (l *linter) operator(c *condition, pos int, key string) {
	k := newContextKey(key)
	if c.quantifier == forAllValues && !l.st.denies && !l.present(k.name) {
		l.addAt(pos, Warning, "for-all-values", c.name+" also holds when the request has no "+key+", and so allows",
			`use ForAnyValue, or add "Null": {"`+key+`": "false"}`)
	}
	if c.ifExists && !l.st.denies && (k.own == ownTag || k.own == ownAMR || k.own == ownIdentityID || k.own == ownIdentityPoolID) {
		l.addAt(pos, Warning, "if-exists", c.name+" also holds for a caller that has no "+key+", and so allows", "leave IfExists out")
	}
	if c.quantifier == noQuantifier && k.multi && c.op.negated {
		l.addAt(pos, Warning, "multi-negated", key+" has several values; "+c.name+" holds as soon as one of them is another",
			"use ForAllValues:"+c.name)
	}
}

// present reports whether a Null condition of the statement asks that the key is
// there.
func (l *linter) present(name string) bool {
	for i := range l.st.conditions {
		c := &l.st.conditions[i]
		if c.op.compare == compareNull && c.key.name == name && len(c.values) == 1 && !c.values[0].truth {
			return true
		}
	}
	return false
}

// texts looks at the values of String and Arn operators.
func (l *linter) texts(c *condition, n *node) {
	for _, v := range elements(n) {
		l.variables(v)
		exact := c.op.compare == compareText || c.op.compare == compareFold
		if exact && strings.Contains(strings.ReplaceAll(v.text, "${*}", ""), "*") {
			l.add(v, Warning, "literal-wildcard", "* is an ordinary character to "+c.name,
				"use "+strings.Replace(strings.Replace(c.name, "EqualsIgnoreCase", "Like", 1), "Equals", "Like", 1))
		}
	}
}

// principal looks at who is named.
func (l *linter) principal() {
	p := l.st.principals
	if p == nil {
		return
	}
	n := l.element("Principal")
	switch {
	case l.st.notPrincipal && !l.st.denies:
		l.add(n, Error, "not-principal", "Allow with NotPrincipal lets in everyone else, anonymous callers as well", "name who is allowed in Principal")
	case l.st.notPrincipal:
		l.add(n, Warning, "not-principal", "Deny with NotPrincipal spares a session only if the session, its role and its account are all named",
			`write "Principal": "*" and a condition such as "ArnNotEquals": {"aws:PrincipalArn": …}`)
	case l.st.denies || !p.everyone:
	case l.p.kind == Trust:
		l.add(n, Error, "everyone", "anyone in any account may assume the role", "name the account, role or provider")
	case l.st.conditions == nil:
		l.add(n, Warning, "everyone", "anyone may call this, and without credentials where the method has no authorizer",
			"name accounts or roles, or add a Condition such as aws:SourceIp")
	}
}

const (
	cognitoIdentity = "cognito-identity.amazonaws.com"
	assumeByWeb     = "sts:assumerolewithwebidentity"
)

// identityPool holds what the trust policy of an identity pool's role must pin
// (Amazon Cognito Developer Guide, "Role trust and permissions").
func (l *linter) identityPool() {
	if !slices.Contains(l.st.principals.federated, cognitoIdentity) || !l.does(assumeByWeb) {
		return
	}
	n := l.node
	if c := n.get("Condition"); c != nil {
		n = c
	}
	if !l.pins(cognitoIdentity + ":aud") {
		l.add(n, Error, "trust-no-aud", "any identity pool, of any account, may assume the role",
			`add "StringEquals": {"cognito-identity.amazonaws.com:aud": "REGION:ID"} with the id of the pool`)
	}
	if !l.pins(cognitoIdentity + ":amr") {
		l.add(n, Error, "trust-no-amr", "users who are signed in and guests may both assume the role",
			`add "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}, or "unauthenticated"`)
	}
	if !l.does("sts:tagsession") {
		l.add(l.element("Action"), Info, "trust-no-tag-session", "once the pool maps principal tags, no user gets credentials without sts:TagSession",
			`"Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]`)
	}
}

// does reports whether the statement is about an action, in lower case.
func (l *linter) does(action string) bool {
	for i := range l.st.actions {
		if matchGlob(l.st.actions[i].glob, action) {
			return !l.st.notAction
		}
	}
	return l.st.notAction
}

// leavesOpen reports whether a pattern matches any value or, of amr, those of
// guests and of others.
func leavesOpen(key, pattern string) bool {
	if key == cognitoIdentity+":amr" && matchGlob(string(encodeGlob(nil, pattern)), anyAMR) {
		return true
	}
	return strings.Trim(pattern, "*") == ""
}

// pins reports whether a condition asks for a value of the key, and not for any.
func (l *linter) pins(name string) bool {
	for i := range l.st.conditions {
		c := &l.st.conditions[i]
		text := c.op.compare == compareText || c.op.compare == compareFold || c.op.compare == compareGlob
		if c.key.name != name || !text || c.op.negated || c.ifExists || c.quantifier == forAllValues {
			continue
		}
		if !slices.ContainsFunc(c.values, func(v value) bool { return c.op.compare == compareGlob && leavesOpen(name, v.source) }) {
			return true
		}
	}
	return false
}

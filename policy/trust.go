package policy

import (
	"slices"
	"strings"
)

// EvaluateTrust decides over a role's trust policy: who may assume the role
// (IAM User Guide, "Roles terms and concepts"; Amazon Cognito Developer Guide,
// "Role trust and permissions"). Request.Resource is not looked at.
//
// A web identity, such as one from an identity pool, has a FederatedProvider and
// no ARN: only {"Federated": …} allows it, while a Deny for "*" includes it. A
// principal with an ARN is matched by {"AWS": …}. A nil policy, or one of another
// kind than Trust, denies. See Decision.Delegated for grants to an account.
func EvaluateTrust(req Request, trust *Policy) Decision {
	return evaluate(&req, Decision{Kind: Trust, Action: req.Action}, []*Policy{trust})
}

// OpenTrust says what a trust policy leaves open that lets the web identity of
// an identity pool have a role: the identities of any other pool may have it too,
// or both guests and users who signed in, in whatever way. Such policies have
// given guests the roles of users (CVE-2024-28056).
func OpenTrust(req Request, trust *Policy) (anyPool, anyLogin bool) {
	region, _, _ := strings.Cut(req.Principal.IdentityPoolID, ":")
	other := req
	other.Principal.IdentityPoolID = region + ":00000000-0000-0000-0000-000000000000"
	anyPool = EvaluateTrust(other, trust).Allowed
	for _, how := range []string{"nobody", anyAMR} {
		other = req
		other.Principal.AMR = []string{how}
		anyLogin = anyLogin || EvaluateTrust(other, trust).Allowed
	}
	return anyPool, anyLogin
}

// anyAMR is matched by every pattern that matches both authenticated and
// unauthenticated: they agree in no place counted from the front, so that such a
// pattern begins with signs for any character and a star, which takes in more.
const anyAMR = "ununauthenticated"

// principalMatch says how well a statement names the caller.
type principalMatch uint8

const (
	noMatch      principalMatch = iota
	accountMatch                // only its account
	roleMatch                   // its role, or everyone
	directMatch                 // the session, user or web identity itself
)

// principals is a Principal or NotPrincipal element.
type principals struct {
	star      bool // written as "*"
	everyone  bool // "*" or {"AWS": "*"}
	groups    []principalGroup
	arns      []string
	accounts  []string
	federated []string
}

// principalGroup is one type of principals as written.
type principalGroup struct {
	name   string
	values []string
}

var principalTypes = []string{"AWS", "Federated", "Service", "CanonicalUser"}

func (r *reader) principal(st *Statement, n *node) error {
	v, not, err := r.either(n, "Principal")
	if err != nil {
		return err
	}
	switch {
	case !r.kind.namesPrincipal() && v != nil:
		return r.fail(v, msgPrincipal, "%s policies apply to whom they are attached to; remove it", r.kind)
	case !r.kind.namesPrincipal():
		return nil
	case v == nil:
		return r.fail(n, msgSyntax, "a statement of a %s policy needs a Principal", r.kind)
	case not && r.kind == Trust:
		return r.fail(v, msgSyntax, "a trust policy must name its principals; write Principal instead of NotPrincipal")
	}
	st.notPrincipal = not
	st.principals = &principals{}
	if v.kind == nodeString && v.text == "*" {
		st.principals.star, st.principals.everyone = true, true
		return nil
	}
	if err := r.object(v, "Principal", principalTypes...); err != nil {
		return err
	}
	if len(v.members) == 0 {
		return r.fail(v, msgSyntax, "Principal is empty; name at least one principal")
	}
	return r.principalGroups(st.principals, v)
}

func (r *reader) principalGroups(p *principals, n *node) error {
	for _, m := range n.members {
		list, err := r.list(m.value, "Principal", msgSyntax)
		if err != nil {
			return err
		}
		g := principalGroup{name: m.key}
		for _, e := range list {
			if !p.add(m.key, e.text) {
				return r.fail(e, msgSyntax, "%q names no %s principal; no wildcard may be part of it (test aws:PrincipalArn in a Condition instead)", e.text, m.key)
			}
			g.values = append(g.values, e.text)
		}
		p.groups = append(p.groups, g)
	}
	return nil
}

// add takes one principal in; services and canonical users are only checked,
// since no caller here is one.
func (p *principals) add(group, text string) bool {
	switch {
	case group == "AWS" && text == "*":
		p.everyone = true
	case strings.ContainsAny(text, "*? "):
		return false
	case group == "AWS" && isAccount(text):
		p.accounts = append(p.accounts, text)
	case group == "AWS":
		return p.addARN(text)
	case group == "Federated":
		p.federated = append(p.federated, text)
	}
	return true
}

func (p *principals) addARN(text string) bool {
	f, ok := arnFields(text)
	if !ok || f[0] != "arn" || f[1] == "" || f[3] != "" || !isAccount(f[4]) {
		return false
	}
	kind, name, _ := strings.Cut(f[5], "/")
	switch {
	case f[2] == "iam" && f[5] == "root":
		p.accounts = append(p.accounts, f[4])
	case f[2] == "iam" && (kind == "role" || kind == "user") && name != "",
		f[2] == "sts" && (kind == "assumed-role" || kind == "federated-user") && name != "":
		p.arns = append(p.arns, text)
	default:
		return false
	}
	return true
}

func isAccount(s string) bool { return len(s) == 12 && isDigits(s) }

// match says how the element names the caller. An element of a Deny reaches
// further than one of an Allow.
func (p *principals) match(caller *Principal, deny bool) principalMatch {
	if caller.ARN == "" && caller.FederatedProvider != "" {
		if slices.Contains(p.federated, caller.FederatedProvider) || p.everyone && deny {
			return directMatch
		}
		return noMatch
	}
	switch {
	case caller.ARN != "" && slices.Contains(p.arns, caller.ARN):
		if caller.ARN == caller.RoleARN {
			return roleMatch
		}
		return directMatch
	case p.everyone, caller.RoleARN != "" && slices.Contains(p.arns, caller.RoleARN):
		return roleMatch
	case slices.Contains(p.accounts, caller.Account):
		return accountMatch
	default:
		return noMatch
	}
}

// spares reports whether a NotPrincipal element names every form of the caller.
func (p *principals) spares(caller *Principal) bool {
	if p.everyone {
		return true
	}
	if caller.ARN == "" {
		return caller.FederatedProvider != "" && slices.Contains(p.federated, caller.FederatedProvider)
	}
	return slices.Contains(p.arns, caller.ARN) && slices.Contains(p.accounts, caller.Account) &&
		(caller.RoleARN == "" || slices.Contains(p.arns, caller.RoleARN))
}

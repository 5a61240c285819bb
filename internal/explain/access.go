package explain

import (
	"encoding/json"
	"strings"
)

// refusedCall is what AWS's text of a denial says.
type refusedCall struct {
	user, action, resource string
	suffix                 string // from "because" or "with an explicit deny" on
}

// readDenial takes "User: ARN is not authorized to perform: ACTION on resource:
// ARN…" apart.
func readDenial(message string) (c refusedCall) {
	c.user, message, _ = strings.Cut(firstLine(message), " is not authorized to perform: ")
	_, c.user, _ = strings.Cut(c.user, "User: ")
	c.action, message, _ = strings.Cut(message, " on resource: ")
	c.resource = message
	for _, begin := range []string{" with an explicit deny", " because no "} {
		if i := strings.Index(message, begin); i >= 0 {
			c.resource, c.suffix = message[:i], message[i+1:]
		}
	}
	c.resource = strings.TrimRight(c.resource, ". ")
	return c
}

// denied is for a call that the policies do not allow.
func denied(v *view) []Cause {
	d := readDenial(v.message)
	c := Cause{Name: "policy-missing", Title: "No policy allows " + clean(d.role()) + " to do this"}
	if d.action == "execute-api:Invoke" {
		c.Title = "No policy allows " + clean(d.role()) + " to call this path"
	}
	c.Seen = append(c.Seen, "The signature is right, so the policies decide: "+clean(d.action)+" on "+clean(d.resource))
	switch {
	case d.user == "anonymous":
		c = v.anonymous(d)
	case v.revoked():
		c.Name, c.Title = "session-revoked", "The sessions of "+clean(d.role())+" were revoked"
		c.Fix = []string{"Get new credentials: gatepass logout && gatepass login"}
	case strings.HasPrefix(d.suffix, "with an explicit deny"):
		c = explicitDeny(d, c.Seen)
	case strings.Contains(d.suffix, "resource-based policy"):
		c.Name, c.Title = "resource-policy", "The API's resource policy does not allow the caller, who is of another account"
		c.Fix = []string{"Allow the role in the resource policy of the API, as well as in the role's own policy, and deploy."}
		c.Policy = v.policyFor(d)
	case strings.Contains(d.suffix, "session policy"), strings.Contains(d.suffix, "permissions boundary"):
		_, what, _ := strings.Cut(d.suffix, "because no ")
		what, _, _ = strings.Cut(what, " allows")
		c.Name, c.Title = "policy-narrowed", "The "+what+" of the role does not allow this, whatever the role's own policy says"
		c.Fix = []string{"Allow it in the " + what + " too."}
		c.Policy = v.policyFor(d)
	default:
		c.Policy = v.policyFor(d)
		c.Fix = []string{"Add this statement to a policy of " + clean(d.role()) + ":"}
	}
	c.Seen = append(c.Seen, v.decided()...)
	c.Seen = append(c.Seen, v.arnHints(d)...)
	return []Cause{c}
}

// role is the caller in few words.
func (d refusedCall) role() string {
	if _, rest, ok := strings.Cut(d.user, ":assumed-role/"); ok {
		name, _, _ := strings.Cut(rest, "/")
		return "the role " + name
	}
	if _, rest, ok := strings.Cut(d.user, ":user/"); ok {
		return "the user " + rest
	}
	if d.user == "" {
		return "the caller"
	}
	return d.user
}

func (v *view) anonymous(d refusedCall) Cause {
	c := Cause{
		Name: "resource-policy", Title: "The API's resource policy does not let anonymous callers in",
		Seen: []string{"The route wants no signature, or the request has none; the resource policy decides alone. Resource: " + clean(d.resource) + "."},
		Fix:  []string{"Sign the request: " + v.command("call"), "Or allow everyone (Principal \"*\") this path in the API's resource policy, and deploy."},
	}
	if strings.HasPrefix(d.suffix, "with an explicit deny") {
		c.Fix = []string{"Look for the Deny in the API's resource policy: source address, VPC endpoint and referer are what it usually asks for."}
	}
	return c
}

// revoked: the policy decided that the IAM console gives a role to end its
// sessions (IAM User Guide, "Revoke IAM role temporary security credentials").
func (v *view) revoked() bool {
	d := v.decision()
	return d != nil && d.Result == "ExplicitDeny" && d.Policy == "AWSRevokeOlderSessions"
}

func explicitDeny(d refusedCall, seen []string) Cause {
	where := "a policy"
	if _, kind, ok := strings.Cut(d.suffix, "explicit deny in "); ok {
		where = clean(kind)
	}
	return Cause{
		Name: "policy-denies", Title: "A Deny statement in " + where + " forbids this to " + clean(d.role()), Seen: seen,
		Fix: []string{"No Allow helps against a Deny: find the statement with \"Effect\": \"Deny\" that covers this action and resource in " + where + ", and narrow it."},
	}
}

// arnHints say what is often wrong with the resource in a policy.
func (v *view) arnHints(d refusedCall) []string {
	if d.action != "execute-api:Invoke" || strings.HasPrefix(d.suffix, "with an explicit deny") {
		return nil
	}
	if strings.HasSuffix(d.resource, "/") && strings.Count(d.resource, "/") > 3 {
		return []string{"The path ends with a slash: with and without it are two resources, and a policy that names one does not allow the other."}
	}
	return []string{"A resource is compared as a whole: API-ID/STAGE/METHOD/path, the method in upper case, the path as it was called and not as {id}; without a * at the end it covers one path only."}
}

// policyFor is the policy document that would allow a call.
func (v *view) policyFor(d refusedCall) json.RawMessage {
	resource := unmasked(d)
	if id := v.Known.IdentityID; id != "" {
		for _, form := range []string{id, strings.ReplaceAll(id, ":", "%3A")} {
			resource = strings.Replace(resource, form, "${cognito-identity.amazonaws.com:sub}", 1)
		}
	}
	out, err := json.MarshalIndent(document{"2012-10-17", []statement{{"Allow", clean(d.action), resource}}}, "", "  ")
	if err != nil {
		return nil
	}
	return out
}

type document struct {
	Version   string
	Statement []statement
}

type statement struct{ Effect, Action, Resource string }

// unmasked puts the account into the resource: AWS shows the last four digits of
// it there, and all of it in the caller's ARN.
func unmasked(d refusedCall) string {
	p := strings.SplitN(d.resource, ":", 6)
	if len(p) < 6 || !strings.HasPrefix(p[4], "*") {
		return clean(d.resource)
	}
	account := ""
	if u := strings.Split(d.user, ":"); len(u) > 4 {
		account = u[4]
	}
	if last := strings.TrimLeft(p[4], "*"); account != "" && strings.HasSuffix(account, last) {
		p[4] = account
	} else {
		p[4] = "*"
	}
	return clean(strings.Join(p, ":"))
}

// authorizerDenied is for a denial without words, or by a Lambda authorizer.
func authorizerDenied(v *view) []Cause {
	if v.says("is not authorized to access this resource") {
		return []Cause{{
			Name: "authorizer", Title: "The API's Lambda authorizer refused the caller",
			Seen: []string{clean(firstLine(v.message))},
			Fix:  []string{"See the authorizer's log. A cached policy that names one path only refuses the next one: have it name api-id/stage/*/*, or switch its cache off."},
		}}
	}
	return []Cause{{
		Name: "policy-missing", Title: "The policies do not allow this call",
		Seen: append([]string{"The signature is right, and the answer says: " + clean(firstLine(v.message))}, v.decided()...),
		Fix:  []string{"Allow the action on the resource in a policy of the caller's role."},
	}}
}

func trustDenied(v *view) []Cause {
	return []Cause{{
		Name: "trust", Title: "The role's trust policy does not let this identity take the role",
		Seen: []string{clean(firstLine(v.message))},
		Fix:  []string{"Compare cognito-identity.amazonaws.com:aud (the identity pool id) and :amr (authenticated or unauthenticated) in the trust policy with the identity pool's."},
	}}
}

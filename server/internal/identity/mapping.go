package identity

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/store"
)

// The words of role mappings.
const (
	typeToken     = "Token"
	typeRules     = "Rules"
	toDefault     = "AuthenticatedRole"
	toDeny        = "Deny"
	authenticated = "authenticated"
	guests        = "unauthenticated"
)

// role chooses the caller's role (developer guide, "Using role-based access control"). custom is CustomRoleArn: one of the
// roles that the caller may choose from, or empty.
func (c caller) role(custom string) (string, error) {
	for _, l := range c.logins {
		if m, mapped := c.pool.RoleMappings[l.mapping]; mapped && l.mapping != "" {
			return c.mapped(m, l, custom)
		}
	}
	if custom != "" && custom != c.pool.Roles[c.roleKind()] {
		return "", roleForbidden(custom)
	}
	return c.defaultRole()
}

func (c caller) roleKind() string {
	if len(c.logins) == 0 {
		return guests
	}
	return authenticated
}

func (c caller) defaultRole() (string, error) {
	arn := c.pool.Roles[c.roleKind()]
	if arn == "" {
		return "", poolMisconfigured("the pool has no role for " + c.roleKind() + " identities")
	}
	return arn, nil
}

// mapped lists the roles the mapping offers, the first of which is the one to have without a choice.
func (c caller) mapped(m store.RoleMapping, l proof, custom string) (string, error) {
	var offered []string
	decided := false
	switch m.Type {
	case typeToken:
		if l.kind == ofUserPool { // nobody else's word on roles counts
			offered, decided = tokenRoles(l.claims)
		}
		if len(offered) == 0 && custom == "" {
			return c.defaultRole() // a user without roles, who has nothing to choose from
		}
	case typeRules:
		for _, r := range m.Rules {
			if matches(r, l.claims) {
				offered = append(offered, r.RoleARN)
			}
		}
		decided = len(offered) > 0
	default:
		return "", poolMisconfigured("the role mapping of " + l.mapping + " has no type")
	}
	switch {
	case custom != "" && slices.Contains(offered, custom):
		return custom, nil
	case custom != "":
		return "", roleForbidden(custom)
	case decided:
		return offered[0], nil
	case m.Ambiguous == toDefault:
		return c.defaultRole()
	}
	return "", ambiguous()
}

// tokenRoles are the roles of a user pool's token, the preferred one first; without a preferred one they decide nothing.
func tokenRoles(claims map[string]any) (roles []string, decided bool) {
	roles = texts(claims["cognito:roles"])
	preferred, _ := claims["cognito:preferred_role"].(string)
	if preferred == "" {
		return roles, false
	}
	return append([]string{preferred}, roles...), true
}

// texts is a claim that is a list of strings; anything else in it is passed over.
func texts(claim any) []string {
	list, _ := claim.([]any)
	var out []string
	for _, v := range list {
		if text, is := v.(string); is && text != "" {
			out = append(out, text)
		}
	}
	return out
}

// matches applies a rule. A claim that is missing, empty, an object or, but for Contains, a list matches nothing, so that
// no rule gives a role for want of a claim. Contains on a list asks for a member and not for a part of one.
func matches(r store.MappingRule, claims map[string]any) bool {
	if list, isList := claims[r.Claim].([]any); isList {
		return r.Match == "Contains" && slices.Contains(texts(list), r.Value)
	}
	have := text(claims[r.Claim])
	if have == "" || r.Value == "" {
		return false
	}
	switch r.Match {
	case "Equals":
		return have == r.Value
	case "NotEqual":
		return have != r.Value
	case "StartsWith":
		return strings.HasPrefix(have, r.Value)
	case "Contains":
		return strings.Contains(have, r.Value)
	}
	return false
}

// text is a claim as a rule or a tag sees it; empty if it is no single value.
func text(claim any) string {
	switch v := claim.(type) {
	case string:
		return v
	case bool:
		if v {
			return "true"
		}
		return "false"
	case json.Number:
		return v.String()
	}
	return ""
}

package identity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

const mappingKey = provider + ":" + client

// addRoles makes roles that the authenticated identities of poolID may have.
func (w *world) addRoles(names ...string) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		var err error
		for i, name := range names {
			role := store.Role{Name: name, ARN: arn(name), ID: fmt.Sprintf("AROAEXTRA%08dAA", i), Trust: trust("authenticated", poolID)}
			err = errors.Join(err, tx.PutRole(role))
		}
		return err
	})
}

func (w *world) setRoles(m map[string]wire.RoleMapping) error {
	w.t.Helper()
	_, err := call[map[string]any](w, "SetIdentityPoolRoles", wire.IdentityPoolRoles{
		IdentityPoolId: poolID, Roles: map[string]string{"authenticated": arn("users"), "unauthenticated": arn("guests")}, RoleMappings: m,
	})
	return err
}

func rules(resolution string, all ...wire.MappingRule) wire.RoleMapping {
	return wire.RoleMapping{Type: "Rules", AmbiguousRoleResolution: resolution, RulesConfiguration: &wire.RulesConfiguration{Rules: all}}
}

func rule(claim, match, value, role string) wire.MappingRule {
	return wire.MappingRule{Claim: claim, MatchType: match, Value: value, RoleARN: arn(role)}
}

// as asks for credentials and gives the principal they are for.
func (w *world) as(logins map[string]string, custom string) (policy.Principal, error) {
	w.t.Helper()
	id := w.mustID(poolID, logins)
	out, err := call[wire.GetCredentialsForIdentityOutput](w, "GetCredentialsForIdentity",
		wire.GetCredentialsForIdentityInput{IdentityId: id, Logins: logins, CustomRoleArn: custom})
	if err != nil {
		return policy.Principal{}, err
	}
	_, p, _, err := w.sts.Resolve(w.t.Context(), out.Credentials.AccessKeyId, out.Credentials.SessionToken, w.now)
	return p, err
}

const ambiguousMsg = "The ambiguous role mapping rules denied this request"

// TestRoleOfToken: the developer guide's order for mappings of type Token. An empty role in the table is a refusal.
func TestRoleOfToken(t *testing.T) {
	roles := func(names ...string) []string {
		for i := range names {
			names[i] = arn(names[i])
		}
		return names
	}
	for name, c := range map[string]struct {
		claims     []any
		custom     string
		resolution string
		role       string
	}{
		"preferred":                          {[]any{"cognito:roles", roles("a", "b"), "cognito:preferred_role", arn("b")}, "", "Deny", "b"},
		"several without a preferred":        {[]any{"cognito:roles", roles("a", "b")}, "", "AuthenticatedRole", "users"},
		"several without a preferred: deny":  {[]any{"cognito:roles", roles("a", "b")}, "", "Deny", ""},
		"none":                               {nil, "", "Deny", "users"},
		"custom of the list":                 {[]any{"cognito:roles", roles("a", "b"), "cognito:preferred_role", arn("b")}, "a", "Deny", "a"},
		"G04 custom not of the list":         {[]any{"cognito:roles", roles("a"), "cognito:preferred_role", arn("a")}, "b", "AuthenticatedRole", ""},
		"G04 custom where there is none":     {nil, "a", "AuthenticatedRole", ""},
		"G04 the default is not of the list": {[]any{"cognito:roles", roles("a")}, "users", "AuthenticatedRole", ""},
		"G04 custom:role attribute":          {[]any{"custom:role", arn("a")}, "a", "AuthenticatedRole", ""},
		"G04 roles as one text":              {[]any{"cognito:roles", arn("a")}, "a", "AuthenticatedRole", ""},
	} {
		w := newWorld(t)
		w.addRoles("a", "b")
		if err := w.setRoles(map[string]wire.RoleMapping{mappingKey: {Type: "Token", AmbiguousRoleResolution: c.resolution}}); err != nil {
			t.Fatal(err)
		}
		custom := c.custom
		if custom != "" {
			custom = arn(custom)
		}
		p, err := w.as(login(w.idToken(c.claims...)), custom)
		if c.role == "" {
			wantError(t, name, err, nae, "")
		} else if err != nil || p.RoleARN != arn(c.role) {
			t.Errorf("%s: %s, %v; want %s", name, p.RoleARN, err, c.role)
		}
	}
}

// TestRoleOfRules: rules in order, and what matches nothing (G06).
func TestRoleOfRules(t *testing.T) {
	for name, c := range map[string]struct {
		rule   wire.MappingRule
		claims []any
		match  bool
	}{
		"Equals":                        {rule("dept", "Equals", "it", "a"), []any{"dept", "it"}, true},
		"Equals, another case":          {rule("dept", "Equals", "it", "a"), []any{"dept", "IT"}, false},
		"StartsWith":                    {rule("email", "StartsWith", "ada@", "a"), []any{"email", "ada@example.com"}, true},
		"StartsWith, in the middle":     {rule("email", "StartsWith", "example", "a"), []any{"email", "ada@example.com"}, false},
		"Contains":                      {rule("email", "Contains", "@example.", "a"), []any{"email", "ada@example.com"}, true},
		"Contains a member":             {rule("cognito:groups", "Contains", "admins", "a"), []any{"cognito:groups", []string{"x", "admins"}}, true},
		"G06 Contains part of a member": {rule("cognito:groups", "Contains", "admins", "a"), []any{"cognito:groups", []string{"no-admins"}}, false},
		"NotEqual":                      {rule("dept", "NotEqual", "it", "a"), []any{"dept", "hr"}, true},
		"NotEqual, equal":               {rule("dept", "NotEqual", "it", "a"), []any{"dept", "it"}, false},
		"G06 NotEqual, missing":         {rule("dept", "NotEqual", "it", "a"), nil, false},
		"G06 NotEqual, empty":           {rule("dept", "NotEqual", "it", "a"), []any{"dept", ""}, false},
		"G06 NotEqual, list":            {rule("dept", "NotEqual", "it", "a"), []any{"dept", []string{"hr"}}, false},
		"G06 NotEqual, object":          {rule("dept", "NotEqual", "it", "a"), []any{"dept", map[string]any{"x": 1}}, false},
		"G06 StartsWith, missing":       {rule("dept", "StartsWith", "i", "a"), nil, false},
		"G06 Equals, list":              {rule("dept", "Equals", "it", "a"), []any{"dept", []string{"it"}}, false},
		"true":                          {rule("email_verified", "Equals", "true", "a"), []any{"email_verified", true}, true},
		"a number":                      {rule("level", "Equals", "3", "a"), []any{"level", 3}, true},
	} {
		w := newWorld(t)
		w.addRoles("a", "b")
		logins := login(w.idToken(c.claims...))
		if err := w.setRoles(map[string]wire.RoleMapping{mappingKey: rules("Deny", c.rule)}); err != nil {
			t.Fatal(err)
		}
		p, err := w.as(logins, "")
		_, customErr := w.as(logins, arn("a"))
		if !c.match {
			wantError(t, "5.1.13 "+name, err, nae, ambiguousMsg)
			wantError(t, name+": the rule's role by choice", customErr, nae, "")
			continue
		}
		if err != nil || p.RoleARN != arn("a") || customErr != nil {
			t.Errorf("%s: %s, %v, %v", name, p.RoleARN, err, customErr)
		}
	}
}

func TestRuleOrderAndChoice(t *testing.T) {
	w := newWorld(t)
	w.addRoles("a", "b", "c")
	err := w.setRoles(map[string]wire.RoleMapping{mappingKey: rules("AuthenticatedRole",
		rule("sub", "Equals", "ada", "b"), rule("sub", "StartsWith", "a", "a"), rule("sub", "Equals", "bob", "c"))})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ sub, custom, want string }{{"ada", "", "b"}, {"ada", "a", "a"}, {"ada", "c", ""}, {"zoe", "", "users"}, {"zoe", "users", ""}} {
		custom := ""
		if c.custom != "" {
			custom = arn(c.custom)
		}
		p, err := w.as(login(w.idToken("sub", c.sub)), custom)
		if c.want == "" {
			wantError(t, c.sub+" chooses "+c.custom, err, nae, "")
		} else if err != nil || p.RoleARN != arn(c.want) {
			t.Errorf("%+v: %s, %v", c, p.RoleARN, err)
		}
	}
	// Guests, and users of a client that has no mapping, have the pool's roles and no choice.
	guest, err := w.as(nil, "")
	if err != nil || guest.RoleARN != arn("guests") {
		t.Errorf("guest: %s, %v", guest.RoleARN, err)
	}
	_, err = w.as(nil, arn("a"))
	wantError(t, "a guest chooses", err, nae, "")
	p, err := w.as(login(w.idToken("aud", "clientid2")), "")
	if err != nil || p.RoleARN != arn("users") {
		t.Errorf("another client: %s, %v", p.RoleARN, err)
	}
	_, err = w.as(login(w.idToken("aud", "clientid2")), arn("a"))
	wantError(t, "another client's user chooses", err, nae, "")
}

// TestG04_MappedRoleIsChecked: a mapped role has to trust the pool like any other.
func TestG04_MappedRoleIsChecked(t *testing.T) {
	w := newWorld(t)
	if err := w.setRoles(map[string]wire.RoleMapping{mappingKey: {Type: "Token", AmbiguousRoleResolution: "Deny"}}); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"guests", "nowhere"} {
		_, err := w.as(login(w.idToken("cognito:roles", []string{arn(role)}, "cognito:preferred_role", arn(role))), "")
		wantError(t, "5.1.12 "+role, err, misconfig, misconfigMsg)
	}
}

func TestSetIdentityPoolRoles(t *testing.T) {
	w := newWorld(t)
	want := wire.IdentityPoolRoles{
		IdentityPoolId: poolID, Roles: map[string]string{"authenticated": arn("users"), "unauthenticated": arn("guests")},
		RoleMappings: map[string]wire.RoleMapping{
			mappingKey:              rules("Deny", rule("a", "Equals", "b", "users")),
			provider + ":clientid2": {Type: "Token", AmbiguousRoleResolution: "AuthenticatedRole"},
		},
	}
	if err := w.setRoles(want.RoleMappings); err != nil {
		t.Fatal(err)
	}
	got, err := call[wire.IdentityPoolRoles](w, "GetIdentityPoolRoles", wire.IdentityPoolInput{IdentityPoolId: poolID})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	token := wire.RoleMapping{Type: "Token", AmbiguousRoleResolution: "Deny"}
	badKey := func(key string) string {
		return key + " is not a valid RoleMapping ProviderName or is not a configured provider."
	}
	for name, c := range map[string]struct {
		mapping map[string]wire.RoleMapping
		text    string
	}{
		"5.1.15 without the client": {map[string]wire.RoleMapping{provider: token}, badKey(provider)},
		"5.1.15 another client":     {map[string]wire.RoleMapping{provider + ":x": token}, badKey(provider + ":x")},
		"5.1.15 not configured":     {map[string]wire.RoleMapping{"accounts.google.com": token}, badKey("accounts.google.com")},
		"5.1.15 nothing":            {map[string]wire.RoleMapping{"": token}, badKey("")},
		"two names of one":          {map[string]wire.RoleMapping{mappingKey: token, "issuer-" + mappingKey: token}, ""},
		"unknown type":              {map[string]wire.RoleMapping{mappingKey: {Type: "token", AmbiguousRoleResolution: "Deny"}}, ""},
		"no resolution":             {map[string]wire.RoleMapping{mappingKey: {Type: "Token"}}, ""},
		"Token with rules":          {map[string]wire.RoleMapping{mappingKey: {Type: "Token", AmbiguousRoleResolution: "Deny", RulesConfiguration: &wire.RulesConfiguration{}}}, ""},
		"Rules without":             {map[string]wire.RoleMapping{mappingKey: rules("Deny")}, ""},
		"26 rules":                  {map[string]wire.RoleMapping{mappingKey: rules("Deny", make([]wire.MappingRule, 26)...)}, ""},
		"unknown match":             {map[string]wire.RoleMapping{mappingKey: rules("Deny", rule("a", "Matches", "b", "users"))}, ""},
		"empty value":               {map[string]wire.RoleMapping{mappingKey: rules("Deny", rule("a", "Equals", "", "users"))}, ""},
		"value of 129":              {map[string]wire.RoleMapping{mappingKey: rules("Deny", rule("a", "Equals", strings.Repeat("b", 129), "users"))}, ""},
		"claim of 65":               {map[string]wire.RoleMapping{mappingKey: rules("Deny", rule(strings.Repeat("b", 65), "Equals", "b", "users"))}, ""},
		"not a role":                {map[string]wire.RoleMapping{mappingKey: rules("Deny", wire.MappingRule{Claim: "a", MatchType: "Equals", Value: "b", RoleARN: "arn:aws:iam::111122223333:user/x"})}, ""},
	} {
		wantError(t, name, w.setRoles(c.mapping), "InvalidParameterException", c.text)
	}
	if again, err := call[wire.IdentityPoolRoles](w, "GetIdentityPoolRoles", wire.IdentityPoolInput{IdentityPoolId: poolID}); err != nil || cmp.Diff(want, again) != "" {
		t.Errorf("a refused call changed something: %v", err)
	}
	for name, roles := range map[string]map[string]string{"no roles": nil, "unknown kind": {"admin": arn("users")}, "short": {"authenticated": "x"}} {
		_, err := call[map[string]any](w, "SetIdentityPoolRoles", wire.IdentityPoolRoles{IdentityPoolId: poolID, Roles: roles})
		wantError(t, name, err, "InvalidParameterException", "")
	}
}

// TestRolesPassed: what the caller needs iam:PassRole for.
func TestRolesPassed(t *testing.T) {
	op, _ := newWorld(t).Op("SetIdentityPoolRoles")
	body, err := json.Marshal(wire.IdentityPoolRoles{
		IdentityPoolId: poolID, Roles: map[string]string{"authenticated": arn("b"), "unauthenticated": arn("a")},
		RoleMappings: map[string]wire.RoleMapping{mappingKey: rules("Deny", rule("a", "Equals", "b", "c"), rule("a", "Equals", "c", "a"))},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := op.Passes(body); cmp.Diff(got, []string{arn("a"), arn("b"), arn("c")}) != "" {
		t.Errorf("%v", got)
	}
}

func TestClassicFlowWithMappings(t *testing.T) {
	w := newWorld(t)
	if err := w.setRoles(map[string]wire.RoleMapping{mappingKey: {Type: "Token", AmbiguousRoleResolution: "Deny"}}); err != nil {
		t.Fatal(err)
	}
	_, err := w.openID(w.mustID(poolID, login(w.idToken())), login(w.idToken()))
	wantError(t, "5.1.16", err, "InvalidParameterException", "")
	if !strings.Contains(fmt.Sprint(err), "not supported with RoleMappings") {
		t.Errorf("%v", err)
	}
}

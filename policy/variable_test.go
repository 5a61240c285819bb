package policy

import "testing"

func allows(t *testing.T, version, effect, elements string, req Request) Reason {
	t.Helper()
	if version != "" {
		version = `"Version":"` + version + `",`
	}
	p := mustParse(t, Identity, `{`+version+`"Statement":{"Effect":"`+effect+`","Action":"*",`+elements+`}}`)
	req.Action = "a:B"
	return Evaluate(req, p).Reason
}

const tagged = `"Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}/*"`

func withTeam(team, resource string) Request {
	return Request{Principal: Principal{Tags: map[string]string{"Team": team}}, Resource: resource}
}

// TestI11ValuesAreLiteral: nothing in a value acts as a wildcard or a variable.
func TestI11ValuesAreLiteral(t *testing.T) {
	for _, c := range []struct {
		team, resource string
		want           bool
	}{
		{"blue", "arn:aws:s3:::b/blue/x", true},
		{"blue", "arn:aws:s3:::b/red/x", false},
		{"*", "arn:aws:s3:::b/blue/x", false},
		{"*", "arn:aws:s3:::b/*/x", true},
		{"????", "arn:aws:s3:::b/blue/x", false},
		{"????", "arn:aws:s3:::b/????/x", true},
		{"../red", "arn:aws:s3:::b/red/x", false},
		{"../red", "arn:aws:s3:::b/../red/x", true},
		{"${aws:userid}", "arn:aws:s3:::b//x", false},
		{"${aws:userid}", "arn:aws:s3:::b/${aws:userid}/x", true},
		{"${*}", "arn:aws:s3:::b/*/x", false},
		{"", "arn:aws:s3:::b//x", true},
		{"a/b", "arn:aws:s3:::b/a/b/x", true},
		{"\xfe", "arn:aws:s3:::b/blue/x", false},
		{"\xff\xff\xff\xff", "arn:aws:s3:::b/blue/x", false},
		{"\xfe", "arn:aws:s3:::b/\xfe/x", false},
	} {
		if got := allows(t, "2012-10-17", "Allow", tagged, withTeam(c.team, c.resource)) == Allow; got != c.want {
			t.Errorf("team %q, %s: got %v", c.team, c.resource, got)
		}
	}
	for op, want := range map[string]bool{"StringLike": false, "StringEquals": false, "StringNotLike": true, "StringEqualsIgnoreCase": false} {
		req := withTeam("*", "x")
		req.Context = Context{"k:v": {"blue"}}
		got := allows(t, "2012-10-17", "Allow", `"Resource":"*","Condition":{"`+op+`":{"k:v":"${aws:PrincipalTag/team}"}}`, req) == Allow
		if got != want {
			t.Errorf("%s with the value *: got %v", op, got)
		}
	}
	req := withTeam("*", "x")
	req.Context = Context{"k:v": {"arn:aws:iam::1:role/a"}}
	for _, pattern := range []string{"${aws:PrincipalTag/team}", "arn:aws:iam::${aws:PrincipalTag/team}:role/a", "arn:aws:iam::1:role/${aws:PrincipalTag/team}"} {
		if allows(t, "2012-10-17", "Allow", `"Resource":"*","Condition":{"ArnLike":{"k:v":"`+pattern+`"}}`, req) == Allow {
			t.Errorf("ArnLike %s with the value * matched", pattern)
		}
	}
	req = withTeam("1:role/a", "x")
	req.Context = Context{"k:v": {"arn:aws:iam::1:role/a:role/a"}}
	if allows(t, "2012-10-17", "Allow", `"Resource":"*","Condition":{"ArnLike":{"k:v":"arn:aws:iam::${aws:PrincipalTag/team}:role/a"}}`, req) == Allow {
		t.Error("a value reached over the border of its field")
	}
}

// TestI12Unresolved: a variable without a single value matches nothing, and
// never widens a statement.
func TestI12Unresolved(t *testing.T) {
	notTagged := `"NotResource":"arn:aws:s3:::b/${aws:PrincipalTag/team}/*"`
	in := func(op string) string {
		return `"Resource":"*","Condition":{"` + op + `":{"aws:userid":"${aws:PrincipalTag/team}"}}`
	}
	req := Request{Resource: "arn:aws:s3:::b//x", Principal: Principal{UserID: "u"}}
	for _, c := range []struct {
		effect, elements string
		want             Reason
	}{
		{"Allow", tagged, ImplicitDeny},
		{"Deny", tagged, ImplicitDeny},
		{"Allow", notTagged, ImplicitDeny},
		{"Deny", notTagged, ExplicitDeny},
		{"Allow", `"NotResource":["arn:aws:s3:::b//x","arn:aws:s3:::${aws:PrincipalTag/team}"]`, ImplicitDeny},
		{"Deny", `"NotResource":["arn:aws:s3:::${aws:PrincipalTag/team}","arn:aws:s3:::b//x"]`, ImplicitDeny},
		{"Allow", `"Resource":["arn:aws:s3:::${aws:PrincipalTag/team}","arn:aws:s3:::b//x"]`, Allow},
		{"Allow", in("StringEquals"), ImplicitDeny},
		{"Allow", in("StringLike"), ImplicitDeny},
		{"Deny", in("StringEquals"), ImplicitDeny},
		{"Allow", in("StringNotEquals"), Allow},
		{"Deny", in("StringNotLike"), ExplicitDeny},
		{"Allow", in("StringNotEqualsIgnoreCase"), Allow},
	} {
		if got := allows(t, "2012-10-17", c.effect, c.elements, req); got != c.want {
			t.Errorf("%s %s: got %v", c.effect, c.elements, got)
		}
	}
}

func TestMultivaluedKeyIsNoVariable(t *testing.T) {
	amr := `"Resource":"arn:aws:s3:::${cognito-identity.amazonaws.com:amr, 'none'}"`
	many := `"Resource":"arn:aws:s3:::${k:many}"`
	for _, c := range []struct {
		elements string
		req      Request
		want     Reason
	}{
		{amr, Request{Resource: "arn:aws:s3:::authenticated", Principal: Principal{AMR: []string{"authenticated"}}}, ImplicitDeny},
		{amr, Request{Resource: "arn:aws:s3:::none", Principal: Principal{AMR: []string{"authenticated"}}}, ImplicitDeny},
		{amr, Request{Resource: "arn:aws:s3:::none"}, Allow},
		{many, Request{Resource: "arn:aws:s3:::a", Context: Context{"k:many": {"a"}}}, Allow},
		{many, Request{Resource: "arn:aws:s3:::a", Context: Context{"k:many": {"a", "b"}}}, ImplicitDeny},
	} {
		if got := allows(t, "2012-10-17", "Allow", c.elements, c.req); got != c.want {
			t.Errorf("%s, %v %v: got %v", c.elements, c.req.Resource, c.req.Context, got)
		}
	}
}

func TestVariableForms(t *testing.T) {
	req := Request{Principal: Principal{Type: "User", Username: "ada", IdentityID: "us-east-1:1"}}
	for pattern, resource := range map[string]string{
		"${aws:username}": "ada", "${AWS:UserName}": "ada", "a${aws:username}b": "aadab", "${aws:username}${aws:username}": "adaada",
		"${aws:username, 'x'}": "ada", "${aws:PrincipalTag/t, 'x'}": "x", "${aws:PrincipalTag/t,'x y'}": "x y", "${aws:PrincipalTag/t,  'a}b'  }": "a}b",
		"${aws:PrincipalTag/t, ''}": "", "${aws:PrincipalTag/t, '*'}": "*", "${*}": "*", "${?}": "?", "${$}": "$", "${$}{aws:username}": "${aws:username}",
		"$aws": "$aws", "${cognito-identity.amazonaws.com:sub}/*": "us-east-1:1/x", "{${aws:username}}": "{ada}", "?${aws:username}*": "xadayz",
	} {
		req.Resource = "arn:aws:s3:::" + resource
		if allows(t, "2012-10-17", "Allow", `"Resource":"arn:aws:s3:::`+pattern+`"`, req) != Allow {
			t.Errorf("%s does not match %s", pattern, resource)
		}
	}
	for _, pattern := range []string{"${*}", "${?}", "${aws:PrincipalTag/t, '*'}", "${aws:PrincipalTag/t, '?'}"} {
		req.Resource = "arn:aws:s3:::x"
		if allows(t, "2012-10-17", "Allow", `"Resource":"arn:aws:s3:::`+pattern+`"`, req) == Allow {
			t.Errorf("%s acts as a wildcard", pattern)
		}
	}
}

// TestI02OldVersionHasNoVariables: there, the text is what counts.
func TestI02OldVersionHasNoVariables(t *testing.T) {
	for _, version := range []string{"", "2008-10-17"} {
		for _, c := range []struct {
			team, resource string
			want           bool
		}{{"blue", "arn:aws:s3:::b/blue/x", false}, {"blue", "arn:aws:s3:::b/${aws:PrincipalTag/team}/x", true}} {
			if got := allows(t, version, "Allow", tagged, withTeam(c.team, c.resource)) == Allow; got != c.want {
				t.Errorf("version %q, %s: got %v", version, c.resource, got)
			}
		}
		condition := `"Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/Team":"${aws:username}"}}`
		if allows(t, version, "Allow", condition, withTeam("${aws:username}", "x")) != Allow {
			t.Errorf("version %q: the condition is not literal", version)
		}
		if allows(t, version, "Allow", `"Resource":"arn:aws:s3:::${*}"`, Request{Resource: "arn:aws:s3:::${anything}"}) != Allow {
			t.Errorf("version %q: the star in ${*} is no wildcard", version)
		}
	}
}

package policy

import (
	"fmt"
	"testing"
)

const (
	notesARN    = "arn:aws:execute-api:us-east-1:111122223333:abcdef1234/prod/GET/notes"
	sameAccount = "111122223333"
	elsewhere   = "999922223333"
)

// says is a statement with the effect the tables name; "silent" is a statement
// that is about something else.
func says(word, principal string) string {
	effect, action := word, "execute-api:Invoke"
	if word == "silent" {
		effect, action = "Allow", "execute-api:InvalidateCache"
	}
	if principal != "" {
		principal = `"Principal":` + principal + `,`
	}
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":%q,%s"Action":%q,"Resource":"arn:aws:execute-api:*:*:abcdef1234/*"}}`, effect, principal, action)
}

func roleSession(account string) Principal {
	return Principal{
		Type: "AssumedRole", Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/app/s",
		RoleARN: "arn:aws:iam::" + account + ":role/app",
	}
}

// authorization rows are those of the API Gateway Developer Guide, "Policy
// evaluation outcome tables".
var authorization = []struct {
	identity, resource string
	tableA, tableB     Reason
}{
	{"Allow", "Allow", Allow, Allow},
	{"Allow", "silent", Allow, ImplicitDeny},
	{"Allow", "Deny", ExplicitDeny, ExplicitDeny},
	{"silent", "Allow", Allow, ImplicitDeny},
	{"silent", "silent", ImplicitDeny, ImplicitDeny},
	{"silent", "Deny", ExplicitDeny, ExplicitDeny},
	{"Deny", "Allow", ExplicitDeny, ExplicitDeny},
	{"Deny", "silent", ExplicitDeny, ExplicitDeny},
	{"Deny", "Deny", ExplicitDeny, ExplicitDeny},
}

// TestAuthorizationTables holds both tables for IAM authorization, and the first
// for what a Lambda authorizer returned, whose caller has no ARN.
func TestAuthorizationTables(t *testing.T) {
	for i, row := range authorization {
		ps := Policies{
			Identity: []*Policy{mustParse(t, Identity, says(row.identity, ""))},
			Resource: []*Policy{mustParse(t, Resource, says(row.resource, `"*"`))},
		}
		for _, c := range []struct {
			table  string
			caller Principal
			want   Reason
		}{
			{"A iam", roleSession(sameAccount), row.tableA},
			{"B iam", roleSession(elsewhere), row.tableB},
			{"A lambda", Principal{}, row.tableA},
		} {
			t.Run(fmt.Sprintf("4.5 %s row %d %s %s", c.table, i+1, row.identity, row.resource), func(t *testing.T) {
				d := ps.Evaluate(Request{Principal: c.caller, Action: "execute-api:Invoke", Resource: notesARN})
				if d.Reason != c.want || d.Allowed != (c.want == Allow) {
					t.Errorf("got %v by %v, want %v", d.Reason, d.Kind, c.want)
				}
			})
		}
	}
}

// TestResourcePolicyAlone is for NONE and for Cognito user pools: the resource
// policy is evaluated independently and must allow.
func TestResourcePolicyAlone(t *testing.T) {
	for word, want := range map[string]Reason{"Allow": Allow, "silent": ImplicitDeny, "Deny": ExplicitDeny} {
		for principal, everyone := range map[string]bool{`"*"`: true, `{"AWS":"*"}`: true, `{"AWS":"111122223333"}`: false} {
			ps := Policies{Resource: []*Policy{mustParse(t, Resource, says(word, principal))}}
			d := ps.Evaluate(Request{Action: "execute-api:Invoke", Resource: notesARN})
			expected := want
			if !everyone {
				expected = ImplicitDeny
			}
			if d.Reason != expected || d.Kind != Resource {
				t.Errorf("%s for %s: got %v by %v, want %v", word, principal, d.Reason, d.Kind, expected)
			}
		}
	}
}

// TestResourceGrants is the reference, 4.5 step 3: what a resource policy's
// Allow is worth, by whom it names, where the other policies are silent.
func TestResourceGrants(t *testing.T) {
	const (
		session = `{"AWS":"arn:aws:sts::111122223333:assumed-role/app/s"}`
		role    = `{"AWS":"arn:aws:iam::111122223333:role/app"}`
		account = `{"AWS":"111122223333"}`
		root    = `{"AWS":"arn:aws:iam::111122223333:root"}`
	)
	for _, c := range []struct {
		id, principal, identity, boundary, session string
		want                                       Reason
		kind                                       Kind
	}{
		{"session-is-final", session, "silent", "silent", "silent", Allow, Resource},
		{"session-not-over-deny", session, "silent", "Deny", "", ExplicitDeny, Boundary},
		{"role-alone", role, "silent", "", "", Allow, Resource},
		{"role-under-boundary", role, "silent", "silent", "", ImplicitDeny, Boundary},
		{"role-under-session-policy", role, "silent", "Allow", "silent", ImplicitDeny, Session},
		{"role-within-both", role, "silent", "Allow", "Allow", Allow, Resource},
		{"everyone", `"*"`, "silent", "", "", Allow, Resource},
		{"everyone-under-boundary", `"*"`, "silent", "silent", "", ImplicitDeny, Boundary},
		{"account-delegates", account, "silent", "", "", ImplicitDeny, Identity},
		{"account-and-identity", account, "Allow", "", "", Allow, Identity},
		{"root-delegates", root, "silent", "", "", ImplicitDeny, Identity},
		{"root-and-identity-under-session-policy", root, "Allow", "", "silent", ImplicitDeny, Session},
		{"identity-deny", session, "Deny", "", "", ExplicitDeny, Identity},
	} {
		t.Run("4.5 "+c.id, func(t *testing.T) {
			ps := Policies{
				Identity: []*Policy{mustParse(t, Identity, says(c.identity, ""))},
				Resource: []*Policy{mustParse(t, Resource, says("Allow", c.principal))},
			}
			if c.boundary != "" {
				ps.Boundary = []*Policy{mustParse(t, Boundary, says(c.boundary, ""))}
			}
			if c.session != "" {
				ps.Session = []*Policy{mustParse(t, Session, says(c.session, ""))}
			}
			d := ps.Evaluate(Request{Principal: roleSession(sameAccount), Action: "execute-api:Invoke", Resource: notesARN})
			if d.Reason != c.want || d.Kind != c.kind {
				t.Errorf("got %v by %v, want %v by %v", d.Reason, d.Kind, c.want, c.kind)
			}
		})
	}
}

// TestCeilings is the reference, 4.5: what each kind takes away.
func TestCeilings(t *testing.T) {
	one := func(kind Kind, word string) []*Policy { return []*Policy{mustParse(t, kind, says(word, ""))} }
	allow := func(kind Kind) []*Policy { return one(kind, "Allow") }
	identity := allow(Identity)
	for _, c := range []struct {
		id   string
		ps   Policies
		want Reason
		kind Kind
	}{
		{"identity", Policies{Identity: identity}, Allow, Identity},
		{"all-allow", Policies{Identity: identity, Boundary: allow(Boundary), Session: allow(Session), SCPs: [][]*Policy{allow(SCP)}}, Allow, Identity},
		{"nothing-from-ceilings", Policies{Boundary: allow(Boundary), Session: allow(Session), SCPs: [][]*Policy{allow(SCP)}}, ImplicitDeny, Identity},
		{"boundary-silent", Policies{Identity: identity, Boundary: one(Boundary, "silent")}, ImplicitDeny, Boundary},
		{"session-silent", Policies{Identity: identity, Session: one(Session, "silent")}, ImplicitDeny, Session},
		{"session-union", Policies{Identity: identity, Session: append(one(Session, "silent"), allow(Session)...)}, Allow, Identity},
		{"boundaries-each", Policies{Identity: identity, Boundary: append(one(Boundary, "silent"), allow(Boundary)...)}, ImplicitDeny, Boundary},
		{"scp-silent", Policies{Identity: identity, SCPs: [][]*Policy{one(SCP, "silent")}}, ImplicitDeny, SCP},
		{"scp-union-in-level", Policies{Identity: identity, SCPs: [][]*Policy{append(one(SCP, "silent"), allow(SCP)...)}}, Allow, Identity},
		{"scp-each-level", Policies{Identity: identity, SCPs: [][]*Policy{allow(SCP), one(SCP, "silent")}}, ImplicitDeny, SCP},
		{"scp-deny", Policies{Identity: identity, SCPs: [][]*Policy{append(allow(SCP), one(SCP, "Deny")...)}}, ExplicitDeny, SCP},
		{"boundary-deny", Policies{Identity: identity, Boundary: append(allow(Boundary), one(Boundary, "Deny")...)}, ExplicitDeny, Boundary},
		{"session-deny", Policies{Identity: identity, Session: one(Session, "Deny")}, ExplicitDeny, Session},
		{"unreadable-boundary", Policies{Identity: identity, Boundary: []*Policy{nil}}, ImplicitDeny, Boundary},
		{"unreadable-resource", Policies{Identity: identity, Resource: []*Policy{nil}}, ImplicitDeny, Resource},
		{"unreadable-session", Policies{Identity: identity, Session: []*Policy{nil}}, ImplicitDeny, Session},
		{"unreadable-scp", Policies{Identity: identity, SCPs: [][]*Policy{{nil}}}, ImplicitDeny, SCP},
		{"wrong-kind", Policies{Identity: identity, Boundary: identity}, ImplicitDeny, Boundary},
		{"zero", Policies{}, ImplicitDeny, Identity},
	} {
		t.Run("4.5 "+c.id, func(t *testing.T) {
			d := c.ps.Evaluate(Request{Principal: roleSession(sameAccount), Action: "execute-api:Invoke", Resource: notesARN})
			if d.Reason != c.want || d.Kind != c.kind {
				t.Errorf("got %v by %v, want %v by %v", d.Reason, d.Kind, c.want, c.kind)
			}
		})
	}
}

// TestAcrossAccounts: whose the resource is, and that a grant across accounts
// stays under the ceilings of the caller.
func TestAcrossAccounts(t *testing.T) {
	identity := []*Policy{mustParse(t, Identity, says("Allow", ""))}
	everything := []*Policy{mustParse(t, Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)}
	bucket := []*Policy{mustParse(t, Resource, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`)}
	named := []*Policy{mustParse(t, Resource, says("Allow", `{"AWS":"arn:aws:sts::999922223333:assumed-role/app/s"}`))}
	account := []*Policy{mustParse(t, Resource, says("Allow", `{"AWS":"999922223333"}`))}
	for _, c := range []struct {
		id, resource string
		ps           Policies
		want         Reason
		kind         Kind
	}{
		{"identity-alone", notesARN, Policies{Identity: identity}, ImplicitDeny, Resource},
		{"resource-alone", notesARN, Policies{Resource: named}, ImplicitDeny, Identity},
		{"both", notesARN, Policies{Identity: identity, Resource: named}, Allow, Identity},
		{"both-by-account", notesARN, Policies{Identity: identity, Resource: account}, Allow, Identity},
		{"under-boundary", notesARN, Policies{Identity: identity, Resource: named, Boundary: []*Policy{mustParse(t, Boundary, says("silent", ""))}}, ImplicitDeny, Boundary},
		{"owner-said", notesARN, Policies{Identity: identity, Account: elsewhere}, Allow, Identity},
		{"owner-unknown", "arn:aws:s3:::b/k", Policies{Identity: everything}, Allow, Identity},
		{"owner-unknown-resource-policy", "arn:aws:s3:::b/k", Policies{Resource: bucket}, ImplicitDeny, Identity},
		{"owner-unknown-both", "arn:aws:s3:::b/k", Policies{Identity: everything, Resource: bucket}, Allow, Identity},
	} {
		t.Run("4.5 across "+c.id, func(t *testing.T) {
			action := "execute-api:Invoke"
			if c.resource != notesARN {
				action = "s3:GetObject"
			}
			d := c.ps.Evaluate(Request{Principal: roleSession(elsewhere), Action: action, Resource: c.resource})
			if d.Reason != c.want || d.Kind != c.kind {
				t.Errorf("got %v by %v, want %v by %v", d.Reason, d.Kind, c.want, c.kind)
			}
		})
	}
}

// TestNotPrincipal is the reference, 4.2: a Deny spares a session only when
// session, role and account are all named; an Allow shuts out whoever is named.
func TestNotPrincipal(t *testing.T) {
	const (
		session = `"arn:aws:sts::111122223333:assumed-role/app/s"`
		role    = `"arn:aws:iam::111122223333:role/app"`
		account = `"111122223333"`
	)
	identity := []*Policy{mustParse(t, Identity, says("Allow", ""))}
	for _, c := range []struct {
		names string
		deny  Reason
		allow Reason // with no identity policy
	}{
		{session + "," + role + "," + account, Allow, ImplicitDeny},
		{session + "," + role, ExplicitDeny, ImplicitDeny},
		{role + "," + account, ExplicitDeny, ImplicitDeny},
		{session, ExplicitDeny, ImplicitDeny},
		{account, ExplicitDeny, ImplicitDeny},
		{`"arn:aws:iam::111122223333:role/other"`, ExplicitDeny, Allow},
	} {
		req := Request{Principal: roleSession(sameAccount), Action: "execute-api:Invoke", Resource: notesARN}
		doc := `{"Statement":{"Effect":%q,"NotPrincipal":{"AWS":[%s]},"Action":"execute-api:*","Resource":"*"}}`
		deny := Policies{Identity: identity, Resource: []*Policy{mustParse(t, Resource, fmt.Sprintf(doc, "Deny", c.names))}}
		if d := deny.Evaluate(req); d.Reason != c.deny {
			t.Errorf("Deny, %s: got %v, want %v", c.names, d.Reason, c.deny)
		}
		allow := Policies{Resource: []*Policy{mustParse(t, Resource, fmt.Sprintf(doc, "Allow", c.names))}}
		if d := allow.Evaluate(req); d.Reason != c.allow {
			t.Errorf("Allow, %s: got %v, want %v", c.names, d.Reason, c.allow)
		}
	}
}

// TestShorthandResource: the form execute-api:/stage/METHOD/path of an API's own
// policy, and the idiom that was measured with it (reference, 4.5).
func TestShorthandResource(t *testing.T) {
	for _, c := range []struct {
		pattern, resource string
		want              bool
	}{
		{"execute-api:/prod/GET/notes", notesARN, true},
		{"execute-api:/*/GET/notes", notesARN, true},
		{"execute-api:/*", notesARN, true},
		{"execute-api:/prod/GET", notesARN, false},
		{"execute-api:/GET/notes", notesARN, false},
		{"execute-api:/dev/*", notesARN, false},
		{"execute-api:/prod/GET/notes", "arn:aws:execute-api:us-east-1:111122223333:abcdef1234/x/prod/GET/notes", false},
		{"execute-api:/*", "arn:aws:s3:us-east-1:111122223333:a/b", false},
		{"execute-api:/*", "*", false},
	} {
		doc := fmt.Sprintf(`{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":%q}}`, c.pattern)
		p := mustParse(t, Resource, doc)
		ps := Policies{Resource: []*Policy{p}}
		if d := ps.Evaluate(Request{Action: "execute-api:Invoke", Resource: c.resource}); d.Allowed != c.want {
			t.Errorf("%s for %s: got %v", c.pattern, c.resource, d.Reason)
		}
		if again := mustParse(t, Resource, p.String()); again.String() != p.String() {
			t.Errorf("written as %s", p)
		}
	}
	idiom := mustParse(t, Resource, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/app"},"Action":"execute-api:Invoke","Resource":"execute-api:/*/GET/notes"},
		{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*/GET/notes",
		 "Condition":{"ForAllValues:ArnNotEquals":{"aws:PrincipalArn":["arn:aws:iam::111122223333:role/app"]}}}]}`)
	other := roleSession(sameAccount)
	other.ARN, other.RoleARN = "arn:aws:sts::111122223333:assumed-role/other/s", "arn:aws:iam::111122223333:role/other"
	for want, caller := range map[Reason]Principal{Allow: roleSession(sameAccount), ExplicitDeny: other} {
		ps := Policies{Identity: []*Policy{mustParse(t, Identity, says("Allow", ""))}, Resource: []*Policy{idiom}}
		if d := ps.Evaluate(Request{Principal: caller, Action: "execute-api:Invoke", Resource: notesARN}); d.Reason != want {
			t.Errorf("%s: got %v, want %v", caller.ARN, d.Reason, want)
		}
	}
}

func TestTrace(t *testing.T) {
	p := mustParse(t, Identity, `{"Version":"2012-10-17","Statement":[
  {"Sid":"fits","Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"},
  {"Sid":"not","Effect":"Allow","NotAction":"execute-api:*","Resource":"arn:aws:s3:::x",
   "Condition":{"StringEquals":{"aws:PrincipalTag/team":["red","blue"]}}}]}`)
	p.Name = "notes"
	req := Request{Principal: roleSession(sameAccount), Action: "execute-api:Invoke", Resource: notesARN}
	req.Principal.Tags = map[string]string{"Team": "green"}
	d, steps := Policies{Identity: []*Policy{p}, Boundary: []*Policy{nil}}.Trace(req)
	if d.Allowed || d.Kind != Boundary || len(steps) != 2 {
		t.Fatalf("got %+v, %v", d, steps)
	}
	if !steps[0].Applies() || steps[0].Policy != "notes" || steps[0].Statement.Line != 2 || steps[0].Statement.Column != 3 {
		t.Errorf("got %+v", steps[0])
	}
	got := fmt.Sprintf("%+v", steps[1].Fails)
	want := "[{Element:NotAction Operator: Key: Want:[execute-api:*] Got:[execute-api:Invoke]}" +
		" {Element:Resource Operator: Key: Want:[arn:aws:s3:::x] Got:[" + notesARN + "]}" +
		" {Element:Condition Operator:StringEquals Key:aws:PrincipalTag/team Want:[red blue] Got:[green]}]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func BenchmarkPolicies(b *testing.B) {
	const conditions = `,"Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},"StringEquals":{"aws:PrincipalTag/team":"blue"}}}`
	for _, n := range []int{1, 10, 100} {
		for name, with := range map[string]string{"plain": "}", "conditions": conditions} {
			b.Run(fmt.Sprintf("statements=%d/%s", n, name), func(b *testing.B) {
				doc := benchPolicyWith(n, with)
				ps := Policies{
					Identity: []*Policy{mustParse(b, Identity, doc)}, Boundary: []*Policy{mustParse(b, Boundary, doc)},
					Resource: []*Policy{mustParse(b, Resource, says("silent", `"*"`))},
				}
				req := benchRequest()
				b.ReportAllocs()
				for b.Loop() {
					if !ps.Evaluate(req).Allowed {
						b.Fatal("denied")
					}
				}
			})
		}
	}
}

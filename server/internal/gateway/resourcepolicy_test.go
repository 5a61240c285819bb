package gateway

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// statement is a resource policy's, about everybody and a resource in short form.
func statement(effect, resource string) string {
	return `{"Effect":"` + effect + `","Principal":"*","Action":"execute-api:Invoke","Resource":"` + resource + `"}`
}

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// guard serves /{proxy+} and / with a resource policy.
func (s *stand) guard(auth apidef.Auth, doc string) {
	s.t.Helper()
	root := s.proxyRoute(auth)
	root.Path = "/"
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Policy: doc, Routes: []apidef.Route{s.proxyRoute(auth), root}})
}

// E18: nobody is known, and the resource policy must allow.
func TestE18Anonymous(t *testing.T) {
	s := newStand(t)
	const who = `{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********2222:abc123/prod/GET/`
	for name, c := range map[string]struct{ doc, target, want string }{
		"allowed":         {document(statement("Allow", "execute-api:/prod/GET/notes")), "/prod/notes", ""},
		"whole ARN":       {document(statement("Allow", "arn:aws:execute-api:us-east-1:111122223333:abc123/*")), "/prod/notes", ""},
		"silent":          {document(statement("Allow", "execute-api:/prod/GET/other")), "/prod/notes", "notes because no resource-based policy allows the execute-api:Invoke action"},
		"silent at root":  {document(statement("Allow", "execute-api:/prod/GET/other")), "/prod/", " because no resource-based policy allows the execute-api:Invoke action"},
		"denied":          {document(statement("Allow", "execute-api:/*"), statement("Deny", "execute-api:/prod/GET/notes")), "/prod/notes", "notes with an explicit deny in a resource-based policy"},
		"denied, as read": {document(statement("Allow", "execute-api:/*"), statement("Deny", "execute-api:/prod/GET/admin")), "/prod/%61dmin", "%61dmin with an explicit deny in a resource-based policy"},
		"another API":     {document(statement("Allow", "arn:aws:execute-api:us-east-1:111122223333:other/*")), "/prod/notes", "notes because no resource-based policy allows the execute-api:Invoke action"},
	} {
		s.guard(apidef.AuthNone, c.doc)
		got := s.do(s.request("GET", c.target, ""))
		if c.want == "" {
			s.passed(name, got)
			continue
		}
		s.refused(name, got, 403, "AccessDeniedException")
		if want := strings.Replace(who, "2222", "3333", 1) + c.want + `"}`; got.body != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got.body, want)
		}
	}
}

// Both tables of "How API Gateway resource policies affect authorization
// workflow", through the gateway: what the caller's and the API's policies say
// together, in one account and across two.
func TestResourcePolicyTables(t *testing.T) {
	says := map[string]string{"allow": "Allow", "deny": "Deny"}
	for _, row := range []struct {
		identity, resource string
		same, cross        string // the end of the refusal, or ""
	}{
		{"allow", "allow", "", ""},
		{"allow", "silent", "", "because no resource-based policy allows the execute-api:Invoke action"},
		{"allow", "deny", "with an explicit deny in a resource-based policy", "with an explicit deny in a resource-based policy"},
		{"silent", "allow", "", "because no identity-based policy allows the execute-api:Invoke action"},
		{"silent", "silent", "because no identity-based policy allows the execute-api:Invoke action", "because no identity-based policy allows the execute-api:Invoke action"},
		{"silent", "deny", "with an explicit deny in a resource-based policy", "with an explicit deny in a resource-based policy"},
		{"deny", "allow", "with an explicit deny in an identity-based policy", "with an explicit deny in an identity-based policy"},
		{"deny", "silent", "with an explicit deny in an identity-based policy", "with an explicit deny in an identity-based policy"},
	} {
		for account, want := range map[string]string{"111122223333": row.same, "999988887777": row.cross} {
			name := row.identity + "/" + row.resource + " at " + account
			s := newStand(t)
			s.g.AccountID = account
			s.policy = document(`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:*/other"}`)
			if effect := says[row.identity]; effect != "" {
				s.policy = document(`{"Effect":"` + effect + `","Action":"execute-api:Invoke","Resource":"*"}`)
			}
			doc := document(statement("Allow", "execute-api:/prod/GET/other"))
			if effect := says[row.resource]; effect != "" {
				doc = document(statement(effect, "execute-api:/prod/GET/notes"))
			}
			s.guard(apidef.AuthIAM, doc)
			got := s.do(s.signed("GET", "/prod/notes", ""))
			if want == "" {
				s.passed(name, got)
				continue
			}
			s.refused("E17 "+name, got, 403, "AccessDeniedException")
			if !strings.HasPrefix(got.body, `{"Message":"User: arn:aws:sts::111122223333:assumed-role/NotesRole/CognitoIdentityCredentials is not authorized`) ||
				!strings.HasSuffix(got.body, want+`"}`) {
				t.Errorf("%s: %s, want … %s", name, got.body, want)
			}
		}
	}
}

// The idiom seen in the field: one role may, everybody else must not.
func TestResourcePolicyOnlyOneRole(t *testing.T) {
	const doc = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/ROLE"},"Action":"execute-api:Invoke","Resource":"execute-api:/*/GET/x"},
		{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*/GET/x",
		 "Condition":{"ForAllValues:ArnNotEquals":{"aws:PrincipalArn":["arn:aws:iam::111122223333:role/ROLE"]}}}]}`
	s := newStand(t)
	s.policy = document(`{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:*/nothing"}`)
	s.guard(apidef.AuthIAM, strings.ReplaceAll(doc, "ROLE", "NotesRole"))
	s.passed("the role", s.do(s.signed("GET", "/prod/x", "")))
	s.policy = allowAll
	s.guard(apidef.AuthIAM, strings.ReplaceAll(doc, "ROLE", "OtherRole"))
	got := s.do(s.signed("GET", "/prod/x", ""))
	s.refused("another role", got, 403, "AccessDeniedException")
	if !strings.Contains(got.body, "with an explicit deny in a resource-based policy") {
		t.Error(got.body)
	}
}

// The verdict names the statement of the kind that decided.
func TestResourcePolicyVerdict(t *testing.T) {
	s := newStand(t)
	s.g.ShowDecisions = true
	s.guard(apidef.AuthNone, document(statement("Allow", "execute-api:/prod/GET/other")))
	got := s.do(s.request("GET", "/prod/notes", ""))
	if got.header.Get(headerDecision) != "" {
		t.Errorf("nobody is told %s", got.header.Get(headerDecision))
	}
	want := `ImplicitDeny; kind=resource; nearest="abc123"; statement="0"; fails="Resource"`
	if e := s.lastEvent(); e.Verdict != want {
		t.Errorf("%s, want %s", e.Verdict, want)
	}
}

func TestResourcePolicyExpand(t *testing.T) {
	const full = "arn:aws:execute-api:us-east-1:1:id/"
	for doc, want := range map[string]string{
		`{"Resource": "execute-api:/a"}`:                                          `{"Resource": "` + full + `a"}`,
		`{"Statement":[{"Resource":["execute-api:/a", "x", "execute-api:\/b"]}]}`: `{"Statement":[{"Resource":["` + full + `a", "x", "` + full + `b"]}]}`,
		`{"Statement":{"NotResource":"execute-api:/a<&>"}}`:                       `{"Statement":{"NotResource":"` + full + `a<&>"}}`,
		`{"Action":"execute-api:/a","Sid":"Resource","Id":"execute-api:/a"}`:      `{"Action":"execute-api:/a","Sid":"Resource","Id":"execute-api:/a"}`,
		`{"Condition":{"StringLike":{"Resource":"execute-api:/a"}}}`:              `{"Condition":{"StringLike":{"Resource":"execute-api:/a"}}}`,
		`{"Resource":{"Resource":1},"Action":"execute-api:/a"}`:                   `{"Resource":{"Resource":1},"Action":"execute-api:/a"}`,
		`{"Resource":"execute-api:/a","Resource":"execute-api:/b"}`:               `{"Resource":"` + full + `a","Resource":"` + full + `b"}`,
		`{"Resource":"execute-api:/a"`:                                            `{"Resource":"` + full + `a"`,
		`{"Resource":]`:                                                           `{"Resource":]`,
		``:                                                                        ``,
	} {
		if got := string(expand(doc, full)); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", doc, got, want)
		}
	}
}

func TestResourcePolicyRefused(t *testing.T) {
	for name, doc := range map[string]string{
		"not JSON":     "{",
		"no principal": document(`{"Effect":"Allow","Action":"*","Resource":"*"}`),
		"twice":        document(`{"Effect":"Deny","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`),
		"bad UTF-8":    document(statement("Allow", "execute-api:/\xff")),
		"no character": document(statement("Allow", `execute-api:/\ud800`)),
		"too long":     document(statement("Allow", "execute-api:/"+strings.Repeat("a", maxPolicy))),
	} {
		a := apidef.API{ID: "a", Stages: []apidef.Stage{{Name: "prod"}}, Policy: doc}
		if err := Validate(a); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

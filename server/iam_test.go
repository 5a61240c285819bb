package server_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server"
	"github.com/gatepass/gatepass/sigv4"
)

const (
	iamAccount = "arn:aws:iam::000000000000:"
	trustRoot  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + iamAccount + `root"},"Action":"sts:AssumeRole"}]}`
	readNotes  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:notes/prod/GET/notes"}]}`
)

// desk sends IAM's operations to a server, as its administrator unless said otherwise.
type desk struct {
	t       *testing.T
	address string
	as      sigv4.Credentials
}

func newDesk(t *testing.T, s *server.Server) *desk {
	t.Helper()
	return &desk{t, serve(t, s), adminCredentials}
}

func freshDesk(t *testing.T) *desk {
	t.Helper()
	return newDesk(t, &server.Server{Config: withAdmin(), Handlers: server.SampleHandlers()})
}

// form makes the parameters of pairs "Name=value".
func form(action string, pairs ...string) string {
	v := url.Values{"Action": {action}, "Version": {"2010-05-08"}}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		v.Set(name, value)
	}
	return v.Encode()
}

func (d *desk) post(service, body string) (int, string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.address+"/", strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := signer(service, "us-east-1").Sign(r, d.as, sigv4.HashOf([]byte(body)), time.Now()); err != nil {
		d.t.Fatal(err)
	}
	return fetch(d.t, r)
}

// do must work; it gives the answer.
func (d *desk) do(action string, pairs ...string) string {
	d.t.Helper()
	status, body := d.post("iam", form(action, pairs...))
	if status != http.StatusOK || !strings.HasPrefix(body, "<"+action+`Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">`) {
		d.t.Fatalf("%s %v: %d %s", action, pairs, status, body)
	}
	if err := wellFormed(body); err != nil {
		d.t.Errorf("%s: %v", action, err)
	}
	return body
}

func wellFormed(body string) error {
	dec := xml.NewDecoder(strings.NewReader(body))
	for {
		if _, err := dec.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// no must be refused with a status, a code and a text.
func (d *desk) no(status int, code, text, action string, pairs ...string) {
	d.t.Helper()
	got, body := d.post("iam", form(action, pairs...))
	var e struct {
		Error struct{ Type, Code, Message string }
	}
	if err := xml.Unmarshal([]byte(body), &e); err != nil {
		d.t.Fatalf("%s: %v %s", action, err, body)
	}
	if got != status || e.Error.Code != code || !strings.Contains(e.Error.Message, text) {
		d.t.Errorf("%s %v: %d %+v\nwant %d %s %s", action, pairs, got, e.Error, status, code, text)
	}
}

// key makes an access key of a user.
func (d *desk) key(user string) sigv4.Credentials {
	d.t.Helper()
	body := d.do("CreateAccessKey", "UserName="+user)
	return sigv4.Credentials{AccessKeyID: element(body, "AccessKeyId"), SecretAccessKey: element(body, "SecretAccessKey")}
}

// session assumes a role.
func (d *desk) session(role string) sigv4.Credentials {
	d.t.Helper()
	v := url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {iamAccount + "role/" + role}, "RoleSessionName": {"desk"}}
	status, body := d.post("sts", v.Encode())
	if status != http.StatusOK {
		d.t.Fatalf("AssumeRole %s: %d %s", role, status, body)
	}
	return sigv4.Credentials{AccessKeyID: element(body, "AccessKeyId"), SecretAccessKey: element(body, "SecretAccessKey"), SessionToken: element(body, "SessionToken")}
}

// gate calls the notes API.
func (d *desk) gate(creds sigv4.Credentials) int {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.address+"/_aws/execute-api/notes/prod/notes", nil)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := (&sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}).Sign(r, creds, sigv4.HashOf(nil), time.Now()); err != nil {
		d.t.Fatal(err)
	}
	status, _ := fetch(d.t, r)
	return status
}

// TestIAMRoles: what the operations on roles refuse, and how.
func TestIAMRoles(t *testing.T) {
	d := freshDesk(t)
	trust := "AssumeRolePolicyDocument=" + trustRoot
	d.no(404, "NoSuchEntity", "The role with name Reader cannot be found.", "GetRole", "RoleName=Reader")
	body := d.do("CreateRole", "RoleName=Reader", trust, "Path=/app/", "MaxSessionDuration=7200")
	if element(body, "Arn") != iamAccount+"role/app/Reader" || element(body, "Path") != "/app/" || !strings.HasPrefix(element(body, "RoleId"), "AROA") || len(element(body, "RoleId")) != 21 {
		t.Errorf("CreateRole: %s", body)
	}
	d.no(409, "EntityAlreadyExists", "Role with name READER already exists.", "CreateRole", "RoleName=READER", trust)
	for _, c := range []struct {
		code, text string
		pairs      []string
	}{
		{"ValidationError", "Value at 'roleName' failed to satisfy constraint: Member must not be null", []string{trust}},
		{"ValidationError", "The specified value for roleName is invalid.", []string{"RoleName=a b", trust}},
		{"ValidationError", "length less than or equal to 64", []string{"RoleName=" + strings.Repeat("a", 65), trust}},
		{"ValidationError", "The specified value for path is invalid.", []string{"RoleName=a", trust, "Path=/a*/"}},
		{"ValidationError", "greater than or equal to 3600", []string{"RoleName=a", trust, "MaxSessionDuration=900"}},
		{"ValidationError", "less than or equal to 43200", []string{"RoleName=a", trust, "MaxSessionDuration=43201"}},
		{"MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions.", []string{"RoleName=a", "AssumeRolePolicyDocument=" + strings.Replace(trustRoot, "sts:AssumeRole", "s3:Get", 1)}},
		{"MalformedPolicyDocument", "Syntax errors in policy.", []string{"RoleName=a", "AssumeRolePolicyDocument=" + readNotes}},
		{"InvalidInput", "Duplicate tag keys found.", []string{"RoleName=a", trust, "Tags.member.1.Key=a", "Tags.member.1.Value=", "Tags.member.2.Key=A", "Tags.member.2.Value="}},
		{"InvalidInput", "gatepass does not support the parameter Colour here", []string{"RoleName=a", trust, "Colour=red"}},
	} {
		d.no(400, c.code, c.text, "CreateRole", c.pairs...)
	}
	d.no(404, "NoSuchEntity", "Scope ARN: "+iamAccount+"policy/none does not exist or is not attachable.", "CreateRole", "RoleName=a", trust, "PermissionsBoundary="+iamAccount+"policy/none")
	d.no(409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048", "UpdateAssumeRolePolicy", "RoleName=Reader",
		"PolicyDocument="+strings.Replace(trustRoot, `"sts:AssumeRole"`, `["sts:AssumeRole"`+strings.Repeat(`,"sts:TagSession"`, 150)+`]`, 1))
	d.do("UpdateRole", "RoleName=reader", "MaxSessionDuration=3600", "Description=x")
	if body := d.do("GetRole", "RoleName=Reader"); element(body, "MaxSessionDuration") != "3600" || element(body, "Description") != "x" {
		t.Errorf("GetRole: %s", body)
	}
}

// TestIAMPages: lists come in pages whose markers lead on, in order of the names.
func TestIAMPages(t *testing.T) {
	d := freshDesk(t)
	for _, name := range []string{"c", "A", "b", "E", "d"} {
		d.do("CreateUser", "UserName="+name, "Path=/team/")
	}
	var names []string
	pairs := []string{"MaxItems=2", "PathPrefix=/team"}
	for marker := ""; ; {
		body := d.do("ListUsers", append(pairs, "Marker="+marker)...)
		for rest := body; strings.Contains(rest, "<UserName>"); _, rest, _ = strings.Cut(rest, "</UserName>") {
			names = append(names, element(rest, "UserName"))
		}
		if marker = element(body, "Marker"); marker == "" {
			if element(body, "IsTruncated") != "false" {
				t.Errorf("the last page: %s", body)
			}
			break
		}
	}
	if got := strings.Join(names, ""); got != "AbcdE" {
		t.Errorf("the pages give %q", got)
	}
	d.no(400, "ValidationError", "Invalid Marker", "ListUsers", "Marker=***")
	if body := d.do("ListUsers", "PathPrefix=/none"); !strings.Contains(body, "<Users></Users>") {
		t.Errorf("an empty list: %s", body)
	}
}

// TestI01_Written: what the policy parser would not read is never written (I01, I02, I03, I07, I14, I15, and the sizes of 4.1).
func TestI01_Written(t *testing.T) {
	d := freshDesk(t)
	d.do("CreateRole", "RoleName=r", "AssumeRolePolicyDocument="+trustRoot)
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":` + s + `}` }
	for id, c := range map[string]struct{ doc, text string }{
		"I01 two effects":      {statement(`{"Effect":"Deny","Effect":"Allow","Action":"a:b","Resource":"*"}`), "Syntax errors in policy."},
		"I01 letter case":      {statement(`{"effect":"Allow","Action":"a:b","Resource":"*"}`), "Syntax errors in policy."},
		"I01 trailing":         {readNotes + "{}", "Syntax errors in policy."},
		"I01 BOM":              {"\ufeff" + readNotes, "Syntax errors in policy."},
		"I02 future version":   {strings.Replace(readNotes, "2012-10-17", "2030-01-01", 1), "Syntax errors in policy."},
		"I03 no action":        {statement(`{"Effect":"Allow","Resource":"*"}`), "Policy statement must contain actions."},
		"I03 empty list":       {statement(`{"Effect":"Allow","Action":[],"Resource":"*"}`), "Policy statement must contain actions."},
		"I03 wildcard vendor":  {statement(`{"Effect":"Allow","Action":"s*:Get","Resource":"*"}`), "Vendor s* is not valid"},
		"I03 no vendor":        {statement(`{"Effect":"Allow","Action":"Invoke","Resource":"*"}`), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		"no resource":          {statement(`{"Effect":"Allow","Action":"a:b"}`), "Policy statement must contain resources."},
		"resource is no ARN":   {statement(`{"Effect":"Allow","Action":"a:b","Resource":"notes"}`), `Resource notes must be in ARN format or "*".`},
		"partition":            {statement(`{"Effect":"Allow","Action":"a:b","Resource":"arn:gcp:s3:::x"}`), `Partition "gcp" is not valid for resource "arn:gcp:s3:::x".`},
		"I07 unknown operator": {statement(`{"Effect":"Deny","Action":"a:b","Resource":"*","Condition":{"StringSounds":{"a:b":"c"}}}`), "Syntax errors in policy."},
		"I14 principal":        {statement(`{"Effect":"Allow","Principal":"*","Action":"a:b","Resource":"*"}`), "Policy document should not specify a principal."},
		"I15 date":             {statement(`{"Effect":"Deny","Action":"a:b","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"soon"}}}`), "The policy failed legacy parsing"},
		"equal Sids":           {statement(`[{"Sid":"a","Effect":"Allow","Action":"a:b","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"a:b","Resource":"*"}]`), "Statement IDs (SID) in a single policy must be unique."},
	} {
		for action, pairs := range map[string][]string{"PutRolePolicy": {"RoleName=r", "PolicyName=p"}, "CreatePolicy": {"PolicyName=p"}} {
			t.Run(id+" "+action, func(t *testing.T) {
				d := *d
				d.t = t
				d.no(400, "MalformedPolicyDocument", c.text, action, append(pairs, "PolicyDocument="+c.doc)...)
			})
		}
	}
	d.no(400, "MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater.", "CreatePolicy", "PolicyName=p", "PolicyDocument="+strings.Replace(readNotes, "2012", "2008", 1))
	long := func(n int) string {
		return statement(`[` + strings.Repeat(" ", 3000) + `{"Effect":"Allow","Action":"` + strings.Repeat("a", n) + `:b","Resource":"*"}]`)
	}
	d.do("PutRolePolicy", "RoleName=r", "PolicyName=p", "PolicyDocument="+long(10000))
	d.no(409, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role r", "PutRolePolicy", "RoleName=r", "PolicyName=q", "PolicyDocument="+long(200))
	d.do("PutRolePolicy", "RoleName=r", "PolicyName=p", "PolicyDocument="+long(200))
	d.no(409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144", "CreatePolicy", "PolicyName=p", "PolicyDocument="+long(6100))
	if body := d.do("ListRolePolicies", "RoleName=r"); strings.Count(body, "<member>") != 1 {
		t.Errorf("something of what was refused is there: %s", body)
	}
	if body := d.do("ListPolicies", "Scope=Local"); strings.Contains(body, "<member>") {
		t.Errorf("something of what was refused is there: %s", body)
	}
}

// TestMalformedLogged: the log says where a refused policy is wrong; AWS's text does not.
func TestMalformedLogged(t *testing.T) {
	var log bytes.Buffer
	address, stop := running(t, &server.Server{Config: withAdmin(), Handlers: server.SampleHandlers(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	d := &desk{t, address, adminCredentials}
	d.no(400, "MalformedPolicyDocument", "Syntax errors in policy.", "CreatePolicy", "PolicyName=p", "PolicyDocument="+strings.Replace(readNotes, "Allow", "allow", 1))
	stop() // what is logged is complete now
	if want := `policy:1:48: Syntax errors in policy. Effect must be \"Allow\" or \"Deny\", in this case`; !strings.Contains(log.String(), want) {
		t.Errorf("%s\nwant %s", log.String(), want)
	}
}

// TestA26_AtOnce: on the node that made it a change decides the next request: policies, boundaries, keys, roles made again.
func TestA26_AtOnce(t *testing.T) {
	d := freshDesk(t)
	d.do("CreateRole", "RoleName=r", "AssumeRolePolicyDocument="+trustRoot)
	d.do("CreateUser", "UserName=bob")
	bob := d.key("bob")
	session := d.session("r")
	policyARN := element(d.do("CreatePolicy", "PolicyName=notes", "PolicyDocument="+readNotes), "Arn")
	step := func(creds sigv4.Credentials, want int, action string, pairs ...string) {
		t.Helper()
		d.do(action, pairs...)
		if got := d.gate(creds); got != want {
			t.Errorf("after %s: %d, want %d", action, got, want)
		}
	}
	if got := d.gate(session); got != 403 {
		t.Fatalf("without a policy: %d", got)
	}
	step(session, 200, "PutRolePolicy", "RoleName=r", "PolicyName=p", "PolicyDocument="+readNotes)
	step(session, 403, "DeleteRolePolicy", "RoleName=r", "PolicyName=p")
	step(session, 200, "AttachRolePolicy", "RoleName=r", "PolicyArn="+policyARN)
	step(session, 403, "PutRolePermissionsBoundary", "RoleName=r", "PermissionsBoundary=arn:aws:iam::aws:policy/IAMReadOnlyAccess")
	step(session, 200, "DeleteRolePermissionsBoundary", "RoleName=r")
	step(session, 403, "CreatePolicyVersion", "PolicyArn="+policyARN, "SetAsDefault=true", "PolicyDocument="+strings.Replace(readNotes, "Allow", "Deny", 1))
	step(session, 200, "SetDefaultPolicyVersion", "PolicyArn="+policyARN, "VersionId=v1")
	step(session, 403, "DetachRolePolicy", "RoleName=r", "PolicyArn="+policyARN)
	step(bob, 200, "AttachUserPolicy", "UserName=bob", "PolicyArn=arn:aws:iam::aws:policy/AmazonAPIGatewayInvokeFullAccess")
	step(bob, 403, "UpdateAccessKey", "UserName=bob", "AccessKeyId="+bob.AccessKeyID, "Status=Inactive")
	step(bob, 200, "UpdateAccessKey", "UserName=bob", "AccessKeyId="+bob.AccessKeyID, "Status=Active")
	step(bob, 403, "DeleteAccessKey", "UserName=bob", "AccessKeyId="+bob.AccessKeyID)

	d.do("AttachRolePolicy", "RoleName=r", "PolicyArn="+policyARN)
	d.do("DetachRolePolicy", "RoleName=r", "PolicyArn="+policyARN)
	d.do("DeleteRole", "RoleName=r")
	d.do("CreateRole", "RoleName=r", "AssumeRolePolicyDocument="+trustRoot)
	step(session, 403, "AttachRolePolicy", "RoleName=r", "PolicyArn="+policyARN) // another role of the name
}

// TestRevocation: AWSRevokeOlderSessions is a policy like any other, put by PutRolePolicy: it ends the sessions before it, and
// those after it live; and it outlives a restart that applies the configuration again.
func TestRevocation(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "gate.db")
	config := func() *server.Config {
		c := withAdmin()
		trust := server.Document(trustRoot)
		c.Roles = append(c.Roles[:0:0], c.Roles...)
		c.Roles = append(c.Roles, server.Role{Name: "r", Trust: &trust, Policies: map[string]server.Document{"notes": readNotes}})
		return c
	}
	s := &server.Server{DSN: dsn, Config: config(), Handlers: server.SampleHandlers()}
	d := &desk{t, "", adminCredentials}
	var stop func()
	d.address, stop = running(t, s)
	old := d.session("r")
	now := time.Now()
	if got := d.gate(old); got != 200 {
		t.Fatalf("before: %d", got)
	}
	// The policy names a time that the next session is after: the tests do not wait for it.
	revoke := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":{"aws:TokenIssueTime":%q}}}]}`,
		wire.ISOTime(now.Add(time.Minute)))
	d.do("PutRolePolicy", "RoleName=r", "PolicyName=AWSRevokeOlderSessions", "PolicyDocument="+revoke)
	if got := d.gate(old); got != 403 {
		t.Errorf("after: %d", got)
	}
	d.do("PutRolePolicy", "RoleName=r", "PolicyName=notes", "PolicyDocument="+strings.Replace(readNotes, "Allow", "Deny", 1))
	stop()
	later := &server.Server{DSN: dsn, Config: config(), Handlers: server.SampleHandlers(), Now: func() time.Time { return time.Now().Add(2 * time.Minute) }}
	d.address, stop = running(t, later)
	defer stop()
	if got := d.gate(old); got != 403 {
		t.Errorf("the revocation did not outlive the restart: %d", got)
	}
	if got := d.gate(d.session("r")); got != 200 {
		t.Errorf("a session after the revocation, with the declared policy again: %d", got)
	}
}

// running serves until stopped.
func running(t *testing.T, s *server.Server) (address string, stop func()) {
	t.Helper()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(s)
	return front.URL, func() {
		front.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestDeclared: what the configuration declares it declares again at every start, and takes away what it does not declare any
// more; what IAM calls added stays.
func TestDeclared(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "gate.db")
	trust := server.Document(trustRoot)
	start := func(change func(r *server.Role, c *server.Config), then func(d *desk)) {
		t.Helper()
		c := withAdmin()
		r := server.Role{Name: "r", Trust: &trust, Policies: map[string]server.Document{"a": readNotes, "b": readNotes}, Attached: []string{"own", "arn:aws:iam::aws:policy/AdministratorAccess"}}
		c.ManagedPolicies = map[string]server.Document{"own": readNotes}
		change(&r, c)
		c.Roles = append(c.Roles[:len(c.Roles):len(c.Roles)], r)
		address, stop := running(t, &server.Server{DSN: dsn, Config: c, Handlers: server.SampleHandlers()})
		defer stop()
		then(&desk{t, address, adminCredentials})
	}
	has := func(d *desk, action, want string) {
		t.Helper()
		if body := d.do(action, "RoleName=r"); strings.ReplaceAll(between(body, "<member>", "</member>"), iamAccount, "") != want {
			t.Errorf("%s: %s\nwant %s", action, body, want)
		}
	}
	const admin = "<PolicyName>AdministratorAccess</PolicyName><PolicyArn>arn:aws:iam::aws:policy/AdministratorAccess</PolicyArn>"
	start(func(*server.Role, *server.Config) {}, func(d *desk) {
		has(d, "ListRolePolicies", "a b")
		has(d, "ListAttachedRolePolicies", admin+" <PolicyName>own</PolicyName><PolicyArn>policy/own</PolicyArn>")
		d.do("PutRolePolicy", "RoleName=r", "PolicyName=added", "PolicyDocument="+readNotes)
		d.do("DeleteRolePolicy", "RoleName=r", "PolicyName=a")
		d.do("AttachRolePolicy", "RoleName=r", "PolicyArn=arn:aws:iam::aws:policy/IAMReadOnlyAccess")
		d.do("TagRole", "RoleName=r", "Tags.member.1.Key=Team", "Tags.member.1.Value=x", "Tags.member.2.Key=b", "Tags.member.2.Value=c")
	})
	start(func(r *server.Role, c *server.Config) {
		delete(r.Policies, "b")
		r.Attached, r.Tags, r.Boundary, r.MaxSessionSeconds = []string{"own"}, map[string]string{"team": "y"}, "own", 7200
		c.ManagedPolicies["own"] = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
	}, func(d *desk) {
		has(d, "ListRolePolicies", "a added")
		has(d, "ListAttachedRolePolicies", "<PolicyName>IAMReadOnlyAccess</PolicyName><PolicyArn>arn:aws:iam::aws:policy/IAMReadOnlyAccess</PolicyArn> <PolicyName>own</PolicyName><PolicyArn>policy/own</PolicyArn>")
		has(d, "ListRoleTags", "<Key>b</Key><Value>c</Value> <Key>team</Key><Value>y</Value>")
		body := d.do("GetRole", "RoleName=r")
		if element(body, "MaxSessionDuration") != "7200" || element(body, "PermissionsBoundaryArn") != iamAccount+"policy/own" {
			t.Errorf("GetRole: %s", body)
		}
		if body := d.do("GetPolicy", "PolicyArn="+iamAccount+"policy/own"); element(body, "DefaultVersionId") != "v2" {
			t.Errorf("GetPolicy: %s", body)
		}
		d.do("CreateRole", "RoleName=other", "Path=/x/", "AssumeRolePolicyDocument="+trustRoot)
		d.do("CreatePolicy", "PolicyName=Elsewhere", "Path=/x/", "PolicyDocument="+readNotes)
		d.do("TagRole", "RoleName=r", "Tags.member.1.Key=a", "Tags.member.1.Value=named as a policy")
	})
	start(func(r *server.Role, _ *server.Config) { delete(r.Policies, "b") }, func(d *desk) {
		has(d, "ListRoleTags", "<Key>a</Key><Value>named as a policy</Value> <Key>b</Key><Value>c</Value>")
		if body := d.do("GetRole", "RoleName=r"); strings.Contains(body, "PermissionsBoundary") {
			t.Errorf("a boundary that is declared no more: %s", body)
		}
		d.do("PutRolePermissionsBoundary", "RoleName=r", "PermissionsBoundary="+iamAccount+"policy/own")
	})
	start(func(*server.Role, *server.Config) {}, func(d *desk) {
		if body := d.do("GetRole", "RoleName=r"); element(body, "PermissionsBoundaryArn") != iamAccount+"policy/own" {
			t.Errorf("a boundary that IAM put: %s", body)
		}
	})
	c := withAdmin()
	c.Roles = append(c.Roles, server.Role{Name: "Other", Trust: &trust})
	if err := (&server.Server{DSN: dsn, Config: c}).Start(t.Context()); err == nil || !strings.Contains(err.Error(), iamAccount+"role/x/other is there") {
		t.Errorf("M09: a declared role in the place of another: %v", err)
	}
	c = withAdmin()
	c.ManagedPolicies = map[string]server.Document{"elsewhere": readNotes}
	if err := (&server.Server{DSN: dsn, Config: c}).Start(t.Context()); err == nil || !strings.Contains(err.Error(), "another policy of the name is there") {
		t.Errorf("M09: a declared policy in the place of another: %v", err)
	}
}

// TestDeclaredKeys: an administrator's key that the configuration names no longer is good for nothing, and neither is that of
// an administrator who is taken out; keys that IAM made stay.
func TestDeclaredKeys(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "gate.db")
	const nextID = "AKIASERVERADMIN00002"
	start := func(admins []server.Admin, then func(d *desk)) {
		t.Helper()
		c := withAdmin()
		c.Admins = append(c.Admins, admins...)
		address, stop := running(t, &server.Server{DSN: dsn, Config: c, Handlers: server.SampleHandlers()})
		defer stop()
		then(&desk{t, address, adminCredentials})
	}
	works := func(d *desk, c sigv4.Credentials, want bool) {
		t.Helper()
		d.as = c
		if status, body := d.post("sts", "Action=GetCallerIdentity&Version=2011-06-15"); (status == 200) != want {
			t.Errorf("%s: %d %s", c.AccessKeyID, status, body)
		}
		d.as = adminCredentials
	}
	second := func(id string) []server.Admin {
		return []server.Admin{{Name: "second", AccessKeyID: id, Secret: adminKey}}
	}
	first := sigv4.Credentials{AccessKeyID: clerkID, SecretAccessKey: adminKey}
	next := sigv4.Credentials{AccessKeyID: nextID, SecretAccessKey: adminKey}
	var made sigv4.Credentials
	start(second(clerkID), func(d *desk) {
		made = d.key("second")
		works(d, first, true)
	})
	start(second(nextID), func(d *desk) {
		works(d, first, false)
		works(d, next, true)
		works(d, made, true)
	})
	for range 2 {
		start(nil, func(d *desk) {
			works(d, next, false)
			works(d, made, true)
		})
	}
}

// between lists what stands between two texts, again and again.
func between(body, from, to string) string {
	var all []string
	for {
		_, rest, found := strings.Cut(body, from)
		if !found {
			return strings.Join(all, " ")
		}
		var one string
		one, body, _ = strings.Cut(rest, to)
		all = append(all, one)
	}
}

// TestM09: what a configuration declares passes the rules of the API, or nothing of it is applied.
func TestM09(t *testing.T) {
	trust := server.Document(trustRoot)
	for name, c := range map[string]struct {
		change func(c *server.Config)
		says   string
	}{
		"one role twice": {func(c *server.Config) { c.Roles = append(c.Roles, server.Role{Name: "NOTESUSER", Trust: &trust}) }, "declared twice"},
		"one user twice": {func(c *server.Config) {
			c.Admins = append(c.Admins, server.Admin{Name: "Root", AccessKeyID: clerkID, Secret: adminKey})
		}, "declared twice"},
		"one key twice": {func(c *server.Config) {
			c.Admins = append(c.Admins, server.Admin{Name: "eve", AccessKeyID: adminID, Secret: adminKey})
		}, "declared twice"},
		"no such policy":    {func(c *server.Config) { c.Roles[0].Attached = []string{"nothing"} }, "managed_policies"},
		"policy never made": {func(c *server.Config) { c.Roles[0].Attached = []string{iamAccount + "policy/none"} }, "policy/none"},
		"no such boundary":  {func(c *server.Config) { c.Admins[0].Boundary = "arn:aws:iam::aws:policy/Nothing" }, "not found"},
		"trust of another":  {func(c *server.Config) { d := server.Document(readNotes); c.Roles[0].Trust = &d }, "Principal"},
		"trust for storage": {func(c *server.Config) {
			d := server.Document(strings.Replace(trustRoot, "sts:", "s3:", 1))
			c.Roles[0].Trust = &d
		}, "STS AssumeRole actions"},
		"too much of policies": {func(c *server.Config) {
			c.Roles[0].Policies = map[string]server.Document{"p": server.Document(strings.Replace(readNotes, "notes/prod", strings.Repeat("a", 10300), 1))}
		}, "10240"},
		"a managed policy": {func(c *server.Config) { c.ManagedPolicies = map[string]server.Document{"p": trustRoot} }, "managed_policies.p"},
		"a reserved tag":   {func(c *server.Config) { c.Roles[0].Tags = map[string]string{"aws:x": "y"} }, "aws:"},
		"a short session":  {func(c *server.Config) { c.Roles[0].MaxSessionSeconds = 60 }, "3600"},
	} {
		config := withAdmin()
		c.change(config)
		err := (&server.Server{Config: config, Handlers: server.SampleHandlers()}).Start(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// TestIAMCallers: IAM is for those whose policies allow it, signed for it, and nobody else.
func TestIAMCallers(t *testing.T) {
	d := freshDesk(t)
	d.do("CreateUser", "UserName=clerk")
	clerk := *d
	clerk.as = d.key("clerk")
	clerk.no(403, "AccessDenied", "User: "+iamAccount+"user/clerk is not authorized to perform: iam:CreateAccessKey on resource: "+iamAccount+"user/root because no identity-based policy allows the iam:CreateAccessKey action", "CreateAccessKey", "UserName=root")
	d.do("PutUserPolicy", "UserName=clerk", "PolicyName=own", "PolicyDocument="+
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*AccessKey*","Resource":"`+iamAccount+`user/${aws:username}"}}`)
	clerk.do("CreateAccessKey")
	d.do("GetPolicyVersion", "PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess", "VersionId=v1") // of no account at all
	clerk.do("ListAccessKeys", "UserName=CLERK")
	clerk.no(403, "AccessDenied", "", "CreateAccessKey", "UserName=root")
	clerk.no(403, "AccessDenied", "", "DeleteUser", "UserName=clerk")
	for name, c := range map[string]struct {
		service string
		as      sigv4.Credentials
		code    string
	}{
		"signed for another service": {"sts", adminCredentials, "SignatureDoesNotMatch"},
		"a wrong secret":             {"iam", sigv4.Credentials{AccessKeyID: adminID, SecretAccessKey: "x"}, "SignatureDoesNotMatch"},
		"a key of nobody":            {"iam", sigv4.Credentials{AccessKeyID: "AKIANOBODY0000000000", SecretAccessKey: "x"}, "InvalidClientTokenId"},
	} {
		other := desk{t, d.address, c.as}
		if status, body := other.post(c.service, form("ListUsers")); status != http.StatusForbidden || element(body, "Code") != c.code {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if status, body := query(t, d.address, sigv4.Credentials{}, form("ListUsers")); status != http.StatusForbidden || element(body, "Code") != "MissingAuthenticationToken" {
		t.Errorf("unsigned: %d %s", status, body)
	}
}

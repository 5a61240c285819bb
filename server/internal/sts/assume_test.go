package sts_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/sts"
	"github.com/gatepass/gatepass/server/store"
)

const (
	account    = "111122223333"
	readerARN  = "arn:aws:iam::" + account + ":role/reader"
	writerARN  = "arn:aws:iam::" + account + ":role/writer"
	api        = "arn:aws:execute-api:us-east-1:" + account + ":api123/prod/"
	invokeGET  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"` + api + `GET/*"}}`
	onlyAssume = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}`
)

// trusting is a trust policy that names principals (JSON) and lets them do the actions (JSON).
func trusting(principal, actions string, condition ...string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":%s,"Action":%s%s}}`, principal, actions, strings.Join(condition, ""))
}

func aws(arn string) string { return `{"AWS":"` + arn + `"}` }

const (
	both = `["sts:AssumeRole","sts:TagSession"]`
	root = `{"AWS":"arn:aws:iam::` + account + `:root"}`
)

// office has roles that may be assumed: reader, by the account, and writer, by reader.
func office(t testing.TB) *sts.Service {
	t.Helper()
	s := newService(t)
	putRole(t, s, store.Role{Name: "reader", Trust: trusting(root, both), Policies: map[string]string{"all": allowAll}, MaxSessionSeconds: 7200})
	putRole(t, s, store.Role{Name: "writer", Trust: trusting(aws(readerARN), both), Policies: map[string]string{"all": allowAll}, MaxSessionSeconds: 43200})
	return s
}

func putRole(t testing.TB, s *sts.Service, r store.Role) {
	t.Helper()
	r.ARN = "arn:aws:iam::" + account + ":role/" + r.Name
	r.ID = "AROA" + strings.ToUpper(fmt.Sprintf("%-17s", r.Name))
	r.ID = strings.ReplaceAll(r.ID, " ", "A")
	update(t, s, func(tx *store.Tx) error { return tx.PutRole(r) })
}

// admin is the owner of the long-term key.
func admin(t testing.TB, s *sts.Service) sts.Caller {
	t.Helper()
	return callerOf(t, s, longTerm, "")
}

func callerOf(t testing.TB, s *sts.Service, id, token string) sts.Caller {
	t.Helper()
	_, p, policies, err := s.Resolve(t.Context(), id, token, s.Now())
	if err != nil {
		t.Fatal(err)
	}
	return sts.Caller{Principal: p, Policies: policies, AccessKeyID: id, SessionToken: token, Context: policy.NewContext()}
}

// do runs an operation; pairs are parameters and their values.
func do[Out any](t testing.TB, s *sts.Service, c sts.Caller, action string, pairs ...string) (Out, error) {
	t.Helper()
	form := url.Values{"Action": {action}, "Version": {sts.Version}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	var out Out
	_, op, err := s.Op(form)
	if err != nil {
		t.Fatal(err)
	}
	got, err := op.Run(context.WithoutCancel(t.Context()), c, form)
	if err == nil {
		out = got.(Out)
	}
	return out, err
}

func assume(t testing.TB, s *sts.Service, c sts.Caller, arn string, pairs ...string) (wire.AssumeRoleResult, error) {
	t.Helper()
	return do[wire.AssumeRoleResult](t, s, c, "AssumeRole", append([]string{"RoleArn", arn, "RoleSessionName", "desk"}, pairs...)...)
}

// assumed is assume that must succeed, as the caller that comes of it.
func assumed(t testing.TB, s *sts.Service, c sts.Caller, arn string, pairs ...string) sts.Caller {
	t.Helper()
	out, err := assume(t, s, c, arn, pairs...)
	if err != nil {
		t.Fatal(err)
	}
	return callerOf(t, s, out.Credentials.AccessKeyId, out.Credentials.SessionToken)
}

func may(c sts.Caller, action, resource string) bool {
	return c.Policies.Evaluate(policy.Request{Principal: c.Principal, Action: action, Resource: resource, Time: start, Context: c.Context}).Allowed
}

func wantError(t *testing.T, what string, err error, status int, code, message string) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) {
		t.Errorf("%s: %v, want %s", what, err, code)
		return
	}
	got := e.Status
	if got == 0 {
		got = 400
	}
	if got != status || e.Code != code || message != "" && e.Message != message {
		t.Errorf("%s: %d %v\nwant %d %s: %s", what, got, err, status, code, message)
	}
}

func TestAssumeRole(t *testing.T) {
	s := office(t)
	out, err := assume(t, s, admin(t, s), readerARN)
	if err != nil {
		t.Fatal(err)
	}
	want := wire.AssumedRoleUser{AssumedRoleId: "AROAREADERAAAAAAAAAAA:desk", Arn: "arn:aws:sts::" + account + ":assumed-role/reader/desk"}
	if out.AssumedRoleUser != want || out.PackedPolicySize != 0 || out.Credentials.Expiration != "2026-11-24T13:00:00Z" {
		t.Errorf("%+v %s", out.AssumedRoleUser, out.Credentials.Expiration)
	}
	c := callerOf(t, s, out.Credentials.AccessKeyId, out.Credentials.SessionToken)
	p := c.Principal
	if p.Type != "AssumedRole" || p.RoleARN != readerARN || p.ARN != want.Arn || p.UserID != want.AssumedRoleId || p.FederatedProvider != "" || !p.TokenIssueTime.Equal(start) {
		t.Errorf("%+v", p)
	}
	if !may(c, "execute-api:Invoke", api+"POST/x") {
		t.Error("the session may not what its role may")
	}
}

// TestAssumeRoleTrust: who may have a role is the word of its trust policy and, where that names the account only, of the
// caller's own policies too.
func TestAssumeRoleTrust(t *testing.T) {
	const (
		nothing = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`
		deny    = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sts:*","Resource":"*"}}`
	)
	needsID := `,"Condition":{"StringEquals":{"sts:ExternalId":"blue"}}`
	for name, c := range map[string]struct {
		trust, own string
		params     []string
		want       string // the action that is denied; empty: allowed
	}{
		"account and own":             {trusting(root, both), onlyAssume, nil, ""},
		"account alone":               {trusting(root, both), nothing, nil, "sts:AssumeRole"},
		"own alone":                   {trusting(aws(writerARN), both), allowAll, nil, "sts:AssumeRole"},
		"the user by name":            {trusting(aws(userARN), both), nothing, nil, ""},
		"by name, own Deny":           {trusting(aws(userARN), both), deny, nil, "sts:AssumeRole"},
		"account, own Deny":           {trusting(root, both), deny, nil, "sts:AssumeRole"},
		"another account":             {trusting(`{"AWS":"arn:aws:iam::999999999999:root"}`, both), allowAll, nil, "sts:AssumeRole"},
		"external id":                 {trusting(root, both, needsID), allowAll, []string{"ExternalId", "blue"}, ""},
		"no external id":              {trusting(root, both, needsID), allowAll, nil, "sts:AssumeRole"},
		"another external id":         {trusting(root, both, needsID), allowAll, []string{"ExternalId", "Blue"}, "sts:AssumeRole"},
		"web identities only":         {trusting(root, `"sts:AssumeRoleWithWebIdentity"`), allowAll, nil, "sts:AssumeRole"},
		"tags, not trusted with tags": {trusting(root, `"sts:AssumeRole"`), allowAll, []string{"Tags.member.1.Key", "a", "Tags.member.1.Value", "b"}, "sts:TagSession"},
		"tags, own policies silent":   {trusting(root, both), onlyAssume, []string{"Tags.member.1.Key", "a", "Tags.member.1.Value", "b"}, "sts:TagSession"},
		"a tag by condition": {
			trusting(root, both, `,"Condition":{"StringEquals":{"aws:RequestTag/team":"red"},"ForAllValues:StringEquals":{"aws:TagKeys":["Team"]}}`), allowAll,
			[]string{"Tags.member.1.Key", "Team", "Tags.member.1.Value", "red"},
			"",
		},
		"session name by condition": {trusting(root, both, `,"Condition":{"StringEquals":{"sts:RoleSessionName":"boss"}}`), allowAll, nil, "sts:AssumeRole"},
	} {
		s := newService(t)
		putRole(t, s, store.Role{Name: "reader", Trust: c.trust})
		update(t, s, func(tx *store.Tx) error {
			return tx.PutIAMUser(store.IAMUser{Name: "admin", ARN: userARN, ID: "AIDAEXAMPLE0000000000", Policies: map[string]string{"own": c.own}})
		})
		_, err := assume(t, s, admin(t, s), readerARN, c.params...)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		wantError(t, name, err, 403, "AccessDenied", "User: "+userARN+" is not authorized to perform: "+c.want+" on resource: "+readerARN)
	}
}

// TestH07_Accounts: a role is its whole ARN, and what does not exist looks like what is not allowed.
func TestH07_Accounts(t *testing.T) {
	s := office(t)
	for _, arn := range []string{
		"arn:aws:iam::999999999999:role/reader", "arn:aws:iam::" + account + ":role/app/reader", "arn:aws:iam::" + account + ":role/gone",
		"arn:aws-cn:iam::" + account + ":role/reader", "arn:aws:iam::" + account + ":role/*", "arn:aws:iam::" + account + ":role/READER",
	} {
		_, err := assume(t, s, admin(t, s), arn)
		wantError(t, arn, err, 403, "AccessDenied", "User: "+userARN+" is not authorized to perform: sts:AssumeRole on resource: "+arn)
	}
	for _, arn := range []string{"arn:aws:iam::" + account + ":user/reader", "arn:aws:sts::" + account + ":assumed-role/reader/x", "reader-reader-reader-reader", "arn:aws:iam::" + account + ":role/"} {
		_, err := assume(t, s, admin(t, s), arn)
		wantError(t, arn, err, 400, "ValidationError", arn+" is invalid")
	}
	if _, err := policy.Parse([]byte(trusting(`{"AWS":"arn:aws:iam::*:role/reader"}`, both)), policy.Trust); err == nil {
		t.Error("a wildcard in the principal of a trust policy is read")
	}
}

// TestH02_Durations: 900 seconds to the role's maximum, an hour in a chain.
func TestH02_Durations(t *testing.T) {
	s := office(t)
	for seconds, want := range map[string]string{
		"900": "", "7200": "",
		"899":   "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
		"43201": "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
		"7201":  "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
		"-900":  "1 validation error detected: Value '-900' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
		"NaN":   "1 validation error detected: Value 'NaN' at 'durationSeconds' failed to satisfy constraint: Member must be a whole number",
		"1e3":   "1 validation error detected: Value '1e3' at 'durationSeconds' failed to satisfy constraint: Member must be a whole number",
		"0900":  "1 validation error detected: Value '0900' at 'durationSeconds' failed to satisfy constraint: Member must be a whole number",
		"":      "1 validation error detected: Value '' at 'durationSeconds' failed to satisfy constraint: Member must be a whole number",
	} {
		out, err := assume(t, s, admin(t, s), readerARN, "DurationSeconds", seconds)
		if want != "" {
			wantError(t, seconds, err, 400, "ValidationError", want)
			continue
		}
		n, _ := time.ParseDuration(seconds + "s")
		if got := out.Credentials.Expiration; err != nil || got != start.Add(n).UTC().Format(time.RFC3339) {
			t.Errorf("%s: %s %v", seconds, got, err)
		}
	}
	reader := assumed(t, s, admin(t, s), readerARN)
	if _, err := assume(t, s, reader, writerARN, "DurationSeconds", "3600"); err != nil {
		t.Error(err)
	}
	_, err := assume(t, s, reader, writerARN, "DurationSeconds", "3601")
	wantError(t, "chained", err, 400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	long, err := assume(t, s, assumed(t, s, admin(t, s), readerARN), writerARN)
	if err != nil || long.Credentials.Expiration != "2026-11-24T13:00:00Z" {
		t.Errorf("chained, without a duration: %s %v", long.Credentials.Expiration, err)
	}
	// A role that says nothing has an hour.
	putRole(t, s, store.Role{Name: "plain", Trust: trusting(root, both)})
	_, err = assume(t, s, admin(t, s), "arn:aws:iam::"+account+":role/plain", "DurationSeconds", "3601")
	wantError(t, "the default maximum", err, 400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
}

// TestH05_SessionNames: a name stands in ARNs, so it has no wildcards and nothing that would end a field.
func TestH05_SessionNames(t *testing.T) {
	s := office(t)
	as := func(name string) error {
		_, err := do[wire.AssumeRoleResult](t, s, admin(t, s), "AssumeRole", "RoleArn", readerARN, "RoleSessionName", name)
		return err
	}
	for _, name := range []string{"ab", "a_b=c,d.e@f-g+H9", strings.Repeat("x", 64)} {
		if err := as(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	const pattern = `' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`
	for _, name := range []string{"Session1:2", "a&b<c>", "a*b", "ab\n", "a b", "a/b", "ä€", "ab\x00"} {
		wantError(t, name, as(name), 400, "ValidationError", "1 validation error detected: Value '"+name+pattern)
	}
	wantError(t, "one character", as("x"), 400, "ValidationError", "1 validation error detected: Value 'x' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2")
	wantError(t, "65", as(strings.Repeat("x", 65)), 400, "ValidationError", "")
	wantError(t, "empty", as(""), 400, "ValidationError", "")
	_, err := do[wire.AssumeRoleResult](t, s, admin(t, s), "AssumeRole")
	wantError(t, "nothing", err, 400, "ValidationError", "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; "+
		"Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null")
}

// TestH03_SessionPolicies: a session policy only takes away, and the empty text is not the same as none.
func TestH03_SessionPolicies(t *testing.T) {
	s := office(t)
	putRole(t, s, store.Role{Name: "reader", Trust: trusting(root, both), Policies: map[string]string{"get": invokeGET}})
	narrow := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"` + api + `GET/notes"}}`
	for name, c := range map[string]struct {
		policy           string
		notes, all, post bool
	}{
		"none":           {"", true, true, false},
		"narrower":       {narrow, true, false, false},
		"wider":          {allowAll, true, true, false},
		"of elsewhere":   {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, false, false, false},
		"deny":           {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"execute-api:*","Resource":"` + api + `GET/notes"}]}`, false, true, false},
		"nothing is Nil": {`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}`, false, false, false},
	} {
		var params []string
		if c.policy != "" {
			params = []string{"Policy", c.policy}
		}
		got := assumed(t, s, admin(t, s), readerARN, params...)
		if may(got, "execute-api:Invoke", api+"GET/notes") != c.notes || may(got, "execute-api:Invoke", api+"GET/other") != c.all || may(got, "execute-api:Invoke", api+"POST/notes") != c.post {
			t.Errorf("%s: the session may something else", name)
		}
	}
	for name, c := range map[string]struct{ policy, code, message string }{
		"empty":      {"", "ValidationError", "1 validation error detected: Value '' at 'policy' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		"{}":         {"{}", "MalformedPolicyDocument", ""},
		"no list":    {`{"Version":"2012-10-17","Statement":[]}`, "MalformedPolicyDocument", ""},
		"no JSON":    {"x", "MalformedPolicyDocument", "Syntax errors in policy."},
		"a blank":    {" ", "MalformedPolicyDocument", "Syntax errors in policy."},
		"twice":      {`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}`, "MalformedPolicyDocument", ""},
		"principal":  {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`, "MalformedPolicyDocument", "Policy document should not specify a principal."},
		"2049 chars": {invokeGET + strings.Repeat(" ", 2049-len(invokeGET)), "ValidationError", ""},
	} {
		_, err := assume(t, s, admin(t, s), readerARN, "Policy", c.policy)
		wantError(t, name, err, 400, c.code, c.message)
	}
	if _, err := assume(t, s, admin(t, s), readerARN, "Policy", invokeGET+strings.Repeat(" ", 2048-len(invokeGET))); err != nil {
		t.Errorf("2048 characters: %v", err)
	}
}

// TestH04_Children: credentials made with limited credentials are not the way round the limit.
func TestH04_Children(t *testing.T) {
	s := office(t)
	limited := assumed(t, s, admin(t, s), readerARN, "Policy", invokeGET)
	denied := "User: " + limited.Principal.ARN + " is not authorized to perform: sts:AssumeRole on resource: "
	_, err := assume(t, s, limited, writerARN) // whose trust policy names the reader
	wantError(t, "another role", err, 403, "AccessDenied", denied+writerARN)
	_, err = assume(t, s, limited, readerARN)
	wantError(t, "the same role", err, 403, "AccessDenied", denied+readerARN)
	_, err = do[wire.GetSessionTokenResult](t, s, limited, "GetSessionToken")
	wantError(t, "a session", err, 403, "AccessDenied", "Cannot call GetSessionToken with session credentials")
	if _, err := assume(t, s, assumed(t, s, admin(t, s), readerARN, "Policy", onlyAssume), writerARN); err != nil {
		t.Errorf("allowed by the session policy: %v", err)
	}
	for _, action := range []string{"iam:CreateAccessKey", "iam:PutRolePolicy", "sts:AssumeRole", "cognito-identity:SetIdentityPoolRoles"} {
		if may(limited, action, "*") {
			t.Errorf("the limited session may %s", action)
		}
	}
	// A session of a user limited by nothing is not wider than the user either.
	user := userSession(t, s)
	_, err = do[wire.GetSessionTokenResult](t, s, user, "GetSessionToken")
	wantError(t, "a session of a session", err, 403, "AccessDenied", "Cannot call GetSessionToken with session credentials")
	guest := guestOf(t, s)
	if _, err := assume(t, s, guest, writerARN); err == nil {
		t.Error("a guest has a role of another")
	}
}

func userSession(t testing.TB, s *sts.Service) sts.Caller {
	t.Helper()
	out, err := do[wire.GetSessionTokenResult](t, s, admin(t, s), "GetSessionToken")
	if err != nil {
		t.Fatal(err)
	}
	return callerOf(t, s, out.Credentials.AccessKeyId, out.Credentials.SessionToken)
}

// guestOf is a guest whose role may everything.
func guestOf(t testing.TB, s *sts.Service) sts.Caller {
	t.Helper()
	p := session()
	p.AMR, p.CognitoProvider = []string{"unauthenticated"}, ""
	made, err := s.Issue(t.Context(), sts.Spec{Principal: p, Duration: time.Hour, Guest: true})
	if err != nil {
		t.Fatal(err)
	}
	return callerOf(t, s, made.AccessKeyID, made.SessionToken)
}

// TestGuests: whatever their role allows, guests may use some services only (4.8).
func TestGuests(t *testing.T) {
	guest := guestOf(t, newService(t))
	for action, want := range map[string]bool{
		"execute-api:Invoke": true, "execute-api:ManageConnections": true, "cognito-identity:GetId": true, "cognito-idp:GetUser": true, "s3:GetObject": true,
		"sts:AssumeRole": false, "iam:CreateUser": false, "iam:PassRole": false, "ec2:RunInstances": false, "apigateway:POST": false, "gatepass:ListMessages": false,
		"sts:DecodeAuthorizationMessage": false, "rum:PutRumEvents": true, "rum:DeleteAppMonitor": false,
	} {
		if may(guest, action, "*") != want {
			t.Errorf("%s: allowed is %t", action, !want)
		}
	}
}

func TestGetSessionToken(t *testing.T) {
	s := office(t)
	out, err := do[wire.GetSessionTokenResult](t, s, admin(t, s), "GetSessionToken")
	if err != nil || out.Credentials.Expiration != "2026-11-25T00:00:00Z" {
		t.Fatal(out.Credentials.Expiration, err)
	}
	c := userSession(t, s)
	p := c.Principal
	if p.Type != "User" || p.ARN != userARN || p.UserID != "AIDAEXAMPLE0000000000" || p.Username != "admin" || !p.TokenIssueTime.Equal(start) {
		t.Errorf("%+v", p)
	}
	if !may(c, "iam:CreateUser", "*") {
		t.Error("the session may not what the user may")
	}
	if _, err := assume(t, s, c, readerARN, "DurationSeconds", "7200"); err != nil {
		t.Errorf("no chain: %v", err)
	}
	for seconds, ok := range map[string]bool{"900": true, "129600": true, "899": false, "129601": false} {
		_, err := do[wire.GetSessionTokenResult](t, s, admin(t, s), "GetSessionToken", "DurationSeconds", seconds)
		if (err == nil) != ok {
			t.Errorf("%s: %v", seconds, err)
		}
	}
	_, err = do[wire.GetSessionTokenResult](t, s, admin(t, s), "GetSessionToken", "SerialNumber", "arn:aws:iam::111122223333:mfa/x", "TokenCode", "123456")
	wantError(t, "MFA", err, 400, "ValidationError", "")
	// A user who was made again under the old name is another.
	update(t, s, func(tx *store.Tx) error {
		return tx.PutIAMUser(store.IAMUser{Name: "admin", ARN: userARN, ID: "AIDASECOND00000000000", Policies: map[string]string{"all": allowAll}})
	})
	fresh := &sts.Service{Store: s.Store, Ring: s.Ring, Rand: rand.Reader, Now: s.Now}
	if _, _, _, err := fresh.Resolve(t.Context(), c.AccessKeyID, c.SessionToken, start); err == nil {
		t.Error("a session of the user who was deleted is good for his successor")
	}
}

func TestGetAccessKeyInfo(t *testing.T) {
	s := office(t)
	for _, id := range []string{longTerm, userSession(t, s).AccessKeyID} {
		out, err := do[wire.GetAccessKeyInfoResult](t, s, admin(t, s), "GetAccessKeyInfo", "AccessKeyId", id)
		if err != nil || out.Account != account {
			t.Errorf("%s: %+v %v", id, out, err)
		}
	}
	for _, id := range []string{"AKIAUNKNOWN000000000", "short", "akia0000000000000000", ""} {
		_, err := do[wire.GetAccessKeyInfoResult](t, s, admin(t, s), "GetAccessKeyInfo", "AccessKeyId", id)
		wantError(t, id, err, 400, "ValidationError", "")
	}
}

func TestManagedSessionPolicies(t *testing.T) {
	s := office(t)
	managed := store.ManagedPolicy{
		Name: "get", ARN: "arn:aws:iam::" + account + ":policy/get", ID: "ANPAGET00000000000000",
		Versions: []store.PolicyVersion{{ID: "v1", Document: invokeGET}}, Default: "v1",
	}
	update(t, s, func(tx *store.Tx) error { return tx.PutPolicy(managed) })
	out, err := assume(t, s, admin(t, s), readerARN, "PolicyArns.member.1.arn", managed.ARN)
	if err != nil || out.PackedPolicySize < 1 {
		t.Fatal(out.PackedPolicySize, err)
	}
	c := callerOf(t, s, out.Credentials.AccessKeyId, out.Credentials.SessionToken)
	if !may(c, "execute-api:Invoke", api+"GET/x") || may(c, "execute-api:Invoke", api+"POST/x") {
		t.Error("the session may something else than its policy")
	}
	// The inline policy and the managed ones together say what the session may.
	post := strings.Replace(invokeGET, "GET/*", "POST/*", 1)
	c = assumed(t, s, admin(t, s), readerARN, "PolicyArns.member.1.arn", managed.ARN, "Policy", post)
	if !may(c, "execute-api:Invoke", api+"GET/x") || !may(c, "execute-api:Invoke", api+"POST/x") || may(c, "execute-api:Invoke", api+"PUT/x") {
		t.Error("two session policies are not their union")
	}
	if _, err = assume(t, s, admin(t, s), readerARN, "PolicyArns.member.1.arn", managed.ARN+"s"); err == nil {
		t.Error("a policy that does not exist")
	}
	update(t, s, func(tx *store.Tx) error { return tx.DeletePolicy("get") })
	fresh := &sts.Service{Store: s.Store, Ring: s.Ring, Rand: rand.Reader, Now: s.Now}
	c = callerOf(t, fresh, out.Credentials.AccessKeyId, out.Credentials.SessionToken)
	if may(c, "execute-api:Invoke", api+"GET/x") {
		t.Error("without its policy the session may everything")
	}
}

// TestSessionTags: tags of the session over those of the role; transitive ones go on and cannot be changed (4.7).
func TestSessionTags(t *testing.T) {
	s := office(t)
	putRole(t, s, store.Role{Name: "reader", Trust: trusting(root, both), Policies: map[string]string{"all": allowAll}, Tags: map[string]string{"team": "none", "site": "hq"}})
	tags := []string{"Tags.member.1.Key", "Team", "Tags.member.1.Value", "red", "Tags.member.2.Key", "cost", "Tags.member.2.Value", "", "TransitiveTagKeys.member.1", "team"}
	c := assumed(t, s, admin(t, s), readerARN, tags...)
	if got := c.Principal.Tags; len(got) != 3 || got["Team"] != "red" || got["cost"] != "" || got["site"] != "hq" {
		t.Errorf("%v", got)
	}
	next := assumed(t, s, c, writerARN, "Tags.member.1.Key", "cost", "Tags.member.1.Value", "7")
	if got := next.Principal.Tags; len(got) != 2 || got["Team"] != "red" || got["cost"] != "7" {
		t.Errorf("chained: %v", got)
	}
	_, err := assume(t, s, c, writerARN, "Tags.member.1.Key", "TEAM", "Tags.member.1.Value", "blue")
	wantError(t, "changed", err, 400, "InvalidParameterValue", "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
	// What is handed on is tagging too.
	putRole(t, s, store.Role{Name: "writer", Trust: trusting(aws(readerARN), `"sts:AssumeRole"`)})
	_, err = assume(t, s, c, writerARN)
	wantError(t, "inherited without sts:TagSession", err, 403, "AccessDenied", "User: "+c.Principal.ARN+" is not authorized to perform: sts:TagSession on resource: "+writerARN)

	for name, c := range map[string]struct {
		code, message string
		params        []string
	}{
		"duplicate":  {"InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.", []string{"Tags.member.1.Key", "a", "Tags.member.1.Value", "", "Tags.member.2.Key", "A", "Tags.member.2.Value", ""}},
		"transitive": {"InvalidParameterValue", "The specified transitive tag key must be included in the requested tags.", []string{"Tags.member.1.Key", "a", "Tags.member.1.Value", "", "TransitiveTagKeys.member.1", "b"}},
		"aws:":       {"InvalidParameterValue", "'aws:' prefixed tag key names are not allowed for external use.", []string{"Tags.member.1.Key", "AWS:x", "Tags.member.1.Value", ""}},
		"characters": {"ValidationError", "", []string{"Tags.member.1.Key", "a*", "Tags.member.1.Value", ""}},
		"wildcard":   {"ValidationError", "", []string{"Tags.member.1.Key", "a", "Tags.member.1.Value", "*"}},
		"no key":     {"ValidationError", "", []string{"Tags.member.1.Key", "", "Tags.member.1.Value", ""}},
		"no value":   {"ValidationError", "", []string{"Tags.member.1.Key", "a"}},
		"long key":   {"ValidationError", "", []string{"Tags.member.1.Key", strings.Repeat("k", 129), "Tags.member.1.Value", ""}},
		"long value": {"ValidationError", "", []string{"Tags.member.1.Key", "k", "Tags.member.1.Value", strings.Repeat("v", 257)}},
		"unknown":    {"ValidationError", "", []string{"ProvidedContexts.member.1.ContextAssertion", "ada"}},
	} {
		_, err := assume(t, s, admin(t, s), readerARN, c.params...)
		wantError(t, name, err, 400, c.code, c.message)
	}
}

// TestPacked: a session token stays small enough for a header, and says how much room is taken.
func TestPacked(t *testing.T) {
	s := office(t)
	of := func(tags, size int) (wire.AssumeRoleResult, error) {
		var params []string
		for i := range tags {
			n := fmt.Sprint(i + 1)
			params = append(params, "Tags.member."+n+".Key", "key"+n, "Tags.member."+n+".Value", strings.Repeat("v", size))
		}
		return assume(t, s, admin(t, s), readerARN, params...)
	}
	small, err := of(1, 10)
	if err != nil || small.PackedPolicySize != 1 {
		t.Errorf("%d%% %v", small.PackedPolicySize, err)
	}
	full, err := of(50, 70)
	if err != nil || full.PackedPolicySize < 90 || full.PackedPolicySize > 100 {
		t.Errorf("%d%% %v", full.PackedPolicySize, err)
	}
	if n := len(full.Credentials.SessionToken); n > 6500 {
		t.Errorf("a token of %d bytes", n)
	}
	_, err = of(50, 256)
	wantError(t, "too much", err, 400, "PackedPolicyTooLarge", "")
}

// TestH09_Everyone: revocation reaches sessions however they were made.
func TestH09_Everyone(t *testing.T) {
	s := office(t)
	limited := assumed(t, s, admin(t, s), readerARN, "Policy", invokeGET)
	chained := assumed(t, s, assumed(t, s, admin(t, s), readerARN), writerARN)
	guest := guestOf(t, s)
	for _, arn := range []string{readerARN, writerARN, roleARN} {
		r, err := s.Store.Role(t.Context(), arn)
		if err != nil {
			t.Fatal(err)
		}
		revoke(&r, start.Add(time.Second))
		update(t, s, func(tx *store.Tx) error { return tx.PutRole(r) })
	}
	later := &sts.Service{Store: s.Store, Ring: s.Ring, Rand: rand.Reader, Now: func() time.Time { return start.Add(2 * time.Second) }}
	for name, c := range map[string]sts.Caller{"limited": limited, "chained": chained, "guest": guest} {
		old := callerOf(t, later, c.AccessKeyID, c.SessionToken)
		if may(old, "execute-api:Invoke", api+"GET/x") || may(old, "sts:AssumeRole", writerARN) {
			t.Errorf("%s: a revoked session is allowed", name)
		}
		if _, err := assume(t, later, old, readerARN); err == nil {
			t.Errorf("%s: a revoked session makes another", name)
		}
	}
	if fresh := assumed(t, later, admin(t, later), readerARN); !may(fresh, "execute-api:Invoke", api+"GET/x") {
		t.Error("a session made after the revocation is denied")
	}
}

// TestDecodeAuthorizationMessage: what was sealed comes back, and nothing else is opened.
func TestDecodeAuthorizationMessage(t *testing.T) {
	s := office(t)
	c := assumed(t, s, admin(t, s), readerARN, "Policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"NoPost","Effect":"Deny","Action":"execute-api:*","Resource":"`+api+`POST/*"}]}`)
	facts := policy.NewContext()
	facts.Set("aws:SourceIp", "192.0.2.7")
	facts.Set("aws:UserAgent", strings.Repeat("x", 1000))
	req := policy.Request{Principal: c.Principal, Action: "execute-api:Invoke", Resource: api + "POST/x", Time: start, Context: facts}
	message := s.EncodeDenial(req, c.Policies.Evaluate(req), "")
	if len(message) > 1500 || strings.Contains(message, "POST") {
		t.Errorf("%d bytes: %s", len(message), message)
	}
	out, err := do[wire.DecodeAuthorizationMessageResult](t, s, admin(t, s), "DecodeAuthorizationMessage", "EncodedMessage", message)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"allowed":false,"explicitDeny":true,"matchedStatements":{"items":[{"statementId":"NoPost","effect":"Deny","policy":"","policyType":"session","statementNumber":1}]},` +
		`"failures":{"items":[]},"context":{"principal":{"id":"AROAREADERAAAAAAAAAAA:desk","arn":"arn:aws:sts::111122223333:assumed-role/reader/desk"},` +
		`"action":"execute-api:Invoke","resource":"` + api + `POST/x","conditions":{"items":[`
	if !strings.HasPrefix(out.DecodedMessage, want) || !strings.Contains(out.DecodedMessage, `{"key":"aws:sourceip","values":{"items":[{"value":"192.0.2.7"}]}}`) || strings.Contains(out.DecodedMessage, "xxx") {
		t.Errorf("%s\nwant %s", out.DecodedMessage, want)
	}
	first := "A"
	if message[:1] == first {
		first = "B"
	}
	for name, text := range map[string]string{"changed": first + message[1:], "no message": "x", "a session token": c.SessionToken} {
		_, err := do[wire.DecodeAuthorizationMessageResult](t, s, admin(t, s), "DecodeAuthorizationMessage", "EncodedMessage", text)
		wantError(t, name, err, 400, "InvalidAuthorizationMessageException", "")
	}
}

// G05: a trust policy that lets in every pool of a region, whichever that is, is no trust.
func TestG05AnyPool(t *testing.T) {
	s := office(t)
	const arn, pool = "arn:aws:iam::111122223333:role/loose", "eu-west-1:0fa1"
	s.VerifyToken = func(context.Context, string) (sts.WebIdentity, error) {
		return sts.WebIdentity{Subject: "eu-west-1:7b2c", Principal: policy.Principal{
			FederatedProvider: "cognito-identity.amazonaws.com", IdentityID: "eu-west-1:7b2c", IdentityPoolID: pool, AMR: []string{"unauthenticated"},
		}}, nil
	}
	for aud, ok := range map[string]bool{pool: true, "eu-west-1:*": false, "*": false} {
		trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity",` +
			`"Condition":{"StringLike":{"cognito-identity.amazonaws.com:aud":"` + aud + `"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"unauthenticated"}}}}`
		if err := s.Store.Update(t.Context(), func(tx *store.Tx) error {
			return tx.PutRole(store.Role{Name: "loose", ARN: arn, ID: "AROALOOSEAAAAAAAAAAAA", Trust: trust})
		}); err != nil {
			t.Fatal(err)
		}
		_, err := do[wire.AssumeRoleWithWebIdentityResult](t, s, sts.Caller{}, "AssumeRoleWithWebIdentity", "RoleArn", arn, "RoleSessionName", "desk", "WebIdentityToken", "token")
		if (err == nil) != ok {
			t.Errorf("%s: %v", aud, err)
		}
	}
}

// TestDenialFitsHeader: a refusal stays an answer that proxies pass on, whatever the caller asked for and whoever he is.
func TestDenialFitsHeader(t *testing.T) {
	s := office(t)
	c := admin(t, s)
	for i := range 50 {
		if c.Principal.Tags == nil {
			c.Principal.Tags = map[string]string{}
		}
		c.Principal.Tags[strings.Repeat("k", 120)+strconv.Itoa(i)] = strings.Repeat("v", 120)
	}
	for size, open := range map[int]bool{10: true, 1000: true, 5000: false, 1 << 20: false} {
		req := policy.Request{Principal: c.Principal, Action: "iam:GetRole", Resource: strings.Repeat("r", size), Time: start}
		message := s.EncodeDenial(req, policy.Policies{}.Evaluate(req), "")
		if len(message) > 4096 || (message != "") != open {
			t.Errorf("%d bytes of a name: %d of the message", size, len(message))
		}
	}
}

// TestSourceIdentity: who first assumed a role stays known along the chain, and trust policies must allow it to be said.
func TestSourceIdentity(t *testing.T) {
	s := office(t)
	setting := `["sts:AssumeRole","sts:SetSourceIdentity"]`
	_, err := assume(t, s, admin(t, s), readerARN, "SourceIdentity", "ada")
	wantError(t, "not allowed to say it", err, 403, "AccessDenied", "User: "+userARN+" is not authorized to perform: sts:SetSourceIdentity on resource: "+readerARN)
	putRole(t, s, store.Role{Name: "reader", Trust: trusting(root, setting, `,"Condition":{"StringLike":{"sts:SourceIdentity":"a*"}}`), Policies: map[string]string{"all": allowAll}})
	putRole(t, s, store.Role{Name: "writer", Trust: trusting(aws(readerARN), setting), Policies: map[string]string{
		"own": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"` + api + `GET/${aws:SourceIdentity}"}}`,
	}})
	_, err = assume(t, s, admin(t, s), readerARN, "SourceIdentity", "bob")
	wantError(t, "another", err, 403, "AccessDenied", "")
	c := assumed(t, s, admin(t, s), readerARN, "SourceIdentity", "ada")
	next := assumed(t, s, c, writerARN)
	if next.Principal.SourceIdentity != "ada" || !may(next, "execute-api:Invoke", api+"GET/ada") || may(next, "execute-api:Invoke", api+"GET/bob") {
		t.Errorf("%+v", next.Principal)
	}
	if same, err := assume(t, s, c, writerARN, "SourceIdentity", "ada"); err != nil || same.SourceIdentity != "ada" {
		t.Error(same.SourceIdentity, err)
	}
	_, err = assume(t, s, c, writerARN, "SourceIdentity", "amy")
	wantError(t, "changed", err, 403, "AccessDenied", "User: "+c.Principal.ARN+" is not authorized to perform: sts:SetSourceIdentity on resource: "+writerARN)
}

// TestH09_Users: a policy by aws:TokenIssueTime ends a user's sessions, and not his keys.
func TestH09_Users(t *testing.T) {
	s := office(t)
	old := userSession(t, s)
	revoke := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-11-24T12:00:01Z"}}}}`
	update(t, s, func(tx *store.Tx) error {
		return tx.PutIAMUser(store.IAMUser{Name: "admin", ARN: userARN, ID: "AIDAEXAMPLE0000000000", Policies: map[string]string{"all": allowAll, "AWSRevokeOlderSessions": revoke}})
	})
	later := &sts.Service{Store: s.Store, Ring: s.Ring, Rand: rand.Reader, Now: func() time.Time { return start.Add(2 * time.Second) }}
	if may(callerOf(t, later, old.AccessKeyID, old.SessionToken), "iam:GetUser", "*") {
		t.Error("the old session is allowed")
	}
	if !may(admin(t, later), "iam:GetUser", "*") || !may(userSession(t, later), "iam:GetUser", "*") {
		t.Error("the key or a new session is denied")
	}
}

// TestH11_Nodes: three nodes get a new root in two steps, one after the other, while each issues what the others must open.
func TestH11_Nodes(t *testing.T) {
	s := office(t)
	node := func(roots ...byte) *sts.Service {
		return &sts.Service{Store: s.Store, Ring: ring(t, roots...), Rand: rand.Reader, Now: s.Now}
	}
	var nodes [3]atomic.Pointer[sts.Service]
	for i := range nodes {
		nodes[i].Store(node(1))
	}
	// load runs until done is closed and has been through every pair of nodes once more since.
	load := func(work *sync.WaitGroup, done <-chan struct{}) {
		work.Go(func() {
			for last := false; !last; {
				select {
				case <-done:
					last = true
				default:
				}
				for pair := range 9 {
					from, to := nodes[pair/3].Load(), &nodes[pair%3]
					c, err := from.Issue(t.Context(), sts.Spec{Principal: session(), Duration: time.Hour})
					if err != nil {
						t.Error(err)
						return
					}
					if got, _, _, err := to.Load().Resolve(t.Context(), c.AccessKeyID, c.SessionToken, start); err != nil || got != c.SecretAccessKey {
						t.Errorf("a token of node %d at node %d: %v", pair/3, pair%3, err)
						return
					}
				}
			}
		})
	}
	for _, roots := range [][]byte{{1, 2}, {2, 1}} {
		for i := range nodes {
			var work sync.WaitGroup
			done := make(chan struct{})
			load(&work, done)
			load(&work, done)
			nodes[i].Store(node(roots...))
			close(done)
			work.Wait()
		}
	}
}

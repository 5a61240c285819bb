package iam_test

import (
	"crypto/rand"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/iam"
	"github.com/gatepass/gatepass/server/store"
)

const (
	account = "111122223333"
	arns    = "arn:aws:iam::" + account + ":"
	trust   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"}}`
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// statement is a policy of one statement.
func statement(effect, action, resource string, condition ...string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":%q,"Action":%q,"Resource":%q%s}}`, effect, action, resource, strings.Join(condition, ""))
}

type office struct {
	t      *testing.T
	s      *iam.Service
	caller policy.Principal
	writes atomic.Int64
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db, err := store.Open(t.Context(), "memory")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	o := &office{t: t, caller: policy.Principal{Type: "User", ARN: arns + "user/root", Account: account, Username: "root"}}
	var made atomic.Int64
	o.s = &iam.Service{
		Store: db, AccountID: account, Now: func() time.Time { return noon }, Rand: rand.Reader,
		NewID: func(_ io.Reader, prefix string) (string, error) {
			return fmt.Sprintf("%s%016d", prefix, made.Add(1)), nil
		},
		SealSecret:      func(id, secret string) ([]byte, error) { return []byte(id + secret), nil },
		OIDCProviderARN: func(account, issuer string) string { return "arn:aws:iam::" + account + ":oidc-provider/" + issuer },
		Changed:         func() { o.writes.Add(1) },
	}
	return o
}

// values makes the parameters of pairs "Name=value".
func values(action string, pairs []string) url.Values {
	v := url.Values{"Action": {action}, "Version": {iam.Version}}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		v.Set(name, value)
	}
	return v
}

func (o *office) try(action string, pairs ...string) (string, error) {
	o.t.Helper()
	form := values(action, pairs)
	_, op, err := o.s.Op(form)
	if err != nil {
		return "", err
	}
	out, err := o.s.Run(o.t.Context(), op, o.caller, form)
	if err != nil {
		return "", err
	}
	text, err := xml.Marshal(out)
	if err != nil {
		o.t.Fatal(err)
	}
	return string(text), nil
}

func (o *office) do(action string, pairs ...string) string {
	o.t.Helper()
	text, err := o.try(action, pairs...)
	if err != nil {
		o.t.Fatalf("%s: %v", action, err)
	}
	return text
}

// no must be refused with a code and a text.
func (o *office) no(code, text, action string, pairs ...string) {
	o.t.Helper()
	_, err := o.try(action, pairs...)
	var e *wire.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Message, text) {
		o.t.Errorf("%s %v: %v, want %s %s", action, pairs, err, code, text)
	}
}

func element(body, name string) string {
	_, rest, _ := strings.Cut(body, "<"+name+">")
	value, _, _ := strings.Cut(rest, "</"+name+">")
	return value
}

// may asks policies about an operation as the server does.
func (o *office) may(doc, action string, pairs ...string) bool {
	o.t.Helper()
	p, err := policy.Parse([]byte(doc), policy.Identity)
	if err != nil {
		o.t.Fatal(err)
	}
	form := values(action, pairs)
	_, op, err := o.s.Op(form)
	if err != nil {
		o.t.Fatal(err)
	}
	q, err := o.s.Ask(o.t.Context(), op, o.caller, form)
	if err != nil {
		o.t.Fatal(err)
	}
	return policy.Evaluate(policy.Request{Principal: o.caller, Action: "iam:" + action, Resource: q.Resource, Context: q.Facts}, p).Allowed
}

// TestDelegation: an administrator whose own policies name paths, boundaries and tags is held to them (IAM User Guide,
// "Delegating responsibility to others using permissions boundaries").
func TestDelegation(t *testing.T) {
	o := newOffice(t)
	boundary := element(o.do("CreatePolicy", "PolicyName=Limits", "PolicyDocument="+statement("Allow", "execute-api:*", "*")), "Arn")
	o.do("CreateRole", "RoleName=bounded", "Path=/app/", "AssumeRolePolicyDocument="+trust, "PermissionsBoundary="+boundary, "Tags.member.1.Key=team", "Tags.member.1.Value=a")
	o.do("CreateRole", "RoleName=free", "AssumeRolePolicyDocument="+trust)
	o.do("CreateUser", "UserName=bob", "Path=/app/")
	bounded := statement("Allow", "iam:*", "*", `,"Condition":{"StringEquals":{"iam:PermissionsBoundary":"`+boundary+`"}}`)
	inApp := statement("Allow", "iam:*", arns+"*/app/*")
	oneTeam := statement("Allow", "iam:*", "*", `,"Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}`)
	onePolicy := statement("Allow", "iam:*", "*", `,"Condition":{"ArnEquals":{"iam:PolicyARN":"`+boundary+`"}}`)
	newTag := statement("Allow", "iam:*", "*", `,"Condition":{"StringEquals":{"aws:RequestTag/team":"a"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}`)
	doc, put := "AssumeRolePolicyDocument="+trust, []string{"PolicyName=p", "PolicyDocument=x"}
	for name, c := range map[string]struct {
		doc, action string
		pairs       []string
		want        bool
	}{
		"create without boundary":      {bounded, "CreateRole", []string{"RoleName=new", doc}, false},
		"create with it":               {bounded, "CreateRole", []string{"RoleName=new", doc, "PermissionsBoundary=" + boundary}, true},
		"create with another":          {bounded, "CreateRole", []string{"RoleName=new", doc, "PermissionsBoundary=" + boundary + "x"}, false},
		"put on one who has it":        {bounded, "PutRolePolicy", append(put, "RoleName=bounded"), true},
		"put on one who has none":      {bounded, "PutRolePolicy", append(put, "RoleName=free"), false},
		"change the boundary":          {bounded, "PutRolePermissionsBoundary", []string{"RoleName=bounded", "PermissionsBoundary=arn:aws:iam::aws:policy/AdministratorAccess"}, false},
		"a path":                       {inApp, "CreateRole", []string{"RoleName=new", "Path=/app/", doc}, true},
		"another path":                 {inApp, "CreateRole", []string{"RoleName=new", "Path=/", doc}, false},
		"a path that is none":          {inApp, "CreateRole", []string{"RoleName=new", "Path=/app/*", doc}, false},
		"where the role is":            {inApp, "DeleteRole", []string{"RoleName=BOUNDED"}, true},
		"where the user is":            {inApp, "CreateAccessKey", []string{"UserName=bob"}, true},
		"where another is":             {inApp, "DeleteRole", []string{"RoleName=free"}, false},
		"list a path":                  {inApp, "ListRoles", []string{"PathPrefix=/app/"}, true},
		"list all":                     {inApp, "ListRoles", nil, false},
		"a tag of the role":            {oneTeam, "DeleteRole", []string{"RoleName=bounded"}, true},
		"no tag":                       {oneTeam, "DeleteRole", []string{"RoleName=free"}, false},
		"attach the policy":            {onePolicy, "AttachRolePolicy", []string{"RoleName=free", "PolicyArn=" + boundary}, true},
		"attach another":               {onePolicy, "AttachRolePolicy", []string{"RoleName=free", "PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess"}, false},
		"a tag of the request":         {newTag, "TagRole", []string{"RoleName=free", "Tags.member.1.Key=team", "Tags.member.1.Value=a"}, true},
		"two tags":                     {newTag, "TagRole", []string{"RoleName=free", "Tags.member.1.Key=team", "Tags.member.1.Value=a", "Tags.member.2.Key=x", "Tags.member.2.Value=y"}, false},
		"me":                           {statement("Allow", "iam:CreateAccessKey", arns+"user/root"), "CreateAccessKey", nil, true},
		"not me":                       {statement("Allow", "iam:CreateAccessKey", arns+"user/root"), "CreateAccessKey", []string{"UserName=bob"}, false},
		"a policy by ARN":              {statement("Allow", "iam:*", boundary), "CreatePolicyVersion", []string{"PolicyArn=" + boundary}, true},
		"simulate one":                 {statement("Allow", "iam:*", arns+"role/free"), "SimulatePrincipalPolicy", []string{"PolicySourceArn=" + arns + "role/free"}, true},
		"simulate another":             {statement("Allow", "iam:*", arns+"role/free"), "SimulatePrincipalPolicy", []string{"PolicySourceArn=" + arns + "role/app/bounded"}, false},
		"a provider":                   {statement("Allow", "iam:*", arns+"oidc-provider/a"), "CreateOpenIDConnectProvider", []string{"Url=a"}, true},
		"another provider":             {statement("Allow", "iam:*", arns+"oidc-provider/a"), "DeleteOpenIDConnectProvider", []string{"OpenIDConnectProviderArn=" + arns + "oidc-provider/b"}, false},
		"I17 a form without a subject": {statement("Allow", "iam:*", arns+"role/x"), "DeleteRole", nil, false},
	} {
		if got := o.may(c.doc, c.action, c.pairs...); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestI17_EveryOperation: every operation asks about something, also of an empty form.
func TestI17_EveryOperation(t *testing.T) {
	o := newOffice(t)
	for _, action := range strings.Fields(`CreateRole GetRole ListRoles DeleteRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy
		PutRolePolicy GetRolePolicy ListRolePolicies DeleteRolePolicy AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies
		PutRolePermissionsBoundary DeleteRolePermissionsBoundary TagRole UntagRole ListRoleTags ListInstanceProfilesForRole
		CreatePolicy GetPolicy ListPolicies DeletePolicy CreatePolicyVersion GetPolicyVersion ListPolicyVersions SetDefaultPolicyVersion
		DeletePolicyVersion TagPolicy UntagPolicy ListPolicyTags TagOpenIDConnectProvider UntagOpenIDConnectProvider
		ListOpenIDConnectProviderTags ListEntitiesForPolicy CreateUser GetUser ListUsers DeleteUser TagUser UntagUser ListUserTags ListGroupsForUser
		PutUserPolicy GetUserPolicy ListUserPolicies DeleteUserPolicy AttachUserPolicy DetachUserPolicy ListAttachedUserPolicies
		PutUserPermissionsBoundary DeleteUserPermissionsBoundary CreateAccessKey ListAccessKeys UpdateAccessKey DeleteAccessKey
		CreateOpenIDConnectProvider GetOpenIDConnectProvider ListOpenIDConnectProviders DeleteOpenIDConnectProvider
		AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint
		SimulateCustomPolicy SimulatePrincipalPolicy GetContextKeysForCustomPolicy GetContextKeysForPrincipalPolicy`) {
		form := values(action, nil)
		_, op, err := o.s.Op(form)
		if err != nil {
			t.Errorf("%s: %v", action, err)
			continue
		}
		if q, err := o.s.Ask(t.Context(), op, o.caller, form); err != nil || q.Resource == "" {
			t.Errorf("%s asks about %q, %v", action, q.Resource, err)
		}
		o.no2(action, values(action, []string{"Bogus=1"}), op)
	}
	if _, _, err := o.s.Op(url.Values{"Action": {"CreateGroup"}}); wire.AsError(err).Code != "InvalidAction" {
		t.Errorf("what is not built: %v", err)
	}
	o.caller = policy.Principal{Type: "AssumedRole", ARN: "arn:aws:sts::" + account + ":assumed-role/r/s"}
	o.no("ValidationError", "Must specify userName when calling with non-User credentials", "GetUser")
}

// no2: an operation refuses a parameter it does not know, or what is wrong before that; it never passes it over.
func (o *office) no2(action string, form url.Values, op iam.Operation) {
	o.t.Helper()
	if out, err := o.s.Run(o.t.Context(), op, o.caller, form); err == nil {
		o.t.Errorf("%s with an unknown parameter: %v", action, out)
	}
}

// TestKeys: a user has two keys, which are shown once, and are his alone.
func TestKeys(t *testing.T) {
	o := newOffice(t)
	o.do("CreateUser", "UserName=root")
	o.do("CreateUser", "UserName=eve")
	body := o.do("CreateAccessKey")
	id, secret := element(body, "AccessKeyId"), element(body, "SecretAccessKey")
	if len(secret) != 40 || element(body, "Status") != "Active" || element(body, "UserName") != "root" {
		t.Errorf("%s", body)
	}
	o.do("CreateAccessKey", "UserName=ROOT")
	o.no("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", "CreateAccessKey")
	if body := o.do("ListAccessKeys"); strings.Count(body, "<member>") != 2 || strings.Contains(body, secret) || strings.Contains(body, "SecretAccessKey") {
		t.Errorf("%s", body)
	}
	o.no("NoSuchEntity", "The Access Key with id "+id+" cannot be found.", "DeleteAccessKey", "UserName=eve", "AccessKeyId="+id)
	o.no("ValidationError", "enum value set", "UpdateAccessKey", "AccessKeyId="+id, "Status=Expired")
	o.no("ValidationError", "must not be null", "UpdateAccessKey", "AccessKeyId="+id)
	o.no("DeleteConflict", "Cannot delete entity, must delete access keys first.", "DeleteUser", "UserName=root")
	o.do("DeleteAccessKey", "AccessKeyId="+id)
}

// TestPolicies: what keeps a managed policy from being changed or deleted.
func TestPolicies(t *testing.T) {
	o := newOffice(t)
	doc := "PolicyDocument=" + statement("Allow", "execute-api:Invoke", "*")
	arn := element(o.do("CreatePolicy", "PolicyName=p", "Path=/team/", doc), "Arn")
	at := "PolicyArn=" + arn
	o.no("EntityAlreadyExists", "A policy called P already exists. Duplicate names are not allowed.", "CreatePolicy", "PolicyName=P", doc)
	for range 4 {
		o.do("CreatePolicyVersion", at, doc)
	}
	o.no("LimitExceeded", "A managed policy can have up to 5 versions.", "CreatePolicyVersion", at, doc)
	o.no("DeleteConflict", "This policy has more than one version.", "DeletePolicy", at)
	o.no("DeleteConflict", "Cannot delete the default version of a policy.", "DeletePolicyVersion", at, "VersionId=v1")
	o.no("NoSuchEntity", "Policy "+arn+" version v9 does not exist or is not attachable.", "GetPolicyVersion", at, "VersionId=v9")
	o.no("NoSuchEntity", "version v9", "SetDefaultPolicyVersion", at, "VersionId=v9")
	o.do("SetDefaultPolicyVersion", at, "VersionId=v3")
	for _, v := range []string{"v1", "v2", "v4", "v5"} {
		o.do("DeletePolicyVersion", at, "VersionId="+v)
	}
	if body := o.do("CreatePolicyVersion", at, doc); element(body, "VersionId") != "v6" {
		t.Errorf("a version's number is used again: %s", body)
	}
	o.do("DeletePolicyVersion", at, "VersionId=v6")
	o.do("CreateRole", "RoleName=r", "AssumeRolePolicyDocument="+trust)
	o.do("PutRolePermissionsBoundary", "RoleName=r", "PermissionsBoundary="+arn)
	o.no("DeleteConflict", "Cannot delete a policy used as a permissions boundary.", "DeletePolicy", at)
	o.do("AttachRolePolicy", "RoleName=r", at)
	o.do("AttachRolePolicy", "RoleName=r", at) // again is no error
	o.no("DeleteConflict", "Cannot delete a policy attached to entities.", "DeletePolicy", at)
	if body := o.do("GetPolicy", at); element(body, "AttachmentCount") != "1" || element(body, "PermissionsBoundaryUsageCount") != "1" {
		t.Errorf("%s", body)
	}
	if body := o.do("ListPolicies", "OnlyAttached=true"); strings.Count(body, "<member>") != 1 || element(body, "AttachmentCount") != "1" {
		t.Errorf("%s", body)
	}
	if body := o.do("ListEntitiesForPolicy", at, "EntityFilter=User"); strings.Contains(body, "RoleName") {
		t.Errorf("%s", body)
	}
	o.no("DeleteConflict", "Cannot delete entity, must detach all policies first.", "DeleteRole", "RoleName=r")
	o.do("DetachRolePolicy", "RoleName=r", at)
	o.no("NoSuchEntity", "Policy "+arn+" was not found.", "DetachRolePolicy", "RoleName=r", at)
	o.do("DeleteRole", "RoleName=r") // its boundary goes with it
	o.do("DeletePolicy", at)
	o.no("NoSuchEntity", "Policy "+arn+" was not found.", "GetPolicy", at)
	o.no("NoSuchEntity", "was not found", "DeletePolicy", "PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess")
	o.no("NoSuchEntity", "does not exist or is not attachable.", "AttachUserPolicy", "UserName=u", at)
	o.do("CreateUser", "UserName=u")
	for i := range 10 {
		o.do("AttachUserPolicy", "UserName=u", "PolicyArn="+element(o.do("CreatePolicy", fmt.Sprintf("PolicyName=q%d", i), doc), "Arn"))
	}
	o.no("LimitExceeded", "Cannot exceed quota for PoliciesPerUser: 10", "AttachUserPolicy", "UserName=u", "PolicyArn=arn:aws:iam::aws:policy/IAMReadOnlyAccess")
	if o.writes.Load() == 0 {
		t.Error("nobody was told of the changes")
	}
}

// TestAWSPolicies: AWS's policies are documents that the parser reads, each with what its name says.
func TestAWSPolicies(t *testing.T) {
	o := newOffice(t)
	body := o.do("ListPolicies", "Scope=AWS")
	if body := o.do("ListPolicies", "Scope=AWS", "PathPrefix=/service-role/"); !strings.Contains(body, "<PolicyName>AWSLambdaRole</PolicyName>") || strings.Contains(body, "Administrator") {
		t.Errorf("%s", body)
	}
	n := strings.Count(body, "<PolicyName>")
	for rest := body; strings.Contains(rest, "<Arn>"); _, rest, _ = strings.Cut(rest, "</Arn>") {
		doc, err := iam.Document(t.Context(), o.s.Store, element(rest, "Arn"))
		if err == nil {
			_, err = policy.Parse([]byte(doc), policy.Identity)
		}
		if err == nil {
			err = iam.CheckManaged(doc)
		}
		if err != nil {
			t.Errorf("%s: %v", element(rest, "Arn"), err)
		}
		n--
	}
	if n != 0 {
		t.Errorf("%d policies were not looked at", n)
	}
	if _, err := iam.Document(t.Context(), o.s.Store, "arn:aws:iam::aws:policy/Nothing"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such policy: %v", err)
	}
}

// TestDeclaredBefore: what IAM adds to a record of schema 1, all of which a configuration file declared, is not declared.
func TestDeclaredBefore(t *testing.T) {
	o := newOffice(t)
	doc := statement("Allow", "execute-api:Invoke", "*")
	old := store.Role{Name: "r", ARN: arns + "role/r", Policies: map[string]string{"a": doc}}
	if err := o.s.Store.Update(t.Context(), func(tx *store.Tx) error { return tx.PutRole(old) }); err != nil {
		t.Fatal(err)
	}
	o.do("PutRolePolicy", "RoleName=r", "PolicyName=b", "PolicyDocument="+doc)
	r, err := o.s.Store.Role(t.Context(), old.ARN)
	if err != nil || len(r.Policies) != 2 || !slices.Equal(r.Declared, []string{"a"}) {
		t.Errorf("%+v, %v", r, err)
	}
}

package iam_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

const notes = "arn:aws:execute-api:us-east-1:" + account + ":api/prod/GET/notes"

// pieces lists what all elements of a name hold.
func pieces(body, name string) (all []string) {
	for {
		_, rest, found := strings.Cut(body, "<"+name+">")
		if !found {
			return all
		}
		var one string
		one, body, _ = strings.Cut(rest, "</"+name+">")
		all = append(all, one)
	}
}

// TestSimulateCustom: the simulator decides as the kernel does, over all kinds of policies (4.5).
func TestSimulateCustom(t *testing.T) {
	o := newOffice(t)
	allow, deny := statement("Allow", "execute-api:Invoke", "*"), statement("Deny", "execute-api:Invoke", "*")
	other := statement("Allow", "s3:*", "*")
	named := func(effect, principal string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Principal":` + principal + `,"Action":"execute-api:Invoke","Resource":"*"}]}`
	}
	caller := "CallerArn=" + arns + "user/bob"
	for name, c := range map[string]struct {
		pairs []string
		want  string
		types string
	}{
		"Allow":                        {[]string{"PolicyInputList.member.1=" + allow}, "allowed", "none"},
		"nothing":                      {[]string{"PolicyInputList.member.1=" + other}, "implicitDeny", ""},
		"Deny":                         {[]string{"PolicyInputList.member.1=" + allow, "PolicyInputList.member.2=" + deny}, "explicitDeny", "none"},
		"inside the boundary":          {[]string{"PolicyInputList.member.1=" + allow, "PermissionsBoundaryPolicyInputList.member.1=" + allow}, "allowed", "none none"},
		"outside the boundary":         {[]string{"PolicyInputList.member.1=" + allow, "PermissionsBoundaryPolicyInputList.member.1=" + other}, "implicitDeny", "none"},
		"A silent/Allow":               {[]string{"PolicyInputList.member.1=" + other, "ResourcePolicy=" + named("Allow", `"*"`), caller}, "allowed", "resource"},
		"A Allow/Deny":                 {[]string{"PolicyInputList.member.1=" + allow, "ResourcePolicy=" + named("Deny", `"*"`), caller}, "explicitDeny", "resource"},
		"B silent/Allow":               {[]string{"PolicyInputList.member.1=" + other, "ResourcePolicy=" + named("Allow", `"*"`), caller, "ResourceOwner=arn:aws:iam::999999999999:root"}, "implicitDeny", "resource"},
		"B Allow/Allow":                {[]string{"PolicyInputList.member.1=" + allow, "ResourcePolicy=" + named("Allow", `"*"`), caller, "ResourceOwner=999999999999"}, "allowed", "resource none"},
		"a bucket":                     {[]string{"PolicyInputList.member.1=" + other, "ResourcePolicy=" + named("Allow", `"*"`), caller, "ResourceArns.member.2=arn:aws:s3:::bucket"}, "allowed", "resource resource"},
		"a user past his boundary":     {[]string{"PolicyInputList.member.1=" + other, "PermissionsBoundaryPolicyInputList.member.1=" + other, "ResourcePolicy=" + named("Allow", `{"AWS":"`+arns+`user/bob"}`), caller}, "allowed", "resource"},
		"a role not past his boundary": {[]string{"PolicyInputList.member.1=" + other, "PermissionsBoundaryPolicyInputList.member.1=" + other, "ResourcePolicy=" + named("Allow", `{"AWS":"`+arns+`role/bob"}`), "CallerArn=" + arns + "role/bob"}, "implicitDeny", "resource"},
	} {
		body := o.do("SimulateCustomPolicy", append(c.pairs, "ActionNames.member.1=execute-api:invoke", "ResourceArns.member.1="+notes)...)
		types := pieces(body, "SourcePolicyType")
		if element(body, "EvalDecision") != c.want || element(body, "EvalResourceName") != notes || strings.Join(types, " ") != c.types {
			t.Errorf("%s: %s", name, body)
		}
	}
	if body := o.do("SimulateCustomPolicy", "PolicyInputList.member.1="+statement("Allow", "iam:*", "*"), caller, "ActionNames.member.1=iam:GetPolicy",
		"ResourceArns.member.1=arn:aws:iam::aws:policy/AdministratorAccess"); element(body, "EvalDecision") != "allowed" {
		t.Errorf("a policy of AWS: %s", body)
	}
	o.no("InvalidInput", "CallerArn is required", "SimulateCustomPolicy", "PolicyInputList.member.1="+allow, "ResourcePolicy="+named("Allow", `"*"`), "ActionNames.member.1=a:b")
	o.no("ValidationError", "policyInputList", "SimulateCustomPolicy", "ActionNames.member.1=a:b")
	o.no("ValidationError", "actionNames", "SimulateCustomPolicy", "PolicyInputList.member.1="+allow)
	o.no("MalformedPolicyDocument", "Syntax errors in policy.", "SimulateCustomPolicy", "PolicyInputList.member.1={}", "ActionNames.member.1=a:b")
}

// TestSimulatePositions: statements are found where they stand, also in a document of several lines and with signs of several
// bytes.
func TestSimulatePositions(t *testing.T) {
	o := newOffice(t)
	doc := "{\"Version\": \"2012-10-17\",\n \"Id\": \"é\", \"Statement\": [\n  {\"Effect\": \"Allow\", \"Action\": \"s3:Get\", \"Resource\": \"*\"}, {\n  \"Sid\": \"two\", \"Effect\": \"Allow\",\n  \"Action\": \"execute-api:*\", \"Resource\": \"*\"\n }]}"
	body := o.do("SimulateCustomPolicy", "PolicyInputList.member.1="+statement("Allow", "s3:*", "*"), "PolicyInputList.member.2="+doc, "ActionNames.member.1=execute-api:Invoke")
	at := slices.Concat(pieces(body, "SourcePolicyId"), pieces(body, "Line"), pieces(body, "Column"))
	if got := strings.Join(at, " "); got != "PolicyInputList.2 3 6 61 3" {
		t.Errorf("%s in %s", got, body)
	}
}

// TestSimulatePrincipal: a role's own policies count, inline, attached and as its boundary, with its tags.
func TestSimulatePrincipal(t *testing.T) {
	o := newOffice(t)
	source := "PolicySourceArn=" + arns + "role/app/r"
	ask := []string{source, "ActionNames.member.1=execute-api:Invoke", "ResourceArns.member.1=" + notes}
	o.do("CreateRole", "RoleName=r", "Path=/app/", "AssumeRolePolicyDocument="+trust, "Tags.member.1.Key=team", "Tags.member.1.Value=a")
	o.do("PutRolePolicy", "RoleName=r", "PolicyName=AdministratorAccess", "PolicyDocument="+statement("Allow", "execute-api:Invoke", "*",
		`,"Condition":{"StringEquals":{"aws:PrincipalTag/team":"a","aws:SourceVpc":"vpc-1"},"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`))
	body := o.do("SimulatePrincipalPolicy", ask...)
	if element(body, "EvalDecision") != "implicitDeny" || element(body, "MissingContextValues") != "<member>aws:SourceIp</member><member>aws:SourceVpc</member>" {
		t.Errorf("without facts: %s", body)
	}
	facts := []string{
		"ContextEntries.member.1.ContextKeyName=aws:sourceip", "ContextEntries.member.1.ContextKeyType=ip", "ContextEntries.member.1.ContextKeyValues.member.1=192.0.2.7",
		"ContextEntries.member.2.ContextKeyName=aws:SourceVpc", "ContextEntries.member.2.ContextKeyType=string", "ContextEntries.member.2.ContextKeyValues.member.1=vpc-1",
	}
	body = o.do("SimulatePrincipalPolicy", append(ask, facts...)...)
	if element(body, "EvalDecision") != "allowed" || element(body, "SourcePolicyType") != "role" || element(body, "MissingContextValues") != "" {
		t.Errorf("with facts: %s", body)
	}
	o.do("AttachRolePolicy", "RoleName=r", "PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess")
	body = o.do("SimulatePrincipalPolicy", ask...)
	if element(body, "EvalDecision") != "allowed" || element(body, "SourcePolicyId") != "AdministratorAccess" || element(body, "SourcePolicyType") != "aws-managed" {
		t.Errorf("attached: %s", body)
	}
	o.do("PutRolePermissionsBoundary", "RoleName=r", "PermissionsBoundary=arn:aws:iam::aws:policy/IAMReadOnlyAccess")
	body = o.do("SimulatePrincipalPolicy", ask...)
	if element(body, "EvalDecision") != "implicitDeny" || element(body, "AllowedByPermissionsBoundary") != "false" {
		t.Errorf("outside the boundary: %s", body)
	}
	body = o.do("SimulatePrincipalPolicy", append(ask, "PermissionsBoundaryPolicyInputList.member.1="+statement("Allow", "*", "*"))...)
	if element(body, "EvalDecision") != "allowed" || element(body, "AllowedByPermissionsBoundary") != "true" {
		t.Errorf("with another boundary: %s", body)
	}
	if body := o.do("GetContextKeysForPrincipalPolicy", source); element(body, "ContextKeyNames") != "<member>aws:PrincipalTag/team</member><member>aws:SourceIp</member><member>aws:SourceVpc</member>" {
		t.Errorf("%s", body)
	}
	pages := append(ask, "ActionNames.member.2=s3:GetObject", "ActionNames.member.3=iam:GetRole", "MaxItems=2")
	body = o.do("SimulatePrincipalPolicy", pages...)
	rest := o.do("SimulatePrincipalPolicy", append(pages, "Marker="+element(body, "Marker"))...)
	if got := slices.Concat(pieces(body, "EvalActionName"), pieces(rest, "EvalActionName")); strings.Join(got, " ") != "execute-api:Invoke s3:GetObject iam:GetRole" || element(rest, "IsTruncated") != "false" {
		t.Errorf("pages: %v", got)
	}
	o.no("NoSuchEntity", "", "SimulatePrincipalPolicy", "PolicySourceArn="+arns+"role/r", "ActionNames.member.1=a:b")
	o.no("InvalidInput", "does not clearly define entity type and name", "SimulatePrincipalPolicy", "PolicySourceArn="+arns+"root", "ActionNames.member.1=a:b")
}

// TestSimulateBounded: one call answers a hundred questions at most, and leads on to the rest.
func TestSimulateBounded(t *testing.T) {
	o := newOffice(t)
	pairs := []string{"PolicyInputList.member.1=" + statement("Allow", "a:*", "*"), "MaxItems=1000"}
	for i := range 30 {
		pairs = append(pairs, fmt.Sprintf("ActionNames.member.%d=a:b%d", i+1, i), fmt.Sprintf("ResourceArns.member.%d=arn:aws:s3:::r%d", i+1, i))
	}
	seen := map[string]bool{}
	for marker, pages := "", 0; ; pages++ {
		body := o.do("SimulateCustomPolicy", append(pairs, "Marker="+marker)...)
		actions, resources := pieces(body, "EvalActionName"), pieces(body, "EvalResourceName")
		if len(actions) > 100 || pages > 9 {
			t.Fatalf("%d answers on page %d", len(actions), pages)
		}
		for i := range actions {
			seen[actions[i]+" "+resources[i]] = true
		}
		if marker = element(body, "Marker"); marker == "" {
			break
		}
	}
	if len(seen) != 900 {
		t.Errorf("%d questions were answered", len(seen))
	}
}

// TestI16_Simulate: a policy that cannot be read makes the answer unavailable, not a denial that somebody relies on.
func TestI16_Simulate(t *testing.T) {
	o := newOffice(t)
	role := store.Role{Name: "r", ARN: arns + "role/r", Attached: []string{arns + "policy/gone"}}
	if err := o.s.Store.Update(t.Context(), func(tx *store.Tx) error { return tx.PutRole(role) }); err != nil {
		t.Fatal(err)
	}
	if _, err := o.try("SimulatePrincipalPolicy", "PolicySourceArn="+role.ARN, "ActionNames.member.1=a:b"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

// FuzzForm: no form makes an operation panic, and what is refused is refused as an error of the API.
func FuzzForm(f *testing.F) {
	f.Add("CreateRole", "RoleName=a&Tags.member.1.Key=k&Tags.member.1.Value=v&AssumeRolePolicyDocument="+url.QueryEscape(trust))
	f.Add("SimulateCustomPolicy", "ActionNames.member.1=a:b&PolicyInputList.member.1="+url.QueryEscape(statement("Allow", "*", "*")))
	f.Add("ListRoles", "Marker=eA&MaxItems=1&PathPrefix=/")
	f.Add("UntagUser", "UserName=u&TagKeys.member.1=k")
	f.Fuzz(func(t *testing.T, action, text string) {
		form, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		o := newOffice(t)
		form.Set("Action", action)
		_, op, err := o.s.Op(form)
		if err != nil {
			return
		}
		if _, err := o.s.Ask(t.Context(), op, o.caller, form); err != nil && errors.Is(err, store.ErrUnavailable) {
			t.Error(err)
		}
		if _, err := o.s.Run(t.Context(), op, o.caller, form); err != nil && wire.AsError(err).Code == "InternalErrorException" {
			t.Error(err)
		}
	})
}

// TestSimulateMany: a page ends before it shows statements without bound, and the next goes on where it ended.
func TestSimulateMany(t *testing.T) {
	o := newOffice(t)
	one := `{"Effect":"Allow","Action":"a:*","Resource":"*"},`
	doc := `{"Version":"2012-10-17","Statement":[` + strings.TrimSuffix(strings.Repeat(one, 900), ",") + `]}`
	pairs := []string{"PolicyInputList.member.1=" + doc}
	for i := range 7 {
		pairs = append(pairs, fmt.Sprintf("ActionNames.member.%d=a:b%d", i+1, i))
	}
	marker, seen := "", 0
	for range 7 {
		more := pairs
		if marker != "" {
			more = append(pairs[:len(pairs):len(pairs)], "Marker="+marker)
		}
		body := o.do("SimulateCustomPolicy", more...)
		n := strings.Count(body, "<EvalActionName>")
		if n == 0 || n > 3 || strings.Count(body, "<SourcePolicyId>") != 900*n || !strings.Contains(body, fmt.Sprintf("<EvalActionName>a:b%d<", seen)) {
			t.Fatalf("%d results after %d", n, seen)
		}
		seen += n
		if marker = element(body, "Marker"); marker == "" {
			break
		}
	}
	if seen != 7 {
		t.Errorf("%d results", seen)
	}
}

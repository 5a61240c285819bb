package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestI06DenyWins tries all 3^6 ways six statements, spread over three policies,
// can allow, deny or be silent.
func TestI06DenyWins(t *testing.T) {
	elements := []string{`"Effect":"Allow","Action":"a:b"`, `"Effect":"Deny","Action":"a:b"`, `"Effect":"Deny","Action":"a:other"`}
	for n := range 729 {
		var policies []*Policy
		want, first := ImplicitDeny, -1
		for i, k := 0, n; i < 6; i, k = i+1, k/3 {
			if k%3 == 1 && want != ExplicitDeny {
				want, first = ExplicitDeny, i
			} else if k%3 == 0 && want == ImplicitDeny {
				want, first = Allow, i
			}
		}
		for i, k := 0, n; i < 6; i, k = i+2, k/9 {
			doc := fmt.Sprintf(`{"Statement":[{"Sid":"s%d",%s,"Resource":"*"},{"Sid":"s%d",%s,"Resource":"*"}]}`, i, elements[k%3], i+1, elements[k/3%3])
			p := mustParse(t, Identity, doc)
			p.Name = fmt.Sprint("p", i/2)
			policies = append(policies, p)
		}
		d := Evaluate(Request{Action: "a:b", Resource: "x"}, policies...)
		if d.Reason != want || d.Allowed != (want == Allow) {
			t.Fatalf("%d: got %v, want %v", n, d.Reason, want)
		}
		if (first < 0) != (d.Statement == nil) || first < 0 && d.Policy != "" {
			t.Fatalf("%d: decided by %v of %q", n, d.Statement, d.Policy)
		}
		if first >= 0 && (d.Statement.Sid != fmt.Sprint("s", first) || d.Statement.Index != first%2 || d.Policy != fmt.Sprint("p", first/2)) {
			t.Fatalf("%d: decided by %+v of %s, want s%d", n, d.Statement, d.Policy, first)
		}
	}
}

// TestI16NothingAllowsNothing: no policy and an unreadable one both deny, and an
// unreadable one takes away what others give.
func TestI16NothingAllowsNothing(t *testing.T) {
	all := mustParse(t, Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	req := Request{Action: "a:b", Resource: "x"}
	if !Evaluate(req, all).Allowed {
		t.Fatal("the policy does not even allow by itself")
	}
	for name, policies := range map[string][]*Policy{
		"none": {}, "nil": {nil}, "readable and unreadable": {all, nil}, "zero": {{}},
		"boundary": {all, mustParse(t, Boundary, all.String())}, "session": {mustParse(t, Session, all.String())},
		"trust": {mustParse(t, Trust, cognitoTrust), all},
	} {
		if d := Evaluate(req, policies...); d.Allowed || d.Reason != ImplicitDeny {
			t.Errorf("%s: got %v", name, d)
		}
	}
	for _, trust := range []*Policy{nil, {}, all} {
		if d := EvaluateTrust(Request{Action: "sts:AssumeRole"}, trust); d.Allowed {
			t.Errorf("trust %v: allowed", trust)
		}
	}
}

// TestI17NoActionIsDenied: an endpoint that was not mapped to an action.
func TestI17NoActionIsDenied(t *testing.T) {
	all := mustParse(t, Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	for _, req := range []Request{{Resource: "x"}, {Action: "a:b"}, {}} {
		if Evaluate(req, all).Allowed {
			t.Errorf("%+v: allowed", req)
		}
	}
	trust := mustParse(t, Trust, `{"Statement":{"Effect":"Allow","Action":"*","Principal":"*"}}`)
	if EvaluateTrust(Request{}, trust).Allowed {
		t.Error("trust without action: allowed")
	}
}

// TestAltResource: a Deny may match either form of a resource, an Allow only
// the first.
func TestAltResource(t *testing.T) {
	all := `{"Sid":"all","Effect":"Allow","Action":"*","Resource":"*"}`
	for _, c := range []struct {
		statements, resource, alt string
		want                      Reason
	}{
		{all, "arn:aws:s3:::a%2Fb", "arn:aws:s3:::a/b", Allow},
		{all + `,{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::a/b"}`, "arn:aws:s3:::a%2Fb", "arn:aws:s3:::a/b", ExplicitDeny},
		{all + `,{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::a%2Fb"}`, "arn:aws:s3:::a%2Fb", "arn:aws:s3:::a/b", ExplicitDeny},
		{all + `,{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::a/b"}`, "arn:aws:s3:::a%2Fb", "", Allow},
		{all + `,{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::a%2Fb"}`, "arn:aws:s3:::a%2Fb", "arn:aws:s3:::a/b", ExplicitDeny},
		{all + `,{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::a*b"}`, "arn:aws:s3:::a%2Fb", "arn:aws:s3:::a/b", Allow},
		{`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::a/b"}`, "arn:aws:s3:::a%2Fb", "arn:aws:s3:::a/b", ImplicitDeny},
		{`{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::a%2Fb"}`, "arn:aws:s3:::a%2Fb", "arn:aws:s3:::a/b", ImplicitDeny},
	} {
		p := mustParse(t, Identity, `{"Statement":[`+c.statements+`]}`)
		if d := Evaluate(Request{Action: "a:b", Resource: c.resource, AltResource: c.alt}, p); d.Reason != c.want {
			t.Errorf("%s: got %v", c.statements, d.Reason)
		}
	}
}

// TestAccessDeniedSuffix holds the texts of the reference, section 2.5.
func TestAccessDeniedSuffix(t *testing.T) {
	for _, c := range []struct {
		d    Decision
		want string
	}{
		{Evaluate(Request{Action: "execute-api:Invoke", Resource: "x"}), " because no identity-based policy allows the execute-api:Invoke action"},
		{Decision{Reason: ExplicitDeny}, " with an explicit deny in an identity-based policy"},
		{Decision{Kind: Resource, Action: "execute-api:Invoke"}, " because no resource-based policy allows the execute-api:Invoke action"},
		{Decision{Kind: Resource, Reason: ExplicitDeny}, " with an explicit deny in a resource-based policy"},
		{Decision{Kind: Session, Action: "execute-api:Invoke"}, " because no session policy allows the execute-api:Invoke action"},
		{Decision{Kind: Session, Reason: ExplicitDeny}, " with an explicit deny in a sessions policy"},
		{Decision{Kind: Boundary, Action: "s3:GetObject"}, " because no permissions boundary allows the s3:GetObject action"},
		{Decision{Kind: Boundary, Reason: ExplicitDeny}, " with an explicit deny in a permissions boundary"},
		{EvaluateTrust(Request{Action: "sts:AssumeRole"}, nil), " because no role trust policy allows the sts:AssumeRole action"},
		{Decision{Kind: Trust, Reason: ExplicitDeny}, " with an explicit deny in the role trust policy"},
		{Decision{Allowed: true, Reason: Allow}, ""},
	} {
		if got := c.d.Suffix(); got != c.want {
			t.Errorf("%+v: got %q", c.d, got)
		}
	}
}

func TestPrincipalContext(t *testing.T) {
	p := Principal{
		Type: "AssumedRole", ARN: "arn:aws:sts::1:assumed-role/r/CognitoIdentityCredentials", RoleARN: "arn:aws:iam::1:role/r", Account: "1",
		UserID: "AROA1:CognitoIdentityCredentials", Username: "never shown", Tags: map[string]string{"Team": "blue", "Empty": ""},
		TokenIssueTime: time.Unix(1_700_000_000, 0), FederatedProvider: "cognito-identity.amazonaws.com", IdentityID: "us-east-1:i",
		IdentityPoolID: "us-east-1:p", AMR: []string{"authenticated", "cognito-idp.x"},
	}
	want := Context{
		"aws:principaltype": {"AssumedRole"}, "aws:principalarn": {"arn:aws:iam::1:role/r"}, "aws:principalaccount": {"1"},
		"aws:userid": {"AROA1:CognitoIdentityCredentials"}, "aws:principaltag/team": {"blue"}, "aws:principaltag/empty": {""},
		"aws:tokenissuetime": {"2023-11-14T22:13:20Z"}, "aws:federatedprovider": {"cognito-identity.amazonaws.com"},
		"cognito-identity.amazonaws.com:sub": {"us-east-1:i"}, "cognito-identity.amazonaws.com:aud": {"us-east-1:p"},
		"cognito-identity.amazonaws.com:amr": {"authenticated", "cognito-idp.x"},
	}
	if got := p.Context(); !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got %v", got)
	}
	user := Principal{Type: "User", ARN: "arn:aws:iam::1:user/ada", Username: "ada"}.Context()
	if user.Get("aws:username")[0] != "ada" || user.Get("aws:PrincipalArn")[0] != "arn:aws:iam::1:user/ada" {
		t.Errorf("got %v", user)
	}
	if len(Principal{}.Context()) != 0 {
		t.Error("nobody has keys")
	}
	for key, values := range want { // Evaluate sees the same without the Context
		doc := cond("ForAllValues:StringEquals", key, `["`+strings.Join(values, `","`)+`"]`)
		req := Request{Principal: p, Action: "a:b", Resource: "x", Context: Context{strings.ToUpper(key): {"forged"}}}
		if !Evaluate(req, mustParse(t, Identity, doc)).Allowed {
			t.Errorf("%s: the principal's value does not count", key)
		}
	}
}

func TestContextKeysHaveNoCase(t *testing.T) {
	c := NewContext(Context{"AWS:SourceIp": {"10.0.0.1"}, "a:b": {"1"}}, Context{"A:B": {"2"}})
	if got := c.Get("aws:sourceip"); len(got) != 1 || got[0] != "10.0.0.1" || c.Get("a:B")[0] != "2" || len(c) != 2 {
		t.Errorf("got %v", c)
	}
	c.Set("AWS:SOURCEIP", "10.0.0.2", "10.0.0.3")
	c.Set("a:B")
	if len(c.Get("aws:SourceIP")) != 2 || c.Get("a:b") != nil || len(c) != 1 {
		t.Errorf("got %v", c)
	}
	// A map filled by hand must not hide a key from a Deny.
	deny := `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:sourceip":"10.0.0.0/8"}}}]}`
	req := Request{Action: "a:b", Resource: "x", Context: Context{"aws:SourceIp": {"10.0.0.1"}}}
	if d := Evaluate(req, mustParse(t, Identity, deny)); d.Reason != ExplicitDeny {
		t.Errorf("got %v", d.Reason)
	}
}

func TestPolicyMarshalsInsideOthers(t *testing.T) {
	p := mustParse(t, Identity, `{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}`)
	got, err := json.Marshal(map[string]*Policy{"p": p})
	want := `{"p":{"Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
}

// TestConcurrentUse shares one policy; the race detector does the rest.
func TestConcurrentUse(t *testing.T) {
	p := mustParse(t, Identity, benchPolicy(3))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if !Evaluate(benchRequest(), p).Allowed {
					t.Error("denied")
				}
			}
		})
	}
	wg.Wait()
}

// TestEvaluateDoesNotAllocate holds the hot path of the gate. What another
// goroutine allocates meanwhile is counted too: the least of many counts is ours.
func TestEvaluateDoesNotAllocate(t *testing.T) {
	p, req := mustParse(t, Identity, benchPolicy(10)), benchRequest()
	n := testing.AllocsPerRun(100, func() { Evaluate(req, p) })
	for tries := 0; n > 0 && tries < 100; tries++ {
		n = min(n, testing.AllocsPerRun(100, func() { Evaluate(req, p) }))
	}
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}

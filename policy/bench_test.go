package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func mustParse(t testing.TB, kind Kind, doc string) *Policy {
	t.Helper()
	p, err := Parse([]byte(doc), kind)
	if err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	return p
}

func benchRequest() Request {
	return Request{
		Principal: Principal{
			Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/app/CognitoIdentityCredentials",
			RoleARN: "arn:aws:iam::111122223333:role/app", Account: "111122223333",
			UserID: "AROAEXAMPLE:CognitoIdentityCredentials", FederatedProvider: "cognito-identity.amazonaws.com",
			IdentityID: "us-east-1:11111111-2222-3333-4444-555555555555", Tags: map[string]string{"team": "blue"},
			TokenIssueTime: time.Unix(1_700_000_000, 0),
		},
		Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:us-east-1:111122223333:abcdef1234/prod/GET/notes/17",
		Context: Context{"aws:sourceip": {"203.0.113.9"}, "aws:securetransport": {"true"}},
		Time:    time.Unix(1_700_000_100, 0),
	}
}

const benchAllow = `{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:abcdef1234/prod/GET/notes/*"}`

func benchPolicy(n int) string {
	var list []string
	for i := range n - 1 {
		list = append(list, fmt.Sprintf(`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:abcdef1234/prod/GET/other%d/*"}`, i))
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(append(list, benchAllow), ",") + `]}`
}

func BenchmarkEvaluate(b *testing.B) {
	docs := map[string]string{}
	for _, n := range []int{1, 10, 100} {
		docs[fmt.Sprintf("statements=%d", n)] = benchPolicy(n)
	}
	docs["conditions"] = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:*","Resource":"*","Condition":{
		"StringEquals":{"aws:PrincipalTag/team":"blue"},"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},"Bool":{"aws:SecureTransport":"true"}}}]}`
	docs["variable"] = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:*",
		"Resource":"arn:aws:execute-api:*:*:*/${aws:PrincipalTag/stage, 'prod'}/GET/*"}]}`
	docs["revocation"] = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{
		"DateLessThan":{"aws:TokenIssueTime":"2020-01-01T00:00:00Z"}}},` + benchAllow + `]}`
	for name, doc := range docs {
		b.Run(name, func(b *testing.B) {
			p, req := mustParse(b, Identity, doc), benchRequest()
			b.ReportAllocs()
			for b.Loop() {
				if !Evaluate(req, p).Allowed {
					b.Fatal("denied")
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	doc := []byte(benchPolicy(10))
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(doc, Identity); err != nil {
			b.Fatal(err)
		}
	}
}

// bombs are patterns that ruin a backtracking matcher, each with 4 kB of text.
func bombs() map[string][2]string {
	text := strings.Repeat("a", 4096)
	return map[string][2]string{
		"stars":          {strings.Repeat("a*", 2048) + "b", text},
		"pairs":          {strings.Repeat("aa*", 1365) + "b", text},
		"double":         {strings.Repeat("*", 4000) + "b", text},
		"literal":        {"*" + strings.Repeat("a", 2000) + "b*", text},
		"question":       {"*" + strings.Repeat("?a", 30) + "b*", text},
		"long question":  {"*" + strings.Repeat("?a", 1000) + "b*", text},
		"many questions": {strings.Repeat("*?a", 1300) + "*b", text},
	}
}

func BenchmarkGlobBomb(b *testing.B) {
	for name, c := range bombs() {
		b.Run(name, func(b *testing.B) {
			glob := string(encodeGlob(nil, c[0]))
			for b.Loop() {
				if matchGlob(glob, c[1]) {
					b.Fatal("matched")
				}
			}
		})
	}
}

// benchPolicyWith is benchPolicy with every statement ending in end. All have
// the resource of the last, so that the conditions decide.
func benchPolicyWith(n int, end string) string {
	var list []string
	allow := strings.TrimSuffix(benchAllow, "}")
	for i := range n - 1 {
		other := end
		if end != "}" {
			other = strings.Replace(end, `"blue"`, fmt.Sprintf(`"blue%d"`, i), 1)
		} else {
			allow = strings.Replace(benchAllow, "GET/notes/", fmt.Sprintf("GET/other%d/", i), 1)
			allow = strings.TrimSuffix(allow, "}")
		}
		list = append(list, allow+other)
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(append(list, strings.TrimSuffix(benchAllow, "}")+end), ",") + `]}`
}

package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// globTable holds the wildcards themselves, wherever they are used.
var globTable = []struct {
	pattern, text string
	want          bool
}{
	{"", "", true},
	{"", "a", false},
	{"a", "", false},
	{"a", "a", true},
	{"a", "A", false},
	{"a", "ab", false},
	{"ab", "a", false},
	{"*", "", true},
	{"*", "a", true},
	{"*", "a/b:c", true},
	{"**", "", true},
	{"**", "abc", true},
	{"?", "", false},
	{"?", "a", true},
	{"?", "ab", false},
	{"?", "é", true},
	{"??", "é", false},
	{"?", "\xff", true},
	{"??", "\xff\xfe", true},
	{"?", "/", true},
	{"?", ":", true},
	{"a*", "a", true},
	{"a*", "ab", true},
	{"a*", "b", false},
	{"*a", "a", true},
	{"*a", "ba", true},
	{"*a", "ab", false},
	{"a*a", "a", false},
	{"a*a", "aa", true},
	{"a*a", "aba", true},
	{"a*b*c", "abc", true},
	{"a*b*c", "aXbYc", true},
	{"a*b*c", "acb", false},
	{"a*b*c", "abcb", false},
	{"*ab*ab*", "ab", false},
	{"*ab*ab*", "abab", true},
	{"*ab*ab*", "aab", false},
	{"*ab*ba*", "aba", false},
	{"*ab*ba*", "abba", true},
	{"a?c", "abc", true},
	{"a?c", "ac", false},
	{"a?c", "a/c", true},
	{"a?*", "a", false},
	{"a?*", "ab", true},
	{"a*?", "a", false},
	{"a*?", "ab", true},
	{"*?a", "a", false},
	{"*?a", "ba", true},
	{"*a?b*", "aab", true},
	{"*a?b*", "aaab", true},
	{"*a?b*", "ab", false},
	{"*a?b*", "xxaébyy", true},
	{"*?*", "", false},
	{"*?*", "é", true},
	{"*?*?*", "é", false},
	{"*?*?*", "éé", true},
	{"*é?*", "é", false},
	{"*é?*", "éé", true},
	{"*?é*?", "aéb", true},
	{"*?é*?", "éb", false},
	{"a**b", "ab", true},
	{"\\*", "*", false},
	{"\\*", "\\x", true},
	{"[ab]", "a", false},
	{"[ab]", "[ab]", true},
	{".*", "ab", false},
	{".*", ".ab", true},
	{"*aaab", "aaaab", true},
	{"*aab*b", "aaab", false},
	{"*aab*b", "aaabb", true},
	{"a*a*a", "aa", false},
	{"a*a*a", "aaa", true},
	{"?*?", "a", false},
	{"?*?", "ab", true},
	{"?*?", "日本", true},
	{"*本", "日本", true},
	{"日?", "日本", true},
	{"*" + strings.Repeat("?", 65) + "x*", strings.Repeat("a", 70) + "x", true},
	{"*" + strings.Repeat("?", 65) + "x*", strings.Repeat("a", 64) + "x", false},
	{"*" + strings.Repeat("?a", 40) + "*", strings.Repeat("a", 80), true},
	{"*" + strings.Repeat("?a", 40) + "*", strings.Repeat("a", 79), false},
	{"*x" + strings.Repeat("?", 64) + "y*", "x" + strings.Repeat("é", 64) + "y", true},
}

// TestGlobPieceLengths walks over the borders of the 64-bit words.
func TestGlobPieceLengths(t *testing.T) {
	for n := 1; n < 200; n++ {
		p := string(encodeGlob(nil, "*"+strings.Repeat("?", n)+"b*"))
		if !matchGlob(p, "é"+strings.Repeat("a", n)+"b!") || matchGlob(p, strings.Repeat("a", n-1)+"b") {
			t.Errorf("a piece of %d bytes", n+1)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, c := range globTable {
		if got := matchGlob(string(encodeGlob(nil, c.pattern)), c.text); got != c.want {
			t.Errorf("%q against %q: got %v", c.pattern, c.text, got)
		}
	}
}

const apiARN = "arn:aws:execute-api:us-east-1:111122223333:abcdef1234"

// resourceTable is I05: patterns over whole ARNs, letter case counts, * crosses
// every separator.
var resourceTable = []struct {
	pattern, resource string
	want              bool
}{
	{"*", apiARN + "/prod/GET/notes", true},
	{apiARN + "/prod/GET/notes", apiARN + "/prod/GET/notes", true},
	{apiARN + "/prod/GET/notes", apiARN + "/prod/GET/notes/", false},
	{apiARN + "/prod/GET/notes/", apiARN + "/prod/GET/notes", false},
	{apiARN + "/prod/GET/notes", apiARN + "/prod/GET/Notes", false},
	{apiARN + "/prod/get/notes", apiARN + "/prod/GET/notes", false},
	{apiARN + "/Prod/GET/notes", apiARN + "/prod/GET/notes", false},
	{"arn:aws:EXECUTE-API:*:*:*", apiARN + "/prod/GET/notes", false},
	{apiARN, apiARN + "/prod/GET/notes", false},
	{apiARN + "/", apiARN + "/prod/GET/notes", false},
	{apiARN + "/*", apiARN + "/prod/GET/notes", true},
	{apiARN + "*", apiARN + "/prod/GET/notes", true},
	{apiARN + "/prod/*", apiARN + "/prod/GET/notes", true},
	{apiARN + "/prod/*", apiARN + "/test/GET/notes", false},
	{apiARN + "/prod/GET/*", apiARN + "/prod/GET/", true},
	{apiARN + "/prod/GET/*", apiARN + "/prod/GET", false},
	{apiARN + "/prod/GET/", apiARN + "/prod/GET/", true},
	{apiARN + "/prod/GET/notes/*", apiARN + "/prod/GET/notes", false},
	{apiARN + "/prod/GET/notes/*", apiARN + "/prod/GET/notes/", true},
	{apiARN + "/prod/GET/notes/*", apiARN + "/prod/GET/notes/17/tags", true},
	{apiARN + "/prod/GET/notes*", apiARN + "/prod/GET/notes", true},
	{apiARN + "/prod/GET/notes*", apiARN + "/prod/GET/notesX", true},
	{apiARN + "/prod/GET/*/tags", apiARN + "/prod/GET/notes/17/tags", true},
	{apiARN + "/prod/GET/notes/?", apiARN + "/prod/GET/notes/1", true},
	{apiARN + "/prod/GET/notes/?", apiARN + "/prod/GET/notes/17", false},
	{apiARN + "/prod/GET/notes/??", apiARN + "/prod/GET/notes/17", true},
	{apiARN + "/prod/GET/notes?17", apiARN + "/prod/GET/notes/17", true},
	{apiARN + "/prod/GET/notes/{id}", apiARN + "/prod/GET/notes/17", false},
	{apiARN + "/prod/GET/notes/{id}", apiARN + "/prod/GET/notes/{id}", true},
	{apiARN + "/*/GET/notes", apiARN + "/prod/GET/notes", true},
	{apiARN + "/*/GET/notes", apiARN + "/prod/POST/notes", false},
	{apiARN + "/*/GET/notes", apiARN + "/prod/x/GET/notes", true},
	{apiARN + "/*/*/notes", apiARN + "/prod/POST/notes", true},
	{apiARN + "/prod/*/notes", apiARN + "/prod/DELETE/notes", true},
	{apiARN + "/prod/ANY/notes", apiARN + "/prod/GET/notes", false},
	{apiARN + "/$default/GET/notes", apiARN + "/$default/GET/notes", true},
	{"arn:aws:execute-api:*:*:*", apiARN + "/prod/GET/notes", true},
	{"arn:aws:execute-api:*", apiARN + "/prod/GET/notes", true},
	{"arn:aws:*", apiARN + "/prod/GET/notes", true},
	{"arn:*:execute-api:*:*:*", apiARN + "/prod/GET/notes", true},
	{"arn:*:*", apiARN + "/prod/GET/notes", true},
	{"arn:aws:*:*:*:*", apiARN + "/prod/GET/notes", true},
	{"arn:aws-cn:execute-api:*:*:*", apiARN + "/prod/GET/notes", false},
	{"arn:aws:execute-api:*:*:abcdef1234/*/GET/*", apiARN + "/prod/GET/notes", true},
	{"arn:aws:execute-api:*:*:abcdef1234/*/GET/*", apiARN + "/prod/POST/notes", false},
	{"arn:aws:execute-api:*:*:abcdef1234/*/GET/*", apiARN + "/prod/POST/x/GET/notes", true},
	{"arn:aws:execute-api:us-east-1:*:abcdef1234/*", apiARN + "/prod/GET/notes", true},
	{"arn:aws:execute-api:us-*:*:abcdef1234/*", apiARN + "/prod/GET/notes", true},
	{"arn:aws:execute-api:us-east-?:*:abcdef1234/*", apiARN + "/prod/GET/notes", true},
	{"arn:aws:execute-api:eu-*:*:abcdef1234/*", apiARN + "/prod/GET/notes", false},
	{"arn:aws:execute-api::111122223333:abcdef1234/*", apiARN + "/prod/GET/notes", false},
	{"arn:aws:execute-api:us-east-1::abcdef1234/*", apiARN + "/prod/GET/notes", false},
	{"arn:aws:execute-api:us-east-1:1111*:abcdef1234/*", apiARN + "/prod/GET/notes", true},
	{"arn:aws:execute-api:us-east-1:999922223333:abcdef1234/*", apiARN + "/prod/GET/notes", false},
	{"arn:aws:execute-api:*abcdef1234/*", apiARN + "/prod/GET/notes", true},
	{"arn:aws:execute-api:us-east-1:*/prod/*", apiARN + "/prod/GET/notes", true},
	{"arn:aws:execute-api:us-east-1:*/test/*", apiARN + "/prod/GET/notes", false},
	{"arn:aws:execute-api:?:*:*", apiARN + "/prod/GET/notes", false},
	{"arn:aws:lambda:*:*:*", apiARN + "/prod/GET/notes", false},
	{"arn:aws:execute-api:us-east-1:111122223333:ABCDEF1234/*", apiARN + "/prod/GET/notes", false},
	{apiARN + "/prod/GET/a%2Fb", apiARN + "/prod/GET/a%2Fb", true},
	{apiARN + "/prod/GET/a%2Fb", apiARN + "/prod/GET/a%2fb", false},
	{apiARN + "/prod/GET/a%2Fb", apiARN + "/prod/GET/a/b", false},
	{apiARN + "/prod/GET/a*b", apiARN + "/prod/GET/a*b", true},
	{apiARN + "/prod/GET/a.b", apiARN + "/prod/GET/aXb", false},
	{apiARN + "/prod/GET/[a-z]", apiARN + "/prod/GET/b", false},
	{apiARN + "/prod/GET//notes", apiARN + "/prod/GET/notes", false},
	{apiARN + "/prod/GET/*notes", apiARN + "/prod/GET//notes", true},
	{apiARN + "/prod/GET/notes/..", apiARN + "/prod/GET/", false},
	{apiARN + "/prod/GET/admin/*", apiARN + "/prod/GET/notes/../admin/x", false},
	{apiARN + "/prod/GET/é?", apiARN + "/prod/GET/éü", true},
	{apiARN + "/prod/GET/*:*", apiARN + "/prod/GET/a:b", true},
	{"arn:aws:s3:::bucket", "arn:aws:s3:::bucket", true},
	{"arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", false},
	{"arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b", true},
	{"arn:aws:s3:::bucket*", "arn:aws:s3:::bucket2/a", true},
	{"arn:aws:s3:::*/key", "arn:aws:s3:::b/a/key", true},
	{"arn:aws:cognito-idp:*:*:userpool/us-east-1_*", "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_AbC", true},
	{"arn:aws:cognito-idp:*:*:userpool/*", "*", false},
	{"*", "*", true},
	{"arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:role/a/b", true},
	{"arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/A", false},
	{"arn:aws:iam::*:role/a", "arn:aws:iam::1:x:role/a", true},
}

func TestI05ResourceMatching(t *testing.T) {
	for _, c := range resourceTable {
		p := mustParse(t, Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"`+c.pattern+`"}}`)
		if got := Evaluate(Request{Action: "a:B", Resource: c.resource}, p).Allowed; got != c.want {
			t.Errorf("%s against %s: got %v", c.pattern, c.resource, got)
		}
	}
}

var actionTable = []struct {
	pattern, action string
	want            bool
}{
	{"*", "execute-api:Invoke", true},
	{"execute-api:Invoke", "execute-api:Invoke", true},
	{"execute-api:invoke", "execute-api:Invoke", true},
	{"EXECUTE-API:INVOKE", "execute-api:Invoke", true},
	{"execute-api:Invoke", "EXECUTE-API:invoke", true},
	{"execute-api:*", "execute-api:Invoke", true},
	{"execute-api:*", "execute-api:ManageConnections", true},
	{"execute-api:*", "execute-apix:Invoke", false},
	{"execute-api:Inv*", "execute-api:Invoke", true},
	{"execute-api:INV*", "execute-api:InvalidateCache", true},
	{"execute-api:Inv*", "execute-api:ManageConnections", false},
	{"execute-api:*oke", "execute-api:Invoke", true},
	{"execute-api:I?voke", "execute-api:Invoke", true},
	{"execute-api:I?voke", "execute-api:Ivoke", false},
	{"execute-api:??????", "execute-api:Invoke", true},
	{"execute-api:?????", "execute-api:Invoke", false},
	{"execute-api:Invoke?", "execute-api:Invoke", false},
	{"execute-api:Invoke*", "execute-api:Invoke", true},
	{"execute-api:Invoke", "execute-api:Invok", false},
	{"execute-api:Invoke", "execute-api:InvokeX", false},
	{"execute-api:Invoke", "xexecute-api:Invoke", false},
	{"s3:DeleteObject", "s3:deleteobject", true},
	{"s3:deleteobject", "S3:DeleteObject", true},
	{"S3:*", "s3:GetObject", true},
	{"s3:Get*", "s3:getobject", true},
	{"s3:*Object", "s3:GetObject", true},
	{"s3:*object", "s3:GetObjectAcl", false},
	{"s3:*Object*", "s3:GetObjectAcl", true},
	{"s3:G*t*t", "s3:GetObject", true},
	{"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", false},
	{"sts:AssumeRole*", "sts:AssumeRoleWithWebIdentity", true},
	{"sts:TagSession", "sts:TagSession", true},
	{"cognito-idp:Admin*", "cognito-idp:AdminGetUser", true},
	{"cognito-idp:Admin*", "cognito-idp:ListUsers", false},
	{"cognito-identity:*", "cognito-idp:ListUsers", false},
	{"a:k", "a:\u212a", false},
	{"a:?", "a:\u212a", true},
	{"*", "", false},
	{"a:*", "a:b:c", true},
	{"a:b", "a:b ", false},
	{"cognito-idp:AdminRespondToAuthChallenge", "COGNITO-IDP:adminrespondtoauthchallenge", true},
	{"aws.portal:*", "aws.portal:View", true},
}

// TestI04ActionMatching: letter case never matters, for Allow nor for Deny.
func TestI04ActionMatching(t *testing.T) {
	for _, c := range actionTable {
		for _, effect := range []string{"Allow", "Deny"} {
			p := mustParse(t, Identity, `{"Statement":{"Effect":"`+effect+`","Action":"`+c.pattern+`","Resource":"*"}}`)
			if got := Evaluate(Request{Action: c.action, Resource: "x"}, p).Reason != ImplicitDeny; got != c.want {
				t.Errorf("%s %q against %q: got %v", effect, c.pattern, c.action, got)
			}
			p = mustParse(t, Identity, `{"Statement":{"Effect":"`+effect+`","NotAction":"`+c.pattern+`","Resource":"*"}}`)
			if got := Evaluate(Request{Action: c.action, Resource: "x"}, p).Reason == ImplicitDeny; got != (c.want || c.action == "") {
				t.Errorf("%s Not %q against %q: got %v", effect, c.pattern, c.action, got)
			}
		}
	}
	if n := len(globTable) + len(resourceTable) + len(actionTable); n < 200 {
		t.Errorf("only %d cases of matching", n)
	}
}

// TestMatchAgreesWithDefinition draws over so small an alphabet that partial
// matches abound.
func TestMatchAgreesWithDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.RuneFrom([]rune("abé*??")), 0, 12, -1).Draw(t, "pattern")
		text := rapid.StringOfN(rapid.RuneFrom([]rune("aabé")), 0, 14, -1).Draw(t, "text")
		if cut := rapid.IntRange(0, 3).Draw(t, "cut"); cut == 0 && text != "" {
			text = text[1:] // may leave half a character
		}
		if got, want := matchGlob(string(encodeGlob(nil, pattern)), text), refMatch(pattern, text); got != want {
			t.Fatalf("%q against %q: got %v", pattern, text, got)
		}
	})
}

// TestI13GlobBomb: a backtracking matcher would take longer than the universe has
// had: the test would not end.
func TestI13GlobBomb(t *testing.T) {
	for name, c := range bombs() {
		glob := string(encodeGlob(nil, c[0]))
		if matchGlob(glob, c[1]) {
			t.Errorf("%s: matched", name)
		}
	}
}

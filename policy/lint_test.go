package policy

import (
	"fmt"
	"strings"
	"testing"
)

// lintDoc puts one statement on the second line of a document.
func lintDoc(statement string) string {
	return "{\"Version\": \"2012-10-17\", \"Statement\": [\n" + statement + "\n]}"
}

func invoke(resource string) string {
	return lintDoc(`{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "` + resource + `"}`)
}

func trustOf(action, condition string) string {
	return lintDoc(`{"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": ` + action + condition + `}`)
}

const (
	lintAPI  = "arn:aws:execute-api:us-east-1:111122223333:abcdef1234"
	webRole  = `["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]`
	pinsAud  = `"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:p"}`
	pinsAMR  = `"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}`
	atValue  = "2:65" // of the Resource of invoke
	atAction = "2:93" // of the Action of trustOf
)

// TestLint has, for every rule, documents that break it and how they are mended,
// and documents close to them that are right. The ids are those of the sections
// of the reference.
func TestLint(t *testing.T) {
	for _, c := range []struct {
		id, doc string
		kind    Kind
		want    string // "line:column severity rule" of each finding, then a part of the fix of the first
		fix     string
	}{
		{"4.2 right", invoke(lintAPI + "/prod/GET/notes"), Identity, "", ""},
		{"4.2 root", invoke(lintAPI + "/prod/GET/"), Identity, "", ""},
		{"4.2 whole-api", invoke(lintAPI + "/*"), Identity, "", ""},
		{"4.2 any-api", invoke("arn:aws:execute-api:*:*:*"), Identity, "", ""},
		{"4.2 cut-short", invoke("arn:aws:execute-api:*"), Identity, "", ""},
		{"4.2 default-stage", invoke(lintAPI + "/$default/GET/notes"), Identity, "", ""},
		{"4.2 websocket", invoke(lintAPI + "/prod/$connect"), Identity, "", ""},
		{"4.2 variable", invoke(lintAPI + "/${aws:PrincipalTag/stage}/GET/users/${cognito-identity.amazonaws.com:sub}"), Identity, "", ""},
		{"4.2 other-service", lintDoc(`{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::get"}`), Identity, "", ""},
		{"4.2 connections", lintDoc(`{"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": "` + lintAPI + `/prod/POST/@connections/*"}`), Identity, "", ""},
		{"4.2 method-case", invoke(lintAPI + "/get/get/notes"), Identity, atValue + " error method-case", lintAPI + "/get/GET/notes"},
		{"4.2 method-case-any-stage", invoke(lintAPI + "/*/Post/notes"), Identity, atValue + " error method-case", lintAPI + "/*/POST/notes"},
		{"4.2 method-any", invoke(lintAPI + "/prod/ANY/notes"), Identity, atValue + " error method-any", lintAPI + "/prod/*/notes"},
		{"4.2 method-unknown", invoke(lintAPI + "/prod/notes/7"), Identity, atValue + " warning method-unknown", "stage and method"},
		{"4.2 missing-path", invoke(lintAPI), Identity, atValue + " error missing-path", `"` + lintAPI + `/*"`},
		{"4.2 missing-path-slash", invoke(lintAPI + "/"), Identity, atValue + " error missing-path", `"` + lintAPI + `/*"`},
		{"4.2 missing-path-stage", invoke(lintAPI + "/prod"), Identity, atValue + " error missing-path", lintAPI + `/prod/*"`},
		{"4.2 missing-path-method", invoke(lintAPI + "/prod/GET"), Identity, atValue + " error missing-path", lintAPI + `/prod/GET/*"`},
		{"4.2 missing-path-any-stage", invoke(lintAPI + "/*/GET"), Identity, atValue + " error missing-path", lintAPI + `/*/GET/*"`},
		{"4.2 double-slash", invoke(lintAPI + "/prod/GET//notes"), Identity, atValue + " warning double-slash", lintAPI + `/prod/GET/notes"`},
		{"4.2 query", invoke(lintAPI + "/prod/GET/notes?a=1"), Identity, atValue + " warning query", lintAPI + `/prod/GET/notes"`},
		{"4.2 empty-field", invoke("arn:aws:execute-api:us-east-1::a/*"), Identity, atValue + " error empty-field", "us-east-1:*:a/*"},
		{"8.3 path-variable", invoke(lintAPI + "/prod/GET/users/{id}/notes/{note+}"), Identity, atValue + " error path-variable", lintAPI + "/prod/GET/users/*/notes/*"},
		{"4.2 list", lintDoc(`{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": ["*",` + "\n  " + `"` + lintAPI + `"]}`), Identity, "3:3 error missing-path", ""},
		{"4.5 shorthand", lintDoc(`{"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/prod/get/notes"}`), Resource, "2:82 error method-case", `"execute-api:/prod/GET/notes"`},
		{"4.2 unknown-action", lintDoc(`{"Effect": "Allow", "Action": "execute-api:GET", "Resource": "*"}`), Identity, "2:31 error unknown-action", "execute-api:Invoke"},
		{"4.2 unknown-action-service", lintDoc(`{"Effect": "Allow", "Action": "apigateway:Invoke", "Resource": "*"}`), Identity, "2:31 error unknown-action", "execute-api:Invoke"},
		{"4.2 action-case", lintDoc(`{"Effect": "Allow", "Action": "execute-api:inv*", "Resource": "*"}`), Identity, "", ""},

		{"4.6 right", trustOf(webRole, `, "Condition": {`+pinsAud+`, `+pinsAMR+`}`), Trust, "", ""},
		{"4.6 no-condition", trustOf(webRole, ``), Trust, "2:1 error trust-no-aud, 2:1 error trust-no-amr", `"cognito-identity.amazonaws.com:aud"`},
		{"4.6 no-aud", trustOf(webRole, `, "Condition": {`+pinsAMR+`}`), Trust, "2:159 error trust-no-aud", "StringEquals"},
		{"4.6 no-amr", trustOf(webRole, `, "Condition": {`+pinsAud+`}`), Trust, "2:159 error trust-no-amr", "ForAnyValue:StringLike"},
		{"4.6 aud-any", trustOf(webRole, `, "Condition": {"StringLike": {"cognito-identity.amazonaws.com:aud": "*"}, `+pinsAMR+`}`), Trust, "2:159 error trust-no-aud", ""},
		{"4.6 aud-if-exists", trustOf(webRole, `, "Condition": {"StringEqualsIfExists": {"cognito-identity.amazonaws.com:aud": "us-east-1:p"}, `+pinsAMR+`}`), Trust, "2:159 error trust-no-aud, 2:185 warning if-exists", ""},
		{"4.6 amr-both", trustOf(webRole, `, "Condition": {`+pinsAud+`, "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "*authenticated"}}`), Trust, "2:159 error trust-no-amr", ""},
		{"4.6 amr-for-all", trustOf(webRole, `, "Condition": {`+pinsAud+`, "ForAllValues:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}`), Trust, "2:159 error trust-no-amr, 2:259 warning for-all-values", ""},
		{"4.6 no-tag-session", trustOf(`"sts:AssumeRoleWithWebIdentity"`, `, "Condition": {`+pinsAud+`, `+pinsAMR+`}`), Trust, atAction + " info trust-no-tag-session", "sts:TagSession"},
		{"4.6 deny", strings.Replace(trustOf(webRole, ``), "Allow", "Deny", 1), Trust, "", ""},
		{"4.6 other-provider", lintDoc(`{"Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity"}`), Trust, "", ""},
		{"8.3 everyone-trust", lintDoc(`{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}`), Trust, "2:34 error everyone", "name the account"},
		{"8.3 everyone-resource", lintDoc(`{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}`), Resource, "2:34 warning everyone", ""},
		{"8.3 everyone-conditioned", lintDoc(`{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*", "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}`), Resource, "", ""},
		{"4.2 not-principal-allow", lintDoc(`{"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "execute-api:Invoke", "Resource": "*"}`), Resource, "2:37 error not-principal", ""},
		{"4.2 not-principal-deny", lintDoc(`{"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "Action": "execute-api:Invoke", "Resource": "*"}`), Resource, "2:36 warning not-principal", "aws:PrincipalArn"},

		{"4.3 for-all-values", lintDoc(`{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "x"}}}`), Identity, "2:99 warning for-all-values", "ForAnyValue"},
		{"4.3 for-all-values-deny", lintDoc(`{"Effect": "Deny", "Action": "a:b", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "x"}}}`), Identity, "", ""},
		{"4.3 for-all-values-present", lintDoc(`{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "x"}, "Null": {"aws:tagkeys": "false"}}}`), Identity, "", ""},
		{"4.3 if-exists", lintDoc(`{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"StringEqualsIfExists": {"aws:PrincipalTag/team": "x"}}}`), Identity, "2:94 warning if-exists", ""},
		{"4.3 multi-negated", lintDoc(`{"Effect": "Deny", "Action": "a:b", "Resource": "*", "Condition": {"StringNotEquals": {"cognito-identity.amazonaws.com:amr": "authenticated"}}}`), Identity, "2:88 warning multi-negated", "ForAllValues:StringNotEquals"},
		{"4.3 literal-wildcard", lintDoc(`{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"StringEquals": {"aws:UserAgent": "curl/*"}}}`), Identity, "2:103 warning literal-wildcard", "StringLike"},
		{"4.4 variable-version", strings.Replace(invoke(lintAPI+"/prod/GET/${aws:userid}"), "2012", "2008", 1), Identity, "", ""},
		{"4.4 variable-multi", invoke(lintAPI + "/prod/GET/${cognito-identity.amazonaws.com:amr}"), Identity, atValue + " error variable-multi", "ForAnyValue"},
		{"4.4 variable-username", invoke(lintAPI + "/prod/GET/${aws:username}/*"), Identity, atValue + " info variable-username", ":sub"},

		{"8.3 allow-all", lintDoc(`{"Effect": "Allow", "Action": "*", "Resource": "*"}`), Identity, "2:1 warning allow-all", "execute-api:Invoke"},
		{"8.3 allow-all-boundary", lintDoc(`{"Effect": "Allow", "Action": "*", "Resource": "*"}`), Boundary, "", ""},
		{"8.3 not-action", lintDoc(`{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}`), Identity, "2:34 warning not-action", ""},
		{"8.3 not-resource", lintDoc(`{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::x"}`), Identity, "2:54 warning not-resource", ""},
		{"4.5 ceiling", lintDoc(`{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}`), Boundary, "1:1 warning ceiling-without-allow", ""},
		{"4.5 ceiling-scp", lintDoc(`{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}`), SCP, "", ""},
		{"4.1 size", invoke(lintAPI + "/prod/GET/" + strings.Repeat("a", 2048)), Session, "1:1 error size", "white space"},
		{"4.1 size-trust", trustOf(webRole, `, "Condition": {`+pinsAud+`, `+pinsAMR+`, "StringLike": {"a:b": "`+strings.Repeat("a", 2048)+`"}}`), Trust, "1:1 warning size", ""},
		{"4.1 no-version", `{"Statement": {"Effect": "Allow", "Action": "s3:Get", "Resource": "*"}}`, Identity, "1:1 info no-version", "2012-10-17"},
		{"4.1 syntax", lintDoc(`{"effect": "Allow", "Action": "s3:Get", "Resource": "*"}`), Identity, "2:2 error syntax", "did you mean Effect?"},
		{"4.1 kind", lintDoc(`{"Effect": "Allow", "Action": "s3:Get", "Resource": "*"}`), Resource, "2:1 error syntax", "Principal"},
	} {
		t.Run(c.id, func(t *testing.T) {
			if c.id == "4.4 variable-version" {
				c.want, c.fix = atValue+" error variable-version", "2012-10-17"
			}
			found := Lint([]byte(c.doc), c.kind)
			var got []string
			for _, f := range found {
				got = append(got, fmt.Sprintf("%d:%d %v %s", f.Line, f.Column, f.Severity, f.Rule))
				if f.Message == "" || f.Fix == "" {
					t.Errorf("%+v says too little", f)
				}
			}
			if strings.Join(got, ", ") != c.want {
				t.Fatalf("got %s, want %s\n%s", got, c.want, c.doc)
			}
			if len(found) > 0 && !strings.Contains(found[0].Fix, c.fix) {
				t.Errorf("fix %s lacks %s", found[0].Fix, c.fix)
			}
		})
	}
}

func TestGuess(t *testing.T) {
	for doc, want := range map[string]Kind{
		invoke("*"): Identity, trustOf(webRole, ""): Trust, "": Identity, "[]": Identity, `{"Statement": 7}`: Identity,
		lintDoc(`{"Effect": "Allow", "Principal": "*", "Action": "a:b", "Resource": "*"}`):      Resource,
		lintDoc(`{"Effect": "Deny", "NotPrincipal": "*", "Action": "a:b", "NotResource": "*"}`): Resource,
		`{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}`:      Trust,
	} {
		if got := Guess([]byte(doc)); got != want {
			t.Errorf("%s: got %v, want %v", doc, got, want)
		}
	}
}

// FuzzLint: no document makes the linter fail, and every finding points into it.
func FuzzLint(f *testing.F) {
	for _, c := range malformed {
		f.Add([]byte(c.doc), int(Identity))
	}
	for _, doc := range wellFormed {
		f.Add([]byte(doc), int(Identity))
	}
	f.Add([]byte(trustOf(webRole, "")), int(Trust))
	f.Add([]byte(invoke("arn:aws:execute-api:::{a}/${aws:username}//any?x=")), int(Session))
	f.Fuzz(func(t *testing.T, doc []byte, kind int) {
		Guess(doc)
		lines := strings.Split(string(doc), "\n")
		for _, found := range Lint(doc, Kind(kind)) {
			if found.Line < 1 || found.Line > len(lines) || found.Column < 1 || found.Column > len(lines[found.Line-1])+1 {
				t.Errorf("%+v points nowhere in %q", found, doc)
			}
			if found.Rule == "" || found.Message == "" {
				t.Errorf("%+v says nothing", found)
			}
		}
	})
}

package policy

import (
	"errors"
	"strings"
	"testing"
)

// stmt wraps the elements of a statement that allows everything else.
func stmt(elements string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + elements + `}]}`
}

func cond(op, key, values string) string {
	return stmt(`"Action":"*","Resource":"*","Condition":{"` + op + `":{"` + key + `":` + values + `}}`)
}

const cognitoTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},
"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],
"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:pool"},
"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}}]}`

var wellFormed = []string{
	stmt(`"Action":"*","Resource":"*"`),
	`{"Statement":{"Effect":"Deny","NotAction":["s3:*","iam:Get?ser"],"NotResource":["arn:aws:s3:::b/*"]}}`,
	`{"Version":"2008-10-17","Id":"x","Statement":[{"Sid":"","Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3:::${aws:username"}]}`,
	" {\t\"Statement\" :\r\n[ { \"Sid\":\"A1\" , \"Effect\":\"\\u0041llow\",\"Action\":\"a:b\",\"Resource\":\"*\",\"Condition\":{}} ] }\n",
	stmt(`"Sid":"aZ09","Action":["a:b","c:*"],"Resource":["*","arn:aws:execute-api:us-east-1:1:x/${aws:PrincipalTag/team, 'none'}/*"]`),
	cond("StringLikeIfExists", "aws:PrincipalTag/Team name", `["a*","${aws:username}","${*}",""]`),
	cond("ForAllValues:StringNotEqualsIgnoreCase", "aws:TagKeys", `["\ud83d\ude00","\"\\\/\b\f\n\r\t<>&\u2028"]`),
	cond("NumericLessThanEqualsIfExists", "a:b", `[1,-2.50,"3","00.1"]`),
	cond("DateGreaterThan", "aws:CurrentTime", `["2024-02-29T00:00:00Z",1700000000,"2024-02-29","2024-01-01T00:00+05:30","2024-01-01T00:00:00.123Z"]`),
	cond("Bool", "aws:SecureTransport", `true`), cond("Null", "aws:x", `["true",false]`),
	cond("IpAddress", "aws:SourceIp", `["10.0.0.1","10.0.0.0/8","::1","2001:db8::/32","::ffff:10.0.0.0/104"]`),
	cond("ForAnyValue:ArnLike", "aws:SourceArn", `["*","arn:aws:s3:::x","arn:*:*:*:*:*","${aws:PrincipalTag/arn}","arn:aws:iam::${aws:PrincipalAccount}:role/x"]`),
	cond("BinaryEquals", "a:b", `"YWI="`),
}

// TestParseWriteParse: what is read can be written, and reads the same.
func TestParseWriteParse(t *testing.T) {
	for _, doc := range wellFormed {
		p := mustParse(t, Identity, doc)
		again := mustParse(t, Identity, p.String())
		if again.String() != p.String() {
			t.Errorf("not stable:\n%s\n%s", p, again)
		}
		if got, want := contentOf(t, []byte(p.String())), contentOf(t, []byte(doc)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestParsedPolicyDescribesItself(t *testing.T) {
	p := mustParse(t, Boundary, `{"Version":"2008-10-17","Statement":[{"Sid":"one","Effect":"Deny","Action":"*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	st := p.Statements()
	if p.Kind() != Boundary || p.Version() != "2008-10-17" || len(st) != 2 {
		t.Fatalf("got %v %v %d", p.Kind(), p.Version(), len(st))
	}
	if st[0].Sid != "one" || st[0].Effect != EffectDeny || st[1].Index != 1 || st[1].Effect != EffectAllow {
		t.Errorf("got %+v %+v", st[0], st[1])
	}
	st[0].Effect = EffectAllow
	if d := evaluate(&Request{Action: "a:b", Resource: "x"}, Decision{Kind: Boundary}, []*Policy{p}); d.Reason != ExplicitDeny {
		t.Errorf("a changed description changed the decision: %v", d.Reason)
	}
}

// malformed is rows I01, I02, I03, I07, I14 and I15: where the error stands,
// and IAM's text.
var malformed = []struct {
	row, doc string
	at       string // the text the error points at; "" for the end
	message  string
}{
	{"I01", `{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}`, `"Version":"2012-10-17",` + "\n", msgSyntax},
	{"I01", stmt(`"Effect":"Deny","Action":"*","Resource":"*"`), `"Effect":"Deny"`, msgSyntax},
	{"I01", stmt(`"Action":"*","Action":"a:b","Resource":"*"`), `"Action":"a:b"`, msgSyntax},
	{"I01", stmt(`"\u0041ction":"*","Action":"a:b","Resource":"*"`), `"Action":"a:b"`, msgSyntax},
	{"I01", stmt(`"Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"true"},"Bool":{"a:c":"true"}}`), `"Bool":{"a:c"`, msgSyntax},
	{"I01", stmt(`"Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"true","a:b":"false"}}`), `"a:b":"false"`, msgSyntax},
	{"I01", stmt(`"Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"true","A:B":"false"}}`), `"A:B"`, msgSyntax},
	{"I01", `{"statement":[]}`, `"statement"`, msgSyntax},
	{"I01", `{"Statement":[{"effect":"Allow","Action":"*","Resource":"*"}]}`, `"effect"`, msgSyntax},
	{"I01", stmt(`"ACTION":"*","Resource":"*"`), `"ACTION"`, msgSyntax},
	{"I01", stmt(`"Action":"*","Resource":"*","Comment":"x"`), `"Comment"`, msgSyntax},
	{"I01", `{"Statement":[],"Extra":1}`, `"Extra"`, msgSyntax},
	{"I01", stmt(`"Action":"*","Resource":"*"`) + `{}`, "{}", msgSyntax},
	{"I01", stmt(`"Action":"*","Resource":"*"`) + ` x`, "x", msgSyntax},
	{"I01", "\ufeff" + stmt(`"Action":"*","Resource":"*"`), "\ufeff", msgSyntax},
	{"I01", "{// no\n}", "// no", msgSyntax},
	{"I01", "{/* no */}", "/* no", msgSyntax},
	{"I01", "{\"Id\":\"a\xffb\"}", "\xff", msgSyntax},
	{"I01", "{\"Id\":\"\xed\xa0\x80\"}", "\xed", msgSyntax},
	{"I01", `{"Id":"\ud800"}`, `\ud800`, msgSyntax},
	{"I01", `{"Id":"\udc00"}`, `\udc00`, msgSyntax},
	{"I01", `{"Id":"\ud800\u0041"}`, `\ud800`, msgSyntax},
	{"I01", `{"Id":"\u00g0"}`, `\u00g0`, msgSyntax},
	{"I01", `{"Id":"\x"}`, `\x`, msgSyntax},
	{"I01", "{\"Id\":\"a\nb\"}", "\nb", msgSyntax},
	{"I01", "{\"Id\":\"\\ta\nb\"}", "\nb", msgSyntax},
	{"I01", `{"Id":"a`, `"a`, msgSyntax},
	{"I01", `{"Id":"\n`, `"\n`, msgSyntax},
	{"I01", `{"Id":"\`, `\`, msgSyntax},
	{"I01", ``, "", msgSyntax},
	{"I01", `{`, "", msgSyntax},
	{"I01", `{"Id"`, "", msgSyntax},
	{"I01", `{"Id":`, "", msgSyntax},
	{"I01", `{"Id":"a"`, "", msgSyntax},
	{"I01", `{"Id":"a",}`, "}", msgSyntax},
	{"I01", `{"Statement":[{},]}`, "]}", msgSyntax},
	{"I01", `{"Statement":[{} {}]}`, "{}]}", msgSyntax},
	{"I01", `{"Id" "a"}`, `"a"}`, msgSyntax},
	{"I01", `{Id:"a"}`, `Id`, msgSyntax},
	{"I01", `{'Id':"a"}`, `'Id`, msgSyntax},
	{"I01", `{"Id":01}`, `01}`, msgSyntax},
	{"I01", `{"Id":1.}`, `1.`, msgSyntax},
	{"I01", `{"Id":-}`, `-`, msgSyntax},
	{"I01", `{"Id":1e}`, `1e`, msgSyntax},
	{"I01", `{"Id":NaN}`, `NaN`, msgSyntax},
	{"I01", strings.Repeat("[", 100000), strings.Repeat("[", 100000-17), msgSyntax},
	{"I01", `null`, `null`, msgSyntax},
	{"I01", `[]`, `[]`, msgSyntax},
	{"I01", `"x"`, `"x"`, msgSyntax},
	{"I01", `{}`, `{}`, msgSyntax},
	{"I01", `{"Statement":[]}`, `[]`, msgSyntax},
	{"I01", `{"Statement":"x"}`, `"x"`, msgSyntax},
	{"I01", `{"Statement":[null]}`, `null`, msgSyntax},
	{"I01", `{"Statement":[[]]}`, `[]]`, msgSyntax},
	{"I02", `{"Version":"2013-01-01","Statement":[]}`, `"2013`, msgSyntax},
	{"I02", `{"Version":"","Statement":[]}`, `"",`, msgSyntax},
	{"I02", `{"Version":"2012-10-17 ","Statement":[]}`, `"2012`, msgSyntax},
	{"I02", `{"Version":2012,"Statement":[]}`, `2012`, msgSyntax},
	{"I02", `{"Version":null,"Statement":[]}`, `null`, msgSyntax},
	{"I01", `{"Id":1,"Statement":[]}`, `1`, msgSyntax},
	{"I01", `{"Id":"","Statement":[]}`, `""`, msgSyntax},
	{"I03", stmt(`"Action":"*","NotAction":"a:b","Resource":"*"`), `"a:b"`, msgSyntax},
	{"I03", stmt(`"Action":"*","Resource":"*","NotResource":"*"`), `"*"}`, msgSyntax},
	{"I03", stmt(`"Resource":"*"`), `{"Effect"`, msgNoActions},
	{"I03", stmt(`"Action":"*"`), `{"Effect"`, msgNoResources},
	{"I03", stmt(`"Action":[],"Resource":"*"`), `[],`, msgNoActions},
	{"I03", stmt(`"NotAction":[],"Resource":"*"`), `[],`, msgNoActions},
	{"I03", stmt(`"Action":"*","Resource":[]`), `[]}`, msgNoResources},
	{"I03", stmt(`"Action":"*","NotResource":[]`), `[]}`, msgNoResources},
	{"I03", stmt(`"Action":"","Resource":"*"`), `""`, msgSyntax},
	{"I03", stmt(`"Action":["a:b",""],"Resource":"*"`), `""`, msgSyntax},
	{"I03", stmt(`"Action":"*","Resource":""`), `""`, msgSyntax},
	{"I03", stmt(`"Action":1,"Resource":"*"`), `1,`, msgSyntax},
	{"I03", stmt(`"Action":["a:b",1],"Resource":"*"`), `1]`, msgSyntax},
	{"I03", stmt(`"Action":true,"Resource":"*"`), `true`, msgSyntax},
	{"I03", stmt(`"Action":null,"Resource":"*"`), `null`, msgSyntax},
	{"I03", stmt(`"Action":{"a":"b"},"Resource":"*"`), `{"a"`, msgSyntax},
	{"I03", stmt(`"Action":[["a:b"]],"Resource":"*"`), `["a:b"]]`, msgSyntax},
	{"I03", stmt(`"Action":"*","Resource":7`), `7`, msgSyntax},
	{"I03", stmt(`"Action":"s3*:Get","Resource":"*"`), `"s3*:Get"`, "Vendor s3* is not valid"},
	{"I03", stmt(`"Action":"*:*","Resource":"*"`), `"*:*"`, "Vendor * is not valid"},
	{"I03", stmt(`"Action":"s?:Get","Resource":"*"`), `"s?:Get"`, "Vendor s? is not valid"},
	{"I03", stmt(`"Action":"s3 :Get","Resource":"*"`), `"s3 :Get"`, "Vendor s3  is not valid"},
	{"I03", stmt(`"Action":"Invoke","Resource":"*"`), `"Invoke"`, msgVendor},
	{"I03", stmt(`"Action":"**","Resource":"*"`), `"**"`, msgVendor},
	{"I03", stmt(`"Action":":Invoke","Resource":"*"`), `":Invoke"`, msgVendor},
	{"I03", stmt(`"NotAction":["a:b","Invoke"],"Resource":"*"`), `"Invoke"`, msgVendor},
	{"I03", stmt(`"Action":"a:","Resource":"*"`), `"a:"`, msgSyntax},
	{"I03", stmt(`"Action":"a:b:c","Resource":"*"`), `"a:b:c"`, msgSyntax},
	{"I03", stmt(`"Action":"a:b ","Resource":"*"`), `"a:b "`, msgSyntax},
	{"I03", stmt(`"Action":"a:é","Resource":"*"`), `"a:é"`, msgSyntax},
	{"I03", stmt(`"Action":"*","Resource":"bucket"`), `"bucket"`, `Resource bucket must be in ARN format or "*".`},
	{"I03", stmt(`"Action":"*","Resource":"**"`), `"**"`, `Resource ** must be in ARN format or "*".`},
	{"I03", stmt(`"Action":"*","Resource":"arn:aws"`), `"arn:aws"`, `Resource arn:aws must be in ARN format or "*".`},
	{"I03", stmt(`"Action":"*","Resource":"arn:aws:"`), `"arn:aws:"`, `Resource arn:aws: must be in ARN format or "*".`},
	{"I03", stmt(`"Action":"*","Resource":"ARN:aws:s3:::x"`), `"ARN`, `Resource ARN:aws:s3:::x must be in ARN format or "*".`},
	{"I03", stmt(`"Action":"*","Resource":"execute-api:/prod/GET/x"`), `"execute`, `Resource execute-api:/prod/GET/x must be in ARN format or "*".`},
	{"I03", stmt(`"Action":"*","Resource":"arn:asw:s3:::x"`), `"arn`, `Partition "asw" is not valid for resource "arn:asw:s3:::x".`},
	{"I03", stmt(`"Action":"*","Resource":["*","arn::s3:::x"]`), `"arn`, `Partition "" is not valid for resource "arn::s3:::x".`},
	{"I03", `{"Statement":[{"Action":"*","Resource":"*"}]}`, `{"Action"`, msgSyntax},
	{"I03", `{"Statement":[{"Effect":"allow","Action":"*","Resource":"*"}]}`, `"allow"`, msgSyntax},
	{"I03", `{"Statement":[{"Effect":true,"Action":"*","Resource":"*"}]}`, `true`, msgSyntax},
	{"I03", stmt(`"Sid":"a b","Action":"*","Resource":"*"`), `"a b"`, msgSyntax},
	{"I03", stmt(`"Sid":"é","Action":"*","Resource":"*"`), `"é"`, msgSyntax},
	{"I03", stmt(`"Sid":1,"Action":"*","Resource":"*"`), `1,`, msgSyntax},
	{"I03", `{"Statement":[{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"}]}`, "", msgSid},
	{"I07", cond("StringSimilar", "a:b", `"x"`), `"StringSimilar"`, msgSyntax},
	{"I07", cond("stringequals", "a:b", `"x"`), `"stringequals"`, msgSyntax},
	{"I07", cond("ForSomeValues:StringEquals", "a:b", `"x"`), `"ForSome`, msgSyntax},
	{"I07", cond("ForAnyValue:ForAllValues:StringEquals", "a:b", `"x"`), `"ForAny`, msgSyntax},
	{"I07", cond("IfExists", "a:b", `"x"`), `"IfExists"`, msgSyntax},
	{"I07", cond("NullIfExists", "a:b", `"true"`), `"NullIf`, msgSyntax},
	{"I07", cond("ForAllValues:Null", "a:b", `"true"`), `"ForAll`, msgSyntax},
	{"I07", cond("StringEquals", "username", `"x"`), `"username"`, msgVendor},
	{"I07", cond("StringEquals", ":x", `"x"`), `":x"`, msgVendor},
	{"I07", cond("StringEquals", "a:b", `[]`), `[]`, msgSyntax},
	{"I07", cond("StringEquals", "a:b", `null`), `null`, msgSyntax},
	{"I07", cond("StringEquals", "a:b", `[["x"]]`), `["x"]`, msgSyntax},
	{"I07", cond("StringEquals", "a:b", `{"x":"y"}`), `{"x"`, msgSyntax},
	{"I07", stmt(`"Action":"*","Resource":"*","Condition":[]`), `[]`, msgSyntax},
	{"I07", stmt(`"Action":"*","Resource":"*","Condition":"x"`), `"x"`, msgSyntax},
	{"I07", stmt(`"Action":"*","Resource":"*","Condition":{"Bool":{}}`), `{}`, msgSyntax},
	{"I07", stmt(`"Action":"*","Resource":"*","Condition":{"Bool":"x"}`), `"x"`, msgSyntax},
	{"I12", stmt(`"Action":"*","Resource":"arn:aws:s3:${aws:region}::x"`), `"arn`, msgSyntax},
	{"I12", stmt(`"Action":"*","Resource":"arn:aws:s3:::${aws:username"`), `"arn`, msgSyntax},
	{"I12", stmt(`"Action":"*","Resource":"arn:aws:s3:::${}"`), `"arn`, msgSyntax},
	{"I12", stmt(`"Action":"*","Resource":"arn:aws:s3:::${username}"`), `"arn`, msgSyntax},
	{"I12", stmt(`"Action":"*","Resource":"arn:aws:s3:::${ aws:username}"`), `"arn`, msgSyntax},
	{"I12", stmt(`"Action":"*","Resource":"arn:aws:s3:::${aws:username, none}"`), `"arn`, msgSyntax},
	{"I12", stmt(`"Action":"*","Resource":"arn:aws:s3:::${aws:username, 'none}"`), `"arn`, msgSyntax},
	{"I12", stmt(`"Action":"*","Resource":"arn:aws:s3:::${aws:username, 'a' 'b'}"`), `"arn`, msgSyntax},
	{"I12", cond("StringEquals", "a:b", `"${a:${b:c}}"`), `"${a`, msgSyntax},
	{"I14", stmt(`"Principal":"*","Action":"*","Resource":"*"`), `"*","Action"`, msgPrincipal},
	{"I14", stmt(`"NotPrincipal":{"AWS":"*"},"Action":"*","Resource":"*"`), `{"AWS"`, msgPrincipal},
	{"I15", cond("NumericEquals", "a:b", `1e2`), `1e2`, msgSyntax},
	{"I15", cond("NumericEquals", "a:b", `"0x10"`), `"0x10"`, msgSyntax},
	{"I15", cond("NumericEquals", "a:b", `"+1"`), `"+1"`, msgSyntax},
	{"I15", cond("NumericEquals", "a:b", `"1,5"`), `"1,5"`, msgSyntax},
	{"I15", cond("NumericEquals", "a:b", `" 1"`), `" 1"`, msgSyntax},
	{"I15", cond("NumericEquals", "a:b", `".5"`), `".5"`, msgSyntax},
	{"I15", cond("NumericEquals", "a:b", `"5."`), `"5."`, msgSyntax},
	{"I15", cond("NumericEquals", "a:b", `""`), `""`, msgSyntax},
	{"I15", cond("NumericEquals", "a:b", `"${aws:username}"`), `"${`, msgSyntax},
	{"I15", cond("NumericEquals", "a:b", `"١"`), `"١"`, msgSyntax},
	{"I15", cond("DateEquals", "a:b", `"yesterday"`), `"yest`, msgLegacy},
	{"I15", cond("DateEquals", "a:b", `"2024-01-01T00:00:00"`), `"2024`, msgLegacy},
	{"I15", cond("DateEquals", "a:b", `"2023-02-29T00:00:00Z"`), `"2023`, msgLegacy},
	{"I15", cond("DateEquals", "a:b", `"2016-12-31T23:59:60Z"`), `"2016`, msgLegacy},
	{"I15", cond("DateEquals", "a:b", `"2016-12-31T5:04:05Z"`), `"2016`, msgLegacy},
	{"I15", cond("DateEquals", "a:b", `"2016-12-31T05:04:05,5Z"`), `"2016`, msgLegacy},
	{"I15", cond("DateEquals", "a:b", `"2016-12-31 05:04:05Z"`), `"2016`, msgLegacy},
	{"I15", cond("DateEquals", "a:b", `-5`), `-5`, msgLegacy},
	{"I15", cond("DateEquals", "a:b", `1.5`), `1.5`, msgLegacy},
	{"I15", cond("DateEquals", "a:b", `1700000000000000`), `1700`, msgLegacy},
	{"I15", cond("DateEquals", "a:b", `"99999999999999999999"`), `"9999`, msgLegacy},
	{"I15", cond("Bool", "a:b", `"yes"`), `"yes"`, msgSyntax},
	{"I15", cond("Bool", "a:b", `1`), `1}`, msgSyntax},
	{"I15", cond("Null", "a:b", `"maybe"`), `"maybe"`, msgSyntax},
	{"I15", cond("IpAddress", "a:b", `"10.0.0"`), `"10.0.0"`, msgSyntax},
	{"I15", cond("IpAddress", "a:b", `"10.0.0.0/33"`), `"10`, msgSyntax},
	{"I15", cond("IpAddress", "a:b", `"010.0.0.1"`), `"010`, msgSyntax},
	{"I15", cond("IpAddress", "a:b", `"fe80::1%eth0"`), `"fe80`, msgSyntax},
	{"I15", cond("NotIpAddress", "a:b", `"::ffff:0:0/90"`), `"::ffff`, msgSyntax},
	{"I15", cond("IpAddress", "a:b", `["10.0.0.1","10.0.0.*"]`), `"10.0.0.*"`, msgSyntax},
	{"I15", cond("BinaryEquals", "a:b", `"YQ"`), `"YQ"`, msgSyntax},
	{"I15", cond("BinaryEquals", "a:b", `"YR=="`), `"YR`, msgSyntax},
	{"I15", cond("BinaryEquals", "a:b", `"YQ\n=="`), `"YQ`, msgSyntax},
	{"I15", cond("ArnLike", "a:b", `"arn:aws:iam"`), `"arn`, msgSyntax},
	{"I15", cond("ArnEquals", "a:b", `"**"`), `"**"`, msgSyntax},
	{"I15", cond("ArnEquals", "a:b", `"${aws:username}*"`), `"${`, msgSyntax},
	{"I15", cond("ArnEquals", "a:b", `"arn:aws:iam::1:${x}"`), `"arn`, msgSyntax},
}

func TestMalformedPolicyDocument(t *testing.T) {
	for _, c := range malformed {
		doc := strings.ReplaceAll(c.doc, `"Statement"`, "\n  \"Statement\"")
		_, err := Parse([]byte(doc), Identity)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: accepted, or another error: %v\n%.200s", c.row, err, doc)
			continue
		}
		if syntax.Message != c.message || syntax.Code != "MalformedPolicyDocument" || syntax.Detail == "" {
			t.Errorf("%s: got %v\nwant %s\n%.200s", c.row, err, c.message, doc)
		}
		lines := strings.SplitAfter(doc, "\n")
		rest := strings.Join(lines[syntax.Line-1:], "")[syntax.Column-1:]
		if c.at == "" && c.message == msgSid {
			continue
		}
		if c.at == "" && rest != "" || !strings.HasPrefix(rest, c.at) {
			t.Errorf("%s: %v\npoints at %.60q, want %.60q", c.row, err, rest, c.at)
		}
	}
}

// TestI14PrincipalsByKind: who may, must and must not name a principal.
func TestI14PrincipalsByKind(t *testing.T) {
	with := stmt(`"Principal":"*","Action":"*","Resource":"*"`)
	without := stmt(`"Action":"*","Resource":"*"`)
	trust := func(principal string) string { return stmt(`"Principal":` + principal + `,"Action":"sts:AssumeRole"`) }
	cases := []struct {
		kind Kind
		doc  string
		ok   bool
	}{
		{Identity, without, true},
		{Session, without, true},
		{Boundary, without, true},
		{Resource, without, false},
		{Trust, without, false},
		{Identity, with, false},
		{Session, with, false},
		{Boundary, with, false},
		{Resource, with, true},
		{Trust, with, false},
		{Resource, stmt(`"NotPrincipal":{"AWS":"111122223333"},"Action":"*","Resource":"execute-api:/prod/GET/x"`), true},
		{Resource, stmt(`"NotPrincipal":"*","Principal":"*","Action":"*","Resource":"*"`), false},
		{Trust, cognitoTrust, true},
		{Trust, stmt(`"Action":"sts:AssumeRole"`), false},
		{Trust, stmt(`"NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"`), false},
		{Trust, trust(`"*"`), true},
		{Trust, trust(`{"AWS":"*"}`), true},
		{Trust, trust(`{"AWS":["111122223333","*"]}`), true},
		{Trust, trust(`{"AWS":"arn:aws:iam::111122223333:root"}`), true},
		{Trust, trust(`{"AWS":"arn:aws:iam::111122223333:user/path/ada"}`), true},
		{Trust, trust(`{"AWS":"arn:aws:sts::111122223333:assumed-role/r/s","Service":"lambda.amazonaws.com"}`), true},
		{Trust, trust(`{"Service":["lambda.amazonaws.com"],"CanonicalUser":"79a5"}`), true},
		{Trust, trust(`"111122223333"`), false},
		{Trust, trust(`{}`), false},
		{Trust, trust(`{"AWS":[]}`), false},
		{Trust, trust(`{"AWS":""}`), false},
		{Trust, trust(`{"aws":"*"}`), false},
		{Trust, trust(`{"AWS":"11112222333"}`), false},
		{Trust, trust(`{"AWS":"arn:aws:iam::111122223333:role/*"}`), false},
		{Trust, trust(`{"AWS":"arn:aws:iam::111122223333:role/"}`), false},
		{Trust, trust(`{"AWS":"arn:aws:iam::111122223333:group/g"}`), false},
		{Trust, trust(`{"AWS":"arn:aws:iam:us-east-1:111122223333:root"}`), false},
		{Trust, trust(`{"AWS":"arn:aws:iam::111122223333:roots"}`), false},
		{Trust, trust(`{"AWS":"ada"}`), false},
		{Trust, trust(`{"AWS":1}`), false},
		{Trust, trust(`{"Federated":"*"}`), false},
		{Trust, trust(`{"Service":"*"}`), false},
		{Kind(9), without, false},
		{Kind(-1), without, false},
	}
	for _, c := range cases {
		p, err := Parse([]byte(c.doc), c.kind)
		if (err == nil) != c.ok {
			t.Errorf("%v %s: got %v", c.kind, c.doc, err)
		}
		if err == nil && mustParse(t, c.kind, p.String()).String() != p.String() {
			t.Errorf("not stable: %s", p)
		}
	}
}

package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// asks evaluates one condition in an Allow.
func asks(t *testing.T, op, key, values string, req Request) bool {
	t.Helper()
	p := mustParse(t, Identity, cond(op, key, values))
	req.Action, req.Resource = "a:B", "x"
	return Evaluate(req, p).Allowed
}

// conditionTable gives, for each operator, values of the policy, one value of
// the request, and whether they match; negated operators are derived.
var conditionTable = []struct {
	op, values, got string
	want            bool
}{
	{"StringEquals", `"a"`, "a", true},
	{"StringEquals", `"a"`, "A", false},
	{"StringEquals", `"a"`, "", false},
	{"StringEquals", `""`, "", true},
	{"StringEquals", `["b","a"]`, "a", true},
	{"StringEquals", `"a*"`, "ab", false},
	{"StringEquals", `"a*"`, "a*", true},
	{"StringEquals", `1`, "1", true},
	{"StringEquals", `true`, "true", true},
	{"StringEquals", `"é"`, "e\u0301", false},
	{"StringEquals", `"a"`, "a ", false},
	{"StringEqualsIgnoreCase", `"aBc"`, "AbC", true},
	{"StringEqualsIgnoreCase", `"É"`, "é", true},
	{"StringEqualsIgnoreCase", `"a*"`, "AB", false},
	{"StringEqualsIgnoreCase", `"a"`, "b", false},
	{"StringLike", `"a*"`, "ab", true},
	{"StringLike", `"a*"`, "Ab", false},
	{"StringLike", `"?"`, "é", true},
	{"StringLike", `"*"`, "", true},
	{"StringLike", `["x","*y*"]`, "ayb", true},
	{"StringLike", `"a${*}"`, "ab", false},
	{"StringLike", `"a${*}"`, "a*", true},
	{"StringLike", `"a${?}"`, "a?", true},
	{"StringLike", `"a${?}"`, "ab", false},
	{"StringLike", `"${$}{a:b}"`, "${a:b}", true},
	{"NumericEquals", `"10"`, "10", true},
	{"NumericEquals", `10`, "10.0", true},
	{"NumericEquals", `"10"`, "010", true},
	{"NumericEquals", `"10"`, "1e1", false},
	{"NumericEquals", `"16"`, "0x10", false},
	{"NumericEquals", `"0"`, "-0", true},
	{"NumericEquals", `"9007199254740993"`, "9007199254740992", false},
	{"NumericEquals", `"0.1"`, "0.10000000000000001", false},
	{"NumericEquals", `"1"`, "", false},
	{"NumericEquals", `"1"`, " 1", false},
	{"NumericEquals", `[1,2]`, "2", true},
	{"NumericLessThan", `"10"`, "9.99", true},
	{"NumericLessThan", `"10"`, "10", false},
	{"NumericLessThan", `"-2"`, "-10", true},
	{"NumericLessThan", `"-10"`, "-2", false},
	{"NumericLessThan", `"-1"`, "0", false},
	{"NumericLessThan", `"0.5"`, "0.49", true},
	{"NumericLessThan", `"10"`, "soon", false},
	{"NumericLessThanEquals", `"10"`, "10", true},
	{"NumericLessThanEquals", `"10"`, "10.01", false},
	{"NumericGreaterThan", `"10"`, "100", true},
	{"NumericGreaterThan", `"10"`, "10", false},
	{"NumericGreaterThan", `"9"`, "10", true},
	{"NumericGreaterThanEquals", `"10"`, "10", true},
	{"NumericGreaterThanEquals", `"10"`, "9", false},
	{"DateEquals", `"2024-01-01T00:00:00Z"`, "1704067200", true},
	{"DateEquals", `"2024-01-01"`, "2024-01-01T01:00:00+01:00", true},
	{"DateEquals", `1704067200`, "2024-01-01T00:00Z", true},
	{"DateEquals", `"2024-01-01"`, "2024-01-01T00:00:00.001Z", false},
	{"DateEquals", `"2024-01-01"`, "", false},
	{"DateLessThan", `"2024-01-01"`, "2023-12-31T23:59:59Z", true},
	{"DateLessThan", `"2024-01-01"`, "2024-01-01", false},
	{"DateLessThan", `"2024-01-01"`, "soon", false},
	{"DateLessThanEquals", `"2024-01-01"`, "2024-01-01", true},
	{"DateLessThanEquals", `"2024-01-01"`, "2024-01-01T00:00:01Z", false},
	{"DateGreaterThan", `"2024-01-01"`, "2024-01-01T00:00:01Z", true},
	{"DateGreaterThan", `"2024-01-01"`, "2024-01-01", false},
	{"DateGreaterThan", `"2016-12-31"`, "2016-12-31T23:59:60Z", false},
	{"DateGreaterThanEquals", `"2024-01-01"`, "2024-01-01", true},
	{"DateGreaterThanEquals", `"2024-01-01"`, "2023-12-31", false},
	{"Bool", `"true"`, "true", true},
	{"Bool", `true`, "TRUE", true},
	{"Bool", `"true"`, "false", false},
	{"Bool", `"false"`, "false", true},
	{"Bool", `"false"`, "no", false},
	{"Bool", `"true"`, "1", false},
	{"BinaryEquals", `"YWI="`, "YWI=", true},
	{"BinaryEquals", `"YWI="`, "YWI", false},
	{"BinaryEquals", `"YWI="`, "YWJ=", false},
	{"BinaryEquals", `"YWI="`, "ab", false},
	{"IpAddress", `"203.0.113.0/24"`, "203.0.113.9", true},
	{"IpAddress", `"203.0.113.0/24"`, "203.0.114.9", false},
	{"IpAddress", `"203.0.113.9"`, "203.0.113.9", true},
	{"IpAddress", `"203.0.113.9"`, "203.0.113.10", false},
	{"IpAddress", `"203.0.113.77/24"`, "203.0.113.9", true},
	{"IpAddress", `"0.0.0.0/0"`, "1.2.3.4", true},
	{"IpAddress", `"0.0.0.0/0"`, "::1", false},
	{"IpAddress", `"::/0"`, "1.2.3.4", false},
	{"IpAddress", `"2001:db8::/32"`, "2001:db8:0:0::1", true},
	{"IpAddress", `"2001:DB8::1"`, "2001:db8::0001", true},
	{"IpAddress", `"10.0.0.0/8"`, "::ffff:10.1.2.3", true},
	{"IpAddress", `"::ffff:10.0.0.0/104"`, "10.1.2.3", true},
	{"IpAddress", `"::ffff:10.0.0.1"`, "10.0.0.1", true},
	{"IpAddress", `"fe80::/10"`, "fe80::1%eth0", true},
	{"IpAddress", `"10.0.0.0/8"`, "10.0.0.1:443", false},
	{"IpAddress", `"10.0.0.0/8"`, "010.0.0.1", false},
	{"IpAddress", `"10.0.0.0/8"`, "10.0.0.1, 203.0.113.9", false},
	{"IpAddress", `["::1","127.0.0.0/8"]`, "127.0.0.1", true},
	{"ArnLike", `"arn:aws:iam::111122223333:role/*"`, "arn:aws:iam::111122223333:role/a/b", true},
	{"ArnLike", `"arn:aws:iam::111122223333:role/a"`, "arn:aws:iam::111122223333:role/A", false},
	{"ArnLike", `"arn:aws:*:*:*:role/a"`, "arn:aws:iam::1:role/a", true},
	{"ArnLike", `"arn:*:role/a:*:*:*"`, "arn:aws:iam::1:role/a", false},
	{"ArnLike", `"arn:aws:i*:1:role/a"`, "arn:aws:iam::1:role/a", false},
	{"ArnLike", `"arn:aws:sns:*:1:*"`, "arn:aws:sns:eu-west-1:1:topic:sub", true},
	{"ArnLike", `"arn:aws:sns:*:topic"`, "arn:aws:sns:eu-west-1:1:topic", false},
	{"ArnLike", `"*"`, "arn:aws:iam::1:role/a", true},
	{"ArnLike", `"*"`, "not an arn", false},
	{"ArnLike", `"arn:*:*:*:*:*"`, "arn:aws:iam", false},
	{"ArnLike", `"arn:aws:iam::?:role/a"`, "arn:aws:iam::12:role/a", false},
	{"ArnLike", `"arn:aws:iam::1*:role/a"`, "arn:aws:iam::12:role/a", true},
	{"ArnEquals", `"arn:aws:iam::1:role/*"`, "arn:aws:iam::1:role/a", true},
	{"ArnEquals", `"arn:aws:iam::1:role/a"`, "arn:aws:iam::1:role/ab", false},
}

// negations maps each operator to the one that means the opposite.
var negations = map[string]string{
	"StringEquals": "StringNotEquals", "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase", "StringLike": "StringNotLike",
	"NumericEquals": "NumericNotEquals", "DateEquals": "DateNotEquals", "IpAddress": "NotIpAddress", "ArnLike": "ArnNotLike", "ArnEquals": "ArnNotEquals",
}

func TestConditionOperators(t *testing.T) {
	for _, c := range conditionTable {
		if strings.HasPrefix(c.values, `"arn:aws:i*:1`) || c.values == `"arn:aws:sns:*:topic"` {
			if _, err := Parse([]byte(cond(c.op, "k:v", c.values)), Identity); err == nil {
				t.Errorf("%s %s: a pattern with too few fields was accepted", c.op, c.values)
			}
			continue
		}
		req := Request{Context: Context{"k:v": {c.got}}}
		for _, form := range []string{"%s", "%sIfExists", "ForAnyValue:%s", "ForAllValues:%s"} {
			op := fmt.Sprintf(form, c.op)
			if got := asks(t, op, "K:V", c.values, req); got != c.want {
				t.Errorf("%s %s on %q: got %v", op, c.values, c.got, got)
			}
			if negations[c.op] == "" {
				continue
			}
			op = fmt.Sprintf(form, negations[c.op])
			if got := asks(t, op, "k:v", c.values, req); got == c.want {
				t.Errorf("%s %s on %q: got %v", op, c.values, c.got, got)
			}
		}
	}
}

// sample is a value every operator accepts in a policy.
func sample(op string) string {
	switch {
	case strings.HasPrefix(op, "Numeric"), strings.HasPrefix(op, "Date"):
		return `"1"`
	case op == "Bool" || op == "Null":
		return `"true"`
	case strings.Contains(op, "Ip"):
		return `"10.0.0.1"`
	default:
		return `"*"`
	}
}

// TestI08MissingKey is the truth table for a key the request does not have, for
// every operator in every form.
func TestI08MissingKey(t *testing.T) {
	for _, op := range slices.Sorted(maps.Keys(operators)) {
		if op == "Null" {
			continue
		}
		values := sample(op)
		if op == "BinaryEquals" {
			values = `"YQ=="`
		}
		want := map[string]bool{
			"%s": strings.Contains(op, "Not"), "%sIfExists": true,
			"ForAnyValue:%s": false, "ForAllValues:%s": true,
			"ForAnyValue:%sIfExists": true, "ForAllValues:%sIfExists": true,
		}
		for form, want := range want {
			for name, req := range map[string]Request{"missing": {}, "empty": {Context: Context{"k:v": {}}}, "nil": {Context: Context{"k:v": nil}}} {
				if got := asks(t, fmt.Sprintf(form, op), "k:v", values, req); got != want {
					t.Errorf("%s, key %s: got %v", fmt.Sprintf(form, op), name, got)
				}
			}
		}
	}
}

func TestI08Null(t *testing.T) {
	present := Request{Context: Context{"k:v": {""}}}
	for values, want := range map[string][2]bool{ // missing, present
		`"true"`: {true, false}, `"false"`: {false, true}, `true`: {true, false}, `["true","false"]`: {true, true},
	} {
		if got := asks(t, "Null", "k:v", values, Request{}); got != want[0] {
			t.Errorf("Null %s, missing: got %v", values, got)
		}
		if got := asks(t, "Null", "k:v", values, present); got != want[1] {
			t.Errorf("Null %s, present: got %v", values, got)
		}
	}
	user := Request{Principal: Principal{UserID: "AIDA"}}
	if asks(t, "Null", "aws:userid", `"true"`, user) || !asks(t, "Null", "aws:username", `"true"`, user) {
		t.Error("Null does not see the principal's own keys")
	}
}

// TestI08SetOperators includes GHSA-v9cp: ForAnyValue with a negated operator
// holds as soon as one value is outside the list.
func TestI08SetOperators(t *testing.T) {
	for _, c := range []struct {
		op, values string
		got        []string
		want       bool
	}{
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"a", "b"}, true},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"a", "c"}, false},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"a"}, true},
		{"ForAnyValue:StringEquals", `["a","b"]`, []string{"c", "b"}, true},
		{"ForAnyValue:StringEquals", `["a","b"]`, []string{"c", "d"}, false},
		{"ForAllValues:StringNotEquals", `["a","b"]`, []string{"c", "d"}, true},
		{"ForAllValues:StringNotEquals", `["a","b"]`, []string{"a", "d"}, false},
		{"ForAnyValue:StringNotEquals", `["a","b"]`, []string{"a", "c"}, true},
		{"ForAnyValue:StringNotEquals", `["a","b"]`, []string{"a", "b"}, false},
		{"StringEquals", `"a"`, []string{"b", "a"}, true},
		{"StringLike", `"*a"`, []string{"b", "c"}, false},
		{"ForAllValues:NumericLessThan", `5`, []string{"1", "x"}, false},
		{"ForAllValues:NotIpAddress", `"10.0.0.0/8"`, []string{"x", "11.0.0.1"}, true},
		{"ForAllValues:ArnNotEquals", `"arn:aws:iam::1:role/a"`, []string{"arn:aws:iam::1:role/a"}, false},
	} {
		if got := asks(t, c.op, "k:v", c.values, Request{Context: Context{"k:v": c.got}}); got != c.want {
			t.Errorf("%s %s on %v: got %v", c.op, c.values, c.got, got)
		}
	}
}

// TestConditionsAreAnded: operators and keys all have to hold.
func TestConditionsAreAnded(t *testing.T) {
	p := mustParse(t, Identity, stmt(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"k:a":"1","k:b":"2"},"StringLike":{"k:c":"3*"}}`))
	for _, c := range []struct {
		a, b, c string
		want    bool
	}{{"1", "2", "33", true}, {"0", "2", "33", false}, {"1", "0", "33", false}, {"1", "2", "0", false}} {
		req := Request{Action: "a:b", Resource: "x", Context: Context{"k:a": {c.a}, "k:b": {c.b}, "k:c": {c.c}}}
		if got := Evaluate(req, p).Allowed; got != c.want {
			t.Errorf("%v: got %v", c, got)
		}
	}
}

func TestTimeKeys(t *testing.T) {
	now := time.Date(2024, 1, 1, 0, 0, 0, 999, time.FixedZone("", 3600)) // 2023-12-31T23:00:00Z
	req := Request{Time: now, Context: Context{"aws:currenttime": {"1999-01-01"}}, Principal: Principal{TokenIssueTime: now}}
	for _, c := range []struct{ op, key, values string }{
		{"DateLessThan", "aws:CurrentTime", `"2024-01-01T00:00:00Z"`},
		{"DateEquals", "aws:CurrentTime", `"2023-12-31T23:00:00Z"`},
		{"DateEquals", "aws:EpochTime", `1704063600`},
		{"NumericEquals", "aws:EpochTime", `1704063600`},
		{"StringEquals", "aws:CurrentTime", `"2023-12-31T23:00:00Z"`},
		{"DateEquals", "aws:TokenIssueTime", `"2023-12-31T23:00:00Z"`},
		{"StringEquals", "aws:TokenIssueTime", `"2023-12-31T23:00:00Z"`},
	} {
		if !asks(t, c.op, c.key, c.values, req) {
			t.Errorf("%s %s %s does not hold", c.op, c.key, c.values)
		}
	}
	old := Request{Context: Context{"aws:currenttime": {"1999-01-01"}}}
	if !asks(t, "DateLessThan", "aws:CurrentTime", `"2000-01-01"`, old) {
		t.Error("without Time the Context does not count")
	}
}

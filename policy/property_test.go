package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// genDoc draws policies from a small alphabet, so that matches and near misses
// are frequent.
type genDoc struct{ t *rapid.T }

func (g genDoc) one(label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(g.t, label)
}

func (g genDoc) some(label string, from ...string) any {
	list := rapid.SliceOfN(rapid.SampledFrom(from), 1, 3).Draw(g.t, label)
	if len(list) == 1 && rapid.Bool().Draw(g.t, label+" bare") {
		return list[0]
	}
	return list
}

var genText = []string{"a", "b", "ab", "A", "*", "?", "a*", "*b", "a?", "é", "", "a*b", "red", "RED", "1"}

var genVars = []string{
	"${aws:PrincipalTag/team}", "x${aws:PrincipalTag/team}", "${aws:username}", "${aws:PrincipalTag/none, 'red'}", "${*}", "a${?}*",
	"${$}{a}", "${aws:PrincipalTag/Team}*", "${cognito-identity.amazonaws.com:amr}", "${c:many}", "${aws:userid}",
}

func (g genDoc) values(op string, vars bool) []string {
	switch {
	case vars && strings.Contains(op, "Arn") && rapid.Bool().Draw(g.t, "whole"):
		return []string{"${c:arn}"}
	case strings.Contains(op, "String"):
		return append(slices.Clone(genText), genVars...)
	case strings.Contains(op, "Numeric"):
		return []string{"0", "-0", "1", "1.0", "01", "-1", "2.50", "2.5", "9007199254740993", "9007199254740992"}
	case strings.Contains(op, "Date"):
		return []string{"0", "1700000000", "2023-11-14T22:13:20Z", "2023-11-14", "2023-11-14T23:13:20+01:00", "2023-11-14T22:13:20.5Z"}
	case strings.Contains(op, "Binary"):
		return []string{"YQ==", "YWI=", "AAEC"}
	case strings.Contains(op, "Ip"):
		return []string{"10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "::/0", "2001:db8::/32", "10.1.2.3/24", "::1"}
	case strings.Contains(op, "Arn"):
		return []string{
			"*", "arn:aws:iam::1:role/a", "arn:*:iam::*:role/*", "arn:aws:iam::1:*", "arn:*:*:*:*:*", "arn:aws:iam:*:?:role/a:b",
			"arn:aws:iam::1:role/${aws:PrincipalTag/team}", "arn:${aws:PrincipalTag/team}:iam::1:role/a",
		}
	default:
		return []string{"true", "false", "True"}
	}
}

func (g genDoc) operator() string {
	base := g.one("operator", slices.Sorted(maps.Keys(operators))...)
	if base == "Null" {
		return base
	}
	return g.one("prefix", "", "", "ForAnyValue:", "ForAllValues:") + base + g.one("suffix", "", "", "IfExists")
}

func (g genDoc) statement(i int, vars bool) map[string]any {
	st := map[string]any{"Effect": g.one("effect", "Allow", "Allow", "Deny"), "Sid": fmt.Sprint("S", i)}
	st[g.one("A", "Action", "Action", "NotAction")] = g.some("actions", "*", "svc:Get", "SVC:get*", "svc:?et", "svc:Put", "other:*", "svc:*e*t")
	resources := []string{"*", "arn:aws:svc:::a", "arn:aws:svc:::a*", "arn:aws:svc:::?", "arn:aws:*b", "arn:aws:svc:*:*:*/b*b", "arn:*:svc:*?b"}
	if vars {
		for _, v := range genVars {
			resources = append(resources, "arn:aws:svc:::"+v)
		}
	}
	st[g.one("R", "Resource", "Resource", "NotResource")] = g.some("resources", resources...)
	conditions := map[string]map[string]any{}
	for range rapid.IntRange(0, 2).Draw(g.t, "conditions") {
		op := g.operator()
		key := g.one("key", "c:one", "C:One", "c:many", "c:none", "aws:PrincipalTag/team", "aws:username", "aws:CurrentTime", "c:arn", "cognito-identity.amazonaws.com:amr")
		conditions[op] = map[string]any{key: g.some("values", g.values(op, vars)...)}
	}
	if len(conditions) > 0 {
		st["Condition"] = conditions
	}
	return st
}

func (g genDoc) doc() string {
	root := map[string]any{}
	version := g.one("version", "2012-10-17", "2012-10-17", "2008-10-17", "")
	if version != "" {
		root["Version"] = version
	}
	var list []any
	for i := range rapid.IntRange(1, 3).Draw(g.t, "statements") {
		list = append(list, g.statement(i, version == "2012-10-17"))
	}
	root["Statement"] = list
	doc, err := json.Marshal(root)
	if err != nil {
		g.t.Fatal(err)
	}
	return string(doc)
}

func (g genDoc) request() Request {
	scalars := slices.Concat(genText, []string{
		"true", "FALSE", "yes", "1.0", "1e2", "-1", "9007199254740993", "1700000000", "2023-11-14T22:13:20Z", "soon",
		"10.0.0.1", "::ffff:10.1.2.3", "2001:db8::1", "YQ==", "arn:aws:iam::1:role/a", "arn:aws:iam::1:role/a:b", "arn:aws", "xred",
	})
	req := Request{
		Action:   g.one("action", "svc:Get", "SVC:GET", "svc:Put", "other:Do"),
		Resource: g.one("resource", "*", "arn:aws:svc:::a", "arn:aws:svc:::b", "arn:aws:svc:::ab/b/b", "arn:aws:svc:::*", "arn:aws:svc:::red", "arn:aws:svc:::é", "arn:aws:svc:::xred"),
		Context:  Context{"c:one": {g.one("one", scalars...)}, "c:arn": {g.one("arn", scalars...)}},
	}
	if rapid.Bool().Draw(g.t, "many") {
		req.Context["c:many"] = rapid.SliceOfN(rapid.SampledFrom(scalars), 0, 3).Draw(g.t, "c:many")
	}
	req.AltResource = g.one("alt", "", "", "arn:aws:svc:::a", "arn:aws:svc:::*")
	req.Principal = Principal{Type: g.one("type", "User", "AssumedRole"), Username: "a", UserID: g.one("userid", "", "a", "*")}
	if rapid.Bool().Draw(g.t, "tagged") {
		req.Principal.Tags = map[string]string{"Team": g.one("team", genText...)}
	}
	if rapid.Bool().Draw(g.t, "amr") {
		req.Principal.AMR = []string{"a", "authenticated"}[:rapid.IntRange(1, 2).Draw(g.t, "amrs")]
	}
	if rapid.Bool().Draw(g.t, "timed") {
		req.Time = time.Unix(1_700_000_000, 5e8)
	}
	return req
}

// checkUntil checks a property until what was drawn has led to all that it is about,
// which a few draws need not.
func checkUntil(t *testing.T, property func(*rapid.T), all func() bool) {
	t.Helper()
	for tries := 0; tries == 0 || !all() && !t.Failed(); tries++ {
		if tries == 100 {
			t.Fatal("the generator never led to some of it")
		}
		rapid.Check(t, property)
	}
}

// TestEvaluateAgreesWithReference is I06 and I08 at large: this package and the
// naive evaluator never disagree, and writing a policy out changes nothing.
func TestEvaluateAgreesWithReference(t *testing.T) {
	reasons := map[Reason]int{}
	agree := func(t *rapid.T) {
		g := genDoc{t}
		docs := []string{g.doc()}
		if rapid.Bool().Draw(t, "two") {
			docs = append(docs, g.doc())
		}
		var policies []*Policy
		for _, doc := range docs {
			p, err := Parse([]byte(doc), Identity)
			if err != nil {
				t.Fatalf("%v in %s", err, doc)
			}
			again, err := Parse([]byte(p.String()), Identity)
			if err != nil || again.String() != p.String() {
				t.Fatalf("writing changes the policy: %v\n%s\n%s", err, doc, p)
			}
			policies = append(policies, again)
		}
		for range 8 {
			req := g.request()
			got, want := Evaluate(req, policies...), refReason(req, docs...)
			if got.Reason != want {
				t.Fatalf("got %v, reference %v\n%s\n%+v", got.Reason, want, docs, req)
			}
			reasons[want]++
		}
	}
	checkUntil(t, agree, func() bool { return reasons[Allow] > 0 && reasons[ImplicitDeny] > 0 && reasons[ExplicitDeny] > 0 })
}

// TestMoreDenyNeverAllows: adding a Deny to any set of policies can only take
// away, adding an Allow can only give.
func TestMoreDenyNeverAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := genDoc{t}
		base, more, req := mustParse2(t, g.doc()), mustParse2(t, g.doc()), g.request()
		before, after := Evaluate(req, base), Evaluate(req, base, more)
		if len(more.allow) == 0 && !before.Allowed && after.Allowed {
			t.Fatalf("a Deny allowed: %s + %s", base, more)
		}
		if len(more.deny) == 0 && before.Allowed && !after.Allowed {
			t.Fatalf("an Allow denied: %s + %s", base, more)
		}
		if swapped := Evaluate(req, more, base); swapped.Reason != after.Reason {
			t.Fatalf("the order of policies matters: %v, %v", after.Reason, swapped.Reason)
		}
	})
}

func mustParse2(t *rapid.T, doc string) *Policy {
	p, err := Parse([]byte(doc), Identity)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

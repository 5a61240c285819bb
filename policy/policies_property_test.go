package policy

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// This file extends the second evaluator, of reference_test.go, to all kinds of
// policies. It works on documents and writes the rules down the long way.

const (
	refSession = "arn:aws:sts::111122223333:assumed-role/app/s"
	refRole    = "arn:aws:iam::111122223333:role/app"
	refUser    = "arn:aws:iam::111122223333:user/ada"
	refRoot    = "arn:aws:iam::111122223333:root"
)

// refDocs are documents by kind.
type refDocs struct {
	identity, resource, boundary, session []string
	scps                                  [][]string
	account                               string
}

// refForms are all names of a caller: an account has two.
func refForms(p Principal) (names [][]string) {
	if p.ARN == "" {
		return nil
	}
	names = append(names, []string{p.ARN}, []string{p.Account, "arn:aws:iam::" + p.Account + ":root"})
	if p.RoleARN != "" {
		names = append(names, []string{p.RoleARN})
	}
	return names
}

// refNamed says for each form of a caller whether the element names it, and
// whether it names everyone.
func refNamed(element any, p Principal) (forms []bool, everyone bool) {
	var listed []string
	if element == "*" {
		listed = []string{"*"}
	} else {
		for _, v := range refList(element.(map[string]any)["AWS"]) {
			listed = append(listed, v.(string))
		}
	}
	for _, names := range refForms(p) {
		forms = append(forms, slices.ContainsFunc(names, func(n string) bool { return slices.Contains(listed, n) }))
	}
	return forms, slices.Contains(listed, "*")
}

// refPrincipal is what a statement gives the caller: "" for nothing, else
// "account", "role" or "self".
func refPrincipal(st map[string]any, p Principal) string {
	deny := st["Effect"] == "Deny"
	if not, ok := st["NotPrincipal"]; ok {
		forms, everyone := refNamed(not, p)
		spared := everyone || slices.Contains(forms, true)
		if deny {
			spared = everyone || len(forms) > 0 && !slices.Contains(forms, false)
		}
		if spared {
			return ""
		}
		return "role"
	}
	forms, everyone := refNamed(st["Principal"], p)
	switch {
	case len(forms) > 0 && forms[0]:
		return "self"
	case everyone || len(forms) > 2 && forms[2]:
		return "role"
	case len(forms) > 0 && forms[1]:
		return "account"
	}
	return ""
}

// refResource gives the best grant of resource policies and whether they deny.
func refResource(req Request, docs []string) (grants []string, deny bool) {
	for _, doc := range docs {
		var root map[string]any
		dec := json.NewDecoder(strings.NewReader(doc))
		dec.UseNumber()
		if err := dec.Decode(&root); err != nil {
			panic(err)
		}
		r := &refEval{vars: root["Version"] == "2012-10-17", keys: refKeys(req)}
		for _, s := range refList(root["Statement"]) {
			st := s.(map[string]any)
			named := refPrincipal(st, req.Principal)
			switch {
			case named == "" || !r.applies(st, req):
			case st["Effect"] == "Deny":
				deny = true
			default:
				grants = append(grants, named)
			}
		}
	}
	return grants, deny
}

func (s refDocs) reason(req Request) Reason {
	grants, denied := refResource(req, s.resource)
	all := slices.Concat(s.identity, s.boundary, s.session, slices.Concat(s.scps...))
	if denied || refReason(req, all...) == ExplicitDeny {
		return ExplicitDeny
	}
	allows := func(docs ...string) bool { return refReason(req, docs...) == Allow }
	for _, level := range s.scps {
		if req.Principal.Account != "" && !allows(level...) {
			return ImplicitDeny
		}
	}
	within := len(s.session) == 0 || allows(s.session...)
	for _, b := range s.boundary {
		within = within && allows(b)
	}
	ok := false
	if req.Principal.ARN == "" || req.Principal.Account == s.account {
		if slices.Contains(grants, "self") {
			return Allow
		}
		ok = allows(s.identity...) || slices.Contains(grants, "role")
	} else {
		ok = allows(s.identity...) && len(grants) > 0
	}
	if ok && within {
		return Allow
	}
	return ImplicitDeny
}

// resourceDoc is a document with principals.
func (g genDoc) resourceDoc() string {
	var root map[string]any
	dec := json.NewDecoder(strings.NewReader(g.doc()))
	dec.UseNumber()
	if err := dec.Decode(&root); err != nil {
		g.t.Fatal(err)
	}
	for _, s := range refList(root["Statement"]) {
		element := any("*")
		if rapid.Bool().Draw(g.t, "named") {
			element = map[string]any{"AWS": g.some("principals", "*", refSession, refRole, refUser, refRoot, "111122223333", "999922223333")}
		}
		s.(map[string]any)[g.one("P", "Principal", "Principal", "Principal", "NotPrincipal")] = element
	}
	doc, err := json.Marshal(root)
	if err != nil {
		g.t.Fatal(err)
	}
	return string(doc)
}

// mostly is a document that allows all, half of the time: where several must
// allow, few requests would be allowed else.
func (g genDoc) mostly() string {
	if rapid.Bool().Draw(g.t, "all") {
		return `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	}
	return g.doc()
}

func (g genDoc) docs(label string, most int, make func() string) (out []string) {
	for range rapid.IntRange(0, most).Draw(g.t, label) {
		out = append(out, make())
	}
	return out
}

func (g genDoc) all() refDocs {
	s := refDocs{account: g.one("owner", "111122223333", "111122223333", "999922223333")}
	s.identity = g.docs("identity", 2, g.mostly)
	s.resource = g.docs("resource", 1, g.resourceDoc)
	s.boundary = g.docs("boundary", 1, g.mostly)
	s.session = g.docs("session", 2, g.mostly)
	for range rapid.IntRange(0, 1).Draw(g.t, "levels") {
		s.scps = append(s.scps, []string{g.mostly()})
	}
	return s
}

func (s refDocs) parse(t *rapid.T) Policies {
	list := func(kind Kind, docs []string) (out []*Policy) {
		for _, doc := range docs {
			p, err := Parse([]byte(doc), kind)
			if err != nil {
				t.Fatalf("%v in %s", err, doc)
			}
			out = append(out, p)
		}
		return out
	}
	ps := Policies{
		Identity: list(Identity, s.identity), Resource: list(Resource, s.resource), Boundary: list(Boundary, s.boundary),
		Session: list(Session, s.session), Account: s.account,
	}
	for _, level := range s.scps {
		ps.SCPs = append(ps.SCPs, list(SCP, level))
	}
	return ps
}

func (g genDoc) asked() Request {
	req := g.request()
	p := &req.Principal
	switch g.one("caller", "session", "session", "user", "anonymous") {
	case "session":
		p.Type, p.ARN, p.RoleARN, p.Account = "AssumedRole", refSession, refRole, "111122223333"
	case "user":
		p.Type, p.ARN, p.Account = "User", refUser, "111122223333"
	}
	return req
}

// TestPoliciesAgreeWithReference: over all kinds, this package and the naive
// evaluator never disagree, and a trace is of the same opinion.
func TestPoliciesAgreeWithReference(t *testing.T) {
	reasons := map[Reason]int{}
	agree := func(t *rapid.T) {
		g := genDoc{t}
		docs := g.all()
		ps := docs.parse(t)
		for range 10 {
			req := g.asked()
			got, want := ps.Evaluate(req), docs.reason(req)
			if got.Reason != want || got.Allowed != (want == Allow) {
				t.Fatalf("got %v by %v, reference %v\n%+v\n%+v", got.Reason, got.Kind, want, docs, req)
			}
			traced, steps := ps.Trace(req)
			if traced != got {
				t.Fatalf("traced %+v, evaluated %+v", traced, got)
			}
			for _, s := range steps {
				if s.Statement == got.Statement && !s.Applies() {
					t.Fatalf("the statement that decides does not apply: %+v", s)
				}
			}
			reasons[want]++
		}
	}
	checkUntil(t, agree, func() bool { return reasons[Allow] > 0 && reasons[ImplicitDeny] > 0 && reasons[ExplicitDeny] > 0 })
}

// TestPoliciesAreMonotone: a Deny anywhere and a ceiling anywhere only take
// away, an Allow beside others of its kind only gives.
func TestPoliciesAreMonotone(t *testing.T) {
	changed := 0
	monotone := func(t *rapid.T) {
		g := genDoc{t}
		ps, doc := g.all().parse(t), g.doc()
		kind := rapid.SampledFrom([]Kind{Identity, Boundary, Session, SCP}).Draw(t, "kind")
		added, err := Parse([]byte(doc), kind)
		if err != nil {
			t.Fatal(err)
		}
		more := ps.with(added)
		ceiling := kind == Boundary || kind == SCP || kind == Session && len(ps.Session) == 0
		for range 8 {
			req := g.asked()
			before, after := ps.Evaluate(req), more.Evaluate(req)
			if (ceiling || len(added.allow) == 0) && after.Allowed && !before.Allowed {
				t.Fatalf("a %v policy gave: %s", kind, doc)
			}
			if !ceiling && len(added.deny) == 0 && before.Allowed && !after.Allowed {
				t.Fatalf("an Allow of a %v policy took away: %s", kind, doc)
			}
			if before.Reason == ExplicitDeny && after.Reason != ExplicitDeny {
				t.Fatalf("a Deny was lifted by a %v policy: %s", kind, doc)
			}
			if before.Reason != after.Reason {
				changed++
			}
		}
	}
	checkUntil(t, monotone, func() bool { return changed > 0 })
}

// with is ps and one policy more, in lists of its own.
func (ps Policies) with(p *Policy) Policies {
	switch p.kind {
	case Identity:
		ps.Identity = append(slices.Clone(ps.Identity), p)
	case Boundary:
		ps.Boundary = append(slices.Clone(ps.Boundary), p)
	case Session:
		ps.Session = append(slices.Clone(ps.Session), p)
	case SCP:
		ps.SCPs = append(slices.Clone(ps.SCPs), []*Policy{p})
	}
	return ps
}

package policy

// A second evaluator, written from the specification for tests only. It works
// on what encoding/json makes of a document and shares no code with the package
// but the types of a Request: recursion instead of cutting at stars, rational
// numbers instead of digit strings.

import (
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
)

// refToken is a character of a pattern: a literal, "*" or "?".
type refToken struct {
	lit  string
	wild bool
}

func refTokens(text string) []refToken {
	var out []refToken
	for _, c := range strings.Split(text, "") {
		out = append(out, refToken{lit: c, wild: c == "*" || c == "?"})
	}
	return out
}

// refGlob is the definition of a match, recursive.
func refGlob(p []refToken, s []string) bool {
	if len(p) == 0 {
		return len(s) == 0
	}
	if p[0].wild && p[0].lit == "*" {
		return refGlob(p[1:], s) || len(s) > 0 && refGlob(p, s[1:])
	}
	return len(s) > 0 && (p[0].wild || p[0].lit == s[0]) && refGlob(p[1:], s[1:])
}

func refMatch(pattern, s string) bool { return refGlob(refTokens(pattern), strings.Split(s, "")) }

type refEval struct {
	vars bool
	keys map[string][]string // lower case
}

func refKeys(req Request) map[string][]string {
	keys := map[string][]string{}
	for k, v := range req.Context {
		if len(v) > 0 {
			keys[strings.ToLower(k)] = v
		}
	}
	p := req.Principal
	arn := p.RoleARN
	if arn == "" {
		arn = p.ARN
	}
	user := ""
	if p.Type == "User" {
		user = p.Username
	}
	one := map[string]string{
		"aws:userid": p.UserID, "aws:username": user, "aws:principalarn": arn, "aws:principalaccount": p.Account,
		"aws:principaltype": p.Type, "aws:federatedprovider": p.FederatedProvider,
		"cognito-identity.amazonaws.com:sub": p.IdentityID, "cognito-identity.amazonaws.com:aud": p.IdentityPoolID,
	}
	for k, v := range one {
		if v != "" {
			keys[k] = []string{v}
		}
	}
	if len(p.AMR) > 0 {
		keys["cognito-identity.amazonaws.com:amr"] = p.AMR
	}
	for k, v := range p.Tags {
		keys["aws:principaltag/"+strings.ToLower(k)] = []string{v}
	}
	if !p.TokenIssueTime.IsZero() {
		keys["aws:tokenissuetime"] = []string{p.TokenIssueTime.UTC().Format("2006-01-02T15:04:05Z")}
	}
	if !req.Time.IsZero() {
		keys["aws:currenttime"] = []string{req.Time.UTC().Format("2006-01-02T15:04:05Z")}
		keys["aws:epochtime"] = []string{big.NewInt(req.Time.Unix()).String()}
	}
	return keys
}

var refVariable = regexp.MustCompile(`\$\{(?:([*?$])|([^,}]+)(?:, *'([^']*)' *)?)\}`)

// pattern gives the tokens of a text with its variables put in as literals.
func (r *refEval) pattern(text string, wild bool) (tokens []refToken, ok bool) {
	plain := func(s string, wild bool) {
		for _, t := range refTokens(s) {
			t.wild = t.wild && wild
			tokens = append(tokens, t)
		}
	}
	for r.vars {
		m := refVariable.FindStringSubmatchIndex(text)
		if m == nil {
			break
		}
		plain(text[:m[0]], wild)
		if m[2] >= 0 {
			plain(text[m[2]:m[3]], false)
		} else {
			key := strings.ToLower(text[m[4]:m[5]])
			values := r.keys[key]
			if len(values) == 0 && m[6] >= 0 {
				values = []string{text[m[6]:m[7]]}
			}
			if len(values) != 1 || strings.HasSuffix(key, ":amr") {
				return nil, false
			}
			plain(values[0], false)
		}
		text = text[m[1]:]
	}
	plain(text, wild)
	return tokens, true
}

func refList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func refText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		if v {
			return "true"
		}
		return "false"
	case json.Number:
		return v.String()
	}
	panic("not a scalar")
}

func (r *refEval) action(st map[string]any, action string) bool {
	list, not := st["Action"], false
	if list == nil {
		list, not = st["NotAction"], true
	}
	for _, a := range refList(list) {
		if refMatch(strings.ToLower(refText(a)), strings.ToLower(action)) {
			return !not
		}
	}
	return not
}

func (r *refEval) resource(st map[string]any, form string) bool {
	list, not := st["Resource"], false
	if list == nil {
		list, not = st["NotResource"], true
	}
	void := false
	for _, p := range refList(list) {
		tokens, ok := r.pattern(refText(p), true)
		if !ok {
			void = true
		} else if refGlob(tokens, strings.Split(form, "")) {
			return !not
		}
	}
	return not && !(void && st["Effect"] == "Allow")
}

func (r *refEval) condition(op, key string, want []any) bool {
	quant, base, found := strings.Cut(op, ":")
	if !found {
		quant, base = "", op
	}
	ifExists := strings.HasSuffix(base, "IfExists")
	base = strings.TrimSuffix(base, "IfExists")
	got := r.keys[strings.ToLower(key)]
	if base == "Null" {
		return slices.ContainsFunc(want, func(w any) bool { return (strings.ToLower(refText(w)) == "true") == (len(got) == 0) })
	}
	negated := strings.Contains(base, "Not")
	base = strings.Replace(base, "Not", "", 1)
	if len(got) == 0 {
		return ifExists || quant == "ForAllValues" || quant == "" && negated
	}
	holds := 0
	for _, g := range got {
		matched := slices.ContainsFunc(want, func(w any) bool { return r.compare(base, g, refText(w)) })
		if matched != negated {
			holds++
		}
	}
	if quant == "ForAllValues" {
		return holds == len(got)
	}
	return holds > 0
}

func (r *refEval) compare(op, got, want string) bool {
	switch {
	case op == "StringLike":
		tokens, ok := r.pattern(want, true)
		return ok && refGlob(tokens, strings.Split(got, ""))
	case strings.HasPrefix(op, "String"):
		tokens, ok := r.pattern(want, false)
		text := ""
		for _, t := range tokens {
			text += t.lit
		}
		return ok && (text == got || op == "StringEqualsIgnoreCase" && strings.EqualFold(text, got))
	case strings.HasPrefix(op, "Numeric"):
		return refNumeric(strings.TrimPrefix(op, "Numeric"), got, want)
	case strings.HasPrefix(op, "Date"):
		return refDate(strings.TrimPrefix(op, "Date"), got, want)
	case op == "Bool":
		return strings.EqualFold(got, want)
	case op == "BinaryEquals":
		g, err := base64.StdEncoding.DecodeString(got)
		w, _ := base64.StdEncoding.DecodeString(want)
		return err == nil && string(g) == string(w)
	case op == "IpAddress":
		return refIP(got, want)
	default: // ArnEquals, ArnLike
		return r.arn(got, want)
	}
}

func refOrder(op string, c int) bool {
	switch op {
	case "Equals":
		return c == 0
	case "LessThan":
		return c < 0
	case "LessThanEquals":
		return c <= 0
	case "GreaterThan":
		return c > 0
	default:
		return c >= 0
	}
}

var refDecimal = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

func refNumeric(op, got, want string) bool {
	if !refDecimal.MatchString(got) {
		return false
	}
	g, _ := new(big.Rat).SetString(got)
	w, _ := new(big.Rat).SetString(want)
	return refOrder(op, g.Cmp(w))
}

func refDate(op, got, want string) bool {
	g, ok := refTime(got)
	w, _ := refTime(want)
	return ok && refOrder(op, g.Compare(w))
}

func refTime(s string) (time.Time, bool) {
	if n, ok := new(big.Int).SetString(s, 10); ok {
		return time.Unix(n.Int64(), 0), n.Sign() >= 0 && time.Unix(n.Int64(), 0).UTC().Year() < 10000
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t, err = time.Parse(time.DateOnly, s)
	}
	return t, err == nil
}

func refIP(got, want string) bool {
	addr, err := netip.ParseAddr(got)
	if err != nil {
		return false
	}
	if !strings.Contains(want, "/") {
		w, _ := netip.ParseAddr(want)
		return w.Unmap() == addr.Unmap()
	}
	p, _ := netip.ParsePrefix(want)
	return p.Contains(addr.Unmap())
}

func (r *refEval) arn(got, want string) bool {
	g := strings.SplitN(got, ":", 6)
	if len(g) != 6 {
		return false
	}
	if want == "*" {
		return true
	}
	if whole := refVariable.FindString(want); r.vars && whole == want {
		tokens, ok := r.pattern(want, false)
		return ok && refGlob(tokens, strings.Split(got, ""))
	}
	// Hide the colons of variables while cutting the pattern.
	hidden := refVariable.ReplaceAllStringFunc(want, func(v string) string { return strings.ReplaceAll(v, ":", "\x00") })
	if !r.vars {
		hidden = want
	}
	for i, f := range strings.SplitN(hidden, ":", 6) {
		tokens, ok := r.pattern(strings.ReplaceAll(f, "\x00", ":"), true)
		if !ok || !refGlob(tokens, strings.Split(g[i], "")) {
			return false
		}
	}
	return true
}

// refReason decides over documents that are known to be well formed.
func refReason(req Request, docs ...string) Reason {
	reason := ImplicitDeny
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
			if !r.applies(st, req) {
				continue
			}
			if st["Effect"] == "Deny" {
				return ExplicitDeny
			}
			reason = Allow
		}
	}
	return reason
}

func (r *refEval) applies(st map[string]any, req Request) bool {
	if !r.action(st, req.Action) {
		return false
	}
	alt := st["Effect"] == "Deny" && req.AltResource != ""
	if !r.resource(st, req.Resource) && !(alt && r.resource(st, req.AltResource)) {
		return false
	}
	conditions, _ := st["Condition"].(map[string]any)
	for op, keys := range conditions {
		for key, want := range keys.(map[string]any) {
			if !r.condition(op, key, refList(want)) {
				return false
			}
		}
	}
	return true
}

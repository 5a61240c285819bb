package policy

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// methods are those that a request to a REST API can have.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}

// resource looks at one ARN. Only those of APIs have a form to hold.
func (l *linter) resource(n *node) {
	text := hideVariables(n.text)
	if name, fixed := withoutBraces(text); name != "" {
		l.add(n, Error, "path-variable", name+" matches only itself: the ARN of a request has the path that was asked for", instead(fixed))
		text = fixed
	}
	if path, ok := strings.CutPrefix(text, shorthand); ok {
		l.path(n, shorthand, strings.Split(path, "/"))
		return
	}
	f, ok := arnFields(text)
	if !ok || f[2] != "execute-api" || !l.does(invocations[0]) {
		return
	}
	if f[3] == "" || f[4] == "" {
		l.add(n, Error, "empty-field", "the ARN of a request always has a region and an account",
			instead(strings.Join([]string{f[0], f[1], f[2], cmp.Or(f[3], "*"), cmp.Or(f[4], "*"), f[5]}, ":")))
		return
	}
	api, below, ok := strings.Cut(f[5], "/")
	switch {
	case strings.Contains(api, "*") && !ok: // stands for the rest as well
	case below == "":
		l.short(n, text)
	default:
		l.path(n, text[:len(text)-len(below)], strings.Split(below, "/"))
	}
}

// hideVariables takes the slashes out of policy variables, so that those that
// are left separate the parts of an ARN.
func hideVariables(s string) string {
	b := []byte(s)
	for i, in := 0, false; i < len(b); i++ {
		switch {
		case b[i] == '{' && i > 0 && b[i-1] == '$':
			in = true
		case b[i] == '}':
			in = false
		case b[i] == '/' && in:
			b[i] = 0
		}
	}
	return string(b)
}

// instead proposes a text, with what hideVariables took out.
func instead(s string) string {
	return "write " + strconv.Quote(strings.ReplaceAll(s, "\x00", "/"))
}

// withoutBraces puts * in the place of every {name} that is no policy variable
// and gives the first of them, "" for none.
func withoutBraces(s string) (name, fixed string) {
	var out []byte
	for i := 0; i < len(s); i++ {
		end := strings.IndexByte(s[i:], '}')
		if s[i] != '{' || i > 0 && s[i-1] == '$' || end < 0 {
			out = append(out, s[i])
			continue
		}
		name = cmp.Or(name, s[i:i+end+1])
		out, i = append(out, '*'), i+end
	}
	return name, string(out)
}

func (l *linter) short(n *node, text string) {
	l.add(n, Error, "missing-path", "it matches no request: the ARN of one goes on, api/stage/METHOD/path", instead(strings.TrimRight(text, "/")+"/*"))
}

// path looks at the parts of stage/METHOD/path, which come after prefix.
func (l *linter) path(n *node, prefix string, parts []string) {
	whole := prefix + strings.Join(parts, "/")
	stage, last := parts[0], parts[len(parts)-1]
	websocket := len(parts) == 2 && strings.HasPrefix(last, "$") && !strings.HasPrefix(last, "${")
	switch {
	case websocket || len(parts) > 1 && l.method(n, prefix, parts):
	case len(parts) < 3 && !strings.Contains(stage+last, "*"), len(parts) == 2 && slices.Contains(methods, last):
		l.short(n, whole)
	case len(parts) > 3 && parts[2] == "":
		l.add(n, Warning, "double-slash", "an empty part stands before the path: the path follows the method and one slash",
			instead(prefix+stage+"/"+parts[1]+"/"+strings.Join(parts[3:], "/")))
	case strings.Contains(whole, "?") && strings.Contains(whole, "="):
		before, _, _ := strings.Cut(whole, "?")
		l.add(n, Warning, "query", "a query is no part of the ARN of a request, and ? is any one character", instead(before))
	}
}

// method looks at the part that names the method, and reports whether it found
// something.
func (l *linter) method(n *node, prefix string, parts []string) bool {
	m := parts[1]
	upper := strings.ToUpper(m)
	with := func(m string) string {
		return instead(prefix + strings.Join(append([]string{parts[0], m}, parts[2:]...), "/"))
	}
	switch {
	case upper == "ANY":
		l.add(n, Error, "method-any", "no request has the method "+m, with("*"))
	case m != upper && slices.Contains(methods, upper):
		l.add(n, Error, "method-case", "the method "+m+" matches no request: methods are in upper case", with(upper))
	case m != "" && !strings.ContainsAny(parts[0]+m, "*?$") && !slices.Contains(methods, m):
		l.add(n, Warning, "method-unknown", strconv.Quote(m)+" stands where the method does: api/stage/METHOD/path",
			"put stage and method before the path, or a * in the place of each")
	default:
		return false
	}
	return true
}

// variables looks for policy variables that have no value to give.
func (l *linter) variables(n *node) {
	i := strings.Index(n.text, "${")
	if i < 0 {
		return
	}
	if l.p.version != "2012-10-17" {
		l.add(n, Error, "variable-version", "${…} is ordinary text in a document of 2008", `set "Version": "2012-10-17"`)
		return
	}
	t, _ := compileTemplate(n.text, true, true)
	for j := range t.parts {
		if p := &t.parts[j]; p.variable {
			l.variable(n, &p.key)
		}
	}
}

func (l *linter) variable(n *node, k *contextKey) {
	switch {
	case k.multi:
		l.add(n, Error, "variable-multi", "${"+k.name+"} has several values, so it matches nothing", "test it in a Condition with ForAnyValue:StringEquals")
	case k.own == ownUsername:
		l.add(n, Info, "variable-username", "${aws:username} is there for IAM users only, not for sessions of a role",
			"for users of an identity pool write ${cognito-identity.amazonaws.com:sub} or ${aws:PrincipalTag/username}")
	}
}

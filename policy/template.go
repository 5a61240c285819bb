package policy

import (
	"strings"
	"unicode/utf8"
)

// template is text that may hold policy variables, cut at them (IAM User
// Guide, "IAM policy elements: Variables and tags"). What is put in for a
// variable is literal text: it is neither searched for wildcards nor for
// further variables.
type template struct {
	source string
	wild   bool   // * and ? are wildcards
	ofAPI  bool   // begins after the API's id: execute-api:/stage/METHOD/path
	static string // the whole text when there are no variables
	parts  []part // nil when there are no variables
}

// part is a piece of text, followed by a variable unless it is the last.
type part struct {
	text       string
	variable   bool
	offset     int // of the variable in source
	key        contextKey
	hasDefault bool
	fallback   string
}

// firstVariable is where the first variable stands in the source, -1 for none.
func (t *template) firstVariable() int {
	for i := range t.parts {
		if t.parts[i].variable {
			return t.parts[i].offset
		}
	}
	return -1
}

// template compiles the text of n; wild says that * and ? are wildcards.
func (r *reader) template(n *node, wild bool) (template, error) {
	t, problem := compileTemplate(n.text, wild, r.variables)
	if problem != "" {
		return t, r.fail(n, msgSyntax, "%s", problem)
	}
	return t, nil
}

func compileTemplate(source string, wild, variables bool) (t template, problem string) {
	t = template{source: source, wild: wild}
	var text []byte
	for rest := source; ; {
		i := strings.Index(rest, "${")
		if i < 0 || !variables {
			i = len(rest)
		}
		if wild {
			text = encodeGlob(text, rest[:i])
		} else {
			text = append(text, rest[:i]...)
		}
		if rest = rest[i:]; rest == "" {
			break
		}
		p, n, problem := scanVariable(rest)
		if problem != "" {
			return t, problem
		}
		if p.variable {
			p.text, p.offset = string(text), len(source)-len(rest)
			t.parts, text = append(t.parts, p), text[:0]
		} else {
			text = append(text, p.text...)
		}
		rest = rest[n:]
	}
	if t.parts == nil {
		t.static = string(text)
	} else {
		t.parts = append(t.parts, part{text: string(text)})
	}
	return t, ""
}

// scanVariable reads the ${...} that s starts with and says how long it is. An
// escape (${*}, ${?}, ${$}) gives a part that is only text.
func scanVariable(s string) (p part, n int, problem string) {
	end := strings.IndexAny(s, ",}")
	if end < 0 {
		return p, 0, "a policy variable has no closing brace; a plain ${ is written ${$}{"
	}
	key := s[2:end]
	if key == "*" || key == "?" || key == "$" {
		if s[end] == '}' {
			return part{text: key}, end + 1, ""
		}
	}
	if !strings.Contains(key, ":") || strings.TrimSpace(key) != key || strings.Contains(key, "${") {
		return p, 0, "a policy variable is written ${vendor:key} or ${vendor:key, 'default'}"
	}
	p = part{variable: true, key: newContextKey(key)}
	if s[end] == '}' {
		return p, end + 1, ""
	}
	rest, ok := strings.CutPrefix(strings.TrimLeft(s[end+1:], " "), "'")
	p.hasDefault = true
	if p.fallback, rest, _ = strings.Cut(rest, "'"); ok {
		rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " "), "}")
	}
	if !ok {
		return p, 0, "the default of a policy variable stands in single quotes: ${vendor:key, 'default'}"
	}
	return p, len(s) - len(rest), ""
}

// expand gives the pattern with the request's values put in. It fails when a
// variable has no single value: the key is missing and has no default, or has
// several values, or a value that is not UTF-8.
func (e *evaluation) expand(t *template) (string, bool) {
	if t.parts == nil {
		return t.static, true
	}
	out := e.scratch[:0]
	for i := range t.parts {
		p := &t.parts[i]
		out = append(out, p.text...)
		if !p.variable {
			continue
		}
		v, n := e.single(&p.key)
		if n == 0 && p.hasDefault {
			v, n = p.fallback, 1
		}
		if n != 1 || !utf8.ValidString(v) {
			return "", false
		}
		out = append(out, v...)
	}
	return string(out), true
}

// match reports whether the template, expanded, matches all of s.
func (e *evaluation) match(t *template, s string) (matched, resolved bool) {
	text, ok := e.expand(t)
	if !ok {
		return false, false
	}
	if t.wild {
		return matchGlob(text, s), true
	}
	return text == s, true
}

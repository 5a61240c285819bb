package schema

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// Classes that ECMA 262 and RE2 understand differently.
const (
	space    = `\t\n\v\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
	notSpace = `\x{0}-\x{8}\x{e}-\x{1f}!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}` +
		`\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`
	anyButLines = `[^\n\r\x{2028}\x{2029}]`
)

// pattern compiles an expression of ECMA 262 as RE2, which takes time linear in the
// text. What RE2 has no equal of, as looking ahead, is refused.
func pattern(p place, v any) (*matcher, error) {
	s, err := text(p, v)
	if err != nil {
		return nil, err
	}
	t := translation{rest: s}
	for t.rest != "" && t.refused == "" {
		t.step()
	}
	if t.refused != "" {
		return nil, p.refuse("gatepass does not know %q of patterns", t.refused)
	}
	m, err := newMatcher(t.out.String())
	if err != nil {
		return nil, p.refuse("gatepass does not know the pattern: %v", err)
	}
	return m, nil
}

// matcher is a pattern, and the work it takes for a byte: at each, it may be at
// every step of its program.
type matcher struct {
	*regexp.Regexp
	cost int
}

func newMatcher(expr string) (*matcher, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	return &matcher{re, 1 + len(prog.Inst)/perLook}, nil
}

// match says whether a text matches.
func (r *run) match(m *matcher, text string) (bool, error) {
	if err := r.spend((4 + len(text)) * m.cost); err != nil {
		return false, err
	}
	return m.MatchString(text), nil
}

// translation of a pattern, of which rest is not translated yet.
type translation struct {
	out     strings.Builder
	rest    string
	class   bool // within [ ]
	refused string
}

func (t *translation) step() {
	switch {
	case t.rest[0] == '\\':
		t.escape()
	case t.class:
		t.inClass()
	case t.rest[0] == '.':
		t.take(1, anyButLines)
	case strings.HasPrefix(t.rest, "[]"), strings.HasPrefix(t.rest, "[^]"):
		t.refused = "[]"
	case t.rest[0] == '[':
		t.class = true
		t.keep(1)
		if strings.HasPrefix(t.rest, "^") {
			t.keep(1)
		}
	case strings.HasPrefix(t.rest, "(?") && !strings.HasPrefix(t.rest, "(?:"):
		t.refused = t.rest[:min(3, len(t.rest))]
	default:
		t.keep(1)
	}
}

func (t *translation) inClass() {
	if t.rest[0] == '[' {
		t.take(1, `\[`)
		return
	}
	t.class = t.rest[0] != ']'
	t.keep(1)
}

func (t *translation) keep(n int) { t.take(n, t.rest[:n]) }

func (t *translation) take(n int, as string) {
	t.out.WriteString(as)
	t.rest = t.rest[n:]
}

func (t *translation) escape() {
	if len(t.rest) < 2 {
		t.refused = t.rest
		return
	}
	switch c := t.rest[1]; {
	case c == 'u':
		t.unicode()
	case c == 's':
		t.spaces(space)
	case c == 'S':
		t.spaces(notSpace)
	case c >= '1' && c <= '9', strings.IndexByte("AzZQEaCGkcKRXhHN", c) >= 0:
		t.refused = t.rest[:2]
	default:
		t.keep(2)
	}
}

func (t *translation) spaces(class string) {
	if t.class {
		t.take(2, class)
		return
	}
	t.take(2, "["+class+"]")
}

// unicode takes \uXXXX, which RE2 writes \x{XXXX}. Halves of surrogate pairs are
// no characters there.
func (t *translation) unicode() {
	c := strings.ToLower(t.rest[2:min(6, len(t.rest))])
	if len(c) < 4 || strings.Trim(c, "0123456789abcdef") != "" || c >= "d800" && c <= "dfff" {
		t.refused = `\u` + c
		return
	}
	t.take(6, `\x{`+c+`}`)
}

package profile

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// mark says what a token is.
type mark byte

const (
	markEnd      mark = iota // of the file
	markWord                 // an identifier, a keyword or a number
	markText                 // a string, or a template without substitutions
	markTemplate             // a template with substitutions
	markPoint                // one character of punctuation, or a regular expression
)

// token is a word of JavaScript. pos and end are its place in the source.
type token struct {
	mark     mark
	text     string // of a string: what it means, not how it is written
	line     int
	pos, end int
}

func (t token) is(point string) bool { return t.mark == markPoint && t.text == point }

func (t token) word(w string) bool { return t.mark == markWord && t.text == w }

// lexer cuts JavaScript and TypeScript into tokens. It never fails: what it cannot
// make sense of (a quote in a JSX text, a comment without an end) is punctuation.
type lexer struct {
	src        string
	pos, line  int
	prev       token
	noTemplate bool // a template without an end was seen: there are no more
	noComment  bool // the same for comments
}

func newLexer(src string) *lexer {
	return &lexer{src: src, line: 1}
}

func (l *lexer) next() token {
	l.skipSpace()
	t := token{line: l.line, pos: l.pos}
	if l.pos == len(l.src) {
		t.end = l.pos
		l.prev = t
		return t
	}
	l.scan(&t)
	l.line += strings.Count(l.src[t.pos:t.end], "\n")
	l.pos, l.prev = t.end, t
	return t
}

func (l *lexer) scan(t *token) {
	c := l.src[l.pos]
	switch {
	case isWord(c):
		t.mark, t.end = markWord, l.pos+span(l.src[l.pos:], isWord)
		t.text = l.src[t.pos:t.end]
		return
	case c == '\'' || c == '"':
		if end := quoteEnd(l.src, l.pos); end > 0 {
			t.mark, t.end = markText, end
			t.text = unescape(l.src[t.pos+1 : end-1])
			return
		}
	case c == '`' && !l.noTemplate:
		if l.template(t) {
			return
		}
	case c == '/' && l.mayBeRegexp():
		if end := regexpEnd(l.src, l.pos); end > 0 {
			t.mark, t.end, t.text = markPoint, end, "/re/"
			return
		}
	}
	_, n := utf8.DecodeRuneInString(l.src[l.pos:])
	t.mark, t.end = markPoint, l.pos+n
	t.text = l.src[t.pos:t.end]
}

func (l *lexer) template(t *token) bool {
	end, substitutes := templateEnd(l.src, l.pos, 0)
	if end < 0 {
		l.noTemplate = true
		return false
	}
	t.mark, t.end = markText, end
	t.text = unescape(l.src[t.pos+1 : end-1])
	if substitutes {
		t.mark = markTemplate
	}
	return true
}

// mayBeRegexp says whether a slash after the last token begins a regular
// expression rather than a division.
func (l *lexer) mayBeRegexp() bool {
	switch l.prev.mark {
	case markText, markTemplate:
		return false
	case markWord:
		return l.prev.text == "return"
	}
	return !l.prev.is(")") && !l.prev.is("]") && !l.prev.is("}")
}

// skipSpace skips white space and comments.
func (l *lexer) skipSpace() {
	for l.pos < len(l.src) {
		rest := l.src[l.pos:]
		n := 0
		switch {
		case strings.HasPrefix(rest, "//"):
			n = lineEnd(rest)
		case strings.HasPrefix(rest, "/*") && !l.noComment:
			end := strings.Index(rest[2:], "*/")
			l.noComment = end < 0
			n = end + 4
			if end < 0 {
				n = 0
			}
		case rest[0] <= ' ':
			n = span(rest, func(c byte) bool { return c <= ' ' })
		}
		if n == 0 {
			return
		}
		l.line += strings.Count(rest[:n], "\n")
		l.pos += n
	}
}

func lineEnd(s string) int {
	if n := strings.IndexByte(s, '\n'); n >= 0 {
		return n
	}
	return len(s)
}

// span counts the bytes s begins with that are of a kind.
func span(s string, of func(byte) bool) int {
	n := 0
	for n < len(s) && of(s[n]) {
		n++
	}
	return n
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || isAlnum(c) || c >= utf8.RuneSelf
}

func isAlnum(c byte) bool { return isDigit(c) || isLower(c) || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }

// quoteEnd is where the string that begins at pos ends, or -1: a string ends on
// its line.
func quoteEnd(src string, pos int) int {
	for i := pos + 1; i < len(src); i++ {
		switch src[i] {
		case src[pos]:
			return i + 1
		case '\\':
			i++
		case '\n':
			return -1
		}
	}
	return -1
}

// templateEnd is where the template that begins at pos ends, or -1, and whether
// it has substitutions.
func templateEnd(src string, pos, depth int) (end int, substitutes bool) {
	open := 0 // braces of a substitution
	for i := pos + 1; i < len(src); i++ {
		c := src[i]
		switch {
		case c == '\\':
			i++
		case open == 0 && c == '`':
			return i + 1, substitutes
		case open == 0 && c == '$' && strings.HasPrefix(src[i:], "${"):
			open, substitutes = 1, true
			i++
		case open > 0 && c == '{':
			open++
		case open > 0 && c == '}':
			open--
		case open > 0 && c == '`':
			inner, _ := templateEnd(src, i, depth+1)
			if inner < 0 || depth > maxDepth {
				return -1, true
			}
			i = inner - 1
		}
	}
	return -1, substitutes
}

// regexpEnd is where the regular expression that begins at pos ends, or -1.
func regexpEnd(src string, pos int) int {
	class := false
	for i := pos + 1; i < len(src); i++ {
		switch c := src[i]; {
		case c == '\n':
			return -1
		case c == '\\':
			i++
		case c == '[' || c == ']':
			class = c == '['
		case c == '/' && !class:
			return i + 1
		}
	}
	return -1
}

// unescape gives the meaning of the inside of a string. An escape that is none
// means the character itself.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for s != "" {
		before, rest, found := strings.Cut(s, `\`)
		b.WriteString(before)
		if !found || rest == "" {
			break
		}
		var n int
		n, s = 0, rest
		switch rest[0] {
		case 'n', 't', 'r', 'b', 'f', 'v', '0':
			b.WriteByte("\n\t\r\b\f\v\x00"[strings.IndexByte("ntrbfv0", rest[0])])
			n = 1
		case '\n': // a line goes on
			n = 1
		case 'u', 'x':
			n = codePoint(&b, rest)
		}
		if n == 0 {
			r, size := utf8.DecodeRuneInString(rest)
			b.WriteRune(r)
			n = size
		}
		s = s[n:]
	}
	return b.String()
}

// codePoint writes the character of \uXXXX, \u{X} or \xXX and returns the length
// of the escape; 0 if it is none.
func codePoint(b *strings.Builder, s string) int {
	digits, n := "", 0
	switch {
	case strings.HasPrefix(s, "u{"):
		end := strings.IndexByte(s, '}')
		if end < 0 {
			return 0
		}
		digits, n = s[2:end], end+1
	case s[0] == 'u' && len(s) >= 5:
		digits, n = s[1:5], 5
	case s[0] == 'x' && len(s) >= 3:
		digits, n = s[1:3], 3
	}
	v, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || v > utf8.MaxRune {
		return 0
	}
	b.WriteRune(rune(v))
	return n
}

package curl

import (
	"strings"
	"unicode/utf8"
)

// split takes a command line apart as bash does: '...', "...", $'...', backslash
// and line continuation. It expands nothing: what bash would expand is an error.
// It ends at a pipe.
func split(s string) ([]string, error) {
	l := &lexer{rest: strings.ReplaceAll(s, "\\\r\n", "\\\n")}
	for {
		word, ok, err := l.word()
		if err != nil || !ok {
			return l.words, err
		}
		l.words = append(l.words, word)
	}
}

type lexer struct {
	rest  string
	words []string
}

// word reads the next word; false at the end.
func (l *lexer) word() (string, bool, error) {
	if err := l.skip(); err != nil || l.rest == "" {
		return "", false, err
	}
	var out []byte
	for l.rest != "" {
		c := l.rest[0]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || strings.IndexByte("|;&", c) >= 0:
			return string(out), true, nil
		case strings.IndexByte("<>()`", c) >= 0:
			return "", false, errorf("the command has a %q in it that is not in quotes", string(c))
		}
		n, err := l.piece(&out)
		if err != nil {
			return "", false, err
		}
		l.rest = l.rest[n:]
	}
	return string(out), true, nil
}

// skip passes over white space and continued lines.
func (l *lexer) skip() error {
	for {
		l.rest = strings.TrimLeft(l.rest, " \t")
		next, ok := strings.CutPrefix(l.rest, "\\\n")
		if !ok {
			break
		}
		l.rest = next
	}
	switch {
	case l.rest == "" || l.rest[0] == '|' && !strings.HasPrefix(l.rest, "||"):
		l.rest = ""
		return nil
	case strings.IndexByte(";&|\n\r", l.rest[0]) < 0:
		return nil
	case strings.Trim(l.rest, ";& \t\r\n") != "":
		return errorf("there is more than one command")
	}
	l.rest = ""
	return nil
}

// piece reads one byte or one quoted stretch and says how long it was.
func (l *lexer) piece(out *[]byte) (int, error) {
	s := l.rest
	switch {
	case s[0] == '\'':
		end := strings.IndexByte(s[1:], '\'')
		if end < 0 {
			return 0, errorf("a ' is not closed")
		}
		*out = append(*out, s[1:1+end]...)
		return end + 2, nil
	case s[0] == '"':
		return doubleQuoted(out, s)
	case strings.HasPrefix(s, "$'"):
		return ansiQuoted(out, s)
	case strings.HasPrefix(s, `$"`):
		n, err := doubleQuoted(out, s[1:])
		return n + 1, err
	case s[0] == '$' && expands(s[1:]):
		return 0, variable(s)
	case s[0] == '\\' && len(s) > 1:
		if s[1] != '\n' {
			*out = append(*out, s[1])
		}
		return 2, nil
	}
	*out = append(*out, s[0])
	return 1, nil
}

func variable(s string) error {
	end := 1
	for end < len(s) && (unreserved(s[end]) || s[end] == '{') && s[end] != '.' && s[end] != '-' {
		end++
	}
	return &Error{Text: "the command has " + s[:end] + " in it, which only a shell can expand", Hint: "put the value in its place"}
}

// expands says whether bash takes a $ before s for an expansion.
func expands(s string) bool {
	if s == "" {
		return false
	}
	c := s[0]
	return unreserved(c) && c != '.' && c != '~' || strings.IndexByte("{(@*#?!$", c) >= 0
}

func doubleQuoted(out *[]byte, s string) (int, error) {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return i + 1, nil
		case s[i] == '`':
			return 0, errorf("the command has a ` in it, which only a shell can expand")
		case s[i] == '$' && expands(s[i+1:]):
			return 0, variable(s[i:])
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("$`\"\\\n", s[i+1]) >= 0:
			i++
			if s[i] != '\n' {
				*out = append(*out, s[i])
			}
		default:
			*out = append(*out, s[i])
		}
	}
	return 0, errorf(`a " is not closed`)
}

func ansiQuoted(out *[]byte, s string) (int, error) {
	for i := 2; i < len(s); i++ {
		switch s[i] {
		case '\'':
			return i + 1, nil
		case '\\':
			text, n, ok := ansiEscape(s[i+1:])
			if !ok {
				text, n = `\`, 0 // bash leaves it as it is
			}
			*out = append(*out, text...)
			i += n
		default:
			*out = append(*out, s[i])
		}
	}
	return 0, errorf("a $' is not closed")
}

// ansiEscape reads an escape of $'...' behind its backslash.
func ansiEscape(s string) (text string, n int, ok bool) {
	if s == "" {
		return "", 0, false
	}
	if i := strings.IndexByte(`abefnrtv\'"?E`, s[0]); i >= 0 {
		return string("\a\b\x1b\f\n\r\t\v\\'\"?\x1b"[i]), 1, true
	}
	switch c := s[0]; {
	case c >= '0' && c <= '7':
		v, n := digits(s, 8, 3)
		return string([]byte{byte(v)}), n, true
	case c == 'x':
		v, n := digits(s[1:], 16, 2)
		return string([]byte{byte(v)}), n + 1, n > 0
	case c == 'u' || c == 'U':
		most := 4
		if c == 'U' {
			most = 8
		}
		v, n := digits(s[1:], 16, most)
		return string(utf8.AppendRune(nil, rune(v))), n + 1, n > 0
	case c == 'c' && len(s) > 1:
		return string([]byte{s[1] & 0x1f}), 2, true
	}
	return "", 0, false
}

// digits reads a number of at most most digits.
func digits(s string, base, most int) (v, n int) {
	for n < len(s) && n < most {
		d := strings.IndexByte("0123456789abcdef", lower(s[n]))
		if d < 0 || d >= base {
			break
		}
		v, n = v*base+d, n+1
	}
	return v, n
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// fromWindows turns a command for cmd.exe into one for bash: ^ takes the meaning
// of what follows it, and quotes are those of the C runtime.
func fromWindows(s string) (string, error) {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var plain []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '^' || i+1 == len(s) {
			plain = append(plain, s[i])
			continue
		}
		i++
		switch {
		case s[i] == '\n' && i+1 < len(s) && s[i+1] == '\n':
			i++
			plain = append(plain, '\n')
		case s[i] == '\n':
			plain = append(plain, ' ')
		default:
			plain = append(plain, s[i])
		}
	}
	return windowsWords(string(plain))
}

// windowsWords quotes the words of a C runtime's command line for bash.
func windowsWords(s string) (string, error) {
	var out []string
	var word []byte
	inWord, quoted := false, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\' && strings.HasPrefix(strings.TrimLeft(s[i:], `\`), `"`)):
			i++
			word, inWord = append(word, s[i]), true
		case c == '"':
			quoted, inWord = !quoted, true
		case !quoted && (c == ' ' || c == '\t' || c == '\n'):
			if inWord {
				out = append(out, quoteArg(string(word)))
			}
			word, inWord = word[:0], false
		default:
			word, inWord = append(word, c), true
		}
	}
	if quoted {
		return "", errorf(`a " is not closed`)
	}
	if inWord {
		out = append(out, quoteArg(string(word)))
	}
	return strings.Join(out, " "), nil
}

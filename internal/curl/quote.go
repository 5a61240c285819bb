package curl

import (
	"strings"
	"unicode/utf8"
)

// quoteArg writes s as one word of a POSIX shell.
func quoteArg(s string) string {
	if plainWord(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// plainWord says whether no shell gives a byte of s a meaning.
func plainWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (!unreserved(c) || c == '~') && strings.IndexByte("/:@%+=,", c) < 0 {
			return false
		}
	}
	return s != ""
}

// printable says whether s can stand in a command that a person copies: UTF-8
// without control bytes other than line breaks and tabs.
func printable(s []byte) bool {
	for _, c := range s {
		if c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(s)
}

// printfArg writes bytes as the format of printf, with octal escapes.
func printfArg(p []byte) string {
	var out strings.Builder
	out.WriteByte('\'')
	for i, c := range p {
		switch {
		case c == '-' && i == 0: // printf would take it for an option
			out.WriteString(`\055`)
		case c == '%':
			out.WriteString("%%")
		case c == '\\':
			out.WriteString(`\\`)
		case c < ' ' || c >= 0x7f || c == '\'':
			out.WriteString("\\" + string([]byte{'0' + c>>6, '0' + c>>3&7, '0' + c&7}))
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('\'')
	return out.String()
}

// unprintf reads what printfArg wrote, without the quotes.
func unprintf(s string) (string, error) {
	var out []byte
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '%' && strings.HasPrefix(s[i:], "%%"):
			i++
			out = append(out, '%')
		case s[i] == '%':
			return "", errorf("printf: only %%%% is understood")
		case s[i] != '\\':
			out = append(out, s[i])
		default:
			c, n, ok := ansiEscape(s[i+1:])
			if !ok {
				return "", errorf("printf: an escape is not understood")
			}
			out = append(out, c...)
			i += n
		}
	}
	return string(out), nil
}

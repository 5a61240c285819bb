package curl

import (
	"strings"
)

// An operator of RFC 6570, section 3.2.1 and appendix A.
type operator struct {
	first, sep string
	named      bool
	ifEmpty    string
	keep       string // what is not encoded besides unreserved bytes
}

const reserved = ":/?#[]@!$&'()*+,;="

func operatorOf(c byte) (operator, bool) {
	switch c {
	case '+':
		return operator{"", ",", false, "", reserved}, true
	case '#':
		return operator{"#", ",", false, "", reserved}, true
	case '.':
		return operator{".", ".", false, "", ""}, true
	case '/':
		return operator{"/", "/", false, "", ""}, true
	case ';':
		return operator{";", ";", true, "", ""}, true
	case '?':
		return operator{"?", "&", true, "=", ""}, true
	case '&':
		return operator{"&", "&", true, "=", ""}, true
	}
	return operator{"", ",", false, "", ""}, false
}

// expand puts Params into the URL: levels 1 to 3 of RFC 6570. What stands in
// braces and is not an expression stays as it is.
func (o *Options) expand() (string, error) {
	values, err := o.params()
	if err != nil {
		return "", err
	}
	used := map[string]bool{}
	var out strings.Builder
	rest := o.URL
	for !o.Literal {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(rest[open:], '}')
		if end < 0 {
			break
		}
		out.WriteString(rest[:open])
		text, err := expression(rest[open+1:open+end], values, used)
		if err != nil {
			return "", err
		}
		out.WriteString(text)
		rest = rest[open+end+1:]
	}
	out.WriteString(rest)
	for name := range values {
		if !used[name] {
			return "", &Error{Text: "--param " + name + ": the URL has no {" + name + "}", Hint: "for the query use --query " + name + "=value"}
		}
	}
	return out.String(), nil
}

func (o *Options) params() (map[string]string, error) {
	values := map[string]string{}
	for _, p := range o.Params {
		name, value, ok := strings.Cut(p, "=")
		if !ok || !varName(name) {
			return nil, errorf("--param %s is not name=value", p)
		}
		values[name] = value
	}
	return values, nil
}

func expression(e string, values map[string]string, used map[string]bool) (string, error) {
	if e == "" {
		return "{}", nil
	}
	op, has := operatorOf(e[0])
	names := e
	if has {
		names = e[1:]
	}
	list := strings.Split(names, ",")
	for _, n := range list {
		if !varName(n) {
			return "{" + e + "}", nil // JSON in a query, for example
		}
	}
	var out []string
	for _, n := range list {
		v, ok := values[n]
		used[n] = true
		if !ok && op.named && op.first != ";" {
			continue // a parameter of the query may be left out
		}
		if !ok {
			return "", &Error{Text: "{" + n + "} in the URL has no value", Hint: "--param " + n + "=value, or -g if the braces are meant"}
		}
		out = append(out, op.pair(n, v))
	}
	if len(out) == 0 {
		return "", nil
	}
	return op.first + strings.Join(out, op.sep), nil
}

func (op operator) pair(name, value string) string {
	enc := pctEncode(value, op.keep)
	if op.keep == reserved {
		enc = keepEscapes(enc)
	}
	switch {
	case !op.named:
		return enc
	case enc == "":
		return name + op.ifEmpty
	}
	return name + "=" + enc
}

// keepEscapes undoes the encoding of escapes that were there: {+x} and {#x} pass
// them on.
func keepEscapes(s string) string {
	var out strings.Builder
	for {
		before, after, ok := strings.Cut(s, "%25")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		if len(after) >= 2 && isHex(after[0]) && isHex(after[1]) {
			out.WriteString("%")
		} else {
			out.WriteString("%25")
		}
		s = after
	}
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

// varName is RFC 6570's varname, without percent-encoding.
func varName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !unreserved(c) || c == '-' && i == 0 || c == '~' {
			return false
		}
	}
	return s != ""
}

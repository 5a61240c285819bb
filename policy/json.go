package policy

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is far above the six levels the grammar has.
const maxDepth = 16

type nodeKind uint8

const (
	nodeObject nodeKind = iota
	nodeArray
	nodeString
	nodeNumber
	nodeBool
	nodeNull
)

var nodeNames = [...]string{"an object", "an array", "a string", "a number", "a boolean", "null"}

// node is a JSON value that knows where it stood. encoding/json cannot be used
// here: it keeps the last of two equal keys, folds their case and repairs bad
// UTF-8, each of which can turn a Deny into an Allow.
type node struct {
	kind    nodeKind
	pos     int
	text    string // of strings (unescaped), numbers and booleans (as written)
	members []member
	elems   []*node
}

type member struct {
	pos   int
	key   string
	value *node
}

func (n *node) get(key string) *node {
	for i := range n.members {
		if n.members[i].key == key {
			return n.members[i].value
		}
	}
	return nil
}

type scanner struct {
	src string
	pos int
}

// readJSON reads exactly one JSON value.
func readJSON(src string) (*node, error) {
	s := &scanner{src: src}
	if strings.HasPrefix(src, "\ufeff") {
		return nil, s.fail(0, "the document starts with a byte order mark; save it without one")
	}
	for i, r := range src {
		if r == utf8.RuneError && !strings.HasPrefix(src[i:], "\ufffd") {
			return nil, s.fail(i, "invalid UTF-8; save the document as UTF-8")
		}
	}
	n, err := s.value(0)
	if err != nil {
		return nil, err
	}
	if s.space(); s.pos < len(s.src) {
		return nil, s.fail(s.pos, "text after the end of the document; remove it")
	}
	return n, nil
}

func (s *scanner) fail(pos int, format string, args ...any) *SyntaxError {
	return failAt(s.src, pos, msgSyntax, format, args...)
}

func (s *scanner) space() {
	for s.pos < len(s.src) && strings.IndexByte(" \t\r\n", s.src[s.pos]) >= 0 {
		s.pos++
	}
}

// next is the next byte that is not white space, 0 at the end.
func (s *scanner) next() byte {
	if s.space(); s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

func (s *scanner) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, s.fail(s.pos, "nested deeper than any policy can be")
	}
	c := s.next()
	n := &node{pos: s.pos}
	var err error
	switch {
	case c == '{':
		n.kind = nodeObject
		err = s.object(n, depth)
	case c == '[':
		n.kind = nodeArray
		err = s.array(n, depth)
	case c == '"':
		n.kind = nodeString
		n.text, err = s.str()
	case c == '-' || '0' <= c && c <= '9':
		n.kind = nodeNumber
		n.text, err = s.number()
	default:
		err = s.word(n)
	}
	return n, err
}

func (s *scanner) object(n *node, depth int) error {
	seen := map[string]bool{}
	for s.pos++; ; s.pos++ {
		c := s.next()
		if c == '}' && len(n.members) == 0 {
			break
		}
		if c != '"' {
			return s.fail(s.pos, "expected a key in double quotes")
		}
		m := member{pos: s.pos}
		var err error
		if m.key, err = s.str(); err != nil {
			return err
		}
		if seen[m.key] {
			return s.fail(m.pos, "the key %q appears twice in one object; keep one", m.key)
		}
		seen[m.key] = true
		if s.next() != ':' {
			return s.fail(s.pos, "expected a colon after the key %q", m.key)
		}
		s.pos++
		if m.value, err = s.value(depth + 1); err != nil {
			return err
		}
		n.members = append(n.members, m)
		if c = s.next(); c == '}' {
			break
		} else if c != ',' {
			return s.fail(s.pos, "expected a comma or the end of the object")
		}
	}
	s.pos++
	return nil
}

func (s *scanner) array(n *node, depth int) error {
	for s.pos++; ; s.pos++ {
		if s.next() == ']' && len(n.elems) == 0 {
			break
		}
		e, err := s.value(depth + 1)
		if err != nil {
			return err
		}
		n.elems = append(n.elems, e)
		if c := s.next(); c == ']' {
			break
		} else if c != ',' {
			return s.fail(s.pos, "expected a comma or the end of the array")
		}
	}
	s.pos++
	return nil
}

func (s *scanner) word(n *node) error {
	for _, w := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(s.src[s.pos:], w) {
			s.pos += len(w)
			n.text, n.kind = w, nodeBool
			if w == "null" {
				n.kind = nodeNull
			}
			return nil
		}
	}
	if s.pos == len(s.src) {
		return s.fail(s.pos, "the document ends in the middle; is it cut off?")
	}
	return s.fail(s.pos, "expected a JSON value (comments are not JSON)")
}

func (s *scanner) digits() int {
	start := s.pos
	for s.pos < len(s.src) && '0' <= s.src[s.pos] && s.src[s.pos] <= '9' {
		s.pos++
	}
	return s.pos - start
}

func (s *scanner) skip(set string) bool {
	if s.pos < len(s.src) && strings.IndexByte(set, s.src[s.pos]) >= 0 {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) number() (string, error) {
	start := s.pos
	s.skip("-")
	first := s.pos
	n := s.digits()
	ok := n > 0 && (n == 1 || s.src[first] != '0')
	if s.skip(".") {
		ok = s.digits() > 0 && ok
	}
	if s.skip("eE") {
		s.skip("+-")
		ok = s.digits() > 0 && ok
	}
	if !ok {
		return "", s.fail(start, "malformed number")
	}
	return s.src[start:s.pos], nil
}

func (s *scanner) str() (string, error) {
	start := s.pos
	s.pos++
	for run := s.pos; s.pos < len(s.src); s.pos++ {
		switch c := s.src[s.pos]; {
		case c == '"':
			s.pos++
			return s.src[run : s.pos-1], nil
		case c == '\\':
			return s.escaped(start, run)
		case c < ' ':
			return "", s.fail(s.pos, "control character in a string; write it as an escape")
		}
	}
	return "", s.fail(start, "the string has no closing quote")
}

// escaped finishes a string that has at least one escape.
func (s *scanner) escaped(start, run int) (string, error) {
	out := []byte(s.src[run:s.pos])
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == '"':
			s.pos++
			return string(out), nil
		case c < ' ':
			return "", s.fail(s.pos, "control character in a string; write it as an escape")
		case c == '\\':
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, c)
			s.pos++
		}
	}
	return "", s.fail(start, "the string has no closing quote")
}

func (s *scanner) escape() (rune, error) {
	start := s.pos
	if s.pos+1 >= len(s.src) {
		return 0, s.fail(start, "the document ends in the middle of a string")
	}
	c := s.src[s.pos+1]
	s.pos += 2
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	if c != 'u' {
		return 0, s.fail(start, "unknown escape in a string")
	}
	r, ok := s.hex()
	if ok && utf16.IsSurrogate(r) {
		low := rune(0)
		if ok = strings.HasPrefix(s.src[s.pos:], `\u`); ok {
			s.pos += 2
			low, ok = s.hex()
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			ok = false
		}
	}
	if !ok {
		return 0, s.fail(start, "malformed \\u escape or half of a surrogate pair")
	}
	return r, nil
}

func (s *scanner) hex() (rune, bool) {
	if len(s.src)-s.pos < 4 {
		return 0, false
	}
	digits := s.src[s.pos : s.pos+4]
	s.pos += 4
	v, err := strconv.ParseUint(digits, 16, 16)
	return rune(v), err == nil
}

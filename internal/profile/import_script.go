package profile

import "strings"

// script finds the object literals of a JavaScript or TypeScript file without
// running it. Everything around them is skipped.
type script struct {
	parser
	prev, before token // the two tokens before the one at hand
	declared     string
	inType       bool // after "type X" or "interface X", up to its brace
	roots        []root
	consts       map[string]*node // strings that are declared once
}

// readScript reads the object literals of a program, and puts the constants that
// the same file declares in their place.
func readScript(src string) []root {
	s := &script{parser: *newParser(src), consts: map[string]*node{}}
	for s.tok.mark != markEnd {
		s.look()
	}
	for _, r := range s.roots {
		s.resolve(r.node)
	}
	return s.roots
}

// look goes one token on, or past an object.
func (s *script) look() {
	switch {
	case s.tok.is("{") && !s.inType && s.valueFollows():
		if s.object() {
			return
		}
	case s.tok.is("{"):
		s.inType = false
	case s.tok.is(";"):
		s.declared, s.inType = "", false
	case s.tok.mark == markWord && declares(s.prev):
		s.declared = s.tok.text
	case s.tok.mark == markWord && (s.prev.word("type") || s.prev.word("interface")):
		s.inType = true
	case s.tok.is("=") && s.prev.mark == markWord && s.before.is(",") && s.declared != "":
		s.declared = s.prev.text
	case s.tok.mark == markText && s.prev.is("=") && s.declared != "":
		s.constant()
	case (s.tok.word("process") || s.tok.word("import")) && s.prev.is("=") && s.declared != "":
		line := s.lex.src[s.tok.pos:]
		n := &node{kind: kindExpression, line: s.tok.line, text: line[:lineEnd(line)]}
		s.roots = append(s.roots, root{s.declared, n})
	}
	s.before, s.prev = s.prev, s.step()
}

func declares(t token) bool { return t.word("const") || t.word("let") || t.word("var") }

// valueFollows says whether a brace after the last token begins an object and not
// a block.
func (s *script) valueFollows() bool {
	switch s.prev.mark {
	case markEnd:
		return true // the file begins with it
	case markWord:
		return s.prev.text == "return" || s.prev.text == "default"
	case markPoint:
		return strings.Contains("=(,[?:|&", s.prev.text)
	}
	return false
}

func (s *script) object() bool {
	start := s.parser
	n, err := s.parser.object(0)
	if err != nil {
		s.parser = start
		return false
	}
	n.line = start.tok.line
	name := ""
	if s.prev.is("=") && !s.before.word("exports") {
		name = s.declared
	}
	s.roots = append(s.roots, root{name: name, node: n})
	s.before, s.prev = s.prev, token{mark: markPoint, text: "}"}
	return true
}

// constant keeps const NAME = "text", which may end with its line. A name that is
// declared twice may mean either, and stands for nothing.
func (s *script) constant() {
	look := s.parser
	text := look.step()
	look.cast()
	if !look.atEnd() && (look.tok.line == text.line || look.tok.mark != markWord) {
		s.consts[s.declared] = nil
		return
	}
	n := &node{kind: kindText, line: text.line, text: text.text}
	if _, twice := s.consts[s.declared]; twice {
		s.consts[s.declared] = nil
	} else {
		s.consts[s.declared] = n
	}
	s.roots = append(s.roots, root{s.declared, n})
}

// resolve replaces names by the strings they stand for.
func (s *script) resolve(n *node) {
	for i, item := range n.items {
		if item.kind == kindExpression {
			if c := s.consts[item.text]; c != nil {
				n.items[i] = &node{kind: kindText, line: item.line, text: c.text}
			}
			continue
		}
		s.resolve(item)
	}
}

// readDart reads the JSON texts of a Dart file: strings between three quotes.
func readDart(src string) ([]root, error) {
	var roots []root
	for pos := 0; ; {
		at := strings.IndexAny(src[pos:], `'"`)
		if at < 0 {
			return roots, nil
		}
		pos += at
		quotes := strings.Repeat(src[pos:pos+1], 3)
		if !strings.HasPrefix(src[pos:], quotes) {
			pos++
			continue
		}
		inside, _, closed := strings.Cut(src[pos+3:], quotes)
		lines := strings.Count(src[:pos], "\n")
		if !closed {
			return nil, &lineError{lines + 1, "a string of three quotes has no end"}
		}
		pos += 3 + len(inside) + 3
		if !strings.HasPrefix(strings.TrimSpace(inside), "{") {
			continue
		}
		r, err := readJSON(strings.Repeat("\n", lines) + inside)
		if err != nil {
			return nil, err
		}
		roots = append(roots, r...)
	}
}

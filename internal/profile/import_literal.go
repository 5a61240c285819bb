package profile

import (
	"fmt"
	"strings"
	"unicode"
)

// kind says what a node is.
type kind byte

const (
	kindObject kind = iota
	kindList
	kindText
	kindOther      // a number, true, false, null, undefined
	kindExpression // what only running the program would tell
)

// node is a value of a file.
type node struct {
	kind  kind
	line  int
	text  string   // a string's value; the source of an expression
	keys  []string // of an object, in the order of the file, with repetitions
	items []*node  // of an object or a list
}

// get gives the member of that name: nil if there is none.
func (n *node) get(key string) *node {
	if n.kind == kindObject {
		for i, k := range n.keys {
			if k == key {
				return n.items[i]
			}
		}
	}
	return nil
}

// str gives the string of that name: empty if there is none.
func (n *node) str(key string) string {
	if m := n.get(key); m != nil && m.kind == kindText {
		return m.text
	}
	return ""
}

// root is a value at the top of a file, under the name of its variable.
type root struct {
	name string
	node *node
}

// parser reads literals. It stands on tok, which is not used yet.
type parser struct {
	lex    lexer
	tok    token
	strict bool // expressions are errors
}

func newParser(src string) *parser {
	p := &parser{lex: *newLexer(src)}
	p.step()
	return p
}

func (p *parser) step() token {
	t := p.tok
	p.tok = p.lex.next()
	return t
}

func (p *parser) errorf(format string, args ...any) error {
	return &lineError{p.tok.line, fmt.Sprintf(format, args...)}
}

// lineError is what is wrong on a line of a file.
type lineError struct {
	line int
	text string
}

func (e *lineError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.text) }

// seen names the token at hand for an error.
func (p *parser) seen() string {
	switch p.tok.mark {
	case markEnd:
		return "the end of the file"
	case markText:
		return "a string"
	}
	return shorten(p.tok.text)
}

// readJSON reads a file that is one value. Comments, trailing commas and keys
// without quotes are let through.
func readJSON(src string) ([]root, error) {
	p := newParser(src)
	p.strict = true
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.tok.mark != markEnd {
		return nil, p.errorf("want the end of the file, got %s", p.seen())
	}
	return []root{{node: n}}, nil
}

// value reads a literal, or an expression that is not looked into.
func (p *parser) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, p.errorf("nested more than %d deep", maxDepth)
	}
	start := *p
	n, err := p.literal(depth)
	if err != nil {
		return nil, err
	}
	if n != nil && (p.strict || p.atEnd()) {
		return n, nil
	}
	*p = start
	return p.expression(depth)
}

// literal reads a literal and what TypeScript lets follow it; nil if there is none.
func (p *parser) literal(depth int) (n *node, err error) {
	line := p.tok.line
	switch {
	case p.tok.is("{"):
		n, err = p.object(depth)
	case p.tok.is("["):
		n, err = p.list(depth)
	case p.tok.mark == markText:
		n = &node{kind: kindText, text: p.step().text}
	default:
		n = p.other()
	}
	if n == nil || err != nil {
		return nil, err
	}
	n.line = line
	p.cast()
	return n, nil
}

// other reads a number or a constant.
func (p *parser) other() *node {
	if p.tok.is("-") {
		p.step()
	}
	switch w := p.tok.text; {
	case p.tok.mark != markWord:
		return nil
	case w == "true" || w == "false" || w == "null" || w == "undefined":
		p.step()
	case isDigit(w[0]):
		p.step()
		for p.tok.is(".") || p.tok.is("+") || p.tok.is("-") || p.tok.mark == markWord && isDigit(p.tok.text[0]) {
			p.step()
		}
	default:
		return nil
	}
	return &node{kind: kindOther}
}

// cast skips "as const" and "satisfies Config".
func (p *parser) cast() {
	for p.tok.word("as") || p.tok.word("satisfies") {
		p.step()
		for p.tok.mark == markWord || p.tok.is(".") {
			p.step()
		}
	}
}

// atEnd says whether a value ends here.
func (p *parser) atEnd() bool {
	return p.tok.mark == markEnd || p.tok.is(",") || p.tok.is(";") || p.closes()
}

func (p *parser) closes() bool { return p.tok.is("}") || p.tok.is("]") || p.tok.is(")") }

func (p *parser) opens() bool { return p.tok.is("{") || p.tok.is("[") || p.tok.is("(") }

// expression skips to the end of an expression and keeps its source.
func (p *parser) expression(depth int) (*node, error) {
	if p.strict {
		return nil, p.errorf("want a value, got %s", p.seen())
	}
	n := &node{kind: kindExpression, line: p.tok.line}
	start, end := p.tok.pos, p.tok.pos
	for !p.atEnd() {
		end = p.tok.end
		if p.opens() {
			var err error
			if end, err = p.brackets(depth + 1); err != nil {
				return nil, err
			}
			continue
		}
		p.step()
	}
	if start == end {
		return nil, p.errorf("want a value, got %s", p.seen())
	}
	n.text = p.lex.src[start:end]
	return n, nil
}

// brackets skips from a bracket to its partner, and returns where that ends.
func (p *parser) brackets(depth int) (int, error) {
	open := p.tok
	p.step()
	for !p.closes() {
		switch {
		case depth > maxDepth:
			return 0, p.errorf("nested more than %d deep", maxDepth)
		case p.tok.mark == markEnd:
			return 0, p.errorf("the %s of line %d is not closed", open.text, open.line)
		case p.opens():
			if _, err := p.brackets(depth + 1); err != nil {
				return 0, err
			}
		default:
			p.step()
		}
	}
	return p.step().end, nil
}

func (p *parser) list(depth int) (*node, error) {
	n := &node{kind: kindList}
	p.step()
	for !p.tok.is("]") {
		item, err := p.element(depth + 1)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
		if !p.tok.is(",") && !p.tok.is("]") {
			return nil, p.errorf("want , or ] after a value, got %s", p.seen())
		}
		if p.tok.is(",") {
			p.step()
		}
	}
	p.step()
	return n, nil
}

// element reads a member of a list: a value, or what is spread.
func (p *parser) element(depth int) (*node, error) {
	if p.tok.is(".") {
		return p.expression(depth)
	}
	return p.value(depth)
}

func (p *parser) object(depth int) (*node, error) {
	n := &node{kind: kindObject}
	p.step()
	for !p.tok.is("}") {
		key, item, err := p.member(depth + 1)
		if err != nil {
			return nil, err
		}
		n.keys, n.items = append(n.keys, key), append(n.items, item)
		if !p.tok.is(",") && !p.tok.is("}") {
			return nil, p.errorf("want , or } after a value, got %s", p.seen())
		}
		if p.tok.is(",") {
			p.step()
		}
	}
	p.step()
	return n, nil
}

// member reads "key: value", a method, a key alone, or what is spread.
func (p *parser) member(depth int) (string, *node, error) {
	switch {
	case p.tok.is("."), p.tok.is("*"):
		n, err := p.expression(depth)
		return "", n, err
	case p.tok.is("["): // a computed key
		if _, err := p.brackets(depth); err != nil {
			return "", nil, err
		}
		return p.afterKey(token{line: p.tok.line}, depth)
	case p.tok.mark != markWord && p.tok.mark != markText:
		return "", nil, p.errorf("want a key, got %s", p.seen())
	}
	return p.afterKey(p.step(), depth)
}

func (p *parser) afterKey(key token, depth int) (string, *node, error) {
	switch {
	case p.tok.is(":"):
		p.step()
		n, err := p.value(depth)
		return key.text, n, err
	case p.tok.is("("), key.mark == markWord && p.tok.mark == markWord: // a method, a getter
		n, err := p.expression(depth)
		return "", n, err
	case key.mark == markWord && p.atEnd() && !p.strict:
		return key.text, &node{kind: kindExpression, line: key.line, text: key.text}, nil
	}
	return "", nil, p.errorf("want : after the key %s, got %s", shorten(key.text), p.seen())
}

// shorten makes a piece of source fit into a message.
func shorten(s string) string {
	const most = 60
	s = printable(strings.Join(strings.Fields(s), " "))
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// printable replaces what could move a terminal's cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\ufffd'
		}
		return r
	}, s)
}

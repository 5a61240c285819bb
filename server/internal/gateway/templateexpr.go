package gateway

import (
	"encoding/json"
	"strings"
)

func (p *parser) blanks() {
	p.at = len(p.text) - len(strings.TrimLeft(p.rest(), " \t\r\n"))
}

func (p *parser) expect(token string) error {
	p.blanks()
	if !p.skip(token) {
		return p.fail(p.at, "%s is missing", token)
	}
	return nil
}

// operators by how tightly they bind, loosest first, with their words.
var operators = [][]string{
	{"||", "or"},
	{"&&", "and"},
	{"==", "!=", "eq", "ne"},
	{"<=", ">=", "<", ">", "le", "ge", "lt", "gt"},
	{"+", "-"},
	{"*", "/", "%"},
}

var operatorWords = map[string]string{
	"or": "||", "and": "&&", "eq": "==", "ne": "!=", "le": "<=", "ge": ">=", "lt": "<", "gt": ">",
}

func (p *parser) expression() (expression, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	return p.binary(0)
}

// binary reads operands joined by operators of a level and those that bind
// tighter.
func (p *parser) binary(level int) (expression, error) {
	if level == len(operators) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	for err == nil {
		op := p.operator(level)
		if op == "" {
			break
		}
		var right expression
		if right, err = p.binary(level + 1); err == nil {
			left = operation{op, left, right}
		}
	}
	return left, err
}

// operator passes over one of a level.
func (p *parser) operator(level int) string {
	p.blanks()
	name := word(p.rest())
	for _, op := range operators[level] {
		if sign, isWord := operatorWords[op]; isWord {
			if name == op {
				p.at += len(op)
				return sign
			}
		} else if p.skip(op) {
			return op
		}
	}
	return ""
}

func (p *parser) unary() (expression, error) {
	p.blanks()
	not := p.skip("!")
	if !not && word(p.rest()) == "not" {
		p.at += len("not")
		not = true
	}
	if !not {
		return p.primary()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	e, err := p.unary()
	return negation{e}, err
}

func (p *parser) primary() (expression, error) {
	begin := p.at
	if p.at == len(p.text) {
		return nil, p.fail(p.at, "an expression is missing")
	}
	switch c := p.text[p.at]; {
	case c == '$':
		ref, err := p.reference()
		if ref == nil && err == nil {
			err = p.fail(begin, "a variable's name is missing after $")
		}
		return ref, err
	case c == '\'':
		text, err := p.quoted(c)
		return constant{text}, err
	case c == '"':
		return p.interpolated()
	case c == '(':
		p.at++
		e, err := p.expression()
		if err == nil {
			err = p.expect(")")
		}
		return e, err
	case c == '[':
		return p.listLiteral()
	case c == '{':
		return p.mapLiteral()
	case c == '-' || c >= '0' && c <= '9':
		return p.numeral()
	}
	return p.wordLiteral()
}

func (p *parser) wordLiteral() (expression, error) {
	name := word(p.rest())
	begin := p.at
	p.at += len(name)
	switch name {
	case "true", "false":
		return constant{name == "true"}, nil
	case "null":
		return constant{nil}, nil
	}
	return nil, p.fail(begin, "%.10q is not an expression", p.text[begin:])
}

// quoted reads a text to its closing quote; there are no escapes.
func (p *parser) quoted(quote byte) (string, error) {
	p.at++
	end := strings.IndexByte(p.rest(), quote)
	if end < 0 {
		return "", p.fail(p.at-1, "a text has no closing quote")
	}
	text := p.rest()[:end]
	p.at += end + 1
	return text, nil
}

// interpolated reads a text in double quotes, in which references are replaced.
func (p *parser) interpolated() (expression, error) {
	from := p.at + 1
	text, err := p.quoted('"')
	if err != nil || !strings.ContainsAny(text, "$#") {
		return constant{text}, err
	}
	end := p.at
	inner := &parser{text: p.text[:end-1], at: from, depth: p.depth, known: p.known}
	body, stopped, err := inner.block()
	p.used = append(p.used, inner.used...)
	if err == nil && stopped != "" {
		err = p.fail(inner.at, "#%s in a text", stopped)
	}
	return interpolation(body), err
}

func (p *parser) numeral() (expression, error) {
	begin := p.at
	p.skip("-")
	digits := strings.TrimLeft(p.rest(), "0123456789")
	p.at = len(p.text) - len(digits)
	if strings.HasPrefix(digits, ".") && !strings.HasPrefix(digits, "..") {
		p.at = len(p.text) - len(strings.TrimLeft(digits[1:], "0123456789"))
	}
	text := p.text[begin:p.at]
	if !json.Valid([]byte(text)) {
		return nil, p.fail(begin, "%q is not a number", text)
	}
	return constant{json.Number(text)}, nil
}

// listLiteral reads [a, b] or the range [1..5].
func (p *parser) listLiteral() (expression, error) {
	p.at++
	p.blanks()
	if p.skip("]") {
		return listing(nil), nil
	}
	first, err := p.expression()
	if err != nil {
		return nil, err
	}
	p.blanks()
	if p.skip("..") {
		last, err := p.expression()
		if err == nil {
			err = p.expect("]")
		}
		return series{first, last}, err
	}
	out := listing{first}
	if p.skip(",") {
		more, err := p.list("]")
		return append(out, more...), err
	}
	return out, p.expect("]")
}

// mapLiteral reads {"a": 1}.
func (p *parser) mapLiteral() (expression, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.at++
	var out dictionary
	for {
		p.blanks()
		if len(out) == 0 && p.skip("}") {
			return out, nil
		}
		key, err := p.expression()
		if err != nil {
			return nil, err
		}
		if err := p.expect(":"); err != nil {
			return nil, err
		}
		value, err := p.expression()
		if err != nil {
			return nil, err
		}
		out = append(out, pair{key, value})
		p.blanks()
		if p.skip("}") {
			return out, nil
		}
		if !p.skip(",") {
			return nil, p.fail(p.at, "} is missing")
		}
	}
}

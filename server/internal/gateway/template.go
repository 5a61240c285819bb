package gateway

import (
	"errors"
	"fmt"
	"strings"
)

// Mapping templates are written in the Velocity Template Language. This is the
// part of it that templates of API Gateway use ("API Gateway mapping template
// and access logging variable reference"): text, references, #set, #if, #foreach,
// #break, #stop and comments. Whatever else a template has is refused by its name
// when the API is loaded.

// Limits of a template and of one run of it.
const (
	maxTemplate      = 300 << 10 // bytes of its text
	maxTemplateDepth = 100       // blocks, brackets and texts within each other
	maxTemplateSteps = 500_000   // statements, expressions and characters looked at by calls
	maxTemplateText  = 64 << 20  // bytes of all texts made on the way
)

var (
	errTemplateSize  = errors.New("the template makes more than 10 MB")
	errTemplateSteps = errors.New("the template does not end in time")
)

// template is a mapping template ready to run.
type template struct{ body []piece }

// piece is text, a reference or a directive.
type piece interface {
	run(r *run) error
}

// expression has a value.
type expression interface {
	eval(r *run) (any, error)
}

// parseTemplate reads a template; an error says in which line and column.
func parseTemplate(text string) (*template, error) {
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("the template is larger than %d bytes", maxTemplate)
	}
	p := &parser{text: text, known: map[string]bool{
		"input": true, "context": true, "stageVariables": true, "util": true, "foreach": true, "velocityCount": true, "null": true,
	}}
	body, end, err := p.block()
	if err == nil && end != "" {
		err = p.fail(p.at, "#%s without a block that it ends", end)
	}
	if err == nil {
		err = p.checkNames()
	}
	if err != nil {
		return nil, err
	}
	return &template{body: body}, nil
}

// parser reads a template from left to right.
type parser struct {
	text  string
	at    int
	depth int
	known map[string]bool // names of variables that are set somewhere
	used  []usedName
}

type usedName struct {
	name string
	at   int
}

// fail is an error with its place.
func (p *parser) fail(at int, format string, args ...any) error {
	before := p.text[:min(at, len(p.text))]
	line := strings.Count(before, "\n") + 1
	column := len(before) - strings.LastIndexByte(before, '\n')
	return fmt.Errorf("template, line %d, column %d: %s", line, column, fmt.Sprintf(format, args...))
}

// checkNames refuses variables that nothing sets: they are somebody's mistake,
// or text with a $ in it.
func (p *parser) checkNames() error {
	for _, u := range p.used {
		if !p.known[u.name] {
			return p.fail(u.at, "the variable $%s is never set; for the text write \\$%s", u.name, u.name)
		}
	}
	return nil
}

func (p *parser) enter() error {
	if p.depth++; p.depth > maxTemplateDepth {
		return p.fail(p.at, "it is nested too deep")
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// rest is what is still to be read.
func (p *parser) rest() string { return p.text[p.at:] }

// skip passes over a prefix if it is there.
func (p *parser) skip(prefix string) bool {
	if !strings.HasPrefix(p.rest(), prefix) {
		return false
	}
	p.at += len(prefix)
	return true
}

// word is the name that begins here.
func word(s string) string {
	for i := range len(s) {
		inner := i > 0 && (s[i] >= '0' && s[i] <= '9' || s[i] == '-' && i+1 < len(s) && isLetter(s[i+1]))
		if !isLetter(s[i]) && !inner {
			return s[:i]
		}
	}
	return s
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// block reads statements up to the directive that ends them (end, else or
// elseif, already passed over) or the end of the text.
func (p *parser) block() ([]piece, string, error) {
	if err := p.enter(); err != nil {
		return nil, "", err
	}
	defer p.leave()
	var out []piece
	for p.at < len(p.text) {
		st, end, err := p.statement()
		if err != nil || end != "" {
			return out, end, err
		}
		if st != nil {
			out = append(out, st)
		}
	}
	return out, "", nil
}

// statement reads one; nil for a comment.
func (p *parser) statement() (st piece, end string, err error) {
	switch p.text[p.at] {
	case '$':
		if ref, err := p.reference(); ref != nil || err != nil {
			return printed{ref}, "", err
		}
	case '#':
		return p.directive()
	case '\\':
		if len(p.rest()) > 1 && (p.rest()[1] == '$' || p.rest()[1] == '#') {
			p.at += 2
			return literalText(p.text[p.at-1 : p.at]), "", nil
		}
	}
	begin := p.at
	p.at++
	if next := strings.IndexAny(p.rest(), "$#\\"); next >= 0 {
		p.at += next
	} else {
		p.at = len(p.text)
	}
	return literalText(p.text[begin:p.at]), "", nil
}

// unsupported are directives of Velocity that are refused by name.
var unsupported = map[string]bool{
	"macro": true, "parse": true, "include": true, "evaluate": true, "return": true, "literal": true, "breakpoint": true,
}

// directive reads what begins with #.
func (p *parser) directive() (piece, string, error) {
	begin := p.at
	switch {
	case p.skip("##"):
		p.line()
		return nil, "", nil
	case p.skip("#*"):
		return nil, "", p.until("*#")
	case p.skip("#[["):
		from := p.at
		if err := p.until("]]#"); err != nil {
			return nil, "", err
		}
		return literalText(p.text[from : p.at-len("]]#")]), "", nil
	}
	p.at++
	braced := p.skip("{")
	name := word(p.rest())
	p.at += len(name)
	if braced && !p.skip("}") {
		name = ""
	}
	if st, end, known, err := p.named(name, begin); known || err != nil {
		return st, end, err
	}
	if unsupported[name] || name != "" && strings.HasPrefix(p.rest(), "(") {
		return nil, "", p.fail(begin, "#%s is not supported", name)
	}
	p.at = begin + 1
	return literalText("#"), "", nil
}

// named reads the directives there are.
func (p *parser) named(name string, begin int) (st piece, end string, known bool, err error) {
	switch name {
	case "set":
		st, err = p.set()
	case "if":
		st, err = p.conditional()
	case "foreach":
		st, err = p.foreach()
	case "define":
		st, err = p.define()
	case "break", "stop":
		p.newline()
		st = leap(name)
	case "end", "else", "elseif":
		if p.depth == 1 {
			return nil, "", true, p.fail(begin, "#%s without a block that it ends", name)
		}
		if name != "elseif" {
			p.newline()
		}
		end = name
	default:
		return nil, "", false, nil
	}
	return st, end, true, err
}

// line passes over the rest of a line.
func (p *parser) line() {
	if i := strings.IndexByte(p.rest(), '\n'); i >= 0 {
		p.at += i + 1
		return
	}
	p.at = len(p.text)
}

// newline passes over the end of a line that a directive is the last thing of.
func (p *parser) newline() {
	rest := strings.TrimLeft(p.rest(), " \t")
	rest = strings.TrimPrefix(rest, "\r")
	if strings.HasPrefix(rest, "\n") {
		p.at = len(p.text) - len(rest) + 1
	}
}

func (p *parser) until(end string) error {
	i := strings.Index(p.rest(), end)
	if i < 0 {
		return p.fail(p.at, "%s is missing", end)
	}
	p.at += i + len(end)
	return nil
}

// set reads #set($name = value).
func (p *parser) set() (piece, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	p.blanks()
	at := p.at
	target, err := p.reference()
	switch {
	case err != nil:
		return nil, err
	case target == nil:
		return nil, p.fail(at, "#set needs a variable")
	}
	if err := p.assignable(target); err != nil {
		return nil, err
	}
	if err := p.expect("="); err != nil {
		return nil, err
	}
	value, err := p.expression()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	p.newline()
	return assignment{target, value}, nil
}

// conditional reads #if(…) … #elseif(…) … #else … #end.
func (p *parser) conditional() (piece, error) {
	begin := p.at
	var out choice
	for end := "elseif"; end != "end"; {
		var when expression = constant{true} // of #else
		if end == "elseif" {
			var err error
			if when, err = p.condition(); err != nil {
				return nil, err
			}
		}
		body, next, err := p.block()
		if err != nil {
			return nil, err
		}
		if next == "" || end == "else" && next != "end" {
			return nil, p.fail(begin, "#if without its #end")
		}
		out = append(out, branch{when, body})
		end = next
	}
	return out, nil
}

func (p *parser) condition() (expression, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	when, err := p.expression()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	p.newline()
	return when, nil
}

// define reads #define($name) … #end.
func (p *parser) define() (piece, error) {
	begin := p.at
	if err := p.expect("("); err != nil {
		return nil, err
	}
	name := p.variable()
	if name == "" || builtin(name) {
		return nil, p.fail(begin, "#define is not like ($name)")
	}
	p.known[name] = true
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	p.newline()
	body, end, err := p.block()
	if err == nil && end != "end" {
		err = p.fail(begin, "#define without its #end")
	}
	return definition{name, body}, err
}

// variable reads the name of $name or ${name}; empty for anything else.
func (p *parser) variable() string {
	p.blanks()
	if !p.skip("$") {
		return ""
	}
	braced := p.skip("{")
	name := word(p.rest())
	p.at += len(name)
	if braced && !p.skip("}") {
		return ""
	}
	return name
}

// foreach reads #foreach($item in $list) … #end.
func (p *parser) foreach() (piece, error) {
	begin := p.at
	if err := p.expect("("); err != nil {
		return nil, err
	}
	name := p.variable()
	p.blanks()
	if name == "" || builtin(name) || word(p.rest()) != "in" {
		return nil, p.fail(begin, "#foreach is not like ($item in $list)")
	}
	p.at += len("in")
	p.known[name] = true
	list, err := p.expression()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	p.newline()
	body, end, err := p.block()
	if err == nil && end != "end" {
		err = p.fail(begin, "#foreach without its #end")
	}
	return loop{name, list, body}, err
}

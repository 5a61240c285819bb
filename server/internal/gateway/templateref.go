package gateway

import (
	"slices"
	"strings"
)

// reference is $name with what follows: .name, .name(…), […].
type reference struct {
	name  string
	steps []step
}

// step is one step of a reference.
type step struct {
	name string       // of a property or a method; empty for an index
	call bool         // a method
	args []expression // of a method, or the index
}

// builtin tells the variables that nobody sets.
func builtin(name string) bool {
	return slices.Contains([]string{"input", "context", "stageVariables", "util", "foreach", "velocityCount", "null"}, name)
}

// reference reads $name, ${name}, $!name or $!{name}; nil if the $ is only text,
// which is then not passed over. What is not there prints nothing, with ! or
// without.
func (p *parser) reference() (*reference, error) {
	begin := p.at
	if !p.skip("$") {
		return nil, nil
	}
	p.skip("!")
	braced := p.skip("{")
	name := word(p.rest())
	if name == "" {
		p.at = begin
		return nil, nil
	}
	p.at += len(name)
	p.used = append(p.used, usedName{name, begin})
	ref := &reference{name: name}
	if err := p.steps(ref); err != nil {
		return nil, err
	}
	if braced && !p.skip("}") {
		return nil, p.fail(p.at, "} is missing after ${%s", name)
	}
	return ref, p.checkReference(ref, begin)
}

func (p *parser) steps(ref *reference) error {
	for {
		rest := p.rest()
		switch {
		case strings.HasPrefix(rest, ".") && word(rest[1:]) != "":
			s := step{name: word(rest[1:])}
			p.at += 1 + len(s.name)
			if strings.HasPrefix(p.rest(), "(") {
				p.at++
				s.call = true
				var err error
				if s.args, err = p.list(")"); err != nil {
					return err
				}
			}
			ref.steps = append(ref.steps, s)
		case strings.HasPrefix(rest, "["):
			p.at++
			index, err := p.list("]")
			if err != nil {
				return err
			}
			if len(index) != 1 {
				return p.fail(p.at, "[] needs one index")
			}
			ref.steps = append(ref.steps, step{args: index})
		default:
			return nil
		}
	}
}

// list reads expressions up to the closing bracket, which is passed over.
func (p *parser) list(end string) ([]expression, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	var out []expression
	for {
		p.blanks()
		if len(out) == 0 && p.skip(end) {
			return nil, nil
		}
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
		p.blanks()
		if p.skip(end) {
			return out, nil
		}
		if !p.skip(",") {
			return nil, p.fail(p.at, "%s is missing", end)
		}
	}
}

// contextName is the name of a $context reference and how many steps it takes:
// what follows is done with the variable's text.
func contextName(steps []step) (string, int) {
	var names []string
	for _, s := range steps {
		switch {
		case s.call:
			return strings.Join(names, "."), len(names)
		case s.name != "":
			names = append(names, s.name)
			continue
		}
		text, ok := s.args[0].(constant)
		name, isText := text.value.(string)
		if !ok || !isText {
			return strings.Join(names, "."), len(names)
		}
		names = append(names, name)
	}
	return strings.Join(names, "."), len(names)
}

// checkReference refuses what the built-in variables do not have.
func (p *parser) checkReference(ref *reference, at int) error {
	if !builtin(ref.name) {
		return p.checkMethods(ref.name, ref.steps, at)
	}
	ok, rest := true, ref.steps
	switch ref.name {
	case "context":
		name, n := contextName(ref.steps)
		rest = ref.steps[n:]
		if !isOverride(name) && !knownContext(name) && name != "identity" && name != "authorizer" {
			return p.fail(at, "there is no variable $context.%s", name)
		}
	case "input":
		ok = len(rest) > 0 && rest[0].okInput()
	case "util":
		ok = len(rest) > 0 && rest[0].call && utilities[rest[0].name] == len(rest[0].args)
	case "foreach":
		ok = len(rest) > 0 && slices.Contains([]string{"index", "count", "hasNext", "first", "last"}, rest[0].name) && !rest[0].call
	}
	if !ok {
		return p.fail(at, "$%s is not supported", describe(ref))
	}
	if len(rest) > 0 && (ref.name == "input" || ref.name == "util" || ref.name == "foreach") {
		rest = rest[1:]
	}
	return p.checkMethods(ref.name, rest, at)
}

// checkMethods refuses methods that no value has.
func (p *parser) checkMethods(name string, steps []step, at int) error {
	for _, s := range steps {
		if n, known := methodArgs[s.name]; s.call && (!known || len(s.args) < n[0] || len(s.args) > n[1]) {
			return p.fail(at, "the method %s() with %d arguments, of $%s, is not supported", s.name, len(s.args), name)
		}
	}
	return nil
}

func describe(ref *reference) string {
	out := ref.name
	for _, s := range ref.steps[:min(1, len(ref.steps))] {
		out += "." + s.name
		if s.call {
			out += "()"
		}
	}
	return out
}

// okInput tells what $input has.
func (s step) okInput() bool {
	switch s.name {
	case "body":
		return !s.call
	case "json", "path":
		return s.call && len(s.args) == 1
	case "params":
		return s.call && len(s.args) <= 1
	}
	return false
}

// isOverride tells what a template may set of $context.
func isOverride(name string) bool {
	if name == "responseOverride.status" {
		return true
	}
	for _, prefix := range []string{"responseOverride.header.", "requestOverride.header.", "requestOverride.querystring.", "requestOverride.path."} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" {
			return true
		}
	}
	return false
}

// assignable refuses to set what is not the template's own.
func (p *parser) assignable(ref *reference) error {
	last := len(ref.steps) - 1
	switch {
	case ref.name == "context":
		name, n := contextName(ref.steps)
		if !isOverride(name) || n != len(ref.steps) {
			return p.fail(p.at, "$context.%s cannot be set", name)
		}
		return p.checkOverride(name)
	case builtin(ref.name), last >= 0 && ref.steps[last].call:
		return p.fail(p.at, "$%s cannot be set", describe(ref))
	}
	if last < 0 {
		p.known[ref.name] = true
	}
	return nil
}

// checkOverride refuses headers that only the gateway gives.
func (p *parser) checkOverride(name string) error {
	if header, ok := strings.CutPrefix(name, "requestOverride.header."); ok && !mayMapRequest(header) {
		return p.fail(p.at, "the header %s cannot be set", header)
	}
	if header, ok := strings.CutPrefix(name, "responseOverride.header."); ok && !mayMapResponse(header) {
		return p.fail(p.at, "the header %s cannot be set", header)
	}
	return nil
}

package curl

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template/parse"
)

// evaluator runs a template over JSON. It is text/template without reflection,
// by which the linker would have to keep every method of the program: 2.6 MB.
type evaluator struct {
	out   strings.Builder
	trees map[string]*parse.Tree
	funcs map[string]function
	vars  []variableOf
	depth int
}

// A function of a template gets its arguments evaluated.
type function func(args []any) (any, error)

type variableOf struct {
	name  string
	value any
}

var (
	errBreak    = errors.New("break")
	errContinue = errors.New("continue")
)

// maxCalls is how deep templates may call one another.
const maxCalls = 1000

// runTemplate executes text on data.
func runTemplate(text string, data any, funcs map[string]function) (string, error) {
	names := map[string]any{}
	for name := range funcs {
		names[name] = true
	}
	for _, name := range []string{"and", "or"} { // they do not evaluate all arguments
		names[name] = true
	}
	e := &evaluator{trees: map[string]*parse.Tree{}, funcs: funcs, vars: []variableOf{{"$", data}}}
	tree, err := parse.New("template").Parse(text, "", "", e.trees, names)
	if err != nil {
		return "", errorf("--template: %v", err)
	}
	if err := e.node(data, tree.Root); err != nil {
		return "", fmt.Errorf("--template: %w", err)
	}
	return e.out.String(), nil
}

func (e *evaluator) node(dot any, n parse.Node) error {
	switch n := n.(type) {
	case *parse.ListNode:
		return e.list(dot, n)
	case *parse.TextNode:
		e.out.Write(n.Text)
	case *parse.ActionNode:
		v, err := e.pipe(dot, n.Pipe)
		if err == nil && len(n.Pipe.Decl) == 0 {
			e.out.WriteString(shown(v))
		}
		return err
	case *parse.IfNode:
		return e.branch(dot, &n.BranchNode, false)
	case *parse.WithNode:
		return e.branch(dot, &n.BranchNode, true)
	case *parse.RangeNode:
		return e.loop(dot, &n.BranchNode)
	case *parse.TemplateNode:
		return e.call(dot, n)
	case *parse.BreakNode:
		return errBreak
	case *parse.ContinueNode:
		return errContinue
	}
	return nil
}

func (e *evaluator) list(dot any, n *parse.ListNode) error {
	if n == nil {
		return nil
	}
	for _, child := range n.Nodes {
		if err := e.node(dot, child); err != nil {
			return err
		}
	}
	return nil
}

func (e *evaluator) branch(dot any, n *parse.BranchNode, with bool) error {
	defer e.forget(len(e.vars))
	v, err := e.pipe(dot, n.Pipe)
	if err != nil {
		return err
	}
	if !truth(v) {
		return e.list(dot, n.ElseList)
	}
	if with {
		dot = v
	}
	return e.list(dot, n.List)
}

func (e *evaluator) forget(n int) { e.vars = e.vars[:n] }

func (e *evaluator) loop(dot any, n *parse.BranchNode) error {
	defer e.forget(len(e.vars))
	v, err := e.pipe(dot, n.Pipe)
	if err != nil {
		return err
	}
	keys, values, err := elements(v)
	if err != nil {
		return err
	}
	if len(values) == 0 {
		return e.list(dot, n.ElseList)
	}
	mark := len(e.vars)
	for i, value := range values {
		e.forget(mark)
		e.element(n.Pipe.Decl, keys[i], value, n.Pipe.IsAssign)
		err := e.list(value, n.List)
		switch {
		case err == errBreak:
			return nil
		case err != nil && err != errContinue:
			return err
		}
	}
	return nil
}

// element sets the variables of a range: value, or key and value.
func (e *evaluator) element(decl []*parse.VariableNode, key, value any, assign bool) {
	pair := []any{key, value}
	if len(decl) == 1 {
		pair = pair[1:]
	}
	for i, d := range decl {
		e.set(d.Ident[0], pair[i], assign)
	}
}

func elements(v any) (keys, values []any, err error) {
	switch v := v.(type) {
	case nil:
	case []any:
		for i := range v {
			keys = append(keys, i)
		}
		return keys, v, nil
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			keys, values = append(keys, k), append(values, v[k])
		}
	case int:
		for i := range min(v, 1<<20) {
			keys, values = append(keys, i), append(values, i)
		}
	default:
		return nil, nil, fmt.Errorf("range cannot go over %s", shown(v))
	}
	return keys, values, nil
}

func (e *evaluator) call(dot any, n *parse.TemplateNode) error {
	tree := e.trees[n.Name]
	if tree == nil {
		return fmt.Errorf("no template is named %q", n.Name)
	}
	if e.depth++; e.depth > maxCalls {
		return fmt.Errorf("templates call one another without end")
	}
	defer func() { e.depth-- }()
	var data any
	var err error
	if n.Pipe != nil {
		if data, err = e.pipe(dot, n.Pipe); err != nil {
			return err
		}
	}
	outer := e.vars
	e.vars = []variableOf{{"$", data}}
	defer func() { e.vars = outer }()
	return e.list(data, tree.Root)
}

func (e *evaluator) pipe(dot any, p *parse.PipeNode) (v any, err error) {
	for i, cmd := range p.Cmds {
		last := []any{v}
		if i == 0 {
			last = nil
		}
		if v, err = e.command(dot, cmd, last); err != nil {
			return nil, err
		}
	}
	for _, d := range p.Decl {
		e.set(d.Ident[0], v, p.IsAssign)
	}
	return v, nil
}

func (e *evaluator) set(name string, v any, assign bool) {
	if assign {
		for i := len(e.vars) - 1; i >= 0; i-- {
			if e.vars[i].name == name {
				e.vars[i].value = v
				return
			}
		}
	}
	e.vars = append(e.vars, variableOf{name, v})
}

func (e *evaluator) command(dot any, cmd *parse.CommandNode, last []any) (any, error) {
	first, ok := cmd.Args[0].(*parse.IdentifierNode)
	if !ok {
		if len(cmd.Args) > 1 || last != nil {
			return nil, fmt.Errorf("%s is no function and takes no arguments", cmd.Args[0])
		}
		return e.argument(dot, cmd.Args[0])
	}
	if first.Ident == "and" || first.Ident == "or" {
		return e.logic(dot, first.Ident == "or", cmd.Args[1:], last)
	}
	var args []any
	for _, a := range cmd.Args[1:] {
		v, err := e.argument(dot, a)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	v, err := e.funcs[first.Ident](append(args, last...))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", first.Ident, err)
	}
	return v, nil
}

// logic is "and" and "or", which stop at the first that decides.
func (e *evaluator) logic(dot any, until bool, nodes []parse.Node, last []any) (v any, err error) {
	for _, n := range nodes {
		if v, err = e.argument(dot, n); err != nil || truth(v) == until {
			return v, err
		}
	}
	if last != nil {
		v = last[0]
	}
	return v, nil
}

func (e *evaluator) argument(dot any, n parse.Node) (any, error) {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot, nil
	case *parse.FieldNode:
		return fields(dot, n.Ident)
	case *parse.VariableNode:
		for i := len(e.vars) - 1; i >= 0; i-- {
			if e.vars[i].name == n.Ident[0] {
				return fields(e.vars[i].value, n.Ident[1:])
			}
		}
	case *parse.ChainNode:
		v, err := e.argument(dot, n.Node)
		if err != nil {
			return nil, err
		}
		return fields(v, n.Field)
	case *parse.PipeNode:
		return e.pipe(dot, n)
	case *parse.IdentifierNode:
		return e.command(dot, &parse.CommandNode{NodeType: parse.NodeCommand, Args: []parse.Node{n}}, nil)
	}
	return constant(n)
}

func constant(n parse.Node) (any, error) {
	switch n := n.(type) {
	case *parse.StringNode:
		return n.Text, nil
	case *parse.BoolNode:
		return n.True, nil
	case *parse.NilNode:
		return nil, nil
	case *parse.NumberNode:
		if n.IsInt {
			return int(n.Int64), nil
		}
		return n.Float64, nil
	}
	return nil, fmt.Errorf("%s is not understood", n)
}

// fields follows .a.b; what is not there is nil.
func fields(v any, path []string) (any, error) {
	for _, name := range path {
		switch m := v.(type) {
		case map[string]any:
			v = m[name]
		case nil:
			return nil, nil
		default:
			return nil, fmt.Errorf("%s has no field %s", shown(v), name)
		}
	}
	return v, nil
}

package tree

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"go.yaml.in/yaml/v4"
)

// yamlReader makes nodes of the library's, whose aliases it follows.
type yamlReader struct {
	done  map[*yaml.Node]*expanded // by anchored node
	nodes int
}

type expanded struct {
	node *Node
	size int // nodes and what their text weighs, aliases in it expanded
}

func parseYAML(text []byte) (*Node, error) {
	dec, err := yaml.NewLoader(strings.NewReader(string(text)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	var doc, second yaml.Node
	if err := dec.Load(&doc); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	if err := dec.Load(&second); err == nil {
		return nil, fmt.Errorf("%w: it holds more than one YAML document", ErrSyntax)
	}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("%w: it is empty", ErrSyntax)
	}
	r := &yamlReader{done: map[*yaml.Node]*expanded{}}
	n, err := r.node(doc.Content[0], 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	return n, nil
}

// node converts y; the size of what is anchored is kept for its aliases, so that
// few lines do not become more values than memory holds.
func (r *yamlReader) node(y *yaml.Node, depth int) (*Node, error) {
	if r.nodes += 1 + len(y.Value)/16; r.nodes > maxWeight || depth > maxDepth {
		return nil, fmt.Errorf("line %d: more than %d values (aliases counted each time) or %d levels", y.Line, maxWeight, maxDepth)
	}
	if y.Kind == yaml.AliasNode {
		return r.alias(y)
	}
	if y.Anchor == "" {
		return r.plain(y, depth)
	}
	before := r.nodes
	n, err := r.plain(y, depth)
	r.done[y] = &expanded{n, r.nodes - before + 1 + len(y.Value)/16}
	return n, err
}

func (r *yamlReader) alias(y *yaml.Node) (*Node, error) {
	a := r.done[y.Alias]
	if a == nil {
		return nil, fmt.Errorf("line %d: %q stands within itself", y.Line, y.Value)
	}
	if r.nodes += a.size; r.nodes > maxWeight {
		return nil, fmt.Errorf("line %d: aliases make more than %d values", y.Line, maxWeight)
	}
	return a.node, nil
}

func (r *yamlReader) plain(y *yaml.Node, depth int) (*Node, error) {
	n := &Node{Line: y.Line}
	if strings.HasPrefix(y.Tag, "!") && !strings.HasPrefix(y.Tag, "!!") {
		n.Tag = y.Tag
	}
	switch y.Kind {
	case yaml.SequenceNode:
		return n, r.list(n, y, depth)
	case yaml.MappingNode:
		return n, r.fields(n, y, depth)
	case yaml.ScalarNode:
		return n, scalar(n, y)
	}
	return nil, fmt.Errorf("line %d: this is no value", y.Line)
}

func (r *yamlReader) list(n *Node, y *yaml.Node, depth int) error {
	n.Kind = List
	for _, v := range y.Content {
		item, err := r.node(v, depth+1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	return nil
}

func (r *yamlReader) fields(n *Node, y *yaml.Node, depth int) error {
	n.Kind = Map
	own := map[string]bool{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		v, err := r.node(value, depth+1)
		if err != nil {
			return err
		}
		if key.Tag == "!!merge" {
			if err := merge(n, v); err != nil {
				return err
			}
			continue
		}
		k, err := r.key(key, depth)
		if err != nil {
			return err
		}
		if own[k] {
			return fmt.Errorf("line %d: the key %q stands twice in one mapping", key.Line, k)
		}
		own[k] = true
		n.Set(k, v)
	}
	return nil
}

// merge adds the fields of << that the mapping does not have yet.
func merge(n, from *Node) error {
	if from.Kind != Map {
		return fmt.Errorf("line %d: << takes one mapping", from.Line)
	}
	for _, f := range from.Fields {
		if n.Get(f.Key) == nil {
			n.Set(f.Key, f.Value)
		}
	}
	return nil
}

func (r *yamlReader) key(y *yaml.Node, depth int) (string, error) {
	n, err := r.node(y, depth+1)
	if err != nil {
		return "", err
	}
	if s, ok := n.Scalar(); ok && n.Tag == "" {
		return s, nil
	}
	return "", fmt.Errorf("line %d: a key must be a plain value", y.Line)
}

func scalar(n *Node, y *yaml.Node) error {
	n.Kind, n.Text = String, y.Value
	switch y.ShortTag() {
	case "!!null":
		n.Kind, n.Text = Null, ""
	case "!!bool":
		n.Kind, n.Text = Bool, strings.ToLower(y.Value)
	case "!!int", "!!float":
		return number(n, y)
	case "!!str", "!!timestamp", n.Tag:
	default:
		return fmt.Errorf("line %d: the tag %s is not supported", y.Line, y.Tag)
	}
	return nil
}

// number keeps a number as written where that is JSON's way, so that 1.10 stays,
// and infinity as text.
func number(n *Node, y *yaml.Node) error {
	n.Kind = Number
	if json.Valid([]byte(y.Value)) {
		return nil
	}
	plain := strings.TrimPrefix(strings.ReplaceAll(y.Value, "_", ""), "+")
	if i, ok := new(big.Int).SetString(plain, 0); ok {
		n.Text = i.String()
		return nil
	}
	var f float64
	if err := y.Decode(&f); err != nil {
		return errors.Join(fmt.Errorf("line %d: %q is no number", y.Line, y.Value), err)
	}
	js, err := json.Marshal(f)
	if err != nil { // infinity
		n.Kind = String
		return nil
	}
	n.Text = string(js)
	return nil
}

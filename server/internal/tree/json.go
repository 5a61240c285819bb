package tree

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// isJSON: it begins like an object. YAML may, too, and then reads as JSON or not.
func isJSON(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) && json.Valid(text)
}

// jsonReader makes nodes of tokens.
type jsonReader struct {
	*json.Decoder
	text  []byte
	nodes int
	at    int // offset up to which lines are counted
	line  int
}

func parseJSON(text []byte) (*Node, error) {
	r := &jsonReader{Decoder: json.NewDecoder(bytes.NewReader(text)), text: text, line: 1}
	r.UseNumber()
	n, err := r.value(0)
	if err != nil {
		return nil, fmt.Errorf("%w: line %d: %w", ErrSyntax, r.line, err)
	}
	if _, err := r.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: text follows the document", ErrSyntax)
	}
	return n, nil
}

func (r *jsonReader) value(depth int) (*Node, error) {
	t, err := r.Token()
	if err != nil {
		return nil, err
	}
	return r.node(t, depth)
}

func (r *jsonReader) node(t json.Token, depth int) (*Node, error) {
	r.count()
	if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
		return nil, fmt.Errorf("it has more than %d values or %d levels", maxNodes, maxDepth)
	}
	n := &Node{Line: r.line}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			return n, r.list(n, depth)
		}
		return n, r.fields(n, depth)
	case string:
		n.Kind, n.Text = String, t
	case json.Number:
		n.Kind, n.Text = Number, t.String()
	case bool:
		n.Kind, n.Text = Bool, strconv.FormatBool(t)
	}
	return n, nil
}

func (r *jsonReader) count() {
	end := int(r.InputOffset())
	r.line += bytes.Count(r.text[r.at:end], []byte("\n"))
	r.at = end
}

func (r *jsonReader) list(n *Node, depth int) error {
	n.Kind = List
	for r.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, err := r.Token()
	return err
}

func (r *jsonReader) fields(n *Node, depth int) error {
	n.Kind = Map
	seen := map[string]bool{}
	for r.More() {
		t, err := r.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		r.count()
		if seen[key] {
			return fmt.Errorf("the key %q stands twice in one object", key)
		}
		seen[key] = true
		v, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Fields = append(n.Fields, Field{key, v})
	}
	_, err := r.Token()
	return err
}

// JSON writes n as compact JSON, keys in their order, tags left out.
func (n *Node) JSON() []byte { return n.appendJSON(nil) }

func (n *Node) appendJSON(b []byte) []byte {
	switch {
	case n.IsNull():
		return append(b, "null"...)
	case n.Kind == String:
		return appendText(b, n.Text)
	case n.Kind == List:
		return n.appendList(b)
	case n.Kind == Map:
		return n.appendMap(b)
	}
	return append(b, n.Text...)
}

func (n *Node) appendList(b []byte) []byte {
	b = append(b, '[')
	for i, item := range n.Items {
		if i > 0 {
			b = append(b, ',')
		}
		b = item.appendJSON(b)
	}
	return append(b, ']')
}

func (n *Node) appendMap(b []byte) []byte {
	b = append(b, '{')
	for i, f := range n.Fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, f.Key), ':')
		b = f.Value.appendJSON(b)
	}
	return append(b, '}')
}

// appendText writes a JSON string without the escapes for HTML.
func appendText(b []byte, s string) []byte {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}

// Package tree reads JSON and YAML documents into trees that keep what decoding
// into Go values loses: the order of keys, the line of a value, the text of a
// number and YAML tags such as !Ref. It is strict: a key that stands twice in
// one mapping, a second document and malformed text are errors, and sizes are
// bounded, those of expanded YAML aliases too.
package tree

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// ErrSyntax is what every error of Parse is.
var ErrSyntax = errors.New("not a readable document")

// Bounds of a document. The largest that API Gateway imports has 6 MB.
const (
	maxBytes = 6 << 20
	maxNodes = 500_000
	maxDepth = 200
	// maxWeight is of YAML, whose aliases repeat values: a value and each sixteen
	// bytes of text are one.
	maxWeight = 1_000_000
)

// Kind is what a Node is.
type Kind uint8

// The kinds of Node.
const (
	Null Kind = iota
	Bool
	Number
	String
	List
	Map
)

// Node is a value of a document. The zero value is null.
type Node struct {
	Kind   Kind
	Tag    string  // YAML tag of the document's own, "!Sub"; JSON has none
	Text   string  // of a scalar: the string, or true, false and a JSON number as written
	Items  []*Node // of a List
	Fields []Field // of a Map, in order
	Line   int     // from 1; 0 for a Node made in Go

	index map[string]int // of many Fields
}

// Field is a key of a Map and its value.
type Field struct {
	Key   string
	Value *Node
}

// Parse reads a JSON or YAML document of at most 6 MB. Text that begins with { is
// JSON if it reads as such. The error answers to ErrSyntax and names the line.
func Parse(text []byte) (*Node, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("%w: it has %d bytes, more than %d", ErrSyntax, len(text), maxBytes)
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%w: it is not UTF-8", ErrSyntax)
	}
	if isJSON(text) {
		return parseJSON(text)
	}
	return parseYAML(text)
}

// Get is the value of a Map's key, nil if there is none or n is no Map.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	if i := n.find(key); i >= 0 {
		return n.Fields[i].Value
	}
	return nil
}

// find is where a key stands, -1 if nowhere. Many keys are indexed, or reading a
// large document key by key would take forever.
func (n *Node) find(key string) int {
	if len(n.Fields) < 32 {
		return slices.IndexFunc(n.Fields, func(f Field) bool { return f.Key == key })
	}
	if len(n.index) != len(n.Fields) {
		n.index = make(map[string]int, len(n.Fields))
		for i, f := range n.Fields {
			n.index[f.Key] = i
		}
	}
	if i, ok := n.index[key]; ok && n.Fields[i].Key == key {
		return i
	}
	return -1
}

// IsNull tells a missing value and null.
func (n *Node) IsNull() bool { return n == nil || n.Kind == Null }

// Set gives a Map's key a value, replacing the one it had.
func (n *Node) Set(key string, v *Node) {
	if i := n.find(key); i >= 0 {
		n.Fields[i].Value = v
		return
	}
	n.Fields = append(n.Fields, Field{key, v})
	if n.index != nil {
		n.index[key] = len(n.Fields) - 1
	}
}

// Text makes a String.
func Text(s string) *Node { return &Node{Kind: String, Text: s} }

// Scalar is the text of a scalar other than null, and whether n is one.
func (n *Node) Scalar() (string, bool) {
	if n == nil || n.Kind == Null || n.Kind == List || n.Kind == Map {
		return "", false
	}
	return n.Text, true
}

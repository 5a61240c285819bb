// Package schema holds JSON texts against JSON Schemas of draft 4, which the
// models of REST APIs are written in. All that a schema asks is checked when it is
// compiled; what this package cannot enforce is refused then, by its JSON pointer.
// A compiled schema takes a bounded amount of work for a text.
package schema

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
)

var (
	// ErrWork is of a text that takes too much work, or whose asker has gone.
	ErrWork = errors.New("the body takes too much work to validate")
	// ErrNumber is of a number that is exact only at great cost.
	ErrNumber = errors.New("the body has a number with too many digits")
	// ErrJSON is of a text that is not one JSON value.
	ErrJSON = errors.New("the body is not JSON")
)

// Schema is a compiled schema. Any number of goroutines may use one at the same
// time. The zero value accepts every JSON text.
type Schema struct{ root node }

// node is one schema; what is nil or empty does not ask for anything.
type node struct {
	ref    *node // all else is empty then
	types  kinds
	enum   map[string]bool // canonical texts
	number numbers
	text   texts
	list   lists
	object objects

	allOf, anyOf, oneOf []*node
	not                 *node
}

type numbers struct {
	min, max, multiple *big.Rat
	overMin, underMax  bool // the bounds are exclusive
}

type texts struct {
	min, max *int
	pattern  *matcher
	format   func(string) bool
}

type lists struct {
	min, max *int
	unique   bool
	all      *node
	each     []*node // by index
	rest     extra
}

type objects struct {
	min, max   *int
	required   []string
	properties map[string]*node
	patterns   []patterned
	rest       extra
	needs      []dependency
}

// extra is additionalItems or additionalProperties.
type extra struct {
	none bool
	is   *node
}

type patterned struct {
	name *matcher
	is   *node
}

// dependency is what an object has to be or to have if it has a name.
type dependency struct {
	name string
	also []string
	is   *node
}

// Error is why a text is not as its schema wants it. It can stand in a JSON string
// as it is: names in it are cut, and characters that would end the string are "?".
type Error struct {
	Pointer string // a JSON pointer to the value; empty for the whole
	Reason  string
}

// Error gives the place and the reason.
func (e *Error) Error() string {
	if e.Pointer == "" {
		return e.Reason
	}
	return e.Pointer + ": " + e.Reason
}

// Validate holds a JSON text against the schema. Errors are *Error, ErrJSON,
// ErrNumber or ErrWork, the last also when ctx ends.
func (s *Schema) Validate(ctx context.Context, body []byte) error {
	doc, err := decode(body)
	if err != nil {
		return ErrJSON
	}
	if err := checkNumbers(doc); err != nil {
		return err
	}
	return begin(ctx, len(body)).node(&s.root, doc)
}

// decode reads one JSON value, its numbers as they are written.
func decode(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("JSON is followed by something else")
	}
	return v, nil
}

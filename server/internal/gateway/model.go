package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// model is a JSON Schema that bodies are held against.
type model struct {
	compile func() (*countedSchema, error)
	idle    sync.Pool // of *countedSchema, that nobody uses
}

// countedSchema is a schema for one validation at a time.
type countedSchema struct {
	*jsonschema.Schema
	looks looks
}

// builtinModels are those that every REST API has.
var builtinModels = map[string]string{
	"Empty": `{"type":"object"}`,
	"Error": `{"type":"object","properties":{"message":{"type":"string"}}}`,
}

// modelPath is in the address by which models refer to each other.
const modelPath = "/models/"

// model makes the model of a name. Schemas are of draft 4 where they do not say
// otherwise, as API Gateway's.
func (a *api) model(name string) (*model, error) {
	if name == "Empty" && a.Models[name] == "" {
		return nil, nil // anything is an Empty
	}
	m := &model{compile: func() (*countedSchema, error) { return a.compileModel(name) }}
	first, err := m.compile()
	if err != nil {
		text, _, _ := strings.Cut(err.Error(), "\n")
		return nil, invalid("Models."+name, "%s", text)
	}
	m.idle.Put(first)
	return m, nil
}

func (a *api) compileModel(name string) (*countedSchema, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	c.UseLoader(modelLoader{a})
	schema, err := c.Compile("model:" + modelPath + name)
	if err != nil {
		return nil, err
	}
	out := &countedSchema{Schema: schema}
	out.looks.countIn(schema, map[*jsonschema.Schema]bool{})
	return out, nil
}

// modelLoader finds models by their names, and nothing else: no schema is taken
// from a network or a file.
type modelLoader struct{ a *api }

// Load gives the schema at an address ending in /models/NAME.
func (l modelLoader) Load(address string) (any, error) {
	i := strings.LastIndex(address, modelPath)
	if i < 0 {
		return nil, fmt.Errorf("%q is not a model of this API", address)
	}
	name := address[i+len(modelPath):]
	text, ok := l.a.Models[name]
	if !ok {
		text, ok = builtinModels[name]
	}
	if !ok {
		return nil, fmt.Errorf("the API has no model %q", name)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("the model %q is not JSON: %w", name, err)
	}
	return doc, nil
}

// validate holds a body against the model; without a body it is an empty object.
func (m *model) validate(ctx context.Context, body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	if _, err := decodeJSON(body); err != nil { // which bounds its depth
		return errors.New("the body is not JSON")
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	if err := checkNumbers(doc); err != nil {
		return err
	}
	return m.hold(ctx, doc, len(body))
}

// hold validates with a schema that nobody else uses.
func (m *model) hold(ctx context.Context, doc any, size int) (err error) {
	s, ok := m.idle.Get().(*countedSchema)
	if !ok {
		if s, err = m.compile(); err != nil {
			return err
		}
	}
	defer m.idle.Put(s)
	defer s.looks.catch(&err)
	s.looks.begin(ctx, size)
	return s.Validate(doc)
}

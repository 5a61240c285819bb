package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// model is a JSON Schema that bodies are held against.
type model struct{ schema *jsonschema.Schema }

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
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	c.UseLoader(modelLoader{a})
	schema, err := c.Compile("model:" + modelPath + name)
	if err != nil {
		text, _, _ := strings.Cut(err.Error(), "\n")
		return nil, invalid("Models."+name, "%s", text)
	}
	return &model{schema}, nil
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
func (m *model) validate(body []byte) error {
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
	return m.schema.Validate(doc)
}

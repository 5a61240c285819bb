package gateway

import (
	"bytes"
	"context"
	"fmt"

	"github.com/gatepass/gatepass/server/internal/schema"
)

// model is a JSON Schema that bodies are held against.
type model struct{ schema *schema.Schema }

// builtinModels are those that every REST API has.
var builtinModels = map[string]string{
	"Empty": `{"type":"object"}`,
	"Error": `{"type":"object","properties":{"message":{"type":"string"}}}`,
}

// model makes the model of a name. Schemas are of draft 4, as API Gateway's.
func (a *api) model(name string) (*model, error) {
	if name == "Empty" && a.Models[name] == "" {
		return nil, nil // anything is an Empty
	}
	s, err := schema.Compile(name, a.modelText)
	if err != nil {
		return nil, invalid("Models."+name, "%s", err)
	}
	return &model{s}, nil
}

// modelText finds models by their names, and nothing else: no schema is taken from
// a network or a file.
func (a *api) modelText(name string) (string, error) {
	text, ok := a.Models[name]
	if !ok {
		text, ok = builtinModels[name]
	}
	if !ok {
		return "", fmt.Errorf("the API has no model %q", name)
	}
	return text, nil
}

// validate holds a body against the model; without a body it is an empty object.
func (m *model) validate(ctx context.Context, body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	if _, err := decodeJSON(body); err != nil { // which bounds its depth
		return schema.ErrJSON
	}
	return m.schema.Validate(ctx, body)
}

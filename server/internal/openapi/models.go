package openapi

import (
	"strings"

	"github.com/gatepass/gatepass/server/internal/tree"
)

// modelURL is how API Gateway's models refer to each other.
const modelURL = "https://apigateway.amazonaws.com/restapis/"

// maxModels is what all models of an API hold: operations can refer to one body
// whose schema has no name, and each would keep a copy.
const maxModels = 16 << 20

// setModel keeps a schema under a name, its references in API Gateway's form.
func (r *reader) setModel(name string, schema *tree.Node) {
	if r.api.Models == nil {
		r.api.Models = map[string]string{}
	}
	if r.modelBytes > maxModels {
		r.Fail("components.schemas."+name, "the schemas are larger than %d bytes together; refer to one instead of repeating it", maxModels)
		return
	}
	text := string(mapRefs(schema, func(ref string) string {
		if model, ok := schemaName(ref); ok {
			return modelURL + r.opts.ID + "/models/" + model
		}
		if strings.HasPrefix(ref, "#/") {
			r.Fail("components.schemas."+name, "the reference %q is not to a schema of this document", ref)
		}
		return ref
	}).JSON())
	r.api.Models[name] = text
	r.modelBytes += len(text)
}

// schemaName is the schema that a reference of OpenAPI or Swagger is to.
func schemaName(ref string) (string, bool) {
	for _, prefix := range []string{"#/components/schemas/", "#/definitions/"} {
		if name, ok := strings.CutPrefix(ref, prefix); ok && !strings.Contains(name, "/") {
			return strings.NewReplacer("~1", "/", "~0", "~").Replace(name), true
		}
	}
	return "", false
}

// mapRefs is n with its references changed.
func mapRefs(n *tree.Node, change func(string) string) *tree.Node {
	if n == nil {
		return nil
	}
	out := tree.Node{Kind: n.Kind, Text: n.Text, Line: n.Line}
	for _, item := range n.Items {
		out.Items = append(out.Items, mapRefs(item, change))
	}
	for _, f := range n.Fields {
		if f.Key == "$ref" && f.Value != nil && f.Value.Kind == tree.String {
			f.Value = tree.Text(change(f.Value.Text))
		}
		out.Fields = append(out.Fields, tree.Field{Key: f.Key, Value: mapRefs(f.Value, change)})
	}
	return &out
}

// model is the name of a schema: that which it refers to, or one made of where
// it stands.
func (r *reader) model(path, name string, schema *tree.Node) string {
	if ref, ok := schema.Get("$ref").Scalar(); ok {
		to, isModel := schemaName(ref)
		if !isModel || r.at(ref) == nil {
			r.Fail(path, "the reference %q is not to a schema of this document", ref)
		}
		return to
	}
	r.setModel(name, schema)
	return name
}

// inlineName makes a name of letters and digits.
func inlineName(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		up := true
		for _, c := range p {
			letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
			if letter && up {
				c = []rune(strings.ToUpper(string(c)))[0]
			}
			if letter {
				b.WriteRune(c)
			}
			up = !letter
		}
	}
	return b.String()
}

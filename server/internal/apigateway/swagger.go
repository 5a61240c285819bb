package apigateway

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// toSwagger makes of the OpenAPI 3.0 document of a REST API one of Swagger 2.0.
// It knows what documents written here hold.
func toSwagger(doc []byte, stage string) ([]byte, error) {
	var in map[string]any
	if err := json.Unmarshal(doc, &in); err != nil {
		return nil, err
	}
	out := map[string]any{"swagger": "2.0", "basePath": "/" + stage, "schemes": []any{"https"}}
	for key, v := range in {
		if key != "openapi" && key != "servers" && key != "components" {
			out[key] = v
		}
	}
	components := object(in["components"])
	out["definitions"] = components["schemas"]
	out["securityDefinitions"] = components["securitySchemes"]
	for _, item := range object(in["paths"]) {
		for _, op := range object(item) {
			if err := swaggerOperation(object(op)); err != nil {
				return nil, err
			}
		}
	}
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	text, err := json.MarshalIndent(out, "", "  ")
	return []byte(strings.ReplaceAll(string(text), `"#/components/schemas/`, `"#/definitions/`)), err
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func swaggerOperation(op map[string]any) error {
	list, _ := op["parameters"].([]any)
	for _, p := range list {
		flatten(object(p))
	}
	if body := object(op["requestBody"]); body != nil {
		kinds, schema, err := oneSchema(body)
		if err != nil {
			return err
		}
		ref, _ := object(schema)["$ref"].(string)
		op["parameters"] = append(list, map[string]any{"in": "body", "name": ref[strings.LastIndexByte(ref, '/')+1:], "required": true, "schema": schema})
		op["consumes"] = kinds
		delete(op, "requestBody")
	}
	produces := map[string]bool{}
	for _, r := range object(op["responses"]) {
		one := object(r)
		for _, h := range object(one["headers"]) {
			flatten(object(h))
			delete(object(h), "required")
		}
		kinds, schema, err := oneSchema(one)
		if err != nil {
			return err
		}
		delete(one, "content")
		if schema != nil {
			one["schema"] = schema
		}
		for _, k := range kinds {
			produces[k] = true
		}
	}
	if len(produces) > 0 {
		op["produces"] = slices.Sorted(maps.Keys(produces))
	}
	return nil
}

// flatten takes the type out of the schema of a parameter or header.
func flatten(p map[string]any) {
	maps.Copy(p, object(p["schema"]))
	delete(p, "schema")
}

// oneSchema is what all content types of a body have: Swagger has no more.
func oneSchema(body map[string]any) (kinds []string, schema any, err error) {
	content := object(body["content"])
	for _, kind := range slices.Sorted(maps.Keys(content)) {
		next := object(content[kind])["schema"]
		if schema != nil && !reflect.DeepEqual(schema, next) {
			return nil, nil, badRequest("Swagger 2.0 has one model for all content types; ask for oas30")
		}
		kinds, schema = append(kinds, kind), next
	}
	return kinds, schema, nil
}

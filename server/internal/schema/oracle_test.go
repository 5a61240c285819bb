package schema

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

// oracle is another implementation of draft 4.
func oracle(text string) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	if err := c.AddResource("model:/models/M", doc); err != nil {
		return nil, err
	}
	return c.Compile("model:/models/M")
}

func compile(text string) (*Schema, error) {
	return Compile("M", func(name string) (string, error) {
		if name != "M" {
			return "", fmt.Errorf("no %s", name)
		}
		return text, nil
	})
}

// odd are values that keywords mostly may not have.
var odd = rapid.SampledFrom([]any{nil, true, "x", json.Number("-1"), json.Number("1.5"), []any{}, []any{"a", "a"}, map[string]any{"a": true}, []any{json.Number("1")}})

var (
	propNames = rapid.SampledFrom([]string{"a", "b", "ab", "é", "a/b", "~", "$ref", "id"})
	patterns  = rapid.SampledFrom([]string{"a", "^a$", "b|é", "[^a]", "^.{2}$", `\w`, `^[a-c]+$`, `\d`, ""})
	jsonNums  = rapid.SampledFrom([]string{"0", "-0", "1", "1.0", "1e0", "10e-1", "2", "-2", "0.1", "0.3", "0.30", "1.5", "3", "100", "1e2", "18446744073709551615", "18446744073709551616", "1e300", "1e-300", "-1.5"})
	formats   = rapid.SampledFrom([]string{"ipv4", "uuid", "date-time", "int32", "password", "date", "email", "hostname"})
	words     = rapid.SampledFrom([]string{"", "a", "ab", "aé", "日本語", "b", "1", "x y", "127.0.0.1", "1.2.3", "2024-02-29", "2023-02-29", "2024-01-01T00:00:00Z", "a@b.example", "0e984725-c51c-4bf4-9960-e1c80e27aba0", "-a"})
)

func number2(t *rapid.T) json.Number { return json.Number(jsonNums.Draw(t, "number")) }

func instance(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 6).Draw(t, "kind")
	if depth == 0 {
		kind = min(kind, 3)
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return words.Draw(t, "word")
	case 3:
		return number2(t)
	case 4:
		out := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			out = append(out, instance(t, depth-1))
		}
		return out
	}
	out := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(t, "properties") {
		out[propNames.Draw(t, "name")] = instance(t, depth-1)
	}
	return out
}

// random makes schemas of draft 4.
type random struct {
	t    *rapid.T
	odds bool // keywords also have values they may not have
}

func (r random) schema(depth int) map[string]any {
	out := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(r.t, "keywords") {
		r.keyword(out, depth)
	}
	return out
}

func (r random) keyword(out map[string]any, depth int) {
	flat := []string{"type", "enum", "multipleOf", "minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "required", "minProperties", "maxProperties", "format"}
	nested := []string{"items", "additionalItems", "properties", "patternProperties", "additionalProperties", "dependencies", "allOf", "anyOf", "oneOf", "not", "$ref"}
	if depth > 0 {
		flat = append(flat, nested...)
	}
	name := rapid.SampledFrom(flat).Draw(r.t, "keyword")
	if r.odds && name != "$ref" && rapid.IntRange(0, 5).Draw(r.t, "odd") == 0 {
		out[name] = odd.Draw(r.t, "value")
		return
	}
	if name == "minimum" || name == "maximum" {
		if rapid.Bool().Draw(r.t, "exclusive") {
			out["exclusive"+strings.ToUpper(name[:1])+name[1:]] = rapid.Bool().Draw(r.t, "is exclusive")
		}
	}
	out[name] = r.value(name, depth)
}

func (r random) value(name string, depth int) any {
	t := r.t
	switch name {
	case "type":
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(kindNames[:]), 1, 3, rapid.ID).Draw(t, "types")
		if len(some) == 1 {
			return some[0]
		}
		return anys(some)
	case "enum":
		return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) any { return instance(t, 1) }), 1, 4,
			func(v any) string { return string(canonical(nil, v)) }).Draw(t, "enum")
	case "multipleOf":
		return json.Number(rapid.SampledFrom([]string{"1", "0.1", "1.5", "2", "1e-8", "3"}).Draw(t, "multiple"))
	case "minimum", "maximum":
		return number2(t)
	case "pattern":
		return patterns.Draw(t, "pattern")
	case "format":
		return formats.Draw(t, "format")
	case "uniqueItems":
		return rapid.Bool().Draw(t, "unique")
	case "required":
		return anys(rapid.SliceOfNDistinct(propNames, 1, 3, rapid.ID).Draw(t, "required"))
	case "$ref":
		return "#" + rapid.SampledFrom([]string{"", "/definitions/a", "/definitions/a~1b"}).Draw(t, "ref")
	case "items":
		if rapid.Bool().Draw(t, "each") {
			return r.list(1, depth)
		}
		return r.schema(depth - 1)
	case "additionalItems", "additionalProperties":
		if rapid.Bool().Draw(t, "flag") {
			return rapid.Bool().Draw(t, "allowed")
		}
		return r.schema(depth - 1)
	case "properties":
		return r.named(propNames, depth)
	case "patternProperties":
		return r.named(patterns, depth)
	case "dependencies":
		out := r.named(propNames, depth)
		out[propNames.Draw(t, "needs")] = anys(rapid.SliceOfNDistinct(propNames, 1, 2, rapid.ID).Draw(t, "needed"))
		return out
	case "allOf", "anyOf", "oneOf":
		return r.list(1, depth)
	case "not":
		return r.schema(depth - 1)
	}
	return json.Number(rapid.SampledFrom([]string{"0", "1", "2", "3"}).Draw(t, "count"))
}

func (r random) list(least, depth int) []any {
	out := []any{}
	for range rapid.IntRange(least, 3).Draw(r.t, "schemas") {
		out = append(out, r.schema(depth-1))
	}
	return out
}

func (r random) named(names *rapid.Generator[string], depth int) map[string]any {
	out := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(r.t, "named") {
		out[names.Draw(r.t, "name")] = r.schema(depth - 1)
	}
	return out
}

func anys(in []string) (out []any) {
	for _, s := range in {
		out = append(out, s)
	}
	return out
}

func jsonText(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(out)
}

// TestOracle: what is compiled, and what it accepts, is as another implementation
// has it. The differences that are meant: a schema that refers to itself without an
// end is refused at once, there when a body comes; and next to a $ref nothing is
// looked at, which there still has to be well-formed.
func TestOracle(t *testing.T) {
	var held, wrong, refused int
	same := func(t *rapid.T) {
		r := random{t: t, odds: rapid.IntRange(0, 3).Draw(t, "odds") == 0}
		doc := r.schema(3)
		delete(doc, "$ref") // it would hide the definitions
		doc["definitions"] = map[string]any{"a": r.schema(2), "a/b": r.schema(2)}
		text := jsonText(doc)
		theirs, theirErr := oracle(text)
		ours, err := compile(text)
		if err != nil && strings.Contains(err.Error(), "without an end") {
			return
		}
		if (err == nil) != (theirErr == nil) {
			if err == nil && strings.Contains(text, "$ref") {
				return // beside a reference
			}
			t.Fatalf("%s: %v, theirs: %v", text, err, theirErr)
		}
		if err != nil {
			refused++
			return
		}
		for range 5 {
			body := jsonText(instance(t, 3))
			v, _ := jsonschema.UnmarshalJSON(strings.NewReader(body))
			theirErr, err := theirs.Validate(v), ours.Validate(context.Background(), []byte(body))
			if (err == nil) != (theirErr == nil) {
				t.Fatalf("%s\n%s: %v, theirs: %v", text, body, err, theirErr)
			}
			if e := (*Error)(nil); err != nil && !errors.As(err, &e) {
				t.Fatalf("%s\n%s: %v", text, body, err)
			}
			if err == nil {
				held++
			} else {
				wrong++
			}
		}
	}
	rapid.Check(t, same)
	if held*wrong*refused == 0 && !t.Failed() {
		t.Errorf("%d held, %d did not, %d schemas were refused: nothing of one kind was compared", held, wrong, refused)
	}
}

package gateway

import (
	"context"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/schema"
)

func modelOf(t *testing.T, text string) *model {
	t.Helper()
	m, err := (&api{API: apidef.API{Models: map[string]string{"M": text}}}).model("M")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func nested(n int) []byte {
	return []byte(strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n))
}

// A schema that meets itself in two alternatives looks at a body nested n deep
// 2^n times, wherever it stands.
func TestE24ModelsThatMultiply(t *testing.T) {
	two := func(kind, self string) string {
		one := `{"type":"object","required":["a"],"properties":{"a":{"$ref":"` + self + `"}}}`
		return `"` + kind + `":[` + one + `,` + one + `,{"type":"string"}]`
	}
	for name, text := range map[string]string{
		"oneOf":   `{` + two("oneOf", "#") + `}`,
		"anyOf":   `{` + two("anyOf", "#") + `}`,
		"allOf":   `{"allOf":[{"properties":{"a":{"$ref":"#"}}},{"properties":{"a":{"$ref":"#"}}}]}`,
		"not":     `{"definitions":{"d":{` + two("anyOf", "#/definitions/d") + `}},"not":{"$ref":"#/definitions/d"}}`,
		"format":  `{"format":"regex",` + two("oneOf", "#") + `}`,
		"pattern": `{"patternProperties":{"":{` + two("oneOf", "#") + `}}}`,
	} {
		m := modelOf(t, text)
		for range 2 { // also with a schema that was in use
			if err := m.validate(context.Background(), nested(40)); !errors.Is(err, schema.ErrWork) {
				t.Errorf("%s: %.200v", name, err)
			}
		}
		if err := m.validate(context.Background(), nested(1)); errors.Is(err, schema.ErrWork) {
			t.Errorf("%s: a small body: %v", name, err)
		}
	}
}

// Who asks has gone: nobody waits for the rest.
func TestE24ModelsEndWithTheCall(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	m := modelOf(t, `{"type":"array","items":{"type":"number"}}`)
	body := []byte("[" + strings.Repeat("1,", 1000) + "1]")
	if err := m.validate(ctx, body); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := m.validate(ctx, body); !errors.Is(err, schema.ErrWork) {
		t.Errorf("cancelled: %v", err)
	}
}

// A number of a million digits takes nine characters.
func TestE24ModelsAndLargeNumbers(t *testing.T) {
	m := modelOf(t, `{"type":"array","uniqueItems":true,"items":{"type":"number","multipleOf":0.5}}`)
	for text, ok := range map[string]bool{
		"1e300": true, "-1.5E-0": true, "0": true, "1e999999": false, "1e-999999": false,
		"1e99999999999999999999": false, strings.Repeat("1", 401): false,
	} {
		if err := m.validate(context.Background(), []byte("["+text+"]")); (err == nil) != ok {
			t.Errorf("%.20s: %v", text, err)
		}
		if err := modelOf(t, `{"type":"array"}`).validate(context.Background(), []byte(`["`+text+`"]`)); err != nil {
			t.Errorf("a text: %v", err)
		}
	}
}

// Ten thousand faults are not ten thousand lines of a log.
func TestE24FaultsAreShortened(t *testing.T) {
	err := modelOf(t, `{"type":"array","items":{"type":"string"}}`).validate(context.Background(), []byte("["+strings.Repeat("1,", 9999)+"1]"))
	if err == nil {
		t.Fatal("numbers are texts")
	}
	if got := shortened(err.Error()); len(got) > maxValidation+len("…") || !strings.HasPrefix(err.Error(), strings.TrimSuffix(got, "…")) {
		t.Errorf("%d bytes", len(got))
	}
	if got := shortened(strings.Repeat("é", maxValidation)); !utf8.ValidString(got) {
		t.Error("a character is cut in two")
	}
}

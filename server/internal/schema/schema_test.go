package schema

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func holds(t *testing.T, schema, body string) bool {
	t.Helper()
	s, err := compile(schema)
	if err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	err = s.Validate(context.Background(), []byte(body))
	if e := (*Error)(nil); err != nil && !errors.As(err, &e) {
		t.Fatalf("%s: %s: %v", schema, body, err)
	}
	return err == nil
}

// TestSuite has facts that the JSON Schema Test Suite (MIT) states of draft 4.
func TestSuite(t *testing.T) {
	for _, tt := range []struct{ schema, valid, invalid string }{
		{`{"items":[{}],"additionalItems":{"type":"integer"}}`, `[null,2,3]`, `[null,2,"foo"]`},
		{`{"items":[{},{}],"additionalItems":false}`, `[1,2]`, `[1,2,3]`},
		{`{"additionalItems":false}`, `[1,2,3]`, ``},
		{`{"items":{},"additionalItems":false}`, `[1,2,3]`, ``},
		{`{"enum":[6,"foo",[],true,{"foo":12}]}`, `[]`, `{"foo":false}`},
		{`{"enum":[false]}`, `false`, `0`},
		{`{"enum":[1]}`, `1.0`, `true`},
		{`{"enum":["foo\nbar"]}`, `"foo\nbar"`, `"foo bar"`},
		{`{"type":"integer"}`, `12345678910111213141516171819202122232425262728293031.0`, `1.1`},
		{`{"maximum":18446744073709551615}`, `18446744073709551600.1`, `18446744073709551615.1`},
		{`{"maximum":972783798187987123879878123.18878137,"exclusiveMaximum":true}`, `972783798187987123879878122`, `972783798187987123879878123.188781371`},
		{`{"minimum":-972783798187987123879878123.18878137,"exclusiveMinimum":true}`, `-1`, `-972783798187987123879878123.18878137`},
		{`{"multipleOf":0.0001}`, `0.0075`, `0.00751`},
		{`{"multipleOf":0.01}`, `0.07`, `0.035`},
		{`{"type":"integer","multipleOf":0.123456789}`, `0`, `1e308`},
		{`{"type":"integer","multipleOf":1e-8}`, `12391239123`, `"1"`},
		{`{"maxLength":2}`, `"💩💩"`, `"foo"`},
		{`{"minLength":2}`, `1`, `"💩"`},
		{`{"uniqueItems":true}`, `[1,true,0,false,{"a":1},{"a":"1"}]`, `[1.0,1.00,1]`},
		{`{"uniqueItems":true}`, `[[1],[true]]`, `[{"a":1,"b":2},{"b":2,"a":1}]`},
		{`{"patternProperties":{"a*":{"type":"integer"},"aaa*":{"maximum":20}}}`, `{"a":21,"aaaa":18}`, `{"aaaa":31}`},
		{`{"patternProperties":{"[0-9]{2,}":{"type":"boolean"}}}`, `{"answer 1":"42"}`, `{"a31b":null}`},
		{`{"properties":{"foo":{"maxItems":3}},"patternProperties":{"f.o":{"minItems":2}},"additionalProperties":{"type":"integer"}}`, `{"foo":[1,2],"x":1}`, `{"foo":[]}`},
		{`{"properties":{"foo":{"$ref":"#"}},"additionalProperties":false}`, `{"foo":{"foo":false}}`, `{"foo":{"bar":false}}`},
		{`{"items":[{"type":"integer"},{"$ref":"#/items/0"}]}`, `[1,2]`, `[1,"foo"]`},
		{`{"tilda~field":{"type":"integer"},"properties":{"tilda":{"$ref":"#/tilda~0field"}}}`, `{"tilda":1}`, `{"tilda":"a"}`},
		{`{"slash/field":{"type":"integer"},"properties":{"slash":{"$ref":"#/slash~1field"}}}`, `{"slash":1}`, `{"slash":"a"}`},
		{`{"percent%field":{"type":"integer"},"properties":{"p":{"$ref":"#/percent%25field"}}}`, `{"p":1}`, `{"p":"a"}`},
		{`{"definitions":{"r":{"type":"array"}},"properties":{"foo":{"$ref":"#/definitions/r","maxItems":2}}}`, `{"foo":[1,2,3]}`, `{"foo":"x"}`},
		{`{"properties":{"$ref":{"type":"string"}}}`, `{"$ref":"a"}`, `{"$ref":2}`},
		{`{"dependencies":{"bar":["foo"]}}`, `{"foo":1,"bar":2}`, `{"bar":2}`},
		{`{"dependencies":{"bar":{"properties":{"foo":{"type":"integer"}}}}}`, `{"foo":"x"}`, `{"foo":"x","bar":2}`},
		{`{"oneOf":[{"type":"integer"},{"minimum":2}]}`, `2.5`, `3`},
		{`{"anyOf":[{"type":"integer"},{"minimum":2}]}`, `2.5`, `1.5`},
		{`{"allOf":[{"properties":{"bar":{"type":"integer"}},"required":["bar"]}],"required":["foo"]}`, `{"bar":1,"foo":1}`, `{"foo":1}`},
		{`{"not":{"type":["integer","boolean"]}}`, `"foo"`, `true`},
		{`{"minProperties":1,"maxProperties":2}`, `{"a":1}`, `{}`},
		{`{"required":["__proto__","toString"]}`, `{"__proto__":1,"toString":1}`, `{}`},
		{`{"pattern":"^\\S$"}`, `"\u2013"`, `"\ufeff"`},
		{`{"pattern":"^[\\s]$"}`, `"\u00a0"`, `"\u0001"`},
		{`{"pattern":"^\\d$"}`, `"0"`, `"\u07c0"`},
		{`{"pattern":"^[\\u00e0-\\u00ff].$"}`, `"é!"`, `"é\u2028"`},
		{`{"pattern":"^[[a\\]]$"}`, `"["`, `"b"`},
		{`{"format":"ipv4"}`, `"127.0.0.1"`, `"127.0.0.0.1"`},
		{`{"format":"ipv6"}`, `"::1"`, `"12345::"`},
		{`{"format":"hostname"}`, `"www.example.com"`, `"-a-host-name-that-starts-with--"`},
		{`{"format":"email"}`, `"joe.bloggs@example.com"`, `"2962"`},
		{`{"format":"uri"}`, `"http://foo.bar/?baz=qux#quux"`, `"\\\\WINDOWS\\fileshare"`},
		{`{"format":"date-time"}`, `"1963-06-19T08:30:06.283185z"`, `"06/19/1963 08:30:06 PST"`},
	} {
		if tt.valid != "" && !holds(t, tt.schema, tt.valid) {
			t.Errorf("%s: %s is refused", tt.schema, tt.valid)
		}
		if tt.invalid != "" && holds(t, tt.schema, tt.invalid) {
			t.Errorf("%s: %s is taken", tt.schema, tt.invalid)
		}
	}
}

// TestRefused: what is not enforced is refused, and its place named.
func TestRefused(t *testing.T) {
	for schema, want := range map[string]string{
		`{"properties":{"a/b":{"const":1}}}`:                    "#/properties/a~1b/const",
		`{"$id":"x"}`:                                           "draft 4",
		`{"exclusiveMinimum":1}`:                                "#/exclusiveMinimum",
		`{"exclusiveMaximum":true}`:                             "no maximum",
		`{"$schema":"http://json-schema.org/draft-07/schema#"}`: "draft-07",
		`{"$schema":"http://json-schema.org/schema#"}`:          "draft 4",
		`{"properties":{"a":true}}`:                             "#/properties/a",
		`{"type":"any"}`:                                        "#/type",
		`{"type":[]}`:                                           "#/type",
		`{"enum":[]}`:                                           "#/enum",
		`{"enum":[1,1.0]}`:                                      "twice",
		`{"required":true}`:                                     "#/required",
		`{"items":{"minLength":-1}}`:                            "#/items/minLength",
		`{"multipleOf":0}`:                                      "#/multipleOf",
		`{"maximum":1e999999}`:                                  "digits",
		`{"$ref":"http://127.0.0.1/schema.json"}`:               "not a model",
		`{"$ref":"http://json-schema.org/draft-04/schema#"}`:    "not a model",
		`{"$ref":"#/definitions/none"}`:                         "#/definitions/none",
		`{"$ref":"#name"}`:                                      "JSON pointer",
		`{"$ref":1}`:                                            "#/$ref",
		`{"$ref":"#"}`:                                          "without an end",
		`{"allOf":[{"anyOf":[{"not":{"$ref":"#"}}]}]}`:          "without an end",
		`{"definitions":{"a":{"id":"x","not":{"$ref":"#/definitions/b"}}}}`: "relative to an id",
		`{"id":"http://x/y","not":{"$ref":"other"}}`:                        "relative to an id",
		`{"pattern":"a(?=b)"}`:                                              "(?=",
		`{"pattern":"(a)\\1"}`:                                              `\\1`,
		`{"pattern":"[^]"}`:                                                 "[]",
		`{"pattern":"\\cC"}`:                                                `\\c`,
		`{"pattern":"\\ud83d"}`:                                             `\\ud83d`,
		`{"pattern":"("}`:                                                   "#/pattern",
		`{"patternProperties":{"(?<a>b)":{}}}`:                              "#/patternProperties/(?<a>b)",
		`[]`:                                                                "object",
		`{`:                                                                 "not JSON",
		`{} {}`:                                                             "not JSON",
	} {
		if _, err := compile(schema); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", schema, err, want)
		}
	}
}

// TestModels: models refer to each other, in any way that names one.
func TestModels(t *testing.T) {
	models := map[string]string{
		"Tree":   `{"id":"http://here/","type":"object","required":["of"],"properties":{"nodes":{"type":"array","items":{"$ref":"https://apigateway.amazonaws.com/restapis/abc/models/Node"}},"of":{"$ref":"#/definitions/n"}},"definitions":{"n":{"type":"number"}}}`,
		"Node":   `{"properties":{"tree":{"$ref":"Tree"},"n":{"$ref":"/models/Tree#/definitions/n"}},"additionalProperties":false}`,
		"Broken": `{"properties":{"a":{"$ref":"None"}}}`,
		"Ids":    `{"id":"http://a/","properties":{"id":{"type":"string","id":"/properties/id"}}}`,
	}
	load := func(name string) (string, error) {
		if text, ok := models[name]; ok {
			return text, nil
		}
		return "", fmt.Errorf("no model %s", name)
	}
	s, err := Compile("Tree", load)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`{"of":1,"nodes":[{"n":1},{"tree":{"of":2}}]}`:             "",
		`{"of":1,"nodes":[{"n":1},{"tree":{}}]}`:                   `/nodes/1/tree: has no 'of'`,
		`{"of":1,"nodes":[{"n":"1"}]}`:                             "/nodes/0/n: is not of the type number",
		`{"of":1,"nodes":[{"x":1}]}`:                               `/nodes/0: has 'x', which it should not`,
		`{"of":1,"nodes":[{"\"\\\n/":1}]}`:                         `/nodes/0: has '???/', which it should not`,
		`{"of":1,"nodes":[{"` + strings.Repeat("é", 99) + `":1}]}`: `/nodes/0: has '` + strings.Repeat("é", 32) + `…', which it should not`,
		`[]`:           "is not of the type object",
		`{`:            ErrJSON.Error(),
		`{"of":1} 2`:   ErrJSON.Error(),
		`{"of":1e401}`: ErrNumber.Error(),
	} {
		got := ""
		if err := s.Validate(context.Background(), []byte(body)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	if _, err := Compile("Broken", load); err == nil || !strings.Contains(err.Error(), "None") {
		t.Errorf("broken: %v", err)
	}
	if _, err := Compile("Ids", load); err != nil {
		t.Errorf("ids that nothing refers to: %v", err)
	}
}

func manyNames(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `"a%d":1,`, i)
	}
	return out.String() + `"z":1`
}

// TestWork: many alternatives, and values that are compared as a whole, end.
func TestWork(t *testing.T) {
	several := strings.Repeat(`{"type":"array","uniqueItems":true,"enum":[[0]]},`, 3000)
	for name, tt := range map[string]struct{ schema, body string }{
		"enums":    {`{"anyOf":[` + several + `{}]}`, `[` + strings.Repeat("1e400,", 20000) + `1]`},
		"patterns": {`{"anyOf":[` + strings.Repeat(`{"pattern":"^(a*b?)*$","minLength":1,"maxLength":0},`, 3000) + `{}]}`, `"` + strings.Repeat("a", 100000) + `"`},
		"names":    {`{"patternProperties":{"a+b+c":{},"a+c+d":{}},"allOf":[` + strings.Repeat(`{"patternProperties":{"x":{}}},`, 500) + `{}]}`, `{"` + strings.Repeat("a", 100000) + `":1}`},
		"steps":    {`{"anyOf":[` + strings.Repeat(`{"pattern":"(.{1,500}@.{1,500}){2}"},`, 3) + `{}]}`, `"` + strings.Repeat("a", 100000) + `"`},
		"order":    {`{"anyOf":[` + strings.Repeat(`{"properties":{"a0":{"type":"null"}}},`, 100) + `{}]}`, `{` + manyNames(20000) + `}`},
	} {
		s, err := compile(tt.schema)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(context.Background(), []byte(tt.body)); !errors.Is(err, ErrWork) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDeep: a chain of references is followed, and a very long one refused.
func TestDeep(t *testing.T) {
	chain := func(n int) string {
		var out strings.Builder
		for i := range n {
			fmt.Fprintf(&out, `"%06d":{"properties":{"a":{"$ref":"#/definitions/%06d"}}},`, i, i+1)
		}
		return `{"definitions":{` + out.String() + fmt.Sprintf(`"%06d":{"type":"string"}},"$ref":"#/definitions/000000"}`, n)
	}
	if holds(t, chain(150), strings.Repeat(`{"a":`, 150)+"1"+strings.Repeat("}", 150)) {
		t.Error("the end of a chain does not hold")
	}
	if _, err := compile(chain(20000)); err == nil || !strings.Contains(err.Error(), "too deep") {
		t.Errorf("%v", err)
	}
}

// TestTogether: a schema has no state.
func TestTogether(t *testing.T) {
	s, err := compile(`{"type":"array","items":{"anyOf":[{"type":"string"},{"minimum":1}]},"uniqueItems":true}`)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if err := s.Validate(context.Background(), fmt.Appendf(nil, `[%d,"a"]`, i)); (err == nil) != (i > 0) {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	all.Wait()
}

func FuzzSchema(f *testing.F) {
	f.Add(`{"oneOf":[{"properties":{"a":{"$ref":"#"}}},{"$ref":"#/oneOf/0"}]}`, `{"a":{"a":1}}`)
	f.Add(`{"enum":[1,"a",{"b":[]}],"pattern":"^[\\s.]\\u00e9$","format":"email"}`, `"a@b"`)
	f.Add(`{"items":[{"multipleOf":1e-400}],"additionalItems":false,"uniqueItems":true}`, `[1e400]`)
	f.Add(`{"id":"x","dependencies":{"a":["b"],"b":{"not":{}}},"definitions":{"a":{"id":"#y"}}}`, `{"a":1}`)
	f.Fuzz(func(t *testing.T, schema, body string) {
		s, err := compile(schema)
		if err != nil {
			return
		}
		first := s.Validate(context.Background(), []byte(body))
		second := s.Validate(context.Background(), []byte(body))
		if fmt.Sprint(first) != fmt.Sprint(second) {
			t.Errorf("%v, then %v", first, second)
		}
	})
}

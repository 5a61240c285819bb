package gateway

import (
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// FuzzExpand holds a second reader of the document against expand: it changes
// resources in short form and nothing else, and doing it again changes nothing.
func FuzzExpand(f *testing.F) {
	for _, doc := range []string{
		`{"Statement":[{"Resource":["execute-api:/a","b"],"NotResource":"execute-api:\/c"}]}`,
		`{"Condition":{"StringLike":{"Resource":"execute-api:/a"}},"Resource":"execute-api:/é<&>"}`,
		`{"Resource":"execute-api:/a","Resource":{"Resource":[["execute-api:/b"]]}} x`, `["Resource","execute-api:/a"]`, `"execute-api:/a`,
	} {
		f.Add(doc)
	}
	const full = "arn:aws:execute-api:us-east-1:1:id/"
	f.Fuzz(func(t *testing.T, doc string) {
		out := string(expand(doc, full))
		if again := string(expand(out, full)); again != out {
			t.Fatalf("%s\nbecomes\n%s\nand then\n%s", doc, out, again)
		}
		var before, after any
		if json.Unmarshal([]byte(doc), &before) != nil {
			return
		}
		if err := json.Unmarshal([]byte(out), &after); err != nil {
			t.Fatalf("%s\nis no JSON any more:\n%s", doc, out)
		}
		if want := expanded(before, false, full); !reflect.DeepEqual(after, want) {
			t.Fatalf("%s\nbecomes\n%s\nwant %v", doc, out, want)
		}
	})
}

// expanded is what expand does, on values.
func expanded(v any, resource bool, full string) any {
	switch v := v.(type) {
	case string:
		if rest, ok := strings.CutPrefix(v, shorthand); ok && resource && !strings.Contains(v, "\ufffd") {
			return full + rest
		}
	case []any:
		for i := range v {
			v[i] = expanded(v[i], resource, full)
		}
	case map[string]any:
		for key, value := range v {
			if key != "Condition" {
				v[key] = expanded(value, key == "Resource" || key == "NotResource", full)
			}
		}
	}
	return v
}

// FuzzGatewayResponse: whatever a template has in it, text without a $ stays and
// what a caller sends is put in once.
func FuzzGatewayResponse(f *testing.F) {
	g := &Gateway{Region: "us-east-1", AccountID: "111122223333"}
	api := apidef.API{ID: "abc", Stages: []apidef.Stage{{Name: "prod", Variables: map[string]string{"tier": "gold"}}}}
	if err := g.Serve(apidef.Catalog{APIs: []apidef.API{api}}); err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{`{"m":$context.error.messageString}`, "$", "$$context.", "$method.request.header.X-Who$stageVariables.tier", "$context.authorizer.claims.a:b-", "é$context.é"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := httptest.NewRequest("GET", "/_aws/execute-api/abc/prod/x", nil)
		r.Header.Set("X-Who", "$context.stage")
		at, _ := g.Locate(r.Host, r.RequestURI)
		c := g.newCall(httptest.NewRecorder(), r, at)
		out := c.fill(text)
		if !strings.Contains(text, "$") && out != text {
			t.Fatalf("%q becomes %q", text, out)
		}
		if got := c.fill("[" + "$method.request.header.X-Who" + "]"); got != "[$context.stage]" {
			t.Fatalf("what a caller sends is a template: %s", got)
		}
	})
}

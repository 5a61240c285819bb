package openapi

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatepass/gatepass/server/internal/tree"
)

// TestWrittenDocumentsAreOpenAPI: another reader of OpenAPI takes what is
// written for valid.
func TestWrittenDocumentsAreOpenAPI(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc, err := Write(anAPI(t), "prod")
		if err != nil {
			t.Fatal(err)
		}
		doc = bytes.ReplaceAll(doc, []byte("+}"), []byte("}")) // greedy variables are API Gateway's own
		loaded, err := openapi3.NewLoader().LoadFromData(doc)
		if err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		err = loaded.Validate(t.Context(), openapi3.DisableExamplesValidation())
		if err != nil && (strings.Contains(err.Error(), "conflicting paths") || strings.Contains(err.Error(), "same operation id")) {
			t.Skip("the API is not legal")
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
	})
}

// TestSwaggerReadsAsItsConversion: a Swagger document and what another program
// converts it to are the same API.
func TestSwaggerReadsAsItsConversion(t *testing.T) {
	want, _, err := Read([]byte(swaggerDoc), Options{ID: "s"})
	if err != nil {
		t.Fatal(err)
	}
	got, notes, err := Read(converted(t, swaggerDoc), Options{ID: "s"})
	if err != nil || len(notes) > 1 || len(notes) == 1 && !strings.HasSuffix(notes[0].Path, "x-originalParamName") {
		t.Fatal(err, notes)
	}
	want.Models["Note"], got.Models["Note"] = sorted(t, want.Models["Note"]), sorted(t, got.Models["Note"])
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-swagger +converted\n%s", diff)
	}
}

func converted(t *testing.T, swagger string) []byte {
	t.Helper()
	var old openapi2.T
	if err := json.Unmarshal(asJSON(t, swagger), &old); err != nil {
		t.Fatal(err)
	}
	doc, err := openapi2conv.ToV3(&old)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func asJSON(t *testing.T, text string) []byte {
	t.Helper()
	n, err := tree.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n.JSON()
}

// sorted is JSON with its keys in order.
func sorted(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

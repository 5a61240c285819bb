package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestDemoJSON holds the shape programs read.
func TestDemoJSON(t *testing.T) {
	var out, notes bytes.Buffer
	if code := Main([]string{"demo", "--json"}, IOStreams{In: strings.NewReader(""), Out: &out, Err: &notes}); code != 0 {
		t.Fatalf("exit code %d: %s", code, notes.String())
	}
	var got struct {
		OK    bool `json:"ok"`
		Steps []struct {
			Name   string   `json:"name"`
			Status string   `json:"status"`
			Millis *float64 `json:"ms"`
			Detail string   `json:"detail"`
		} `json:"steps"`
	}
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if !got.OK || len(got.Steps) != 10 {
		t.Fatalf("ok %v, %d steps", got.OK, len(got.Steps))
	}
	for _, s := range got.Steps {
		if s.Name == "" || s.Status != "ok" || s.Millis == nil || s.Detail == "" {
			t.Errorf("%+v", s)
		}
	}
}

// TestDemoFailure holds that a step that failed is told, ends the demo and makes
// it a failure.
func TestDemoFailure(t *testing.T) {
	var out bytes.Buffer
	fine := func(context.Context) (string, error) { return "fine", nil }
	report := takeSteps(t.Context(), []planned{
		{"one", "the first", fine},
		{"two", "the second", func(context.Context) (string, error) { return "half", errors.New("broken") }},
		{"three", "the third", fine},
	}, func(s step) { printStep(&out, s) })
	if report.OK || report.Steps[1].Status != "failed" || report.Steps[1].Detail != "broken" || report.Steps[2].Status != "skipped" {
		t.Errorf("%+v", report)
	}
	for _, want := range []string{"ok   the first", "FAIL the second", "broken", "skip the third"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

// TestOpenGate holds that the demo does not take a gate for closed that lets
// through, or that refuses for another reason.
func TestOpenGate(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"lets through": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("[]")) },
		"broken":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"another reason": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"message":"Forbidden"}`, http.StatusForbidden)
		},
	} {
		gate := httptest.NewServer(answer)
		r, err := http.NewRequest(http.MethodGet, gate.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if detail, err := refused(r, "AccessDeniedException"); err == nil {
			t.Errorf("a gate that %s passes for one that refused: %s", name, detail)
		}
		gate.Close()
	}
}

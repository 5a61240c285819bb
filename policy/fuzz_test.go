package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParse: no input panics; every error is a *SyntaxError inside the
// document; what is accepted says the same to encoding/json, and can be written
// and read again without change.
func FuzzParse(f *testing.F) {
	for _, c := range malformed {
		f.Add([]byte(c.doc), int(Identity))
	}
	for _, doc := range wellFormed {
		f.Add([]byte(doc), int(Identity))
	}
	f.Add([]byte(cognitoTrust), int(Trust))
	f.Fuzz(func(t *testing.T, doc []byte, kind int) {
		p, err := Parse(doc, Kind(kind))
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Column < 1 || len(syntax.Message) == 0 {
				t.Fatalf("not a good error: %#v", err)
			}
			return
		}
		if got, want := contentOf(t, []byte(p.String())), contentOf(t, doc); got != want {
			t.Fatalf("parsed %s\nas     %s", want, got)
		}
		again, err := Parse([]byte(p.String()), Kind(kind))
		if err != nil || again.String() != p.String() {
			t.Fatalf("not stable: %v\n%s", err, p)
		}
		Evaluate(Request{Action: "a:b", Resource: "arn:aws:s3:::x"}, p)
		EvaluateTrust(Request{Action: "a:b"}, p)
	})
}

// contentOf is a document as encoding/json reads it, with lists of one and
// elements that mean nothing written one way.
func contentOf(t *testing.T, doc []byte) string {
	t.Helper()
	var root map[string]any
	dec := json.NewDecoder(strings.NewReader(string(doc)))
	dec.UseNumber()
	if err := dec.Decode(&root); err != nil {
		t.Fatalf("encoding/json refuses what was accepted: %v", err)
	}
	if m, ok := root["Statement"].(map[string]any); ok {
		root["Statement"] = []any{m}
	}
	for _, s := range root["Statement"].([]any) {
		st := s.(map[string]any)
		if c, ok := st["Condition"].(map[string]any); ok && len(c) == 0 {
			delete(st, "Condition")
		}
		if st["Sid"] == "" {
			delete(st, "Sid")
		}
	}
	return render(root)
}

func render(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var out []string
		for k, e := range v {
			if list, ok := e.([]any); ok && len(list) == 1 && k != "Statement" {
				e = list[0]
			}
			out = append(out, fmt.Sprintf("%q:%s", k, render(e)))
		}
		slices.Sort(out)
		return "{" + strings.Join(out, ",") + "}"
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, render(e))
		}
		return "[" + strings.Join(out, ",") + "]"
	default:
		return fmt.Sprintf("%q", refText(v))
	}
}

// FuzzMatch: the matcher agrees with the definition. Inputs are cut short,
// since the definition takes exponential time.
func FuzzMatch(f *testing.F) {
	for _, c := range globTable {
		f.Add(c.pattern, c.text)
	}
	f.Add("*"+strings.Repeat("?", 70)+"b*", strings.Repeat("é", 80)+"b")
	f.Add("*??\u00e9*", "\xc3\xc3\xa9\xa9\xc3\xa9")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if !utf8.ValidString(pattern) || len(s) > 200 || len(pattern) > 200 || strings.Count(pattern, "*") > 4 {
			return
		}
		got, want := matchGlob(string(encodeGlob(nil, pattern)), s), refMatch(pattern, s)
		if got != want {
			t.Fatalf("%q against %q: got %v, want %v", pattern, s, got, want)
		}
	})
}

package curl

import (
	"encoding/json"
	"strings"
	"testing"
	"text/template"
	"time"
)

const templateData = `{"name":"ada","n":3,"f":1.5,"big":12345678901234567890,"t":true,"nil":null,"list":[{"id":1,"v":"a"},{"id":2,"v":"b"}],
 "empty":[],"m":{"b":2,"a":1},"at":"2026-01-15T10:00:00Z"}`

// What templates print is what text/template prints.
func TestTemplateAsGo(t *testing.T) {
	for _, text := range []string{
		"plain", "{{.name}} {{.n}} {{.f}} {{.t}} {{.nil}} {{.none}}", "{{.m.a}}{{.none.x}}",
		"{{range .list}}{{.id}}:{{.v}} {{end}}", "{{range $i, $e := .list}}{{$i}}={{$e.id}},{{else}}none{{end}}",
		"{{range .empty}}x{{else}}none{{end}}", "{{range $k, $v := .m}}{{$k}}{{$v}}{{end}}",
		"{{range .list}}{{if eq .id 2}}{{break}}{{end}}{{.v}}{{end}}", "{{range .list}}{{if eq .id 1}}{{continue}}{{end}}{{.v}}{{end}}",
		"{{if .t}}yes{{else}}no{{end}}{{if .nil}}yes{{else if .empty}}e{{else}}no{{end}}",
		"{{with .m}}{{.a}}{{$.name}}{{end}}{{with .nil}}x{{else}}y{{end}}",
		"{{$x := 1}}{{if .t}}{{$x = 2}}{{end}}{{$x}}", "{{len .list}} {{len .name}} {{index .list 1 \"v\"}} {{index .m \"a\"}}",
		`{{printf "%s-%d" .name .n}} {{print 1 2 "x"}} {{"a b&c" | urlquery}}`, "{{and .t .name}} {{or .nil .name}} {{not .t}} {{and 1 0 .none.x}}",
		"{{eq .n 3}} {{ne .name \"x\"}} {{lt 1 2}} {{ge 2 2}} {{eq 1 2 1}} {{.n | eq 3}}",
		`{{define "x"}}<{{.}}>{{end}}{{template "x" .name}}{{template "x"}}`, "{{- 1 -}} \n {{/* c */}}x", "{{(index .list 0).v}}", "{{range 3}}{{.}}{{end}}", `{{"q" | printf "%q"}}`, "{{true}} {{1.5}} {{'a'}}",
	} {
		d := &Delivery{}
		data, err := decode(strings.NewReader(templateData), d, false)
		if err != nil {
			t.Fatal(err)
		}
		var want strings.Builder
		tm, err := template.New("t").Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if err := tm.Execute(&want, data); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := runTemplate(text, data, (&templateFuncs{}).table())
		if err != nil || got != want.String() {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want.String())
		}
	}
}

func TestTemplateErrors(t *testing.T) {
	for _, text := range []string{"{{.name.x}}", "{{nofunc}}", "{{len 1}}", "{{.name 1}}", "{{index .list 9}}", "{{", `{{define "x"}}{{template "x"}}{{end}}{{template "x"}}`, "{{lt .name 1}}", `{{color "nocolour" 1}}`, "{{range .name}}{{end}}"} {
		var data any
		if err := json.Unmarshal([]byte(templateData), &data); err != nil {
			t.Fatal(err)
		}
		if got, err := runTemplate(text, data, (&templateFuncs{}).table()); err == nil {
			t.Errorf("%s: %q, want an error", text, got)
		}
	}
}

// gh's functions, as its manual shows them.
func TestTemplateFunctions(t *testing.T) {
	for text, want := range map[string]string{
		`{{join "," (pluck "v" .list)}}`:                            "a,b",
		`{{range .list}}{{tablerow .id .v}}{{end}}{{tablerender}}x`: "1  a\n2  b\nx",
		`{{tablerow "long" 1}}{{tablerow "x" 2}}`:                   "long  1\nx     2\n",
		`{{timeago .at}}`:                                "20 minutes ago",
		`{{timefmt "2006" .at}}`:                         "2026",
		`{{truncate 5 "abcdefgh"}} {{truncate 5 "abc"}}`: "ab... abc",
		`{{color "green+b" "x"}}{{autocolor "red" "y"}}`: "\x1b[1;32mx\x1b[0my",
		`{{hyperlink "http://x" "y"}}`:                   "\x1b]8;;http://x\x1b\\y\x1b]8;;\x1b\\",
		`{{.big}}`:                                       "12345678901234567890",
	} {
		c := &Client{Options: &Options{Output: Output{Template: text}}, clock: func() time.Time { return time.Date(2026, 1, 15, 10, 20, 30, 0, time.UTC) }}
		var out strings.Builder
		if err := c.template(strings.NewReader(templateData), &Delivery{}, &out, Streams{}); err != nil || out.String() != want {
			t.Errorf("%s: %q, %v, want %q", text, out.String(), err, want)
		}
	}
}

package gateway

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// Whatever bytes come, in whatever pieces: those of frames that are small enough
// pass as they are, and no two errors come for one frame.
func FuzzFrames(f *testing.F) {
	f.Add(append(frame(5), frame(300)...), 3)
	f.Add(append(frame(maxFrame+1), frame(1)...), 1000)
	f.Add([]byte{0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 1)
	f.Fuzz(func(t *testing.T, sent []byte, size int) {
		if size < 1 {
			size = 1
		}
		r := bufio.NewReader(&frameConn{Conn: &chunks{data: sent, size: size}})
		var got []byte
		var large int
		for {
			part, err := io.ReadAll(r)
			got = append(got, part...)
			if !errors.Is(err, errFrame) {
				break
			}
			large++
		}
		if large == 0 && !bytes.Equal(got, sent) {
			t.Fatalf("%d bytes of %d came through", len(got), len(sent))
		}
		if len(got) > len(sent) || large > len(sent)/4 {
			t.Fatalf("%d bytes and %d errors of %d bytes", len(got), large, len(sent))
		}
	})
}

// A route selection expression never fails on a message, and names a route that
// was declared.
func FuzzRouteSelection(f *testing.F) {
	f.Add("$request.body.action", `{"action":"join"}`)
	f.Add("${request.body.a[0].b}-x", `{"a":[{"b":[1,{"c":null}]}]}`)
	f.Fuzz(func(t *testing.T, expr, message string) {
		s, err := parseSelection(expr)
		if err != nil {
			return
		}
		key, ok := s.key([]byte(message))
		if ok && !json.Valid([]byte(message)) {
			t.Fatalf("%q passes for JSON", message)
		}
		r := &socketRoutes{selection: s, byKey: map[string]*route{routeConnect: {}, key: {Route: apidef.Route{Path: key}}}}
		if got := r.route([]byte(message)); got != nil && got.Path != key {
			t.Fatalf("%q leads to %q", key, got.Path)
		}
	})
}

// L08: no value breaks the line, the JSON or the field it stands in.
func FuzzL08AccessLogValues(f *testing.F) {
	f.Add("x\", \"y\": \"z\r\n\\")
	f.Add("\u2028\xff</a>")
	f.Fuzz(func(t *testing.T, value string) {
		for name, escape := range map[string]func(string) string{"JSON": escapeJSON, "value": jsonValue, "XML": escapeXML, "word": escapeWord, "CSV": escapeCSV} {
			if got := escape(value); strings.ContainsAny(got, "\r\n") {
				t.Errorf("%s: %q", name, got)
			}
		}
		var v struct{ A string }
		if err := json.Unmarshal([]byte(`{"a":"`+escapeJSON(value)+`"}`), &v); err != nil || utf8.ValidString(value) && v.A != value {
			t.Errorf("JSON: %q %v", v.A, err)
		}
		if !json.Valid([]byte(`[` + jsonValue(value) + `]`)) {
			t.Errorf("value: %s", jsonValue(value))
		}
	})
}

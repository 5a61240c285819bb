package gateway

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// selection is a route selection expression: texts and paths into the message in
// turns. The zero value selects nothing.
type selection []selectionPart

type selectionPart struct {
	text string
	path []string // into the message; nil: the text
}

// parseSelection reads "$request.body.action", "${request.body.a}/${request.body.b}",
// "\$default" and plain text ("Route selection expressions"). Paths are names and
// indexes, .a.b, ['a'] and [0].
func parseSelection(expr string) (selection, error) {
	const bare = "$request.body."
	if path, ok := strings.CutPrefix(expr, bare); ok {
		keys, err := selectionPath(path)
		return selection{{path: keys}}, err
	}
	var out selection
	for expr != "" {
		before, rest, found := strings.Cut(expr, "${")
		if strings.Contains(strings.ReplaceAll(before, `\$`, ""), "$") {
			return nil, invalid("RouteSelection", "%q: write $request.body.NAME, or ${request.body.NAME} within text", expr)
		}
		if before != "" {
			out = append(out, selectionPart{text: strings.ReplaceAll(before, `\$`, "$")})
		}
		if !found {
			break
		}
		inside, after, closed := strings.Cut(rest, "}")
		path, ok := strings.CutPrefix(inside, "request.body.")
		if !closed || !ok {
			return nil, invalid("RouteSelection", "${%s is not ${request.body.NAME}", inside)
		}
		keys, err := selectionPath(path)
		if err != nil {
			return nil, err
		}
		out, expr = append(out, selectionPart{path: keys}), after
	}
	return out, nil
}

func selectionPath(path string) ([]string, error) {
	path = strings.NewReplacer("['", ".", "']", "", "[", ".", "]", "").Replace(path)
	keys := strings.Split(path, ".")
	for _, k := range keys {
		if k == "" || strings.ContainsAny(k, "$*?()@'\" ") {
			return nil, invalid("RouteSelection", "%q is not a path of names and indexes", path)
		}
	}
	return keys, nil
}

// route is the one a message is for, $default if no other; nil if there is none.
func (s *socketRoutes) route(message []byte) *route {
	key, ok := s.selection.key(message)
	if r := s.byKey[key]; ok && r != nil && key != routeConnect && key != routeDisconnect {
		return r
	}
	return s.byKey[defaultRoute]
}

// key evaluates the expression; false for a message that is not JSON. What is
// not there is empty.
func (s selection) key(message []byte) (string, bool) {
	var doc any
	dec := json.NewDecoder(bytes.NewReader(message))
	dec.UseNumber()
	if dec.Decode(&doc) != nil || dec.More() {
		return "", false
	}
	var out strings.Builder
	for _, part := range s {
		if part.path == nil {
			out.WriteString(part.text)
			continue
		}
		out.WriteString(textAt(doc, part.path))
	}
	return out.String(), true
}

// textAt is what a path leads to, as text.
func textAt(v any, path []string) string {
	for _, key := range path {
		switch at := v.(type) {
		case map[string]any:
			v = at[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(at) {
				return ""
			}
			v = at[i]
		default:
			return ""
		}
	}
	switch at := v.(type) {
	case nil:
		return ""
	case string:
		return at
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

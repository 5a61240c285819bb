package gateway

import (
	"fmt"
	"strings"
)

// selection is a route selection expression: texts and paths into the message in
// turns. The zero value selects nothing.
type selection []selectionPart

type selectionPart struct {
	text string
	path jsonPath // into the message; nil: the text
}

// parseSelection reads "$request.body.action", "${request.body.a}/${request.body.b}",
// "\$default" and plain text ("Route selection expressions").
func parseSelection(expr string) (selection, error) {
	if path, ok := strings.CutPrefix(expr, "$request.body."); ok {
		part, err := selectionPath(path)
		return selection{part}, err
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
		part, err := selectionPath(path)
		if err != nil {
			return nil, err
		}
		out, expr = append(out, part), after
	}
	return out, nil
}

func selectionPath(path string) (selectionPart, error) {
	p, err := parsePath("$." + path)
	if err != nil {
		return selectionPart{}, invalid("RouteSelection", "%v", err)
	}
	return selectionPart{path: p}, nil
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
	doc, err := decodeJSON(message)
	if err != nil {
		return "", false
	}
	var out strings.Builder
	for _, part := range s {
		out.WriteString(part.text)
		if part.path != nil {
			out.WriteString(part.value(doc))
		}
	}
	return out.String(), true
}

// value is what the path leads to, as text: a list as [a, b].
func (p selectionPart) value(doc any) string {
	v, ok := p.path.find(doc)
	if !ok {
		return ""
	}
	return selectionText(v)
}

func selectionText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case *jsonList:
		texts := make([]string, len(v.items))
		for i, item := range v.items {
			texts[i] = selectionText(item)
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case *jsonObject:
		var out strings.Builder
		if writeJSON(&out, v, maxMessage, 0) != nil {
			return ""
		}
		return out.String()
	}
	return fmt.Sprint(v)
}

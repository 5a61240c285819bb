package gateway

import (
	"fmt"
	"strconv"
	"strings"
)

// jsonPath is the part of JSONPath that mappings use: $.a.b, $['a'], [0], [-1],
// [*] and .*.
type jsonPath []pathStep

type pathStep struct {
	key   string
	index int
	kind  byte // '.' a key, '[' an index, '*' everything
}

// parsePath reads a JSONPath; one that does not begin with $ is as if it did.
func parsePath(text string) (jsonPath, error) {
	rest := strings.TrimSpace(text)
	if !strings.HasPrefix(rest, "$") {
		rest = "$." + rest
	}
	var out jsonPath
	for rest = rest[1:]; rest != ""; {
		step, after, err := parseStep(rest)
		if err != nil {
			return nil, fmt.Errorf("%w in the JSONPath %q", err, text)
		}
		out, rest = append(out, step), after
	}
	return out, nil
}

func parseStep(s string) (pathStep, string, error) {
	switch s[0] {
	case '.':
		end := strings.IndexAny(s[1:], ".[")
		if end < 0 {
			end = len(s) - 1
		}
		name, rest := s[1:end+1], s[end+1:]
		switch {
		case name == "*":
			return pathStep{kind: '*'}, rest, nil
		case name == "" || strings.ContainsAny(name, "()@?'\"] "):
			return pathStep{}, "", fmt.Errorf("%q is not supported", s)
		}
		return pathStep{kind: '.', key: name}, rest, nil
	case '[':
		inside, rest, ok := strings.Cut(s[1:], "]")
		if !ok {
			return pathStep{}, "", fmt.Errorf("%q has no ]", s)
		}
		step, err := parseBracket(strings.TrimSpace(inside))
		return step, rest, err
	}
	return pathStep{}, "", fmt.Errorf("%q is not supported", s)
}

func parseBracket(s string) (pathStep, error) {
	if s == "*" {
		return pathStep{kind: '*'}, nil
	}
	if len(s) >= 2 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0] && !strings.ContainsRune(s[1:len(s)-1], rune(s[0])) {
		return pathStep{kind: '.', key: s[1 : len(s)-1]}, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return pathStep{}, fmt.Errorf("[%s] is not supported", s)
	}
	return pathStep{kind: '[', index: n}, nil
}

// find gives what a path leads to; with a * in it a list.
func (p jsonPath) find(v any) (any, bool) {
	for i, step := range p {
		if step.kind == '*' {
			return p[i+1:].findAll(v), true
		}
		next, ok := step.take(v)
		if !ok {
			return nil, false
		}
		v = next
	}
	return v, true
}

// findAll follows the rest of a path from every member of v.
func (p jsonPath) findAll(v any) *jsonList {
	out := &jsonList{}
	for _, member := range members(v) {
		found, ok := p.find(member)
		if !ok {
			continue
		}
		if list, isList := found.(*jsonList); isList && p.spreads() {
			out.items = append(out.items, list.items...)
			continue
		}
		out.items = append(out.items, found)
	}
	return out
}

// spreads tells a path that leads to several values.
func (p jsonPath) spreads() bool {
	for _, step := range p {
		if step.kind == '*' {
			return true
		}
	}
	return false
}

func members(v any) []any {
	switch v := v.(type) {
	case *jsonList:
		return v.items
	case *jsonObject:
		var out []any
		for _, key := range v.keys {
			out = append(out, v.values[key])
		}
		return out
	}
	return nil
}

func (s pathStep) take(v any) (any, bool) {
	if s.kind == '.' {
		o, ok := v.(*jsonObject)
		if !ok {
			return nil, false
		}
		next, ok := o.values[s.key]
		return next, ok
	}
	list, ok := v.(*jsonList)
	if !ok {
		return nil, false
	}
	i := s.index
	if i < 0 {
		i += len(list.items)
	}
	if i < 0 || i >= len(list.items) {
		return nil, false
	}
	return list.items[i], true
}

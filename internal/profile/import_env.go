package profile

import (
	"path/filepath"
	"strings"
)

// isEnv says whether a file is a list of environment variables: .env, .env.local,
// dev.env.
func isEnv(name string) bool {
	base := filepath.Base(name)
	return base == ".env" || strings.HasPrefix(base, ".env.") || strings.HasSuffix(base, ".env")
}

// readEnv reads NAME=VALUE lines as dotenv does: "export" before them, quotes
// around values (which may hold line ends), comments. A value that refers to
// another variable is an expression.
func readEnv(src string) ([]root, error) {
	n := &node{kind: kindObject, line: 1}
	for line := 1; src != ""; {
		text, rest, _ := strings.Cut(src, "\n")
		name, value, ok := envLine(text)
		if !ok {
			src, line = rest, line+1
			continue
		}
		item := &node{kind: kindText, line: line, text: value}
		used := text
		if q := strings.TrimSpace(value); q != "" && strings.Contains("'\"`", q[:1]) {
			used = envQuoted(item, src, strings.Index(src, q[:1]))
		} else {
			item.text = bare(value)
			item.kind = envKind(item.text, false)
		}
		n.keys, n.items = append(n.keys, name), append(n.items, item)
		line += strings.Count(used, "\n") + 1
		src = strings.TrimPrefix(strings.TrimPrefix(src, used), "\n")
	}
	return []root{{node: n}}, nil
}

// envLine cuts NAME=VALUE.
func envLine(text string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(text, "=")
	name = strings.TrimSpace(name)
	name = strings.TrimSpace(strings.TrimPrefix(name, "export "))
	if !ok || name == "" || span(name, func(c byte) bool { return isAlnum(c) || c == '_' || c == '.' || c == '-' }) != len(name) {
		return "", "", false
	}
	return name, value, true
}

// envQuoted reads the value whose quote is at pos of src, and returns the text up
// to the end of its last line.
func envQuoted(item *node, src string, pos int) string {
	quote := src[pos]
	end := pos + 1
	for end < len(src) && src[end] != quote {
		if src[end] == '\\' && quote == '"' {
			end++
		}
		end++
	}
	if end >= len(src) { // no second quote: the value is the line
		line, _, _ := strings.Cut(src, "\n")
		item.text = bare(line[pos:])
		return line
	}
	item.text = src[pos+1 : end]
	item.kind = envKind(item.text, quote == '\'')
	if quote == '"' {
		item.text = unescape(item.text)
	}
	rest, _, _ := strings.Cut(src[end:], "\n")
	return src[:end+len(rest)]
}

// bare is a value without quotes: it ends before a comment.
func bare(value string) string {
	if i := strings.Index(value, " #"); i >= 0 {
		value = value[:i]
	}
	return strings.TrimSpace(value)
}

func envKind(value string, literal bool) kind {
	if !literal && strings.Contains(value, "$") {
		return kindExpression
	}
	return kindText
}

package policy

import (
	"slices"
	"strings"
)

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// lowerASCII folds as IAM folds actions and keys: no other letter has a case.
func lowerASCII(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			foldASCII(b)
			return string(b)
		}
	}
	return s
}

func foldASCII(b []byte) {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
}

// object checks that n is an object with no other keys than those known.
func (r *reader) object(n *node, what string, known ...string) error {
	if n.kind != nodeObject {
		return r.fail(n, msgSyntax, "%s must be an object, not %s", what, nodeNames[n.kind])
	}
	for _, m := range n.members {
		if slices.Contains(known, m.key) {
			continue
		}
		hint := "the keys are " + strings.Join(known, ", ")
		for _, k := range known {
			if strings.EqualFold(k, m.key) {
				hint = "did you mean " + k + "?"
			}
		}
		return failAt(r.src, m.pos, msgSyntax, "%s has no key %q; %s", what, m.key, hint)
	}
	return nil
}

func (r *reader) text(n *node, what string) (string, error) {
	if n.kind != nodeString {
		return "", r.fail(n, msgSyntax, "%s must be a string, not %s", what, nodeNames[n.kind])
	}
	if n.text == "" {
		return "", r.fail(n, msgSyntax, "%s must not be an empty string", what)
	}
	return n.text, nil
}

// list gives the strings of a string or an array of strings.
func (r *reader) list(n *node, what, emptyMessage string) ([]*node, error) {
	list := []*node{n}
	if n.kind == nodeArray {
		list = n.elems
	}
	if len(list) == 0 {
		return nil, r.fail(n, emptyMessage, "%s is an empty list; it would grant nothing", what)
	}
	for _, e := range list {
		if _, err := r.text(e, what); err != nil {
			return nil, err
		}
	}
	return list, nil
}

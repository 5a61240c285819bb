package openapi

import (
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/tree"
)

// deref follows references within the document.
func (r *reader) deref(path string, n *tree.Node) *tree.Node {
	for hops := 0; ; hops++ {
		ref, ok := n.Get("$ref").Scalar()
		if !ok {
			return n
		}
		to := r.at(ref)
		if to == nil || hops == 10 {
			r.Fail(path, "the reference %q leads nowhere within this document", ref)
			return nil
		}
		n = to
	}
}

// at is the value that a reference #/a/b names, nil if there is none.
func (r *reader) at(ref string) *tree.Node {
	rest, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil
	}
	n := r.root
	for seg := range strings.SplitSeq(rest, "/") {
		n = n.Get(strings.NewReplacer("~1", "/", "~0", "~").Replace(seg))
	}
	return n
}

// guards tells the extensions whose loss could open something.
func guards(_, key string) bool {
	key = strings.ToLower(key)
	words := []string{"auth", "policy", "valid", "tls", "security", "certificate", "throttl"}
	return strings.HasPrefix(key, ext) && slices.ContainsFunc(words, func(w string) bool { return strings.Contains(key, w) })
}

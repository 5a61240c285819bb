package iam

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
)

// page is what a List operation is asked for.
type page struct {
	after string // key of the last thing of the page before
	most  int
}

const maxMarker = 320

// page reads Marker and MaxItems.
func (p *params) page() page {
	out := page{most: cmp.Or(p.number("MaxItems", 1, 1000), 100)}
	after, err := base64.RawURLEncoding.DecodeString(p.text("Marker", maxMarker))
	if err != nil {
		p.fail(wire.Errorf("ValidationError", "Invalid Marker"))
	}
	out.after = string(after)
	return out
}

// cut takes a page from all there is, in order of the keys, which differ whatever their letter case.
func cut[T any](in page, all []T, key func(T) string) ([]T, wire.IAMPage) {
	fold := func(v T) string { return strings.ToLower(key(v)) }
	slices.SortFunc(all, func(a, b T) int { return strings.Compare(fold(a), fold(b)) })
	first := slices.IndexFunc(all, func(v T) bool { return fold(v) > in.after })
	if first < 0 {
		return nil, wire.IAMPage{}
	}
	all = all[first:]
	if len(all) <= in.most {
		return all, wire.IAMPage{}
	}
	return all[:in.most], truncated(fold(all[in.most-1]))
}

// truncated ends a page after the thing of a key.
func truncated(last string) wire.IAMPage {
	return wire.IAMPage{IsTruncated: true, Marker: base64.RawURLEncoding.EncodeToString([]byte(last))}
}

func itself(s string) string { return s }

// everything is more than there is of anything.
const everything = 1 << 30

// under keeps what is under a path; "" is the path "/".
func under[T any](prefix string, all []T, path func(T) string) []T {
	return slices.DeleteFunc(all, func(v T) bool { return !strings.HasPrefix(cmp.Or(path(v), "/"), prefix) })
}

package sigv4

import (
	"bytes"
	"slices"
	"strings"
)

// A param is one query parameter in canonical spelling: offsets into the
// buffer that holds name and value one after the other.
type param struct{ name, value, end int }

// addQuery adds the parameters of a raw query whose escapes have been checked.
// Only '&' separates; empty segments are no parameters.
func (s *scratch) addQuery(raw string) {
	for raw != "" {
		var seg string
		seg, raw, _ = strings.Cut(raw, "&")
		if seg == "" {
			continue
		}
		name, value, _ := strings.Cut(seg, "=")
		s.addParam(name, value)
	}
}

func (s *scratch) addParam(name, value string) {
	p := param{name: len(s.query)}
	s.query = appendRecoded(s.query, name, &unreservedSet, true)
	p.value = len(s.query)
	s.query = appendRecoded(s.query, value, &unreservedSet, true)
	p.end = len(s.query)
	s.params = append(s.params, p)
}

// dropParam takes a parameter out of the canonical query.
func (s *scratch) dropParam(name string) {
	s.params = slices.DeleteFunc(s.params, func(p param) bool {
		return string(s.query[p.name:p.value]) == name
	})
}

// appendQuery writes the parameters sorted by encoded name, then encoded value.
func (s *scratch) appendQuery(dst []byte) []byte {
	buf := s.query
	slices.SortFunc(s.params, func(a, b param) int {
		if c := bytes.Compare(buf[a.name:a.value], buf[b.name:b.value]); c != 0 {
			return c
		}
		return bytes.Compare(buf[a.value:a.end], buf[b.value:b.end])
	})
	for i, p := range s.params {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, buf[p.name:p.value]...)
		dst = append(dst, '=')
		dst = append(dst, buf[p.value:p.end]...)
	}
	return dst
}

// cleanQuery respells a raw query without changing what it says: '+' becomes
// %20, ';' and every byte that URLs cannot hold become escapes. Nothing else is
// touched; order, repeats and empty values stay. Presign parameters of an
// earlier signature are left out. Escapes that are none, and control bytes, are
// errors.
func cleanQuery(raw string) (string, error) {
	if bad := badEscape(raw); bad != "" {
		return "", unsignable(bad + " in the query")
	}
	if holds(raw, &controlSet) {
		return "", unsignable("the query has a control byte in it: percent-encode it")
	}
	return cleanSegment(WithoutPresign(raw)), nil
}

// WithoutPresign takes the parameters of a presigned request out of a raw query
// and leaves everything else as it is, byte for byte.
func WithoutPresign(raw string) string {
	if !hasPresign(raw) {
		return raw
	}
	var kept []string
	for seg := range strings.SplitSeq(raw, "&") {
		name, _, _ := strings.Cut(seg, "=")
		if slot, _ := presignSlot(name); slot < 0 {
			kept = append(kept, seg)
		}
	}
	return strings.Join(kept, "&")
}

func cleanSegment(raw string) string {
	dirty := 0
	for i := range len(raw) {
		if !querySet[raw[i]] && raw[i] != '%' {
			dirty++
		}
	}
	if dirty == 0 {
		return raw
	}
	out := make([]byte, 0, len(raw)+2*dirty)
	for i := range len(raw) {
		switch c := raw[i]; {
		case c == '+':
			out = append(out, "%20"...)
		case querySet[c] || c == '%':
			out = append(out, c)
		default:
			out = appendEscape(out, c)
		}
	}
	return string(out)
}

// The parameters of a presigned request, in the order in which AWS's own
// signers write them.
const (
	slotAlgorithm = iota
	slotCredential
	slotDate
	slotSignedHeaders
	slotExpires
	slotToken
	slotSignature
	slotCount
)

var presignNames = [slotCount]string{
	"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders",
	"X-Amz-Expires", "X-Amz-Security-Token", "X-Amz-Signature",
}

// presignSlot says which presign parameter a raw name is, or -1, and whether it
// is spelled exactly so once decoded. An escaped or differently cased name is
// still found: a receiver may take it for the parameter.
func presignSlot(name string) (slot int, exact bool) {
	if name == "" || name[0] != 'X' && name[0] != 'x' && name[0] != '%' {
		return -1, false
	}
	name = unescape(name)
	for i, known := range presignNames {
		if len(name) == len(known) && strings.EqualFold(name, known) {
			return i, name == known
		}
	}
	return -1, false
}

func hasPresign(raw string) bool {
	for raw != "" {
		var seg string
		seg, raw, _ = strings.Cut(raw, "&")
		name, _, _ := strings.Cut(seg, "=")
		if slot, _ := presignSlot(name); slot >= 0 {
			return true
		}
	}
	return false
}

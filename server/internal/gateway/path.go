package gateway

import (
	"net/url"
	"slices"
	"strings"
)

// checkTarget refuses what servers read in different ways, before anything is
// looked up or computed: control and 8-bit bytes, backslashes, broken escapes,
// dot segments, escaped NUL and friends.
func checkTarget(target string) error {
	if target == "" || target[0] != '/' {
		return badRequest("The request target must be a path that begins with /")
	}
	for i := range len(target) {
		if b := target[i]; b <= ' ' || b >= 0x7f || b == '\\' || b == '#' {
			return badRequest("The request target has a byte in it that must be percent-encoded")
		}
	}
	path, _, _ := strings.Cut(target, "?")
	return checkPath(path)
}

func checkPath(path string) error {
	for seg := range strings.SplitSeq(path, "/") {
		plain, err := url.PathUnescape(seg)
		if err != nil {
			return badRequest("The path has a % in it that is not followed by two hexadecimal digits")
		}
		if strings.ContainsFunc(plain, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\\' }) {
			return badRequest("The path has an escaped control byte or backslash in it")
		}
		if isDots(plain) {
			return badRequest("The path has a . or .. segment in it")
		}
	}
	return nil
}

// isDots tells a dot segment, also one with parameters (..;x), which some
// servers resolve as one.
func isDots(seg string) bool {
	seg, _, _ = strings.Cut(seg, ";")
	return seg == "." || seg == ".."
}

func hasEncodedSlash(path string) bool {
	return strings.Contains(path, "%2F") || strings.Contains(path, "%2f")
}

// unescape decodes a segment whose escapes were checked.
func unescape(seg string) string {
	if strings.IndexByte(seg, '%') < 0 {
		return seg
	}
	plain, err := url.PathUnescape(seg)
	if err != nil {
		return seg
	}
	return plain
}

// readings are the other paths a backend may take a raw path for: decoded, as
// often as that changes anything, slashes collapsed, and the same without
// segment parameters. A Deny that matches any of them denies.
func readings(path string) []string {
	if isPlain(path) {
		return nil
	}
	plain := path
	for range 8 {
		next := unescape(plain)
		if next == plain {
			break
		}
		plain = next
	}
	out := []string{collapse(plain, false)}
	if bare := collapse(plain, true); bare != out[0] {
		out = append(out, bare)
	}
	return slices.DeleteFunc(out, func(p string) bool { return p == path })
}

// isPlain tells a path that nobody reads as another one.
func isPlain(path string) bool {
	for i := range len(path) {
		switch path[i] {
		case '%', ';':
			return false
		case '/':
			if next := path[i+1:]; i > 0 && next == "" || next != "" && (next[0] == '/' || next[0] == '.') {
				return false
			}
		}
	}
	return path != "" && path[0] == '/'
}

func collapse(path string, dropParams bool) string {
	var kept []string
	for seg := range strings.SplitSeq(path, "/") {
		if dropParams {
			seg, _, _ = strings.Cut(seg, ";")
		}
		switch seg {
		case "", ".":
		case "..":
			kept = kept[:max(0, len(kept)-1)]
		default:
			kept = append(kept, seg)
		}
	}
	return "/" + strings.Join(kept, "/")
}

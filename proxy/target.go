package proxy

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gatepass/gatepass/sigv4"
)

// target is where a request goes: the raw path and query as they will be sent.
type target struct {
	*route
	path, query string
	mark        bool // there is a ?, also if nothing is behind it
}

// target finds the route of a raw request target and what is sent to it: the
// same bytes, without prefix and presign parameters, behind the base.
func (pl *plan) target(uri string) (target, error) {
	if uri == "" || uri[0] != '/' {
		return target{}, refusal(http.StatusBadRequest, "BadRequestException",
			"the request target must be a path: give this proxy as the host of the URL, and not as the proxy of a client")
	}
	if strings.IndexByte(uri, '#') >= 0 {
		return target{}, refusal(http.StatusBadRequest, "BadRequestException", "the request target has a # in it")
	}
	path, query, mark := strings.Cut(uri, "?")
	if climbs(path) {
		return target{}, refusal(http.StatusBadRequest, "BadRequestException", "the path climbs above its root with ..")
	}
	for _, rt := range pl.routes {
		if rest, ok := strings.CutPrefix(path, rt.prefix); ok && (rest == "" || rest[0] == '/') {
			return rt.target(rest, query, mark)
		}
	}
	return target{}, refusal(http.StatusNotFound, "NotFoundException", "no route for the path "+quoted(path))
}

func (rt *route) target(rest, query string, mark bool) (target, error) {
	if rt.prefix != "" && climbs(rest) {
		return target{}, refusal(http.StatusBadRequest, "BadRequestException", "the path climbs above its route with ..")
	}
	t := target{route: rt, path: rt.base + rest, query: sigv4.WithoutPresign(query)}
	t.mark = mark && (query == "" || t.query != "")
	if t.path == "" {
		t.path = "/"
	}
	return t, nil
}

// climbs says whether a path leaves its root for a receiver that resolves dot
// segments, escaped ones too: what is below a stage or a prefix must stay there.
func climbs(path string) bool {
	if !strings.Contains(path, "..") && strings.IndexByte(path, '%') < 0 {
		return false
	}
	depth := 0
	for seg := range strings.SplitSeq(dotted(path), "/") {
		switch seg {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return true
			}
		default:
			depth++
		}
	}
	return false
}

// dotted undoes the escapes of dots and slashes.
func dotted(path string) string {
	if strings.IndexByte(path, '%') < 0 {
		return path
	}
	return strings.NewReplacer("%2e", ".", "%2E", ".", "%2f", "/", "%2F", "/").Replace(path)
}

// url writes the target so that net/http sends its bytes.
func (t *target) url(u *url.URL) error {
	*u = url.URL{Scheme: t.scheme, Host: t.host, RawQuery: t.query, ForceQuery: t.mark}
	path, err := url.PathUnescape(t.path)
	if err != nil {
		return refusal(http.StatusBadRequest, "BadRequestException", err.Error())
	}
	if u.Path = path; path != t.path {
		u.RawPath = t.path
	}
	if u.EscapedPath() == t.path {
		return nil
	}
	if strings.HasPrefix(t.path, "//") {
		return refusal(http.StatusBadRequest, "BadRequestException", "the path begins with // and has a byte that must be percent-encoded")
	}
	u.Path, u.RawPath, u.Opaque = "", "", t.path
	return nil
}

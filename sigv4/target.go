package sigv4

import (
	"net/http"
	"net/url"
	"strings"
)

// wireTarget is what a client puts on the wire for a request, and whether that
// differs from what the request says now.
type wireTarget struct {
	host, path, query string
	changed           bool
}

// wireTarget works out the target of a request that is to be signed. The path
// is normalised if the profile says so; the query is spelled so that no
// receiver can read it in two ways, and old presign parameters are left out.
func (p *Profile) wireTarget(r *http.Request) (t wireTarget, err error) {
	if t.host, err = wireHost(r); err != nil {
		return t, err
	}
	path, err := wirePath(r.URL)
	if err != nil {
		return t, err
	}
	t.path = path
	if p.Normalize {
		if t.path, err = signablePath(path); err != nil {
			return t, err
		}
	}
	if t.query, err = cleanQuery(r.URL.RawQuery); err != nil {
		return t, err
	}
	t.changed = t.path != path || t.query != r.URL.RawQuery
	return t, nil
}

// apply writes the target back, so that what is sent is what was signed.
func (t *wireTarget) apply(u *url.URL) {
	if !t.changed {
		return
	}
	u.RawQuery = t.query
	switch {
	case u.Opaque != "":
		u.Opaque = t.path
	case u.EscapedPath() != t.path:
		if path, err := url.PathUnescape(t.path); err == nil {
			u.Path, u.RawPath = path, t.path
		}
	}
}

// wirePath is the path that net/http sends. URL.Opaque, where set, is sent
// byte for byte.
func wirePath(u *url.URL) (string, error) {
	p := u.Opaque
	if p == "" {
		p = u.EscapedPath()
	} else if strings.HasPrefix(p, "//") {
		return "", unsignable("URL.Opaque begins with //, which is sent as another host")
	}
	if p == "" {
		return "/", nil
	}
	if p[0] != '/' {
		return "", unsignable("the path does not begin with /")
	}
	if holds(p, &controlSet) || strings.ContainsAny(p, " ?#") {
		return "", unsignable("the path has a byte that cannot be sent as it is: percent-encode it")
	}
	if bad := badEscape(p); bad != "" {
		return "", unsignable(bad + " in the path")
	}
	return p, nil
}

func signablePath(path string) (string, error) {
	n, ok := normalizePath(path)
	if !ok {
		return "", unsignable("the path climbs above the root with ..")
	}
	return n, nil
}

// normalizePath resolves dot segments and collapses slashes. A final slash is
// kept. It reports false for a path that climbs above the root. A path that
// needs nothing is returned as it is.
func normalizePath(path string) (string, bool) {
	if !strings.Contains(path, "//") && !strings.Contains(path, "/.") {
		return path, true
	}
	var kept []string
	for seg := range strings.SplitSeq(path, "/") {
		switch seg {
		case "", ".":
		case "..":
			if len(kept) == 0 {
				return "", false
			}
			kept = kept[:len(kept)-1]
		default:
			kept = append(kept, seg)
		}
	}
	n := "/" + strings.Join(kept, "/")
	if strings.HasSuffix(path, "/") && len(kept) > 0 {
		n += "/"
	}
	return n, true
}

// wireHost is the host that a client sends. The scheme's own port is left out
// of it, because some clients strip it and the others must not differ.
func wireHost(r *http.Request) (string, error) {
	h := r.Host
	if h == "" {
		h = r.URL.Host
	}
	if zone := strings.IndexByte(h, '%'); zone >= 0 {
		end := strings.IndexByte(h, ']')
		if end < zone {
			return "", unsignable("the host has a % in it")
		}
		h = h[:zone] + h[end:] // net/http sends no zone either
	}
	if h == "" || !hostName(h) {
		return "", unsignable("the host is empty or not in ASCII: give its xn-- form")
	}
	return stripDefaultPort(r.URL.Scheme, h), nil
}

func hostName(h string) bool {
	for i := range len(h) {
		if c := h[i]; c <= ' ' || c >= 0x7f || c == '/' || c == '?' || c == '#' || c == '@' {
			return false
		}
	}
	return true
}

func stripDefaultPort(scheme, host string) string {
	switch scheme {
	case "https", "wss":
		return strings.TrimSuffix(host, ":443")
	case "http", "ws":
		return strings.TrimSuffix(host, ":80")
	}
	return host
}

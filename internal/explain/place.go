package explain

import (
	"net/url"
	"strings"
)

// target is a URL in its parts, as they were written. It never fails: what is
// explained may be no URL.
type target struct{ scheme, host, path, query string }

func splitURL(raw string) target {
	var t target
	raw, _, _ = strings.Cut(raw, "#")
	scheme, rest, ok := strings.Cut(raw, "://")
	if ok {
		t.scheme = strings.ToLower(scheme)
		end := strings.IndexAny(rest, "/?")
		if end < 0 {
			end = len(rest)
		}
		t.host, raw = rest[:end], rest[end:]
		if at := strings.LastIndexByte(t.host, '@'); at >= 0 {
			t.host = t.host[at+1:]
		}
	}
	t.path, t.query, _ = strings.Cut(raw, "?")
	if t.path == "" {
		t.path = "/"
	}
	return t
}

func (t target) requestURI() string {
	if t.query == "" {
		return t.path
	}
	return t.path + "?" + t.query
}

// param is the value of a query parameter, decoded.
func (t target) param(name string) string {
	for p := range strings.SplitSeq(t.query, "&") {
		if k, val, _ := strings.Cut(p, "="); k == name {
			if d, err := url.QueryUnescape(val); err == nil {
				return d
			}
			return val
		}
	}
	return ""
}

func (t target) base() string { return t.scheme + "://" + t.host }

// place is what a host name says about the service behind it.
type place struct {
	service string // "" for a custom domain and for localhost
	region  string
	api     string // id of an API
	local   bool   // this machine
}

func placeOf(host string) place {
	name := strings.ToLower(host)
	if i := strings.LastIndexByte(name, ':'); i > strings.IndexByte(name, ']') {
		name = name[:i]
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || strings.HasPrefix(name, "127.") || name == "[::1]" {
		return place{local: true}
	}
	p := strings.Split(name, ".")
	for i, label := range p {
		switch label {
		case "execute-api":
			return apiPlace(p, i)
		case "cognito-idp", "cognito-identity", "sts":
			if strings.Contains(name, ".amazonaws.com") {
				return place{service: label, region: at(p, i+1)}
			}
		}
	}
	return place{}
}

// apiPlace reads {api}[-{vpce}].execute-api.{region}.amazonaws.com[.cn] and
// {vpce}.execute-api.{region}.vpce.amazonaws.com.
func apiPlace(p []string, i int) place {
	out := place{service: "execute-api", region: at(p, i+1)}
	if out.region == "amazonaws" || out.region == "localhost" {
		out.region = ""
	}
	if i > 0 {
		id, _, _ := strings.Cut(p[i-1], "-")
		if id != "vpce" && id != "d" {
			out.api = name(id)
		}
	}
	out.region = name(out.region)
	return out
}

// name lets through what may stand in a command as it is.
func name(s string) string {
	for i := range len(s) {
		if c := s[i]; c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return ""
		}
	}
	return s
}

func at(p []string, i int) string {
	if i < len(p) {
		return p[i]
	}
	return ""
}

// segments are the parts of a path between slashes, empty ones left out.
func segments(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

func sameHost(a, b string) bool {
	trim := func(h string) string {
		return strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(h), ":443"), ":80")
	}
	return trim(a) == trim(b)
}

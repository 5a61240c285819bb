package explain

import (
	"net/url"
	"strings"

	"github.com/gatepass/gatepass/internal/loopback"
	"github.com/gatepass/gatepass/sigv4"
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
	host = strings.ToLower(host)
	if i := strings.LastIndexByte(host, ':'); i > strings.IndexByte(host, ']') {
		host = host[:i]
	}
	if loopback.Is(host) {
		return place{local: true}
	}
	region, service := sigv4.ScopeOf(host)
	return place{service: service, region: name(region), api: apiOf(host, service)}
}

// apiOf reads the id out of {api}[-{vpce}].execute-api.{region}.amazonaws.com; there
// is none in {vpce}.execute-api.{region}.vpce.amazonaws.com, nor in what a domain of
// one's own stands for, d-….execute-api.{region}.amazonaws.com.
func apiOf(host, service string) string {
	label, _, _ := strings.Cut(host, ".")
	id, _, _ := strings.Cut(label, "-")
	if service != "execute-api" || id == "vpce" || id == "d" || strings.HasPrefix(label, "execute-api") {
		return ""
	}
	return name(id)
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

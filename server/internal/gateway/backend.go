package gateway

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// backend is the address of an HTTP integration: scheme and host are fixed,
// the path is a template or, if there is none, the call's own. Its query, if it
// has one, comes before the call's.
type backend struct {
	scheme, host, query string
	parts               []part
	address             string // host:port of a backend on plain HTTP; else empty
}

// part is literal text, or the value of a variable.
type part struct{ text, name string }

// newBackend reads an Integration's URI; nil for an empty one. Names are the
// path variables there are, greedy ones with a final +.
func newBackend(uri string, names []string) (*backend, error) {
	if uri == "" {
		return nil, nil
	}
	u, err := checkURL("Integration.URI", uri)
	if err != nil {
		return nil, err
	}
	b := &backend{scheme: u.Scheme, host: u.Host}
	if u.Scheme == "http" && isPrintable(u.Host) { // net/http knows how to spell the others
		b.address = net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "80"))
	}
	uri, b.query, _ = strings.Cut(uri, "?")
	if strings.ContainsAny(b.query, "{}") {
		return nil, invalid("Integration.URI", "its query has a placeholder; map the parameter instead")
	}
	if err := checkTarget("/?" + b.query); err != nil {
		return nil, invalid("Integration.URI", "its query cannot be sent as it is: %v", err)
	}
	_, rest, _ := strings.Cut(uri, "://")
	slash := strings.IndexByte(rest, '/')
	if slash < 0 {
		return b, nil
	}
	if b.parts, err = pathTemplate(rest[slash:], names); err != nil {
		return nil, err
	}
	return b, nil
}

func pathTemplate(path string, names []string) ([]part, error) {
	var parts []part
	for path != "" {
		text, rest, found := strings.Cut(path, "{")
		if err := checkTarget("/" + strings.ReplaceAll(text, "}", "\\")); err != nil {
			return nil, invalid("Integration.URI", "its path cannot be sent as it is: %v", err)
		}
		parts = append(parts, part{text: text})
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		name = trimGreedy(name)
		if !closed || !slices.ContainsFunc(names, func(n string) bool { return trimGreedy(n) == name }) {
			return nil, invalid("Integration.URI", "the route has no path variable {%s}", name)
		}
		parts, path = append(parts, part{name: name}), after
	}
	return parts, nil
}

// path is the raw path of a call at this backend.
func (b *backend) path(o *outgoing) string {
	switch {
	case o.at != "":
		return o.at
	case b == nil || b.parts == nil:
		return o.path
	}
	var out strings.Builder
	for _, p := range b.parts {
		out.WriteString(p.text)
		if p.name != "" {
			out.WriteString(o.vars[p.name])
		}
	}
	return out.String()
}

// joinQuery is the raw query of a call at this backend.
func (b *backend) joinQuery(sent string) string {
	if b == nil {
		return sent
	}
	return joinQuery(b.query, sent)
}

// wireURL makes a URL that net/http sends as exactly these bytes.
func wireURL(scheme, host, path, query string) (*url.URL, error) {
	plain, err := url.PathUnescape(path)
	if err != nil {
		return nil, badRequest("The path has a % in it that is not followed by two hexadecimal digits")
	}
	want := path
	if query != "" {
		want += "?" + query
	}
	u := &url.URL{Scheme: scheme, Host: host, Path: plain, RawPath: path, RawQuery: query}
	if u.RequestURI() != want { // net/url would respell bytes such as "
		u.Opaque = path
	}
	if u.RequestURI() != want {
		return nil, badRequest("The path cannot be forwarded as it was sent; percent-encode it")
	}
	return u, nil
}

// wireTarget is the request target of a URL that net/http sends as it was written.
func wireTarget(path, query string) (string, error) {
	if !isUnreserved(path) {
		if _, err := wireURL("http", "backend", path, query); err != nil {
			return "", err
		}
	}
	if query == "" {
		return path, nil
	}
	return path + "?" + query, nil
}

// isUnreserved tells a path that everybody spells the same (RFC 3986 section 2.3).
func isUnreserved(path string) bool {
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '/', c == '-', c == '.', c == '_', c == '~':
		default:
			return false
		}
	}
	return path != ""
}

func newDialer() *net.Dialer {
	return &net.Dialer{
		Timeout: 5 * time.Second, KeepAlive: 30 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error { return forbiddenDial(address) },
	}
}

// newTransport makes the gateway's way to backends. It changes no byte, follows
// nothing, keeps no state but idle connections.
func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:            newDialer().DialContext,
		DisableCompression:     true,
		MaxIdleConns:           idleConns,
		MaxIdleConnsPerHost:    idleConnsPerHost,
		IdleConnTimeout:        idleTime,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxResponseHeaderBytes: maxAnswerHeaders,
	}
}

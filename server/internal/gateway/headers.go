package gateway

import (
	"net/http"
	"slices"
	"strings"
)

const identityPrefix = "X-Gatepass-"

// dropped never reach a backend: those of one hop (RFC 9110 section 7.6.1),
// those this gateway answers for, and those by which frameworks let a client
// say another method, path or address than the one that was authorised.
var dropped = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Proxy-Authenticate": true,
	"Proxy-Authorization": true, "Te": true, "Trailer": true, "Transfer-Encoding": true,
	"Upgrade": true, "Http2-Settings": true, "Expect": true, "Content-Length": true, "Host": true,
	"X-Amz-Security-Token":   true,
	"X-Http-Method-Override": true, "X-Http-Method": true, "X-Method-Override": true,
	"X-Original-Url": true, "X-Original-Uri": true, "X-Original-Host": true, "X-Original-Method": true,
	"X-Rewrite-Url": true, "X-Host": true, "Forwarded": true, "Via": true,
	"X-Real-Ip": true, "True-Client-Ip": true, "X-Client-Ip": true, "X-Cluster-Client-Ip": true, "Cf-Connecting-Ip": true,
}

var droppedPrefixes = []string{identityPrefix, "X-Forwarded-", "X-Amzn-", "Proxy-"}

// neverForwarded tells a canonical header name that no client's value passes under.
func neverForwarded(key string) bool {
	return dropped[key] || strings.IndexByte(key, '_') >= 0 ||
		slices.ContainsFunc(droppedPrefixes, func(p string) bool { return strings.HasPrefix(key, p) })
}

// ours are names whose values decide something here; nobody may remove or
// shadow them.
var ours = []string{identityPrefix, "X-Amz", "X-Forwarded-", "Authorization", "Host", "Date", "Content-", "Transfer-Encoding"}

func isOurs(key string) bool {
	return slices.ContainsFunc(ours, func(p string) bool { return strings.HasPrefix(key, p) })
}

// checkHeaders refuses what a backend might read differently from us. Extra is
// what counts as headers besides.
func checkHeaders(r *http.Request, extra int) error {
	total := len("Host: \r\n") + len(r.Host) + extra
	for key, values := range r.Header {
		for _, v := range values {
			total += len(key) + len(v) + len(": \r\n")
		}
		if err := checkHeader(key, values, r.Header); err != nil {
			return err
		}
	}
	if total > maxHeaders {
		return errHeaders()
	}
	return checkConnection(r.Header)
}

func checkHeader(key string, values []string, all http.Header) error {
	for _, v := range values {
		if !isPrintable(v) {
			return badRequest("The header " + key + " has a byte in it that is not printable ASCII")
		}
	}
	if len(values) > 1 && (key == "Content-Type" || key == "Content-Length" || key == "Origin") {
		return badRequest("The header " + key + " is repeated")
	}
	if strings.IndexByte(key, '_') < 0 {
		return nil
	}
	shadowed := http.CanonicalHeaderKey(strings.ReplaceAll(key, "_", "-"))
	if _, both := all[shadowed]; both || isOurs(shadowed) {
		return badRequest("The header " + key + " reads like " + shadowed + "; write it with -")
	}
	return nil
}

// isPrintable tells printable ASCII and tabs.
func isPrintable(v string) bool {
	for i := range len(v) {
		if c := v[i]; c >= 0x7f || c < ' ' && c != '\t' {
			return false
		}
	}
	return true
}

// isHost tells a request for one host, of what host names and ports are made of.
// HTTP/2 passes any text on, and a Host beside it; mappings and templates write it
// where they would a word of the gateway's own.
func isHost(r *http.Request) bool {
	if also := r.Header["Host"]; len(also) > 1 || len(also) == 1 && also[0] != r.Host {
		return false
	}
	return !strings.ContainsFunc(r.Host, func(c rune) bool {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		return !letter && (c < '0' || c > ':') && c != '.' && c != '-' && c != '_' && c != '[' && c != ']'
	})
}

// headerValue is a header in canonical spelling.
type headerValue struct{ key, value string }

// setHeaders puts values that are not empty in place of any others.
func setHeaders(h http.Header, list []headerValue) {
	values := make([]string, len(list))
	for i, p := range list {
		if values[i] = p.value; p.value != "" {
			h[p.key] = values[i : i+1 : i+1]
		}
	}
}

// hopTokens may stand in Connection without naming a header of the request.
var hopTokens = []string{"close", "keep-alive", "te", "trailer", "upgrade", "http2-settings", "proxy-connection"}

// checkConnection refuses a Connection header that would remove what matters,
// and protocols other than HTTP.
func checkConnection(h http.Header) error {
	for name := range connectionNames(h) {
		if !slices.Contains(hopTokens, strings.ToLower(name)) && isOurs(http.CanonicalHeaderKey(name)) {
			return badRequest("The Connection header names " + name)
		}
	}
	for _, v := range h["Upgrade"] {
		// RFC 9110 section 7.8 lets a server ignore an upgrade; Java's client
		// offers h2c with every call.
		if !strings.EqualFold(strings.TrimSpace(v), "h2c") {
			return errUpgrade()
		}
	}
	return nil
}

// connectionNames yields the names in Connection headers.
func connectionNames(h http.Header) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range h["Connection"] {
			for name := range strings.SplitSeq(v, ",") {
				if name = strings.Trim(name, " \t"); name != "" && !yield(name) {
					return
				}
			}
		}
	}
}

// passing are those of a client's headers that a backend sees.
func passing(received http.Header) http.Header {
	out := make(http.Header, len(received))
	for key, values := range received {
		if !neverForwarded(key) {
			out[key] = slices.Clip(values)
		}
	}
	stripNamed(out, received)
	return out
}

// strip removes from h what no backend sees: h holds a client's headers.
func strip(h, received http.Header) {
	for key := range h {
		if neverForwarded(key) {
			delete(h, key)
		}
	}
	stripNamed(h, received)
}

// stripNamed removes what only the values of headers tell: those of one hop, and
// signatures.
func stripNamed(h, received http.Header) {
	for name := range connectionNames(received) {
		delete(h, http.CanonicalHeaderKey(name))
	}
	stripSignature(h)
}

// stripSignature removes AWS signatures, which are somebody's secrets.
func stripSignature(h http.Header) {
	isAWS := func(v string) bool { return strings.HasPrefix(v, "AWS") }
	sent := h["Authorization"]
	if !slices.ContainsFunc(sent, isAWS) {
		return
	}
	if kept := slices.DeleteFunc(slices.Clone(sent), isAWS); len(kept) > 0 {
		h["Authorization"] = kept
	} else {
		delete(h, "Authorization")
	}
}

// mayMapRequest tells the headers that a mapping may give to a backend: not
// those that frame the request and those by which the gateway is known.
func mayMapRequest(name string) bool {
	key := http.CanonicalHeaderKey(name)
	return tokenForm().MatchString(name) && !framing[key] && !strings.HasPrefix(key, identityPrefix) && !strings.HasPrefix(key, "X-Amzn-")
}

// framing are the headers of a connection and of a message's length.
var framing = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Te": true, "Trailer": true, "Transfer-Encoding": true,
	"Upgrade": true, "Http2-Settings": true, "Expect": true, "Content-Length": true, "Host": true,
	"Proxy-Authenticate": true, "Proxy-Authorization": true,
}

// mayMapResponse tells the headers that a mapping may give to a caller.
func mayMapResponse(name string) bool {
	key := http.CanonicalHeaderKey(name)
	return tokenForm().MatchString(name) && !framing[key] && !withheld(key)
}

package sigv4

import "strings"

// hop is a kind of thing between signer and service that changes headers.
type hop struct {
	who     string
	headers []string // lower case; a * at the end is any rest
}

// hops are tried in order.
var hops = []hop{
	{"every proxy takes it out or writes its own, because it belongs to one connection", []string{"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "proxy-*"}},
	{"load balancers and reverse proxies add to it", []string{"x-forwarded-*", "forwarded", "via", "x-real-ip", "max-forwards", "x-client-ip", "true-client-ip", "cf-*", "cdn-loop", "x-envoy-*", "x-amz-cf-id"}},
	{"load balancers and tracing agents write their own", []string{"x-amzn-trace-id", "traceparent", "tracestate", "baggage", "x-b3-*", "b3", "uber-trace-id", "x-datadog-*", "x-cloud-trace-context", "x-request-id"}},
	{"caches and CDNs change it", []string{"cache-control", "pragma", "range", "if-*", "age"}},
	{"browsers and HTTP libraries set it themselves", []string{"user-agent", "accept", "accept-*", "origin", "referer", "sec-*", "dnt", "priority", "cookie"}},
	{"HTTP libraries and proxies that buffer the body set it themselves", []string{"content-length", "content-encoding", "content-md5"}},
}

// ChangedBy says in words what changes a header between a signer and a service,
// which is why it should not be signed; empty for a header that nothing is known
// to change. The case of the name does not matter.
func ChangedBy(name string) string {
	name = strings.ToLower(name)
	for _, h := range hops {
		for _, pattern := range h.headers {
			prefix, any := strings.CutSuffix(pattern, "*")
			if name == pattern || any && strings.HasPrefix(name, prefix) {
				return h.who
			}
		}
	}
	return ""
}

func headerCause(name, theirs, ours string) string {
	switch {
	case name == "host" || name == ":authority":
		return hostCause(theirs, ours)
	case name == "x-amz-date" || name == "date":
		return timeCause
	case name == "x-amz-security-token":
		return tokenCause(theirs, ours)
	case name == "x-amz-content-sha256":
		return "The hash of the body in the header is not the one that was signed: the request was signed a second time."
	case strings.TrimSpace(theirs) == "":
		return lostCause(name)
	case strings.Join(strings.Fields(theirs), " ") == strings.Join(strings.Fields(ours), " "):
		return "Only white space differs: in canonical form there is none around a value, and a run of it is one space."
	case name == "content-type":
		return "The content type was changed after signing; clients like to append a charset. Set it in full before signing."
	}
	if who := ChangedBy(name); who != "" {
		return "The header was changed on the way: " + who + ". Leave it out of the signed headers."
	}
	if strings.HasPrefix(theirs, ours+",") || strings.HasSuffix(theirs, ","+ours) {
		return "A hop added a second value to the header: a proxy, or the client's own defaults. Leave it out of the signed headers, or set it in one place."
	}
	return "The header was changed after signing, by a proxy or by the client's own defaults. Leave it out of the signed headers, or sign last."
}

// lostCause is for a header that did not reach the service.
func lostCause(name string) string {
	if who := ChangedBy(name); who != "" {
		return "The header was signed and did not reach the service: " + who + ". Leave it out of the signed headers."
	}
	return "The header was signed and did not reach the service: a proxy took it out, or the client did not send it. Leave it out of the signed headers, or let it through."
}

func hostCause(theirs, ours string) string {
	a, b := stripPort(theirs), stripPort(ours)
	switch {
	case strings.EqualFold(theirs, ours):
		return "Only the case of the host differs: sign the Host header as it is sent."
	case strings.EqualFold(a, b) && (a == theirs || b == ours):
		return "One side has the port and the other not: sign the Host header as it is sent."
	case strings.EqualFold(a, b):
		return "The port differs: the request was signed for another port than it was sent to, for instance that of a proxy on this machine."
	}
	return "The request reached the service under another host: a proxy or a CDN rewrote the Host header. Sign for the host that the service sees, or have the proxy keep it."
}

func tokenCause(theirs, ours string) string {
	switch {
	case theirs == "":
		return "The session token was signed and did not reach the service: send X-Amz-Security-Token."
	case ours == "":
		return "A session token was sent that was not signed: give the signer the token together with the key."
	}
	return "The session token is another one than was signed: key and token must be of one set of credentials."
}

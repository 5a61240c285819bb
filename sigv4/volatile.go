package sigv4

import (
	"net/http"
	"strings"
)

// volatileHeaders change between the signer and the verifier: those of one hop
// (RFC 9110 section 7.6.1) and those that transports and proxies add or rewrite.
var volatileHeaders = map[string]bool{
	"Authorization": true, "Connection": true, "Keep-Alive": true, "Te": true, "Trailer": true,
	"Transfer-Encoding": true, "Upgrade": true, "Expect": true, "User-Agent": true, "Max-Forwards": true,
	"Forwarded": true, "Via": true, "Traceparent": true, "Tracestate": true, "X-Amzn-Trace-Id": true,
	"Cache-Control": true, "Pragma": true, "Range": true, "Accept-Encoding": true,
}

// volatilePrefixes are families of such headers.
var volatilePrefixes = [...]string{"Proxy-", "Sec-", "X-Forwarded-"}

func volatile(name string) bool {
	name = http.CanonicalHeaderKey(name)
	for _, p := range volatilePrefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return volatileHeaders[name]
}

func refuseVolatile(names []string) error {
	for _, name := range names {
		if volatile(name) {
			return unsignable("the header " + name + " changes on the way: take it out of SignHeaders")
		}
	}
	return nil
}

// nominated says whether a Connection header makes a name one of its hop.
func nominated(connection []string, name string) bool {
	for _, v := range connection {
		for token := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.Trim(token, " \t"), name) {
				return true
			}
		}
	}
	return false
}

// isAmz says whether a header is one of AWS's, x-amz-*, which must be signed.
func isAmz(key string) bool {
	return len(key) > 6 && strings.EqualFold(key[:6], "X-Amz-")
}

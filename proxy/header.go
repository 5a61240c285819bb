package proxy

import (
	"net/http"
	"strings"
)

// hopByHop are the headers of one connection (RFC 9110 section 7.6.1), those that
// clients still send as such, and those that net/http writes itself.
var hopByHop = map[string]bool{
	"Connection": true, "Proxy-Connection": true, "Keep-Alive": true, "Te": true, "Trailer": true,
	"Transfer-Encoding": true, "Upgrade": true, "Proxy-Authenticate": true, "Proxy-Authorization": true,
}

// signature are the headers in which a client's own signature comes.
var signature = map[string]bool{
	"Authorization": true, "X-Amz-Date": true, "X-Amz-Security-Token": true, "X-Amz-Content-Sha256": true, "X-Amz-Region-Set": true,
}

// headers are those of one attempt, before it is signed. The values are the
// client's own and must not be changed.
func (x *exchange) headers() http.Header {
	in, pl := x.r.Header, x.plan
	h := make(http.Header, len(in)+5)
	hop := in["Connection"]
	for key, values := range in {
		if !hopByHop[key] && !signature[key] && !pl.strip[key] && !named(hop, key) {
			h[key] = values
		}
	}
	delete(h, "Content-Length") // the transport's
	delete(h, "Expect")         // answered here
	if h["User-Agent"] == nil {
		h["User-Agent"] = nil // net/http would name itself
	}
	if named(in["Te"], "trailers") {
		h["Te"] = []string{"trailers"}
	}
	if own := in["Authorization"]; pl.keepAuth && len(own) == 1 && !strings.HasPrefix(own[0], "AWS4-") {
		h["X-Original-Authorization"] = own
	}
	for key, values := range pl.set {
		h[key] = values
	}
	if x.upgrade {
		h["Connection"], h["Upgrade"] = []string{"Upgrade"}, []string{"websocket"}
	}
	return h
}

// dropHops takes the headers of one connection out of an answer.
func dropHops(h http.Header) {
	for _, v := range h["Connection"] {
		for name := range strings.SplitSeq(v, ",") {
			h.Del(strings.Trim(name, " \t"))
		}
	}
	for key := range hopByHop {
		delete(h, key)
	}
}

// named says whether a list in headers has a token, whatever the case.
func named(lists []string, token string) bool {
	for _, v := range lists {
		for name := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.Trim(name, " \t"), token) {
				return true
			}
		}
	}
	return false
}

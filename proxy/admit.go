package proxy

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/loopback"
	"github.com/gatepass/gatepass/internal/wire"
)

// refusalf is an answer of the proxy itself.
func refusal(status int, code, text string) *wire.Error {
	return &wire.Error{Status: status, Code: code, Message: "gatepass proxy: " + text}
}

// admit refuses requests that a page of the web makes a browser send: to a name
// that was pointed at this machine, or from another origin. With the credentials
// of the proxy they could do, and read, what its user can.
func (pl *plan) admit(r *http.Request) error {
	if r.Method == http.MethodTrace || r.Method == http.MethodConnect { // RFC 9110 sections 9.3.6 and 9.3.8
		return refusal(http.StatusMethodNotAllowed, "MethodNotAllowedException",
			"the method "+r.Method+" is not passed on: it opens a tunnel, or has the credentials sent back")
	}
	if !pl.expects(r.Host) {
		return refusal(http.StatusForbidden, "ForbiddenHostException", "the Host "+quoted(r.Host)+" is not one this proxy answers to, unless it is named (--host)")
	}
	if pl.foreign(r) {
		return refusal(http.StatusForbidden, "ForbiddenOriginException", "pages of the origin "+quoted(r.Header.Get("Origin"))+" may not use this proxy, unless it is named (--origin)")
	}
	return nil
}

// quoted shows what a client sent, shortened.
func quoted(s string) string {
	if len(s) > 100 {
		s = s[:100] + "..."
	}
	return "'" + s + "'"
}

func (pl *plan) expects(host string) bool {
	name, fixed := loopback.Fixed(host)
	return fixed || slices.Contains(pl.names, name) || slices.Contains(pl.names, "*")
}

// foreign follows what browsers say of the page that made a request (Fetch
// Metadata, and Origin of the Fetch standard). Other clients say nothing.
func (pl *plan) foreign(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		if slices.Contains(pl.origins, origin) {
			return false
		}
		u, err := url.Parse(origin)
		return err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host)
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return true
}

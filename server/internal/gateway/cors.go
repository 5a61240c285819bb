package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// signingHeaders are what a browser needs to send a signed call
// (API Gateway Developer Guide, "Enabling CORS").
const signingHeaders = "Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token"

// exposed are what a client needs to understand a refusal and correct its clock.
var (
	exposed     = []string{"x-amzn-RequestId", "x-amzn-ErrorType", "Date"}
	exposedHTTP = []string{"apigw-requestid", "Date"}
)

// corsOrigin gives the value of Access-Control-Allow-Origin, or "" for an origin
// that may not read the answer.
func corsOrigin(c *apidef.CORS, origin string) string {
	switch {
	case origin == "":
		return ""
	case slices.Contains(c.AllowOrigins, "*"):
		return "*"
	case slices.Contains(c.AllowOrigins, origin), slices.Contains(c.AllowOrigins, anyOf(origin)):
		return origin
	}
	return ""
}

// anyOf is how an HTTP API says any origin of this one's scheme: https://*.
func anyOf(origin string) string {
	scheme, _, _ := strings.Cut(origin, "://")
	return scheme + "://*"
}

// applyCORS puts the API's CORS headers in place of any others.
func applyCORS(a *api, h http.Header, origin string) {
	c := a.CORS
	for key := range h {
		if strings.HasPrefix(key, "Access-Control-") {
			delete(h, key)
		}
	}
	allow := corsOrigin(c, origin)
	if allow != "*" {
		h.Add("Vary", "Origin")
	}
	if allow == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", allow)
	list := slices.Clone(exposed)
	if a.isHTTP() {
		list = slices.Clone(exposedHTTP)
	}
	for _, key := range []string{headerDecision, headerDenial} { // why it was denied, where that is told
		if h.Get(key) != "" {
			list = append(list, key)
		}
	}
	h.Set("Access-Control-Expose-Headers", strings.Join(append(list, c.ExposeHeaders...), ","))
	if c.AllowCredentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
}

// isPreflight tells a browser's question about a call to come (Fetch Standard,
// "CORS-preflight request"), which the gateway answers itself.
func (c *call) isPreflight() bool {
	h := c.r.Header
	return c.api.CORS != nil && c.r.Method == http.MethodOptions &&
		h.Get("Access-Control-Request-Method") != "" && h.Get("Origin") != ""
}

// preflightHeaders are added to the answer to a preflight.
func (c *call) preflightHeaders(h http.Header) {
	cors := c.api.CORS
	if corsOrigin(cors, c.r.Header.Get("Origin")) == "" {
		return
	}
	allowed := cors.AllowMethods
	switch {
	case len(allowed) == 0:
		allowed = c.api.answers(c.target.Path)
	case slices.Contains(allowed, "*"): // not with credentials (Fetch Standard)
		allowed = methods
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(allowed, ","))
	headers := signingHeaders
	if len(cors.AllowHeaders) > 0 {
		headers = strings.Join(cors.AllowHeaders, ",")
	}
	if slices.Contains(cors.AllowHeaders, "*") { // * does not cover Authorization (Fetch Standard)
		headers = c.r.Header.Get("Access-Control-Request-Headers")
		h.Add("Vary", "Access-Control-Request-Headers")
	}
	if headers != "" {
		h.Set("Access-Control-Allow-Headers", headers)
	}
	if cors.MaxAge > 0 {
		h.Set("Access-Control-Max-Age", strconv.Itoa(int(cors.MaxAge/time.Second)))
	}
}

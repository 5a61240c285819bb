package gateway

import (
	"net/http"
	"time"
)

// Auth says what a route asks of its caller, in API Gateway's words
// (authorizationType). There is no default: the zero value is refused.
type Auth string

// The authorization types gatepass enforces.
const (
	AuthIAM  Auth = "AWS_IAM" // a verified signature and an allowing policy
	AuthNone Auth = "NONE"    // anyone
)

// API is a REST API (API Gateway Developer Guide, "REST APIs").
type API struct {
	ID      string // lower-case letters and digits; the first label of its host
	Name    string
	Stages  []Stage
	Domains []Domain // hosts of its own, in addition to ID.execute-api.*
	CORS    *CORS    // nil: nothing is added and preflights are ordinary calls
	Routes  []Route
}

// Stage is a deployment of an API, the first segment of its URLs. Name is of
// [A-Za-z0-9_-]{1,128}.
type Stage struct {
	Name string
}

// Domain serves one stage of an API on a host, under a base path (API Gateway
// Developer Guide, "API mappings"): the longest matching base path wins.
type Domain struct {
	Host     string // host name; with a port it matches only that port
	BasePath string // segments without slashes around them, "v1" or "orders/v1"; empty: everything else on the host
	Stage    string
}

// CORS is what browsers on other origins may do. A preflight is answered
// without authentication, what a backend says about CORS is replaced, and the
// gateway's own refusals carry the headers too.
type CORS struct {
	AllowOrigins     []string      // exact origins, or "*" (not with AllowCredentials)
	AllowMethods     []string      // empty: those the resource answers
	AllowHeaders     []string      // empty: what a signing browser sends; "*": whatever a preflight asks for
	ExposeHeaders    []string      // x-amzn-RequestId, x-amzn-ErrorType and Date are always exposed
	MaxAge           time.Duration // zero: the header is not sent
	AllowCredentials bool
}

// Route is a resource path with the methods it answers.
//
// Path is made of segments: static text, {name} for one segment, {name+} for one
// or more, last. Static wins over {name}, that over {name+}, segment by segment,
// and a more general path answers the methods a more specific one lacks.
type Route struct {
	Path        string   // "/", "/notes/{id}", "/{proxy+}"
	Methods     []string // GET, POST, …, or ANY for DELETE GET HEAD OPTIONS PATCH POST PUT
	Auth        Auth
	Integration Integration
	// EncodedSlash lets %2F pass in path variables; otherwise such a path is
	// refused, because backends disagree on what it means.
	EncodedSlash bool
}

// Integration is where a call goes: exactly one of URI and Handler.
type Integration struct {
	// URI of an HTTP backend. Without a path ("http://10.0.0.7:8080") the
	// backend sees the path after the stage. With one it sees exactly that
	// path, {name} and {proxy} in it replaced by the bytes the caller sent.
	URI string
	// Handler answers in this process; it receives the request a backend
	// without a path would, path variables also as PathValue (decoded).
	Handler http.Handler
	// Timeout until the whole answer is there; 50 ms to 29 s, zero: 29 s. For a
	// Handler it is the deadline of the request's context.
	Timeout time.Duration
	// Headers names unsigned request headers to forward besides the usual ones.
	Headers []string
}

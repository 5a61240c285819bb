package gateway

import (
	"cmp"
	"encoding/json"
	"hash/fnv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

const codeDenied = "AccessDeniedException"

// facts are what the steps of a call note for $context; the zero value is nothing.
type facts struct {
	extendedID         string // $context.extendedRequestId
	validation         string // $context.error.validationErrorString
	integrationStatus  int    // of the backend's answer; for Lambda what the function said
	lambdaStatus       int    // of the Lambda service's answer
	integrationError   string
	integrationRequest string // request id of the backend
	socket             *socketFacts
	opened             *socket // the connection that a handshake opened
}

// socketFacts are those of a WebSocket connection and the message under way.
type socketFacts struct {
	connectionID string
	connectedAt  time.Time
	eventType    string // CONNECT, MESSAGE or DISCONNECT
	messageID    string
	routeKey     string
	closeCode    int // of DISCONNECT
	closeReason  string
}

// contextVar gives the value of $context.NAME ("API Gateway mapping template and
// access logging variable reference", "Customizing HTTP API access logs"), empty
// where it does not apply to this call, and whether there is such a variable. The
// value is raw: who puts it into a header, a JSON text or a line escapes it.
func (c *call) contextVar(name string) (string, bool) {
	group, rest, ok := strings.Cut(name, ".")
	if !ok {
		if v, ok := c.requestVar(name); ok {
			return v, true
		}
		return c.answerVar(name)
	}
	switch group {
	case "identity":
		return c.identityVar(rest)
	case "error":
		return c.errorVar(rest)
	case "authorizer":
		return c.authorizerVar(rest)
	case "integration":
		return c.integrationVar(rest)
	case "authenticate", "authorize":
		return c.phaseVar(group, rest)
	case "waf":
		return "", rest == "error" || rest == "latency" || rest == "status"
	case "customDomain":
		return "", rest == "basePathMatched"
	}
	return "", false
}

// requestVar are the variables that the request alone decides.
func (c *call) requestVar(name string) (string, bool) {
	switch name {
	case "accountId":
		return c.g.AccountID, true
	case "apiId":
		return c.target.API, true
	case "stage":
		return c.target.Stage, true
	case "requestId":
		return c.id, true
	case "extendedRequestId":
		return cmp.Or(c.extendedID, c.id), true
	case "httpMethod":
		return c.r.Method, true
	case "protocol":
		return c.r.Proto, true
	case "path":
		return c.contextPath(), true
	case "domainName":
		return hostname(c.r.Host), true
	case "domainPrefix":
		prefix, _, _ := strings.Cut(hostname(c.r.Host), ".")
		return prefix, true
	case "requestTime":
		return clfTime(c.now), true
	case "requestTimeEpoch":
		return strconv.FormatInt(c.now.UnixMilli(), 10), true
	case "xrayTraceId":
		return c.traceID, true
	}
	return c.placeVar(name)
}

// placeVar are the variables of the route, and those of a connection.
func (c *call) placeVar(name string) (string, bool) {
	switch name {
	case "deploymentId":
		if c.stage == nil {
			return "", true
		}
		return c.stage.Deployment, true
	case "resourcePath":
		if c.route == nil {
			return "", true
		}
		return c.route.Path, true
	case "resourceId":
		if c.route == nil {
			return "", true
		}
		return resourceID(c.route.Path), true
	case "operationName":
		if c.route == nil {
			return "", true
		}
		return c.route.OperationName, true
	case "routeKey":
		return c.routeKey(), true
	}
	return c.socketVar(name)
}

func (c *call) socketVar(name string) (string, bool) {
	s := c.socket
	if s == nil {
		s = &socketFacts{}
	}
	switch name {
	case "connectionId":
		return s.connectionID, true
	case "eventType":
		return s.eventType, true
	case "messageId":
		return s.messageID, true
	case "connectedAt":
		if s.connectedAt.IsZero() {
			return "", true
		}
		return strconv.FormatInt(s.connectedAt.UnixMilli(), 10), true
	}
	return "", false
}

// answerVar are the variables that are known in the end.
func (c *call) answerVar(name string) (string, bool) {
	switch name {
	case "status":
		return number(c.out.status), true
	case "responseLength", "dataProcessed":
		return strconv.FormatInt(c.out.written, 10), true
	case "responseLatency":
		return milliseconds(time.Since(c.start)), true
	case "integrationLatency":
		return c.integrationVar("latency")
	case "integrationStatus":
		return c.integrationVar("status")
	case "integrationErrorMessage":
		return c.integrationVar("error")
	case "awsEndpointRequestId":
		return c.integrationVar("requestId")
	case "awsEndpointRequestId2", "wafResponseCode", "webaclArn", "tlsVersion", "cipherSuite", "endpointType":
		return "", true
	}
	return "", false
}

func (c *call) identityVar(name string) (string, bool) {
	id := &c.identity
	switch name {
	case "sourceIp":
		return id.SourceIP, true
	case "userAgent":
		return c.r.UserAgent(), true
	case "userArn":
		return id.UserARN, true
	case "user", "caller":
		return id.UserID, true
	case "accountId":
		return id.AccountID, true
	case "accessKey":
		return id.AccessKeyID, true
	case "cognitoIdentityId":
		return id.IdentityID, true
	case "cognitoIdentityPoolId":
		return id.IdentityPoolID, true
	case "cognitoAuthenticationType":
		return id.AuthenticationType, true
	case "cognitoAuthenticationProvider":
		return id.AuthenticationProvider, true
	case "apiKey":
		return string(c.auth.key.Value), true
	case "apiKeyId":
		return c.auth.key.ID, true
	case "principalOrgId", "vpcId", "vpceId":
		return "", true
	}
	return "", strings.HasPrefix(name, "clientCert.")
}

func (c *call) errorVar(name string) (string, bool) {
	e := c.refusal()
	switch name {
	case "message":
		return e.Message, true
	case "messageString":
		if e.Message == "" {
			return "", true
		}
		return jsonString(e.Message), true
	case "responseType":
		return responseType(e), true
	case "validationErrorString":
		return c.validation, true
	}
	return "", false
}

// refusal is what the call was refused with; the zero value if it was not.
func (c *call) refusal() *wire.Error {
	if c.event.Err == nil {
		return &wire.Error{}
	}
	return asRefusal(c.event.Err)
}

// authorizerVar has the claims of a token, and what a Lambda authorizer answered.
// Any name may be one that an authorizer gives.
func (c *call) authorizerVar(name string) (string, bool) {
	if claim, ok := strings.CutPrefix(name, "claims."); ok {
		return c.auth.claims[claim], claim != ""
	}
	if name == "principalId" && c.auth.principalID != "" {
		return c.auth.principalID, true // whatever a context says, which may be of the caller's making
	}
	if v, ok := c.auth.context[name]; ok {
		return contextText(v), true
	}
	switch {
	case name == "principalId":
		return "", true
	case (name == "latency" || name == "integrationLatency") && c.auth.latency != 0:
		return milliseconds(c.auth.latency), true
	}
	return "", name != ""
}

// contextText is a value of a Lambda authorizer as text.
func contextText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

func (c *call) integrationVar(name string) (string, bool) {
	switch name {
	case "latency":
		if c.event.Integration == 0 {
			return "", true
		}
		return milliseconds(c.event.Integration), true
	case "status":
		return number(c.integrationStatus), true
	case "integrationStatus":
		return number(cmp.Or(c.lambdaStatus, c.integrationStatus)), true
	case "error":
		return cmp.Or(c.integrationError, c.backendError()), true
	case "requestId":
		return c.integrationRequest, true
	}
	return "", false
}

// backendError is why there is no answer of the backend, in one line.
func (c *call) backendError() string {
	e := c.refusal()
	if e.Code != codeBackend || e.Err == nil {
		return ""
	}
	line, _, _ := strings.Cut(e.Err.Error(), "\n")
	return line
}

// phaseVar are the two steps before an integration: authenticate is about the
// signature and authorize about the policies.
func (c *call) phaseVar(phase, name string) (string, bool) {
	if name == "latency" {
		return "", true
	}
	if name != "status" && name != "error" || c.route == nil || c.route.Auth != apidef.AuthIAM {
		return "", name == "status" || name == "error"
	}
	e := c.refusal()
	authenticated := c.identity.UserARN != ""
	reached := phase == "authenticate" || authenticated
	failed := e.Status != 0 && (phase == "authenticate" && !authenticated || phase == "authorize" && e.Code == codeDenied)
	switch {
	case !reached:
		return "", true
	case name == "status" && failed:
		return number(e.Status), true
	case name == "status":
		return number(http.StatusOK), true
	case failed:
		return e.Message, true
	}
	return "", true
}

// contextPath is the path as it was sent, with the stage; less what stands for
// the host in the path form of an address.
func (c *call) contextPath() string {
	path, _, _ := strings.Cut(c.r.RequestURI, "?")
	if _, rest, ok := pathForm(path); ok {
		return rest
	}
	return path
}

// routeKey is the route as an HTTP or WebSocket API names it.
func (c *call) routeKey() string {
	switch {
	case c.socket != nil:
		return c.socket.routeKey
	case c.route == nil:
		return ""
	case c.route.Path == "$default":
		return c.route.Path
	}
	for _, m := range c.route.Methods {
		if m == methodAny {
			return methodAny + " " + c.route.Path
		}
	}
	return c.r.Method + " " + c.route.Path
}

// resourceID names a resource as API Gateway would: the same for the same path.
func resourceID(path string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(path)) // a hash takes everything
	id := strconv.FormatUint(uint64(h.Sum32()), 36)
	return strings.Repeat("0", 7-len(id)) + id
}

// knownContext tells whether there is a variable $context.NAME.
func knownContext(name string) bool {
	nobody := &call{g: &Gateway{}, r: &http.Request{URL: &url.URL{}}, out: &response{}}
	_, ok := nobody.contextVar(name)
	return ok
}

// clfTime is the time in the Common Log Format, 15/Jan/2026:10:20:30 +0000.
func clfTime(t time.Time) string { return t.UTC().Format("02/Jan/2006:15:04:05 -0700") }

// jsonString is a text as JSON has it, quotes included.
func jsonString(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a text always marshals
	return strings.TrimSuffix(b.String(), "\n")
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// number writes what is counted; zero is nothing.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

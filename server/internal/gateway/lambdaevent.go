package gateway

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// event1 is what a Lambda function gets of a REST API, and of an HTTP API that
// asks for payload version 1.0 ("Set up Lambda proxy integrations in API
// Gateway", "input format"). What is empty is null, not left out.
type event1 struct {
	Version        string              `json:"version,omitempty"` // HTTP APIs only
	Resource       string              `json:"resource"`
	Path           string              `json:"path"`
	Method         string              `json:"httpMethod"`
	Headers        map[string]string   `json:"headers"`
	MultiHeaders   map[string][]string `json:"multiValueHeaders"`
	Query          map[string]string   `json:"queryStringParameters"`
	MultiQuery     map[string][]string `json:"multiValueQueryStringParameters"`
	PathParams     map[string]string   `json:"pathParameters"`
	StageVariables map[string]string   `json:"stageVariables"`
	Context        eventContext        `json:"requestContext"`
	Body           *string             `json:"body"`
	Base64         bool                `json:"isBase64Encoded"`
}

// eventContext is the requestContext of payload version 1.0.
type eventContext struct {
	ResourceID        *string        `json:"resourceId"` // null on HTTP APIs
	Authorizer        map[string]any `json:"authorizer,omitempty"`
	ResourcePath      string         `json:"resourcePath"`
	OperationName     string         `json:"operationName,omitempty"`
	Method            string         `json:"httpMethod"`
	ExtendedRequestID string         `json:"extendedRequestId"`
	RequestTime       string         `json:"requestTime"`
	Path              string         `json:"path"`
	AccountID         string         `json:"accountId"`
	Protocol          string         `json:"protocol"`
	Stage             string         `json:"stage"`
	DomainPrefix      string         `json:"domainPrefix"`
	RequestTimeEpoch  int64          `json:"requestTimeEpoch"`
	RequestID         string         `json:"requestId"`
	Identity          eventIdentity  `json:"identity"`
	DomainName        string         `json:"domainName"`
	DeploymentID      string         `json:"deploymentId,omitempty"`
	APIID             string         `json:"apiId"`
}

// eventIdentity is requestContext.identity: every key is always there, null
// where it does not apply, but for the API key's.
type eventIdentity struct {
	IdentityPoolID *string   `json:"cognitoIdentityPoolId"`
	AccountID      *string   `json:"accountId"`
	IdentityID     *string   `json:"cognitoIdentityId"`
	Caller         *string   `json:"caller"`
	SourceIP       *string   `json:"sourceIp"`
	OrgID          *string   `json:"principalOrgId"`
	AccessKey      *string   `json:"accessKey"`
	AuthType       *string   `json:"cognitoAuthenticationType"`
	AuthProvider   *string   `json:"cognitoAuthenticationProvider"`
	UserARN        *string   `json:"userArn"`
	UserAgent      *string   `json:"userAgent"`
	User           *string   `json:"user"`
	APIKey         string    `json:"apiKey,omitempty"`
	APIKeyID       string    `json:"apiKeyId,omitempty"`
	AMR            *[]string `json:"cognitoAmr,omitempty"` // HTTP APIs only
}

// orNull is null for an empty text.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// eventIdentity is who called, for payload version 1.0 and WebSocket events.
func (c *call) eventIdentity() eventIdentity {
	id := &c.identity
	return eventIdentity{
		IdentityPoolID: orNull(id.IdentityPoolID), AccountID: orNull(id.AccountID), IdentityID: orNull(id.IdentityID),
		Caller: orNull(id.UserID), SourceIP: orNull(id.SourceIP), AccessKey: orNull(id.AccessKeyID),
		AuthType: orNull(id.AuthenticationType), AuthProvider: orNull(id.AuthenticationProvider),
		UserARN: orNull(id.UserARN), UserAgent: orNull(c.r.UserAgent()), User: orNull(id.UserID),
		APIKey: string(c.auth.key.Value), APIKeyID: c.auth.key.ID,
	}
}

// amr is how the caller was authenticated at the identity pool: the type, then
// the provider and the user at it.
func (id *Identity) amr() []string {
	if id.AuthenticationType == "" {
		return nil
	}
	out := []string{id.AuthenticationType}
	if id.AuthenticationProvider != "" {
		out = append(out, strings.Split(id.AuthenticationProvider, ",")...)
	}
	return out
}

// event1 builds the event of payload version 1.0 from what was admitted.
func (c *call) event1(a *admitted, binary bool) ([]byte, error) {
	h := c.eventHeaders(a)
	e := event1{
		Resource: c.route.Path, Path: c.eventPath(), Method: a.method,
		Headers: map[string]string{}, MultiHeaders: h,
		PathParams: c.pathParams(), StageVariables: c.stage.Variables, Context: c.eventContext(),
	}
	for name, values := range h {
		e.Headers[name] = values[len(values)-1]
	}
	e.MultiQuery = parseQuery(a.query)
	if len(e.MultiQuery) > 0 {
		e.Query = map[string]string{}
	}
	for name, values := range e.MultiQuery {
		e.Query[name] = values[len(values)-1]
	}
	if len(e.StageVariables) == 0 {
		e.StageVariables = nil
	}
	if len(a.body) > 0 {
		text, encoded := eventBody(a.body, binary)
		e.Body, e.Base64 = &text, encoded
	}
	if c.api.isHTTP() {
		e.Version, e.Path = "1.0", c.contextPath()
	}
	return marshalEvent(e)
}

func (c *call) eventContext() eventContext {
	x := eventContext{
		Authorizer: c.eventAuthorizer(), ResourcePath: c.route.Path, OperationName: c.route.OperationName,
		Method: c.r.Method, ExtendedRequestID: cmp.Or(c.extendedID, c.id), RequestTime: clfTime(c.now),
		Path: c.contextPath(), AccountID: c.g.AccountID, Protocol: c.r.Proto, Stage: c.stage.Name,
		RequestTimeEpoch: c.now.UnixMilli(), RequestID: c.id, Identity: c.eventIdentity(),
		DomainName: hostname(c.r.Host), DeploymentID: c.stage.Deployment, APIID: c.target.API,
	}
	x.DomainPrefix, _, _ = strings.Cut(x.DomainName, ".")
	if c.api.isHTTP() {
		amr := c.identity.amr()
		x.Identity.AMR = &amr // null is written too
		return x
	}
	x.ResourceID = orNull(resourceID(c.route.Path))
	return x
}

// eventAuthorizer is requestContext.authorizer of payload version 1.0; nil
// without an authorizer.
func (c *call) eventAuthorizer() map[string]any {
	switch c.auth.kind {
	case apidef.CognitoAuthorizer:
		return map[string]any{"claims": c.auth.claims}
	case apidef.JWTAuthorizer:
		return map[string]any{"claims": c.auth.claims, "scopes": c.auth.scopes}
	case apidef.TokenAuthorizer, apidef.RequestAuthorizer:
		out := map[string]any{}
		for name, value := range c.auth.context {
			out[name] = value
		}
		out["principalId"] = c.auth.principalID
		out["integrationLatency"] = c.auth.latency.Milliseconds()
		return out
	}
	return nil
}

// eventHeaders are the headers of an event: those admitted, the host, and what
// the gateway says of the connection. Who called is in the event's context.
func (c *call) eventHeaders(a *admitted) http.Header {
	h := a.header.Clone()
	c.addHeaders(h)
	for key := range h {
		if strings.HasPrefix(key, identityPrefix) {
			delete(h, key)
		}
	}
	delete(h, "X-Amzn-Apigateway-Api-Id")
	h["Host"] = []string{c.r.Host}
	return h
}

// eventPath is the path as REST APIs show it: after the stage, or on a domain of
// one's own as it was sent.
func (c *call) eventPath() string {
	if c.onDomain() {
		return c.contextPath()
	}
	return "/" + strings.TrimLeft(c.target.Path, "/")
}

// onDomain tells a call to a domain of the API's own.
func (c *call) onDomain() bool {
	_, rest, _ := strings.Cut(hostname(strings.ToLower(c.r.Host)), ".")
	path, _, _ := strings.Cut(c.r.RequestURI, "?")
	_, _, byPath := pathForm(path)
	return !strings.HasPrefix(rest, "execute-api.") && !byPath
}

// pathParams are the route's variables as they were sent, percent-encoded.
func (c *call) pathParams() map[string]string {
	var out map[string]string
	for i, name := range c.route.names {
		if out == nil {
			out = map[string]string{}
		}
		out[trimGreedy(name)] = c.values[i]
	}
	return out
}

// parseQuery decodes a raw query, + as a blank; nil if there is none. Spelling
// that cannot be decoded stays.
func parseQuery(query string) map[string][]string {
	var out map[string][]string
	for param := range strings.SplitSeq(query, "&") {
		if param == "" {
			continue
		}
		name, value, _ := strings.Cut(strings.ReplaceAll(param, "+", " "), "=")
		if out == nil {
			out = map[string][]string{}
		}
		name = unescape(name)
		out[name] = append(out[name], unescape(value))
	}
	return out
}

// eventBody is a body as the text of an event. Bytes that are no text are
// encoded whatever their type says, so that none is lost.
func eventBody(body []byte, binary bool) (text string, encoded bool) {
	if binary || !utf8.Valid(body) {
		return base64.StdEncoding.EncodeToString(body), true
	}
	return string(body), false
}

// marshalEvent writes JSON as AWS does, without escapes for HTML.
func marshalEvent(event any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(event)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

package gateway

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// event2 is what a Lambda function gets of an HTTP API ("Create AWS Lambda proxy
// integrations for HTTP APIs", payload version 2.0). What is empty is left out.
type event2 struct {
	Version        string            `json:"version"`
	RouteKey       string            `json:"routeKey"`
	RawPath        string            `json:"rawPath"`
	RawQuery       string            `json:"rawQueryString"`
	Cookies        []string          `json:"cookies,omitempty"`
	Headers        map[string]string `json:"headers"`
	Query          map[string]string `json:"queryStringParameters,omitempty"`
	Context        event2Context     `json:"requestContext"`
	PathParams     map[string]string `json:"pathParameters,omitempty"`
	StageVariables map[string]string `json:"stageVariables,omitempty"`
	Body           string            `json:"body,omitempty"`
	Base64         bool              `json:"isBase64Encoded"`
}

type event2Context struct {
	AccountID    string         `json:"accountId"`
	APIID        string         `json:"apiId"`
	Authorizer   map[string]any `json:"authorizer,omitempty"`
	DomainName   string         `json:"domainName"`
	DomainPrefix string         `json:"domainPrefix"`
	HTTP         event2HTTP     `json:"http"`
	RequestID    string         `json:"requestId"`
	RouteKey     string         `json:"routeKey"`
	Stage        string         `json:"stage"`
	Time         string         `json:"time"`
	TimeEpoch    int64          `json:"timeEpoch"`
}

type event2HTTP struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// event2IAM is requestContext.authorizer.iam; here null is written.
type event2IAM struct {
	AccessKey       string         `json:"accessKey"`
	AccountID       string         `json:"accountId"`
	CallerID        string         `json:"callerId"`
	CognitoIdentity *event2Cognito `json:"cognitoIdentity"`
	PrincipalOrgID  *string        `json:"principalOrgId"`
	UserARN         string         `json:"userArn"`
	UserID          string         `json:"userId"`
}

type event2Cognito struct {
	AMR            []string `json:"amr"`
	IdentityID     string   `json:"identityId"`
	IdentityPoolID string   `json:"identityPoolId"`
}

// event2 builds the event of payload version 2.0 from what was admitted.
func (c *call) event2(a *admitted) ([]byte, error) {
	h := c.eventHeaders(a)
	e := event2{
		Version: "2.0", RouteKey: c.routeKey(), RawPath: c.contextPath(), RawQuery: a.query,
		Cookies: cookies(h), Headers: map[string]string{}, Context: c.event2Context(),
		PathParams: c.pathParams(), StageVariables: c.stage.Variables,
	}
	delete(h, "Cookie")
	for name, values := range h {
		e.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	for name, values := range parseQuery(a.query) {
		if e.Query == nil {
			e.Query = map[string]string{}
		}
		e.Query[name] = strings.Join(values, ",")
	}
	if len(a.body) > 0 {
		e.Headers["content-length"] = strconv.Itoa(len(a.body))
		e.Body, e.Base64 = eventBody(a.body, !isText(a.header.Get("Content-Type")))
	}
	return marshalEvent(e)
}

func (c *call) event2Context() event2Context {
	x := event2Context{
		AccountID: c.g.AccountID, APIID: c.target.API, Authorizer: c.event2Authorizer(),
		DomainName: hostname(c.r.Host), RequestID: c.id, RouteKey: c.routeKey(), Stage: c.stage.Name,
		Time: clfTime(c.now), TimeEpoch: c.now.UnixMilli(),
		HTTP: event2HTTP{
			Method: c.r.Method, Path: c.contextPath(), Protocol: c.r.Proto,
			SourceIP: c.identity.SourceIP, UserAgent: c.r.UserAgent(),
		},
	}
	x.DomainPrefix, _, _ = strings.Cut(x.DomainName, ".")
	return x
}

// event2Authorizer is what authorised the call, by kind; nil for a route that
// asks for nothing.
func (c *call) event2Authorizer() map[string]any {
	switch {
	case c.route.Auth == apidef.AuthIAM:
		return map[string]any{"iam": c.event2IAM()}
	case c.auth.kind == apidef.JWTAuthorizer:
		return map[string]any{"jwt": map[string]any{"claims": c.auth.claims, "scopes": c.auth.scopes}}
	case c.auth.kind == apidef.RequestAuthorizer:
		return map[string]any{"lambda": c.auth.context}
	}
	return nil
}

func (c *call) event2IAM() event2IAM {
	id := &c.identity
	out := event2IAM{
		AccessKey: id.AccessKeyID, AccountID: id.AccountID, CallerID: id.UserID, UserARN: id.UserARN, UserID: id.UserID,
	}
	if id.IdentityID != "" {
		out.CognitoIdentity = &event2Cognito{AMR: id.amr(), IdentityID: id.IdentityID, IdentityPoolID: id.IdentityPoolID}
	}
	return out
}

// cookies splits the Cookie headers into cookies.
func cookies(h http.Header) []string {
	var out []string
	for _, line := range h["Cookie"] {
		for cookie := range strings.SplitSeq(line, ";") {
			if cookie = strings.Trim(cookie, " \t"); cookie != "" {
				out = append(out, cookie)
			}
		}
	}
	return out
}

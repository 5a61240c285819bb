package gateway

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

// Types of gateway responses that stand for the others.
const (
	default4XX = "DEFAULT_4XX"
	default5XX = "DEFAULT_5XX"
)

// responseTypes are the types of gateway responses (API Gateway Developer Guide,
// "Gateway response types").
var responseTypes = []string{
	"ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE", "BAD_REQUEST_BODY",
	"BAD_REQUEST_PARAMETERS", default4XX, default5XX, "EXPIRED_TOKEN", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT",
	"INVALID_API_KEY", "INVALID_SIGNATURE", "MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE",
	"RESOURCE_NOT_FOUND", "THROTTLED", "UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED",
}

// responseType is the type of gateway response that a refusal is answered with.
func responseType(e *wire.Error) string {
	switch e.Code {
	case "":
		return ""
	case codeDenied:
		return "ACCESS_DENIED"
	case "MissingAuthenticationTokenException":
		return "MISSING_AUTHENTICATION_TOKEN"
	case "InvalidSignatureException", "IncompleteSignatureException", "UnrecognizedClientException":
		return "INVALID_SIGNATURE"
	case "ExpiredTokenException":
		return "EXPIRED_TOKEN"
	case "RequestTooLargeException":
		return "REQUEST_TOO_LARGE"
	case codeThrottled:
		return "THROTTLED"
	case codeQuota:
		return "QUOTA_EXCEEDED"
	case "UnauthorizedException":
		return "UNAUTHORIZED"
	case "ForbiddenException":
		return "INVALID_API_KEY"
	case "NotFoundException":
		return "RESOURCE_NOT_FOUND"
	}
	return faultType(e)
}

// faultType is the type of what went wrong here or behind, and of bad requests.
func faultType(e *wire.Error) string {
	switch {
	case e.Code == codeAuthorizer && errors.As(e.Err, new(*functionError)):
		return "AUTHORIZER_FAILURE"
	case e.Code == codeAuthorizer:
		return "AUTHORIZER_CONFIGURATION_ERROR"
	case errors.As(e.Err, new(misconfigured)):
		return "API_CONFIGURATION_ERROR"
	case e.Status == http.StatusUnsupportedMediaType:
		return "UNSUPPORTED_MEDIA_TYPE"
	case e.Message == "Invalid request body":
		return "BAD_REQUEST_BODY"
	case strings.HasPrefix(e.Message, "Missing required request parameters"):
		return "BAD_REQUEST_PARAMETERS"
	case e.Code == codeBackend && e.Status == http.StatusGatewayTimeout:
		return "INTEGRATION_TIMEOUT"
	case e.Code == codeBackend:
		return "INTEGRATION_FAILURE"
	case e.Status >= http.StatusInternalServerError:
		return default5XX
	}
	return default4XX
}

// gatewayResponse is the API's answer to a refusal: of its type, else of its
// class; the zero value where it has neither, and where no stage is known.
func (c *call) gatewayResponse(e *wire.Error) apidef.GatewayResponse {
	if c.stage == nil {
		return apidef.GatewayResponse{}
	}
	class := default4XX
	if e.Status >= http.StatusInternalServerError {
		class = default5XX
	}
	if r, ok := c.api.Responses[responseType(e)]; ok {
		return r
	}
	return c.api.Responses[class]
}

// refuseREST answers with a refusal as a REST API does, in the API's words where
// it has some.
func (c *call) refuseREST(e *wire.Error) {
	says := c.gatewayResponse(e)
	out := *e
	if says.Status != 0 {
		out.Status = says.Status
	}
	h := c.out.header
	h.Set("Content-Type", "application/json")
	h.Set("x-amzn-ErrorType", e.Code)
	for name, from := range says.Parameters {
		if value, ok := c.parameter(from); ok {
			h.Set(strings.TrimPrefix(name, responseHeader), value)
		}
	}
	switch {
	case len(says.Templates) > 0:
		kind := c.templateType(says.Templates)
		if says.Parameters[responseHeader+"Content-Type"] == "" {
			h.Set("Content-Type", kind)
		}
		c.answer(out.Status, c.fill(says.Templates[kind]))
	case e.Code == codeAuthorizer:
		c.answer(out.Status, `{"message":null}`)
	case e.Code == codeBackend:
		c.answer(out.Status, `{"message": "`+e.Message+`"}`) // with the space that API Gateway puts there
	default:
		wire.WriteError(c.out, wire.RESTGateway, &out)
	}
}

// templateType picks the template of the type that the caller wants most, else
// that of JSON, else any.
func (c *call) templateType(templates map[string]string) string {
	wants, _, _ := strings.Cut(c.r.Header.Get("Accept"), ",")
	wants, _, _ = strings.Cut(wants, ";")
	for _, kind := range []string{strings.TrimSpace(wants), "application/json"} {
		if _, ok := templates[kind]; ok {
			return kind
		}
	}
	return slices.Sorted(maps.Keys(templates))[0]
}

// fill puts values into a template of a gateway response. There is no logic in
// one, only names: $context.error.messageString, $stageVariables.x,
// $method.request.header.x. A name that has no value leaves nothing.
func (c *call) fill(template string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(template, "$")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name := strings.TrimRight(rest[:nameEnd(rest)], ".:-")
		value, ok := c.lookup(name)
		if !ok {
			value, name = "$", ""
		}
		out.WriteString(value)
		template = rest[len(name):]
	}
}

// nameEnd is where a name that a text begins with ends.
func nameEnd(text string) int {
	free := strings.HasPrefix(text, "method.request.") || strings.HasPrefix(text, "context.authorizer.")
	for i := range len(text) {
		if !isNameByte(text[i], free) {
			return i
		}
	}
	return len(text)
}

// parameter is the value of a response parameter: 'text', or a name without $.
func (c *call) parameter(from string) (string, bool) {
	if text, ok := quoted(from); ok {
		return text, true
	}
	value, ok := c.lookup(from)
	return value, ok && value != ""
}

// quoted takes the quotes from 'text'.
func quoted(from string) (string, bool) {
	if len(from) < 2 || from[0] != '\'' || from[len(from)-1] != '\'' {
		return "", false
	}
	return from[1 : len(from)-1], true
}

// lookup gives the value of a name in a gateway response; false for one that is
// no name.
func (c *call) lookup(name string) (string, bool) {
	group, rest, _ := strings.Cut(name, ".")
	switch {
	case rest == "":
		return "", false
	case name == "context.error.messageString":
		if value, _ := c.contextVar("error.messageString"); value != "" {
			return value, true
		}
		return "null", true
	case group == "context":
		value, _ := c.contextVar(rest)
		return value, true
	case group == "stageVariables":
		return c.stage.Variables[rest], true
	}
	of, ok := strings.CutPrefix(name, "method.request.")
	if !ok {
		return "", false
	}
	return c.methodRequest(of)
}

// methodRequest gives a header, the last value of a query parameter, or a path
// variable as it was sent.
func (c *call) methodRequest(name string) (string, bool) {
	group, rest, _ := strings.Cut(name, ".")
	switch group {
	case "header":
		return strings.Join(c.r.Header[http.CanonicalHeaderKey(rest)], ","), true
	case "querystring":
		values := queryValues(c.r.RequestURI, rest)
		return strings.Join(values[max(0, len(values)-1):], ""), true
	case "path":
		if c.route == nil {
			return "", true
		}
		return c.pathParams()[rest], true
	}
	return "", false
}

const responseHeader = "gatewayresponse.header."

// validateResponses holds gateway responses to what can be answered.
func validateResponses(a *apidef.API) error {
	for kind, r := range a.Responses {
		field := "Responses." + kind
		switch {
		case !slices.Contains(responseTypes, kind):
			return invalid("Responses", "%q is not a type of gateway response", kind)
		case r.Status != 0 && (r.Status < 200 || r.Status > 599):
			return invalid(field, "%d is not a status from 200 to 599", r.Status)
		}
		for kind := range r.Templates {
			if !strings.Contains(kind, "/") {
				return invalid(field, "%q is not a content type", kind)
			}
		}
		for name, from := range r.Parameters {
			if err := validateParameter(field, name, from); err != nil {
				return err
			}
		}
	}
	return nil
}

// fixedHeaders are those of an answer that only the gateway sets.
var fixedHeaders = []string{"Content-Length", "Date", "X-Amzn-Errortype"}

func validateParameter(field, name, from string) error {
	header, ok := strings.CutPrefix(name, responseHeader)
	key := http.CanonicalHeaderKey(header)
	if !ok || !tokenForm().MatchString(header) || withheld(key) || slices.Contains(fixedHeaders, key) {
		return invalid(field, "%q is not gatewayresponse.header. and a header that may be set", name)
	}
	if text, is := quoted(from); is {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			return invalid(field, "the value of %q is not printable ASCII", name)
		}
		return nil
	}
	for _, prefix := range []string{"method.request.header.", "method.request.querystring.", "method.request.path.", "stageVariables."} {
		if len(from) > len(prefix) && strings.HasPrefix(from, prefix) {
			return nil
		}
	}
	if variable, is := strings.CutPrefix(from, "context."); is && knownContext(variable) {
		return nil
	}
	return invalid(field, "%q is not 'text', context.NAME, method.request.header.NAME or stageVariables.NAME", from)
}

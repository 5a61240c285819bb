package cli

import (
	"net/http"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
)

// forbidden says what the texts of API Gateway's 403 mean to somebody who did
// sign; the first row that fits decides. What other codes mean, wire knows.
var forbidden = []struct{ code, text, cause string }{
	{"MissingAuthenticationTokenException", "", "no such stage, path or method in this API: check the URL and the method"},
	{"", "Missing Authentication Token", "no such stage, path or method in this API: check the URL and the method"},
	{"UnrecognizedClientException", "", "the server does not know these credentials any more: gatepass login"},
	{"ForbiddenException", "", "no such API or stage, or an API key, a WAF rule or the API's resource policy is in the way"},
	{"", "Forbidden", "no such API or stage, or an API key, a WAF rule or the API's resource policy is in the way"},
}

// refusal turns an answer of 400 or more, whose body the user has seen, into an
// error with the likely cause.
func refusal(resp *http.Response, body []byte) error {
	e := wire.ReadError(resp.StatusCode, resp.Header, body)
	out := &statusError{status: resp.Status, code: e.Code, err: e}
	if e.Code == http.StatusText(resp.StatusCode) {
		out.code = "" // the status has said it
	}
	if cause := cause(e); cause != "" {
		return hintf(out, "%s", cause)
	}
	return out
}

func cause(e *wire.Error) string {
	if e.Status != http.StatusForbidden {
		return e.Cause
	}
	for _, f := range forbidden {
		if (f.code == "" || f.code == e.Code) && strings.Contains(e.Message, f.text) {
			return f.cause
		}
	}
	if e.Cause != "" {
		return e.Cause
	}
	return "the answer does not look like the gateway's: the API itself may have refused"
}

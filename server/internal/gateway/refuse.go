package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/sigv4"
)

// refusal is an answer of the gateway's own, in the envelope of REST APIs.
type refusal struct {
	status    int
	errorType string // x-amzn-ErrorType
	message   string
	key       string // of the body's only member; empty: message
	spaced    bool   // a space after the colon, as in the 5xx that API Gateway makes
	cause     error
}

// Error is for the log: the first line only, for the echo of a canonical request
// that may follow has the caller's token in it.
func (e *refusal) Error() string {
	first, _, _ := strings.Cut(e.message, "\n")
	text := e.errorType + ": " + first
	if e.cause == nil {
		return text
	}
	if cause, _, _ := strings.Cut(e.cause.Error(), "\n"); cause != text {
		text += ": " + cause
	}
	return text
}

func (e *refusal) Unwrap() error { return e.cause }

func badRequest(message string) error {
	return &refusal{status: http.StatusBadRequest, errorType: "BadRequestException", message: message}
}

// errNoRoute is E1, for every path and method that is not there, whoever asks.
func errNoRoute() error {
	return &refusal{status: http.StatusForbidden, errorType: "MissingAuthenticationTokenException", message: "Missing Authentication Token"}
}

// errForbidden is E19: no such API, stage or base path.
func errForbidden() error {
	return &refusal{status: http.StatusForbidden, errorType: "ForbiddenException", message: "Forbidden"}
}

func errMethod() error {
	return &refusal{status: http.StatusMethodNotAllowed, errorType: "MethodNotAllowedException", message: "Method Not Allowed"}
}

func errUpgrade() error {
	return &refusal{status: http.StatusNotImplemented, errorType: "NotImplementedException", message: "Protocol upgrades are not supported"}
}

func errPayload() error {
	return &refusal{status: http.StatusRequestEntityTooLarge, errorType: "RequestTooLargeException", message: "Request Too Long"}
}

func errURI() error {
	return &refusal{status: http.StatusRequestURITooLong, errorType: "RequestUriTooLongException", message: "Request URI too long"}
}

func errHeaders() error {
	return &refusal{status: http.StatusRequestHeaderFieldsTooLarge, errorType: "RequestHeaderFieldsTooLargeException", message: "Request header fields too large"}
}

// errDenied is E17; the message is whole.
func errDenied(message string) error {
	return &refusal{status: http.StatusForbidden, errorType: "AccessDeniedException", message: message, key: "Message"}
}

// errUnavailable is for what cannot be decided now: never a pass, and not a 403
// either, so that clients try again.
func errUnavailable(cause error) error {
	return &refusal{status: http.StatusServiceUnavailable, errorType: "ServiceUnavailableException", message: "Service Unavailable", cause: cause}
}

// errBackend is E25, or E27 if the time is up.
func errBackend(cause error) error {
	e := &refusal{errorType: "InternalServerErrorException", spaced: true, cause: cause}
	e.status, e.message = http.StatusInternalServerError, "Internal server error"
	if errors.Is(cause, context.DeadlineExceeded) {
		e.status, e.message = http.StatusGatewayTimeout, "Endpoint request timed out"
	}
	return e
}

// asRefusal gives the answer to an error; one that is not foreseen is E25.
func asRefusal(err error) *refusal {
	if e := (*refusal)(nil); errors.As(err, &e) {
		return e
	}
	if e := (*sigv4.Error)(nil); errors.As(err, &e) {
		return &refusal{status: e.Status, errorType: e.Code, message: e.Message, cause: err}
	}
	return asRefusal(errBackend(err))
}

func (e *refusal) body() []byte {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e.message); err != nil {
		return nil
	}
	key := e.key
	if key == "" {
		key = "message"
	}
	colon := `":`
	if e.spaced {
		colon = `": `
	}
	return []byte(`{"` + key + colon + strings.TrimSuffix(text.String(), "\n") + "}")
}

// refuse answers with err, unless an answer is already on its way: then the
// connection is given up, so that nobody takes a part for the whole.
func (c *call) refuse(err error) {
	c.event.Err = err
	if c.out.wrote {
		panic(http.ErrAbortHandler)
	}
	e := asRefusal(err)
	body := e.body()
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h["x-amzn-ErrorType"] = []string{e.errorType}
	c.out.header = h
	c.out.WriteHeader(e.status)
	_, _ = c.out.Write(body) // a client that has gone needs no answer
}

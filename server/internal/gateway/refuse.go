package gateway

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/sigv4"
)

func refusal(status int, code, message string) *wire.Error {
	return &wire.Error{Status: status, Code: code, Message: message}
}

func badRequest(message string) error {
	return refusal(http.StatusBadRequest, "BadRequestException", message)
}

// errNoRoute is E1, for every path and method that is not there, whoever asks.
func errNoRoute() error {
	return refusal(http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
}

// errForbidden is E19: no such API, stage or base path.
func errForbidden() error {
	return refusal(http.StatusForbidden, "ForbiddenException", "Forbidden")
}

func errMethod() error {
	return refusal(http.StatusMethodNotAllowed, "MethodNotAllowedException", "Method Not Allowed")
}

func errUpgrade() error {
	return refusal(http.StatusNotImplemented, "NotImplementedException", "Protocol upgrades are not supported")
}

func errPayload() error {
	return refusal(http.StatusRequestEntityTooLarge, "RequestTooLargeException", "Request Too Long")
}

func errURI() error {
	return refusal(http.StatusRequestURITooLong, "RequestUriTooLongException", "Request URI too long")
}

func errHeaders() error {
	return refusal(http.StatusRequestHeaderFieldsTooLarge, "RequestHeaderFieldsTooLargeException", "Request header fields too large")
}

// errDenied is E17; the message is whole.
func errDenied(message string) error {
	return refusal(http.StatusForbidden, "AccessDeniedException", message)
}

// errUnavailable is for what cannot be decided now: never a pass, and not a 403
// either, so that clients try again.
func errUnavailable(cause error) error {
	e := refusal(http.StatusServiceUnavailable, "ServiceUnavailableException", "Service Unavailable")
	e.Err = cause
	return e
}

const codeBackend = "InternalServerErrorException"

// errBackend is E25, or E27 if the time is up.
func errBackend(cause error) *wire.Error {
	e := refusal(http.StatusInternalServerError, codeBackend, "Internal server error")
	if errors.Is(cause, context.DeadlineExceeded) {
		e = refusal(http.StatusGatewayTimeout, codeBackend, "Endpoint request timed out")
	}
	e.Err = cause
	return e
}

// asRefusal gives the answer to an error; one that is not foreseen is E25.
func asRefusal(err error) *wire.Error {
	if e := (*wire.Error)(nil); errors.As(err, &e) {
		return e
	}
	if e := (*sigv4.Error)(nil); errors.As(err, &e) {
		return &wire.Error{Status: e.Status, Code: e.Code, Message: e.Message, Err: err}
	}
	return errBackend(err)
}

// refuse answers with err, unless an answer is already on its way: then the
// connection is given up, so that nobody takes a part for the whole.
func (c *call) refuse(err error) {
	c.event.Err = refused{err}
	if c.out.wrote {
		panic(http.ErrAbortHandler)
	}
	e := asRefusal(err)
	c.out.header = http.Header{}
	if e.Code != codeBackend {
		wire.WriteError(c.out, wire.RESTGateway, e)
		return
	}
	body := `{"message": "` + e.Message + `"}` // with the space that API Gateway puts there
	h := c.out.header
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("x-amzn-ErrorType", e.Code)
	c.out.WriteHeader(e.Status)
	_, _ = c.out.Write([]byte(body)) // a client that has gone needs no answer
}

// refused is an error as an Event shows it: one line, with the cause. What
// follows the first line of a signature mismatch has the caller's token in it.
type refused struct{ err error }

func (e refused) Unwrap() error { return e.err }

func (e refused) Error() string {
	text, _, _ := strings.Cut(e.err.Error(), "\n")
	if w := (*wire.Error)(nil); errors.As(e.err, &w) && w.Err != nil {
		cause, _, _ := strings.Cut(w.Err.Error(), "\n")
		text += ": " + cause
	}
	return text
}

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
func (c *call) errNoRoute() error {
	if c.api.isHTTP() {
		return errNotFound()
	}
	return refusal(http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
}

// errNoStage is the answer at an address that no stage is served at.
func (c *call) errNoStage() error {
	if c.api.isHTTP() {
		return errNotFound()
	}
	e := errForbidden().(*wire.Error)
	e.Err = errors.New("no stage is served at this address")
	return e
}

func errNotFound() error { return refusal(http.StatusNotFound, "NotFoundException", "Not Found") }

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
	if asks := (*challenge)(nil); errors.As(err, &asks) {
		c.out.header.Set("WWW-Authenticate", asks.text)
	}
	if c.api.isHTTP() {
		e = httpRefusal(e, err)
		c.out.header.Set("Content-Type", "application/json")
		c.answer(e.Status, `{"message":`+jsonString(e.Message)+`}`)
		return
	}
	c.refuseREST(e)
}

// answer writes a whole answer.
func (c *call) answer(status int, body string) {
	c.out.header.Set("Content-Length", strconv.Itoa(len(body)))
	c.out.WriteHeader(status)
	_, _ = c.out.Write([]byte(body)) // a client that has gone needs no answer
}

// challenge is a refusal that says how to authenticate (RFC 9110 section 11.6.1).
type challenge struct {
	err  *wire.Error
	text string
}

// Error is the refusal's text.
func (e *challenge) Error() string { return e.err.Error() }

// Unwrap gives the refusal.
func (e *challenge) Unwrap() error { return e.err }

// httpRefusal is what an HTTP API says of a refusal: a status and its name. Why
// is for the log. Only what is wrong with the request itself is said in words.
func httpRefusal(e *wire.Error, cause error) *wire.Error {
	out := &wire.Error{Status: e.Status, Message: http.StatusText(e.Status)}
	signed := (*sigv4.Error)(nil)
	switch {
	case errors.As(cause, &signed) && e.Status != http.StatusRequestEntityTooLarge:
		out.Status, out.Message = http.StatusForbidden, "Forbidden"
	case e.Status == http.StatusBadRequest:
		out.Message = e.Message
	case e.Status == http.StatusBadGateway:
		out.Status, out.Message = http.StatusInternalServerError, "Internal Server Error"
	case e.Status == http.StatusGatewayTimeout:
		out.Status, out.Message = http.StatusServiceUnavailable, "Service Unavailable"
	}
	return out
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

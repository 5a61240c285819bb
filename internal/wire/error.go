package wire

import (
	"errors"
	"fmt"
	"net/http"
)

// Error is a refusal as AWS words it. It is both what a server writes and what a
// client reads. The zero Status means 400.
type Error struct {
	Code      string // NotAuthorizedException, ...
	Message   string // AWS's text
	Status    int    // HTTP status
	RequestID string // set on the client side
	Cause     string // a likely cause in words; never on the wire
	Err       error  // wrapped; never on the wire
}

// Error is "Code: Message".
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Code
	}
	return e.Code + ": " + e.Message
}

// Unwrap gives the wrapped error.
func (e *Error) Unwrap() error { return e.Err }

// Is holds for the condition that code and message stand for (ErrBadPassword and
// so on), and for another Error of that code and, if it has one, that message.
func (e *Error) Is(target error) bool {
	if t, ok := target.(*Error); ok {
		return t.Code == e.Code && (t.Message == "" || t.Message == e.Message)
	}
	_, is := Condition(e.Code, e.Message)
	return is != nil && is == target
}

// Errorf makes an Error with status 400.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}

// ErrUnavailable is wrapped by errors that mean "try again": the store or a key
// could not be reached. It is written as 503 and never as a refusal.
var ErrUnavailable = errors.New("service unavailable")

// AsError finds the Error in err. Anything else becomes InternalErrorException
// (500), or ServiceUnavailableException (503) if it is ErrUnavailable, without
// its text: what went wrong inside is for the log.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	if errors.Is(err, ErrUnavailable) {
		return &Error{Code: "ServiceUnavailableException", Message: "The service is temporarily unavailable. Try again.", Status: http.StatusServiceUnavailable, Err: err}
	}
	return &Error{Code: "InternalErrorException", Message: "Internal error.", Status: http.StatusInternalServerError, Err: err}
}

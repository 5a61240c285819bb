package sigv4

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// The kinds of error, for errors.Is. What a verifier refuses is an [*Error]
// that wraps one of them.
var (
	// ErrMissing: the request carries no credentials.
	ErrMissing = errors.New("sigv4: no credentials in the request")
	// ErrIncomplete: parts of the authentication are missing, unknown or unsigned.
	ErrIncomplete = errors.New("sigv4: incomplete authentication")
	// ErrMalformed: the request target, method or mixture of authentications is refused.
	ErrMalformed = errors.New("sigv4: malformed request")
	// ErrScope: the credential scope names another day, region, service or terminator.
	ErrScope = errors.New("sigv4: wrong credential scope")
	// ErrExpired: the signature is too old; the clock of one side may be wrong.
	ErrExpired = errors.New("sigv4: signature expired")
	// ErrNotYetCurrent: the signature is from the future.
	ErrNotYetCurrent = errors.New("sigv4: signature not yet current")
	// ErrUnknownKey: no such access key, or its session token is not valid.
	ErrUnknownKey = errors.New("sigv4: unknown access key or invalid session token")
	// ErrTokenExpired: the temporary credentials have expired.
	ErrTokenExpired = errors.New("sigv4: session token expired")
	// ErrSignatureMismatch: the signature, or a hash it covers, is not that of the request.
	ErrSignatureMismatch = errors.New("sigv4: signature mismatch")
	// ErrBodyTooLarge: the body is longer than the profile allows.
	ErrBodyTooLarge = errors.New("sigv4: body too large")
	// ErrUnsignable: a signer was given something that cannot be signed as it would be sent.
	ErrUnsignable = errors.New("sigv4: cannot be signed")
)

// The names of AWS's error types that a verifier uses.
const (
	codeMissing    = "MissingAuthenticationTokenException"
	codeIncomplete = "IncompleteSignatureException"
	codeInvalid    = "InvalidSignatureException"
	codeUnknown    = "UnrecognizedClientException"
	codeExpired    = "ExpiredTokenException"
	codeBad        = "BadRequestException"
	codeTooLarge   = "RequestTooLargeException"
)

// An Error is a refusal by a verifier, with AWS's name and text for it.
type Error struct {
	// Code is AWS's full error name, e.g. "InvalidSignatureException".
	Code string
	// Message is AWS's text, to be sent to the client as it is.
	Message string
	// Status is the HTTP status of a REST API; JSON services send 400 instead.
	Status int
	// Rule is the place in AWS's order of checks, 1 to 16; 0 is a check that
	// AWS does not make or whose place is not known.
	Rule int
	// Time is the verifier's time, from which a client can correct its clock.
	// It is zero where the time did not matter.
	Time time.Time

	kind  error
	cause error
}

// Error is the code and the message.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.Message + ": " + e.cause.Error()
	}
	return e.Code + ": " + e.Message
}

// Unwrap gives the kind, one of the Err variables, and the cause if there is one.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.kind}
	}
	return []error{e.kind, e.cause}
}

// InvalidToken is the refusal of rules 14 and 15, which the caller raises
// between Parse and Verify: the access key is not known, or the session token
// is missing, malformed or another key's. It is an [ErrUnknownKey].
func InvalidToken() *Error {
	return &Error{
		Code: codeUnknown, Message: "The security token included in the request is invalid.",
		Status: http.StatusForbidden, Rule: 15, kind: ErrUnknownKey,
	}
}

// ExpiredToken is the refusal of rule 14, which the caller raises between Parse
// and Verify: the temporary credentials have expired. It is an [ErrTokenExpired].
func ExpiredToken() *Error {
	return &Error{
		Code: codeExpired, Message: "The security token included in the request is expired",
		Status: http.StatusForbidden, Rule: 14, kind: ErrTokenExpired,
	}
}

func missing() *Error {
	return &Error{Code: codeMissing, Message: "Missing Authentication Token", Status: http.StatusForbidden, Rule: 5, kind: ErrMissing}
}

func incomplete(rule int, message string) *Error {
	return &Error{Code: codeIncomplete, Message: message, Status: http.StatusForbidden, Rule: rule, kind: ErrIncomplete}
}

func invalid(rule int, kind error, message string) *Error {
	return &Error{Code: codeInvalid, Message: message, Status: http.StatusForbidden, Rule: rule, kind: kind}
}

// malformed is a 400: rules 1 to 4, and mixtures of authentications (rule 5).
func malformed(rule int, message string) *Error {
	return &Error{Code: codeBad, Message: message, Status: http.StatusBadRequest, Rule: rule, kind: ErrMalformed}
}

func mixed(message string) *Error {
	return &Error{Code: codeInvalid, Message: message, Status: http.StatusBadRequest, Rule: 5, kind: ErrMalformed}
}

func tooLarge() *Error {
	return &Error{Code: codeTooLarge, Message: "Request Too Long", Status: http.StatusRequestEntityTooLarge, kind: ErrBodyTooLarge}
}

func unsignable(why string) error { return fmt.Errorf("%w: %s", ErrUnsignable, why) }

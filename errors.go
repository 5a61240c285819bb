package gatepass

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gatepass/gatepass/internal/wire"
)

// What a program can act on. Each is found by [errors.Is] in the errors of this
// package, and by the same rule in the errors that the gatepass server writes.
var (
	// ErrBadPassword: the user name or the password is wrong.
	ErrBadPassword = wire.ErrBadPassword
	// ErrLockedOut: too many wrong attempts; the right password is refused too
	// for up to 15 minutes.
	ErrLockedOut = wire.ErrLockedOut
	// ErrBadCode: a confirmation, reset or MFA code is wrong, too old or used.
	ErrBadCode = wire.ErrBadCode
	// ErrUserNotConfirmed: sign-up has not been confirmed.
	ErrUserNotConfirmed = wire.ErrUserNotConfirmed
	// ErrPasswordResetRequired: an administrator asked for a new password.
	ErrPasswordResetRequired = wire.ErrPasswordResetRequired
	// ErrUserDisabled: an administrator disabled the user.
	ErrUserDisabled = wire.ErrUserDisabled
	// ErrSessionExpired: a challenge was answered too late or twice.
	ErrSessionExpired = wire.ErrSessionExpired
	// ErrRefreshExpired: the refresh token is over; sign in again.
	ErrRefreshExpired = wire.ErrRefreshExpired
	// ErrTokenExpired: an ID or access token is over.
	ErrTokenExpired = wire.ErrTokenExpired
	// ErrIdentityForbidden: the identity pool does not give out this identity,
	// or takes no guests.
	ErrIdentityForbidden = wire.ErrIdentityForbidden
	// ErrNotFromProvider: the identity pool does not know the token's pool or app client.
	ErrNotFromProvider = wire.ErrNotFromProvider
	// ErrSignatureMismatch: the API computed another signature.
	ErrSignatureMismatch = wire.ErrSignatureMismatch
	// ErrClockSkew: the API refused the time of the signature, also after correction.
	ErrClockSkew = wire.ErrClockSkew
	// ErrCredentialsExpired: the API refused the credentials as old or unknown.
	ErrCredentialsExpired = wire.ErrCredentialsExpired
	// ErrDenied: no policy allows the call.
	ErrDenied = wire.ErrDenied
	// ErrThrottled: too many requests.
	ErrThrottled = wire.ErrThrottled
)

// What goes wrong on this side.
var (
	// ErrConfig: a field of the Client is missing or malformed. No connection was made.
	ErrConfig = errors.New("gatepass: configuration")
	// ErrNotSignedIn: there is no session, or it was signed out.
	ErrNotSignedIn = errors.New("gatepass: not signed in")
	// ErrUnhandledChallenge: the service asked for something nobody answered;
	// the error is an [*UnhandledChallengeError].
	ErrUnhandledChallenge = errors.New("gatepass: unhandled challenge")
	// ErrRefusedHost: credentials would have gone where they must not: along a
	// redirect, to a host that is not listed, or over plain http.
	ErrRefusedHost = errors.New("gatepass: credentials are not sent there")
)

// Error is a refusal by Cognito.
type Error struct {
	// Op is the operation that was refused, such as InitiateAuth.
	Op string
	// Code is AWS's name of the refusal, such as NotAuthorizedException.
	Code string
	// Message is AWS's text.
	Message string
	// Status is the HTTP status.
	Status int
	// RequestID is the service's id of the request; zero: it gave none.
	RequestID string
	// Cause is the likely cause in words, and what to do; zero: not known.
	Cause string
}

// Error is operation, code, message and likely cause.
func (e *Error) Error() string {
	s := e.Op + ": " + e.Code + ": " + e.Message
	if e.Cause != "" {
		s += " (" + e.Cause + ")"
	}
	return s
}

// Is holds for the condition that code and message stand for.
func (e *Error) Is(target error) bool { return stands(e.Code, e.Message, target) }

func stands(code, message string, target error) bool {
	_, is := wire.Condition(code, message)
	return is != nil && is == target
}

// failed turns a refusal of the wire into an *Error and leaves other errors as they are.
func failed(op string, err error) error {
	var w *wire.Error
	if !errors.As(err, &w) {
		return err
	}
	return &Error{Op: op, Code: w.Code, Message: w.Message, Status: w.Status, RequestID: w.RequestID, Cause: w.Cause}
}

// coded says whether err is a refusal with one of the codes.
func coded(err error, codes ...string) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	for _, c := range codes {
		if e.Code == c {
			return true
		}
	}
	return false
}

// HTTPError is an answer of an API that is not a success (status 200 to 299).
type HTTPError struct {
	// Status is the HTTP status.
	Status int
	// Header is the header of the answer.
	Header http.Header
	// Body is the beginning of the answer, at most 64 KiB.
	Body []byte
	// Code is the name of the refusal where the gateway gives one, such as
	// AccessDeniedException; else the text of the status.
	Code string
	// Message is the gateway's or the API's text; zero: it gave none in JSON.
	Message string
	// Cause is the likely cause in words; zero: not known.
	Cause string
}

func newHTTPError(status int, h http.Header, body []byte) *HTTPError {
	w := wire.ReadError(status, h, body)
	return &HTTPError{Status: status, Header: h, Body: body, Code: w.Code, Message: w.Message, Cause: w.Cause}
}

// Error is status, code, message and likely cause.
func (e *HTTPError) Error() string {
	s := fmt.Sprintf("%d %s", e.Status, e.Code)
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Cause != "" {
		s += " (" + e.Cause + ")"
	}
	return s
}

// Is holds for the condition that code and message stand for.
func (e *HTTPError) Is(target error) bool { return stands(e.Code, e.Message, target) }

// UnhandledChallengeError says which challenge stopped a sign-in. It is an
// [ErrUnhandledChallenge], and wraps the error of the function given to [Answer]
// if that is why.
type UnhandledChallengeError struct {
	// Name is the challenge, such as SMS_MFA.
	Name string

	err error
}

// Error names the challenge and the next step.
func (e *UnhandledChallengeError) Error() string {
	if e.err != nil {
		return fmt.Sprintf("the challenge %s was not answered: %v", e.Name, e.err)
	}
	return fmt.Sprintf("the sign-in asks for %s and nothing answers it: pass gatepass.Answer with a function that does", e.Name)
}

// Is holds for [ErrUnhandledChallenge].
func (e *UnhandledChallengeError) Is(target error) bool { return target == ErrUnhandledChallenge }

// Unwrap gives the error of the function given to [Answer].
func (e *UnhandledChallengeError) Unwrap() error { return e.err }

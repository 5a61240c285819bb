package wire

import (
	"errors"
	"strings"
)

// The conditions a caller acts on. Each holds for an *Error by errors.Is, on
// the server that raised it as on the client that received it.
var (
	ErrBadPassword           = errors.New("wrong user name or password")
	ErrLockedOut             = errors.New("locked out after too many attempts")
	ErrBadCode               = errors.New("wrong code")
	ErrUserNotConfirmed      = errors.New("the user is not confirmed")
	ErrPasswordResetRequired = errors.New("the password must be reset")
	ErrUserDisabled          = errors.New("the user is disabled")
	ErrSessionExpired        = errors.New("the sign-in session is over")
	ErrRefreshExpired        = errors.New("the refresh token is no longer accepted")
	ErrTokenExpired          = errors.New("the access token is no longer accepted")
	ErrIdentityForbidden     = errors.New("the identity is not accessible")
	ErrNotFromProvider       = errors.New("the token is not from a provider of the identity pool")
	ErrSignatureMismatch     = errors.New("the signature does not match")
	ErrClockSkew             = errors.New("the clock is wrong")
	ErrCredentialsExpired    = errors.New("the credentials have expired")
	ErrDenied                = errors.New("no policy allows it")
	ErrThrottled             = errors.New("too many requests")
)

// condition recognises an error by code and by a text in its message.
type condition struct {
	code  string // "" is any
	text  string // contained in the message; "" is any
	is    error
	cause string
}

// conditionOf returns the first row of the table that fits, or nil.
func conditionOf(code, message string) *condition {
	for i := range conditions {
		c := &conditions[i]
		if (c.code == "" || c.code == code) && strings.Contains(message, c.text) {
			return c
		}
	}
	return nil
}

// Condition gives the likely cause, in words, of code and message, and the
// condition they stand for; "" and nil when there is none.
func Condition(code, message string) (cause string, is error) {
	if c := conditionOf(code, message); c != nil {
		return c.cause, c.is
	}
	return "", nil
}

package userpool

import (
	"errors"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func notAuthorized(text string) error { return wire.Errorf("NotAuthorizedException", "%s", text) }

func invalid(format string, args ...any) error {
	return wire.Errorf("InvalidParameterException", format, args...)
}

func missing(parameter string) error { return invalid("Missing required parameter %s", parameter) }

func unsupported(what, name string) error {
	return invalid("gatepass does not support the %s %s", what, name)
}

// errIncorrect answers everything that must look like a wrong password.
func errIncorrect() error { return notAuthorized("Incorrect username or password.") }

func errLocked() error { return notAuthorized("Password attempts exceeded") }

func errSession() error { return notAuthorized("Invalid session for the user.") }

func errRefresh() error { return notAuthorized("Invalid Refresh Token.") }

func errNoUser() error { return wire.Errorf("UserNotFoundException", "User does not exist.") }

func errNoCombination() error {
	return wire.Errorf("UserNotFoundException", "Username/client id combination not found.")
}

func errCode() error {
	return wire.Errorf("CodeMismatchException", "Invalid verification code provided, please try again.")
}

func errExpiredCode() error {
	return wire.Errorf("ExpiredCodeException", "Invalid code provided, please request a code again.")
}

func errLimit() error {
	return wire.Errorf("LimitExceededException", "Attempt limit exceeded, please try after some time.")
}

func isConflict(err error) bool { return errors.Is(err, store.ErrConflict) }

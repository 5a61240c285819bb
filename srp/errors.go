package srp

import (
	"errors"
	"fmt"
)

var (
	// ErrHostile reports a number or field no honest peer sends: A or B that is
	// zero modulo N, too long, negative or not hex; a hash u of zero; a missing or
	// oversized salt or secret block. It is found before any exponentiation; the
	// text that wraps it says which.
	ErrHostile = errors.New("srp: input no honest peer sends")

	// ErrBadProof reports a signature that does not prove the password. Cognito
	// answers NotAuthorizedException "Incorrect username or password."
	ErrBadProof = errors.New("srp: the signature does not prove the password")

	// ErrTimestamp reports a TIMESTAMP that is not of the form
	// "Mon Jan 2 15:04:05 UTC 2006". Cognito answers InvalidParameterException
	// "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english."
	ErrTimestamp = errors.New("srp: TIMESTAMP is not of the form EEE MMM d HH:mm:ss z yyyy in english")
)

func hostile(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrHostile, fmt.Sprintf(format, args...))
}

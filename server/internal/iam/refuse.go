package iam

import (
	"errors"
	"net/http"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

func refused(status int, code, format string, args ...any) error {
	e := wire.Errorf(code, format, args...)
	e.Status = status
	return e
}

func noSuchEntity(format string, args ...any) error {
	return refused(http.StatusNotFound, "NoSuchEntity", format, args...)
}

func alreadyExists(format string, args ...any) error {
	return refused(http.StatusConflict, "EntityAlreadyExists", format, args...)
}

func deleteConflict(text string) error {
	return refused(http.StatusConflict, "DeleteConflict", "%s", text)
}

func limitExceeded(format string, args ...any) error {
	return refused(http.StatusConflict, "LimitExceeded", format, args...)
}

func malformed(text string, err error) error {
	return &wire.Error{Code: "MalformedPolicyDocument", Message: text, Status: http.StatusBadRequest, Err: err}
}

// missing says what is not there; what could not be read stays what it is.
func missing(err error, format string, args ...any) error {
	if errors.Is(err, store.ErrNotFound) {
		return noSuchEntity(format, args...)
	}
	return err
}

// taken says what is there already.
func taken(err error, format string, args ...any) error {
	if errors.Is(err, store.ErrExists) {
		return alreadyExists(format, args...)
	}
	return err
}

// parse reads a policy document as it will be read when it counts.
func parse(doc string, kind policy.Kind) (*policy.Policy, error) {
	p, err := policy.Parse([]byte(doc), kind)
	var e *policy.SyntaxError
	if errors.As(err, &e) {
		return nil, malformed(e.Message, err)
	}
	return p, err
}

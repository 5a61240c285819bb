package apigateway

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func badRequest(format string, args ...any) error {
	return wire.Errorf("BadRequestException", format, args...)
}

func notFound(format string, args ...any) error {
	e := wire.Errorf("NotFoundException", format, args...)
	e.Status = http.StatusNotFound
	return e
}

func conflict(format string, args ...any) error {
	e := wire.Errorf("ConflictException", format, args...)
	e.Status = http.StatusConflict
	return e
}

// unsupported refuses by name what the gateway does not do.
func unsupported(what string) error { return badRequest("gatepass does not support %s", what) }

func (s *Service) apiNotFound(id string) error {
	return notFound("Invalid API identifier specified %s:%s", s.AccountID, id)
}

// missing is err, or refusal where the record is not there.
func missing(err, refusal error) error {
	if errors.Is(err, store.ErrNotFound) {
		return refusal
	}
	return err
}

// misfit is what the gateway says of an API, as a refusal.
func misfit(err error) error {
	return badRequest("The API cannot be served: %s", strings.TrimPrefix(err.Error(), "gateway: configuration: "))
}

// decode reads a body strictly; none is an empty object.
func decode(body []byte, v any) error {
	if len(body) == 0 {
		return nil
	}
	err := wire.DecodeJSON(body, v)
	var e *wire.Error
	if errors.As(err, &e) {
		return badRequest("%s", e.Message)
	}
	return err
}

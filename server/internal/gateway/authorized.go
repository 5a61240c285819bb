package gateway

import (
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// authorized is what the route's authorizer and its API key say about the
// caller: the event of an integration and $context.authorizer are made from it.
// The zero value is that of a route with neither.
type authorized struct {
	kind apidef.AuthorizerType // empty: the route has no authorizer
	// principalID is what a Lambda authorizer calls the caller; with the other
	// kinds empty.
	principalID string
	// claims of the token, of COGNITO_USER_POOLS and JWT, as text: lists are
	// "a,b" on REST and "[a b]" on HTTP APIs.
	claims map[string]string
	// scopes of the token, of JWT on a route that asks for some; else nil.
	scopes []string
	// context is what a Lambda authorizer passes on: texts on REST, any JSON
	// values on HTTP APIs.
	context  map[string]any
	latency  time.Duration // of the authorizer
	usageKey string        // usageIdentifierKey: the value of an API key that the authorizer names
	key      apidef.APIKey // that the caller was admitted with; the zero value: none
}

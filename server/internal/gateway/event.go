package gateway

import (
	"time"

	"github.com/gatepass/gatepass/policy"
)

// Event is what one call came to. It holds no signature, token or body.
type Event struct {
	RequestID   string
	API, Stage  string
	Route       string // path or key of the matched route; empty if none matched
	Kind        string // of a WebSocket API: CONNECT, MESSAGE or DISCONNECT
	Method      string
	Path        string // raw request path, as it was signed
	Query       string // raw, values of credentials redacted
	UserAgent   string
	Identity    Identity
	Decision    *policy.Decision // nil if it never came to one
	Verdict     string           // the Decision in words, with the nearest statement; empty where it allowed and ShowDecisions is off
	Err         error            // why the call was refused; nil if it was passed on
	Status      int              // sent to the client; 0 if the connection was given up
	Written     int64            // bytes of body sent
	Duration    time.Duration
	Integration time.Duration // part of Duration until the backend's headers
}

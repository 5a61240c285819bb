package gateway

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// maxTimeoutHTTP is the longest an integration of an HTTP API takes.
const maxTimeoutHTTP = 30 * time.Second

// integrator is an integration ready to serve one stage: it sends an admitted
// request on and the answer back.
type integrator interface {
	send(c *call, a *admitted) error
}

// integrate hands an admitted request to its integration.
func (c *call) integrate(a *admitted) error {
	return c.route.via[c.stage.Name].send(c, a)
}

// limited is the context of an integration: the caller's, for the route's time,
// with the identity for handlers.
func (c *call) limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithValue(c.r.Context(), identityKey{}, c.identity), c.route.timeout)
}

// connect makes a route's integration for each stage.
func (a *api) connect(r *route) error {
	longest := maxTimeout
	if a.isHTTP() {
		longest = maxTimeoutHTTP
	}
	in := &r.Integration
	if in.Timeout != 0 && (in.Timeout < minTimeout || in.Timeout > longest) {
		return invalid("Integration.Timeout", "%s is not between %s and %s", in.Timeout, minTimeout, longest)
	}
	if r.timeout = in.Timeout; r.timeout == 0 {
		r.timeout = longest
	}
	if err := validateIntegration(in); err != nil {
		return err
	}
	r.via = map[string]integrator{}
	for i := range a.Stages {
		via, err := a.integrator(r, &a.Stages[i])
		if err != nil {
			return err
		}
		r.via[a.Stages[i].Name] = via
	}
	return nil
}

func validateIntegration(in *apidef.Integration) error {
	if in.Type == apidef.Mock {
		if in.URI != "" || in.Handler != nil {
			return invalid("Integration", "MOCK has neither URI nor Handler")
		}
	} else if (in.URI == "") == (in.Handler == nil) {
		return invalid("Integration", "give exactly one of URI and Handler")
	}
	if in.Method != "" && in.Method != methodAny && !slices.Contains(methods, in.Method) {
		return invalid("Integration.Method", "%q is not ANY or one of %v", in.Method, methods)
	}
	for i, h := range in.Headers {
		key := http.CanonicalHeaderKey(h)
		if !headerForm().MatchString(h) || neverForwarded(key) || key == "Authorization" {
			return invalid(fmt.Sprintf("Integration.Headers[%d]", i), "%q cannot be forwarded", h)
		}
	}
	return nil
}

// integrator makes the integration of a route for a stage.
func (a *api) integrator(r *route, st *apidef.Stage) (integrator, error) {
	in := r.Integration
	uri, err := withStage("Integration.URI", in.URI, st)
	if err != nil {
		return nil, err
	}
	in.URI = uri
	switch in.Type {
	case "", apidef.HTTPProxy:
		return newProxy(a, r, in, st)
	case apidef.HTTPCustom, apidef.LambdaCustom, apidef.Mock:
		return newCustom(a, r, in, st)
	case apidef.Lambda:
		if a.isSocket() {
			return newSocketLambda(in)
		}
		return newLambdaProxy(a, in, st)
	}
	return nil, invalid("Integration.Type", "%q is not a type of integration gatepass serves", string(in.Type))
}

// backendFault tells a backend's failure from a client that has gone.
func (c *call) backendFault(err error) error {
	if c.r.Context().Err() != nil {
		c.event.Err = fmt.Errorf("client gone: %w", context.Cause(c.r.Context()))
		panic(http.ErrAbortHandler)
	}
	return errBackend(err)
}

package gateway

import "github.com/gatepass/gatepass/server/internal/apidef"

// unbuilt refuses what an API may declare and the gateway does not do: a check
// that is not made must not look as if it were.
func unbuilt(a *apidef.API) error {
	for i := range a.Routes {
		if err := unbuiltRoute(&a.Routes[i]); err != nil {
			return err
		}
	}
	return nil
}

func unbuiltRoute(r *apidef.Route) error {
	switch {
	case r.Request != nil && (r.Request.CheckParameters || r.Request.CheckBody):
		return invalid("Request", "request validation is not built")
	}
	return nil
}

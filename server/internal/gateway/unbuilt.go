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
	in := &r.Integration
	switch {
	case r.Request != nil && (r.Request.CheckParameters || r.Request.CheckBody):
		return invalid("Request", "request validation is not built")
	case in.Type == apidef.HTTPCustom, in.Type == apidef.Mock:
		return invalid("Integration.Type", "%s is not built", in.Type)
	case len(in.Parameters)+len(in.ResponseParameters)+len(in.Templates)+len(in.Responses) > 0:
		return invalid("Integration", "mappings are not built")
	}
	return nil
}

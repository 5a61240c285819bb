package sts

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
)

// Version is the one version of the STS API.
const Version = "2011-06-15"

// Operation is one action of the STS API.
type Operation struct {
	// Signed says that the request must carry a verified signature; the principal of Run is then the caller.
	Signed bool
	// Run answers; the result goes to wire.WriteXML with the name of the action. Errors are *wire.Error.
	Run func(ctx context.Context, p policy.Principal, form url.Values) (any, error)
}

// Op finds the operation a form names (wire.ParseQuery reads it). Errors, as *wire.Error of status 400: MissingAction;
// InvalidAction for another version, and for an action that does not exist or is not built.
func (s *Service) Op(form url.Values) (name string, op Operation, err error) {
	name = form.Get("Action")
	if name == "" {
		return "", op, &wire.Error{Code: "MissingAction", Message: "The request is missing an Action parameter", Status: http.StatusBadRequest}
	}
	op, found := map[string]Operation{
		"GetCallerIdentity": {Signed: true, Run: getCallerIdentity},
	}[name]
	if !found || form.Get("Version") != Version {
		return "", op, wire.Errorf("InvalidAction", "Could not find operation %s for version %s", name, orNone(form.Get("Version")))
	}
	return name, op, nil
}

func orNone(version string) string {
	if version == "" {
		return "NO_VERSION_SPECIFIED"
	}
	return version
}

package sts

import (
	"context"
	"net/http"
	"net/url"
	"sync"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
)

// Version is the one version of the STS API.
const Version = "2011-06-15"

// Caller is who signed a request. The zero value is nobody.
type Caller struct {
	Principal                 policy.Principal
	Policies                  policy.Policies // as Resolve gave them
	AccessKeyID, SessionToken string
	Context                   policy.Context // the condition keys of the request itself
}

// Operation is one action of the STS API.
type Operation struct {
	// Signed says that the request must carry a verified signature; the Caller of Run is then who signed it.
	Signed bool
	// Resource is what the caller's policies must allow the action on before Run; empty where Run sees to that itself or
	// where no policy has a say.
	Resource string
	// Run answers; the result goes to wire.WriteXML with the name of the action. Errors are *wire.Error.
	Run func(ctx context.Context, c Caller, form url.Values) (any, error)
}

// operation is a row of the table of operations.
type operation struct {
	public   bool // for callers without credentials
	resource string
	run      func(s *Service, ctx context.Context, c Caller, form url.Values) (any, error)
}

var operations = sync.OnceValue(func() map[string]operation {
	return map[string]operation{
		"GetCallerIdentity":         {run: (*Service).getCallerIdentity},
		"AssumeRole":                {run: (*Service).assumeRole},
		"AssumeRoleWithWebIdentity": {run: (*Service).assumeRoleWithWebIdentity, public: true},
		"GetSessionToken":           {run: (*Service).getSessionToken},
		"GetAccessKeyInfo":          {run: (*Service).getAccessKeyInfo, resource: "*"},

		"DecodeAuthorizationMessage": {run: (*Service).decodeAuthorizationMessage, resource: "*"},
	}
})

// Op finds the operation a form names (wire.ParseQuery reads it). Errors, as *wire.Error of status 400: MissingAction;
// InvalidAction for another version, and for an action that does not exist or is not built.
func (s *Service) Op(form url.Values) (name string, op Operation, err error) {
	s.prepare()
	name = form.Get("Action")
	if name == "" {
		return "", op, &wire.Error{Code: "MissingAction", Message: "The request is missing an Action parameter", Status: http.StatusBadRequest}
	}
	o, found := operations()[name]
	if !found || form.Get("Version") != Version {
		return "", op, wire.Errorf("InvalidAction", "Could not find operation %s for version %s", shortened(name), orNone(shortened(form.Get("Version"))))
	}
	op = Operation{Signed: !o.public, Resource: o.resource}
	op.Run = func(ctx context.Context, c Caller, form url.Values) (any, error) { return o.run(s, ctx, c, form) }
	return name, op, nil
}

func shortened(text string) string { return text[:min(len(text), 100)] }

func orNone(version string) string {
	if version == "" {
		return "NO_VERSION_SPECIFIED"
	}
	return version
}

func accessDenied(format string, args ...any) error {
	e := wire.Errorf("AccessDenied", format, args...)
	e.Status = http.StatusForbidden
	return e
}

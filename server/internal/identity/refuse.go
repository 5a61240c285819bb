package identity

import (
	"regexp"
	"sync"

	"github.com/gatepass/gatepass/internal/wire"
)

func notAuthorized(format string, args ...any) error {
	return wire.Errorf("NotAuthorizedException", format, args...)
}

func invalidParameter(format string, args ...any) error {
	return wire.Errorf("InvalidParameterException", format, args...)
}

func conflict(format string, args ...any) error {
	return wire.Errorf("ResourceConflictException", format, args...)
}

func poolNotFound(id string) error {
	return wire.Errorf("ResourceNotFoundException", "IdentityPool '%s' not found.", id)
}

func identityNotFound(id string) error {
	return wire.Errorf("ResourceNotFoundException", "Identity '%s' not found.", id)
}

func forbidden(id string) error { return notAuthorized("Access to Identity '%s' is forbidden.", id) }

func guestsOff() error {
	return notAuthorized("Unauthenticated access is not supported for this identity pool.")
}

func loginsDontMatch() error {
	return notAuthorized("Logins don't match. Please include at least one valid login for this identity or identity pool.")
}

func unsupportedProvider() error {
	return notAuthorized("Token is not from a supported provider of this identity pool.")
}

// invalidToken is the family of refusals of an ID token.
func invalidToken(format string, args ...any) error {
	return notAuthorized("Invalid login token. "+format, args...)
}

// poolMisconfigured keeps the cause from the wire: it concerns whoever runs the pool.
func poolMisconfigured(cause string) error {
	e := wire.Errorf("InvalidIdentityPoolConfigurationException", "Invalid identity pool configuration. Check assigned IAM roles for this pool.")
	e.Cause = cause
	return e
}

// idForm is the pattern of both kinds of id in the API Reference.
var idForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A[\w-]+:[0-9a-f-]+\z`) })

func checkID(field, id string) error {
	switch {
	case len(id) > 55:
		return invalidParameter("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to 55", field)
	case !idForm().MatchString(id):
		return invalidParameter("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: "+
			`Member must satisfy regular expression pattern: [\w-]+:[0-9a-f-]+`, id, field)
	}
	return nil
}

// badLength refuses a text or a list of another size.
func badLength(field string, least, most int) error {
	return invalidParameter("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length between %d and %d", field, least, most)
}

// badPattern refuses a text of another form.
func badPattern(field, pattern string) error {
	return invalidParameter("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", field, pattern)
}

// roleForbidden is the refusal of a role that the caller may not choose.
func roleForbidden(arn string) error { return notAuthorized("Access to Role '%s' is forbidden.", arn) }

// ambiguous is the refusal where a role mapping decides nothing and its resolution is Deny.
func ambiguous() error { return notAuthorized("The ambiguous role mapping rules denied this request") }

package userpool

import (
	"maps"
	"net/mail"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// standardAttributes are those of OpenID Connect that every pool has (developer
// guide, "Working with user attributes"). Custom ones need a schema, which gatepass
// does not have.
var standardAttributes = []string{
	"address", "birthdate", "email", "family_name", "gender", "given_name", "locale", "middle_name", "name", "nickname",
	"phone_number", "picture", "preferred_username", "profile", "updated_at", "website", "zoneinfo",
}

// verifiedAttributes are for administrators to set.
var verifiedAttributes = []string{"email_verified", "phone_number_verified"}

const maxAttribute = 2048 // bytes of a value

// attributes reads a list of attributes; admin allows the verified ones.
func attributes(list []wire.Attribute, admin bool) (map[string]string, error) {
	m := map[string]string{}
	for _, at := range list {
		if _, twice := m[at.Name]; twice {
			return nil, invalid("The attribute %s is given twice", at.Name)
		}
		if err := checkAttribute(at.Name, at.Value, admin); err != nil {
			return nil, err
		}
		m[at.Name] = at.Value
	}
	return m, nil
}

func checkAttribute(name, value string, admin bool) error {
	verified := slices.Contains(verifiedAttributes, name)
	switch {
	case verified && !admin:
		return errWrite()
	case verified && value != "true" && value != "false":
		return invalid("Attributes did not conform to the schema: %s: must be true or false", name)
	case name == "sub" || name == "identities" || strings.HasPrefix(name, "cognito:"):
		return errWrite()
	case !verified && !slices.Contains(standardAttributes, name):
		return invalid("Attributes did not conform to the schema: Type for attribute {%s} could not be determined", name)
	case len(value) > maxAttribute:
		return invalid("Attributes did not conform to the schema: %s: String must be no longer than 2048 characters", name)
	case strings.IndexByte(value, 0) >= 0:
		return invalid("Attributes did not conform to the schema: %s: String must not have a NUL character", name)
	case name == "email" && value != "" && !isEmail(value):
		return invalid("Invalid email address format.")
	}
	return nil
}

func errWrite() error {
	return notAuthorized("A client attempted to write unauthorized attribute")
}

// checkWritable holds the WriteAttributes of the client.
func (a *app) checkWritable(attrs map[string]string) error {
	for name := range attrs {
		if len(a.Settings.WriteAttributes) > 0 && !slices.Contains(a.Settings.WriteAttributes, name) {
			return errWrite()
		}
	}
	return nil
}

// isEmail accepts a plain address and nothing around it.
func isEmail(s string) bool {
	at, err := mail.ParseAddress(s)
	return err == nil && at.Address == s && !strings.ContainsAny(s, " \t\"") && len(s) <= maxUsername
}

// listAttributes is sub and the attributes that see allows, sorted by name.
func listAttributes(u *store.User, see func(string) bool) []wire.Attribute {
	list := []wire.Attribute{}
	if see("sub") {
		list = append(list, wire.Attribute{Name: "sub", Value: u.Sub})
	}
	for _, name := range slices.Sorted(maps.Keys(u.Attributes)) {
		if see(name) {
			list = append(list, wire.Attribute{Name: name, Value: u.Attributes[name]})
		}
	}
	return list
}

func everyAttribute(string) bool { return true }

package profile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gatepass/gatepass/internal/loopback"
	"github.com/gatepass/gatepass/sigv4"
)

// Trim removes spaces around values and slashes behind URLs, and says where.
func Trim(p Profile) (Profile, []string) {
	var notes []string
	trim := func(field string, s *string) {
		t := strings.TrimSpace(*s)
		if t != *s {
			notes = append(notes, fmt.Sprintf("%s: spaces around %q removed", field, t))
		}
		*s = t
	}
	for _, field := range []string{fieldRegion, fieldUserPool, fieldClient, fieldIdentityPool, fieldEndpoint} {
		trim(field, p.field(field))
	}
	p.Endpoint = strings.TrimRight(p.Endpoint, "/")
	apis := p.APIs
	p.APIs = nil
	for _, name := range sortedKeys(apis) {
		a := apis[name]
		field := fieldAPI + "." + name
		trim(field+".url", &a.URL)
		trim(field+".region", &a.Region)
		trim(field+".service", &a.Service)
		a.URL = strings.TrimRight(a.URL, "/")
		if p.APIs == nil {
			p.APIs = map[string]API{}
		}
		p.APIs[name] = a
	}
	return p, notes
}

// Validate checks the form of every field that is set; an empty profile is valid.
// Ids of servers other than AWS are accepted: they have the same form with names
// of their own. The error has a line for each field that is wrong.
func Validate(p Profile) error {
	errs := []error{
		check(fieldRegion, p.Region, sigv4.IsRegion, "a region such as eu-west-1"),
		check(fieldUserPool, p.UserPoolID, isUserPool, "a user pool id such as eu-west-1_AbCdEf123"),
		check(fieldClient, p.ClientID, isClient, "an app client id: letters and digits"),
		check(fieldIdentityPool, p.IdentityPoolID, isIdentityPool, "an identity pool id such as eu-west-1:11111111-2222-3333-4444-555555555555"),
		check(fieldEndpoint, p.Endpoint, isEndpoint, "a base URL such as http://127.0.0.1:8787; plain http only on this machine"),
	}
	for _, name := range sortedKeys(p.APIs) {
		errs = append(errs, checkAPI(name, p.APIs[name]))
	}
	return errors.Join(errs...)
}

func checkAPI(name string, a API) error {
	field := fieldAPI + "." + name
	if !isAPIName(name) {
		return fmt.Errorf("%s: %q cannot be the name of an API: letters, digits, and - _ . between them", fieldAPI, name)
	}
	if a.URL == "" {
		return fmt.Errorf("%s: has no url", field)
	}
	return errors.Join(
		check(field+".url", a.URL, isURL, "the base URL of a stage such as https://abc123.execute-api.eu-west-1.amazonaws.com/prod"),
		check(field+".region", a.Region, sigv4.IsRegion, "a region such as eu-west-1"),
		check(field+".service", a.Service, func(s string) bool { return span(s, isServiceByte) == len(s) }, "a service such as execute-api"),
	)
}

func check(field, value string, fits func(string) bool, want string) error {
	if value == "" || fits(value) {
		return nil
	}
	return fmt.Errorf("%s: %q is not %s", field, value, want)
}

func isURL(s string) bool {
	_, ok := baseURL(s)
	return ok
}

func isEndpoint(s string) bool {
	u, ok := baseURL(s)
	return ok && (u.Scheme == "https" || u.Scheme == "http" && loopback.Is(u.Hostname()))
}

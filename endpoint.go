package gatepass

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/gatepass/gatepass/internal/loopback"
	"github.com/gatepass/gatepass/sigv4"
)

// The forms ids must have before they become part of a host name or a request.
// They are scanned by hand because a command line pays for compiled patterns at
// every start.
const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
)

// of says whether s consists of bytes of set, between 1 and limit of them.
func of(s, set string, limit int) bool {
	return s != "" && len(s) <= limit && strings.Trim(s, set) == ""
}

// isUserPool says whether s is region_id.
func isUserPool(s string) bool {
	region, id, _ := strings.Cut(s, "_")
	return of(region, lower+digits+"-", 40) && of(id, lower+upper+digits, 55)
}

func isClient(s string) bool { return of(s, lower+upper+digits+"_+", 128) }

// isIdentityPool says whether s is region:uuid.
func isIdentityPool(s string) bool {
	region, id, _ := strings.Cut(s, ":")
	return of(region, lower+digits+"-", 40) && of(id, digits+"abcdef-", 55)
}

// endpoints are the base URLs of the two services.
type endpoints struct{ idp, identity string }

// Endpoints are the base URLs that the user pool and the identity pool are called
// at; empty for a pool that is not set. Errors: [ErrConfig].
func (c *Client) Endpoints() (userPool, identityPool string, err error) {
	err = c.prepare()
	return c.hosts.idp, c.hosts.identity, err
}

func (c *Client) checkIDs() error {
	for _, id := range []struct {
		field, value string
		form         func(string) bool
	}{
		{"UserPoolID", c.UserPoolID, isUserPool},
		{"ClientID", c.ClientID, isClient},
		{"IdentityPoolID", c.IdentityPoolID, isIdentityPool},
	} {
		if id.value != "" && !id.form(id.value) {
			return fmt.Errorf("%w: Client.%s: %q is not of the form the AWS console shows", ErrConfig, id.field, id.value)
		}
	}
	if c.UserPoolID == "" && c.IdentityPoolID == "" {
		return fmt.Errorf("%w: set Client.UserPoolID and Client.ClientID, or Client.IdentityPoolID for guests", ErrConfig)
	}
	return nil
}

func regionOf(userPool, identityPool string) string {
	if r, _, ok := strings.Cut(userPool, "_"); ok {
		return r
	}
	r, _, _ := strings.Cut(identityPool, ":")
	return r
}

func (c *Client) findEndpoints() (endpoints, error) {
	var e endpoints
	var err error
	if c.UserPoolID != "" {
		if e.idp, err = c.endpoint("cognito-idp", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", regionOf(c.UserPoolID, "")); err != nil {
			return e, err
		}
	}
	if c.IdentityPoolID != "" {
		e.identity, err = c.endpoint("cognito-identity", "AWS_ENDPOINT_URL_COGNITO_IDENTITY", regionOf("", c.IdentityPoolID))
	}
	return e, err
}

// endpoint follows "Service-specific endpoints" in the AWS SDKs and Tools
// reference guide, with Client.Endpoint before the environment.
func (c *Client) endpoint(service, variable, region string) (string, error) {
	from, base := "Client.Endpoint", c.Endpoint
	ignored := strings.EqualFold(os.Getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true")
	for _, name := range []string{variable, "AWS_ENDPOINT_URL"} {
		if base == "" && !ignored {
			from, base = name, os.Getenv(name)
		}
	}
	if base != "" {
		return base, c.checkEndpoint(from, base)
	}
	if !sigv4.IsRegion(region) {
		return "", fmt.Errorf("%w: %q is not a region of AWS; for another server set Client.Endpoint", ErrConfig, region)
	}
	return "https://" + sigv4.HostOf(service, region), nil
}

func (c *Client) checkEndpoint(from, base string) error {
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "":
		return fmt.Errorf("%w: %s: want a URL such as https://host:port", ErrConfig, from)
	case !c.mayReach(u):
		return fmt.Errorf("%w: %s: %s://%s: use https, or set Client.AllowHTTP if the network may see the tokens", ErrConfig, from, u.Scheme, u.Host)
	}
	return nil
}

// mayReach says whether secrets may be sent to u: over https, or over http when
// they do not leave this machine or the caller has said so.
func (c *Client) mayReach(u *url.URL) bool {
	switch u.Scheme {
	case "https":
		return true
	case "http":
		return c.AllowHTTP || loopback.Is(u.Hostname())
	}
	return false
}

// hostPort is the authority of u in one form: lower case, with its port.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

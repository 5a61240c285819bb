package gatepass

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strings"
)

// The forms ids must have before they become part of a host name or a request.
var (
	regionForm       = regexp.MustCompile(`\A[a-z]{2}(-[a-z]+)+-[0-9]{1,2}\z`)
	userPoolForm     = regexp.MustCompile(`\A([a-z0-9-]{1,40})_[0-9A-Za-z]{1,55}\z`)
	clientForm       = regexp.MustCompile(`\A[0-9A-Za-z_+]{1,128}\z`)
	identityPoolForm = regexp.MustCompile(`\A([a-z0-9-]{1,40}):[0-9a-f-]{1,55}\z`)
)

// endpoints are the base URLs of the two services.
type endpoints struct{ idp, identity string }

func (c *Client) checkIDs() error {
	for _, id := range []struct {
		field, value string
		form         *regexp.Regexp
	}{
		{"UserPoolID", c.UserPoolID, userPoolForm},
		{"ClientID", c.ClientID, clientForm},
		{"IdentityPoolID", c.IdentityPoolID, identityPoolForm},
	} {
		if id.value != "" && !id.form.MatchString(id.value) {
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
	if !regionForm.MatchString(region) {
		return "", fmt.Errorf("%w: %q is not a region of AWS; for another server set Client.Endpoint", ErrConfig, region)
	}
	suffix := ".amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		suffix = ".amazonaws.com.cn"
	}
	return "https://" + service + "." + region + suffix, nil
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
		return c.AllowHTTP || loopback(u.Hostname())
	}
	return false
}

// loopback says whether host is this machine by definition (RFC 6761 for the names).
func loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// hostPort is the authority of u in one form: lower case, with its port.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

package gateway

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/sigv4"
)

// admitted is a request that may go to its integration: the only thing the
// outbound request is built from. It is made from a sigv4.Verified and an
// allowing decision, or for a route that asks for neither.
type admitted struct {
	method, path, query string // path: raw resource path
	header              http.Header
	body                []byte
}

// admit authenticates and authorises the call as its route asks.
func (c *call) admit() (*admitted, error) {
	switch c.route.Auth {
	case apidef.AuthIAM:
		v, err := c.verify()
		if err != nil {
			return nil, err
		}
		return c.admitVerified(v)
	case apidef.AuthNone:
		if err := c.permitAnyone(); err != nil {
			return nil, err
		}
		return c.admitAnyone()
	case apidef.AuthCognito, apidef.AuthJWT, apidef.AuthCustom:
		if err := c.authorizeBy(c.route.authorizer); err != nil {
			return nil, err
		}
		return c.admitAnyone()
	}
	return nil, errForbidden() // Validate lets no other through; deny by default
}

func (c *call) admitVerified(v *sigv4.Verified) (*admitted, error) {
	for name := range connectionNames(c.r.Header) {
		if v.Signed(name) {
			return nil, badRequest("The Connection header names " + name + ", which is signed")
		}
	}
	for key := range c.r.Header {
		if strings.IndexByte(key, '_') >= 0 && v.Signed(key) {
			return nil, badRequest("The header " + key + " has an underscore, which is never forwarded, and is signed")
		}
	}
	h := v.Header()
	for _, name := range c.route.Integration.Headers {
		key := http.CanonicalHeaderKey(name)
		if values := c.r.Header[key]; len(values) > 0 {
			h[key] = slices.Clone(values)
		}
	}
	strip(h, c.r.Header)
	return &admitted{method: v.Method(), path: c.target.Path, query: v.RawQuery(), header: h, body: v.Body()}, nil
}

// admitAnyone takes the request as it is, less credentials: those of a signature
// nobody asked for are somebody's all the same.
func (c *call) admitAnyone() (*admitted, error) {
	if _, err := sigv4.Mode(c.r); err != nil {
		return nil, err
	}
	_, query, _ := strings.Cut(c.r.RequestURI, "?")
	body, err := readBody(c.r)
	if err != nil {
		return nil, err
	}
	return &admitted{method: c.r.Method, path: c.target.Path, query: sigv4.WithoutPresign(query), header: passing(c.r.Header), body: body}, nil
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPayload+1))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) || len(body) > maxPayload {
		return nil, errPayload()
	}
	if err != nil {
		return nil, badRequest("The body could not be read")
	}
	return body, nil
}

func isPresign(param string) bool { return param != "" && sigv4.WithoutPresign(param) == "" }

// redact hides the values of presign parameters.
func redact(query string) string {
	if sigv4.WithoutPresign(query) == query {
		return query
	}
	params := strings.Split(query, "&")
	for i, p := range params {
		if isPresign(p) {
			name, _, _ := strings.Cut(p, "=")
			params[i] = name + "=redacted"
		}
	}
	return strings.Join(params, "&")
}

package gateway

import (
	"cmp"
	"strings"
	"time"
)

// headerIdentity carries the signed identity token. No client's value passes
// under that name (droppedPrefixes).
const headerIdentity = identityPrefix + "Identity"

// identityLife is how long an identity token is valid: it is made for one
// request, and a backend looks at it when that comes.
const identityLife = 2 * time.Minute

const maxAudience = 256

// identityClaims say who makes one request, and which. Names of RFC 7519 where
// there is one; the request is as the backend of an address without a path gets
// it.
type identityClaims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"` // identity id, else user ARN, else the token's sub or the authorizer's principalId
	Audience string `json:"aud"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	ID       string `json:"jti"` // request id

	API    string `json:"api"`
	Stage  string `json:"stage"`
	Method string `json:"method"`
	Path   string `json:"path"` // after the stage, raw
	Query  string `json:"query,omitempty"`
	Host   string `json:"host"` // that the client called

	UserARN            string `json:"user_arn,omitempty"`
	AccountID          string `json:"account_id,omitempty"`
	UserID             string `json:"user_id,omitempty"`
	IdentityID         string `json:"identity_id,omitempty"`
	IdentityPoolID     string `json:"identity_pool_id,omitempty"`
	AuthenticationType string `json:"authentication_type,omitempty"`
	Provider           string `json:"authentication_provider,omitempty"`
	UserSub            string `json:"user_sub,omitempty"`
}

// sayIdentity adds the identity token to a request that goes to a backend, where
// the API wants one and somebody is known to call.
func (c *call) sayIdentity(a *admitted) error {
	if c.api.IdentityToken == "" {
		return nil
	}
	ctx, cancel := c.limited()
	defer cancel()
	claims := c.identityClaims(a)
	if claims.Subject == "" {
		return nil
	}
	raw, err := c.g.SignIdentity(ctx, claims)
	if err != nil {
		return errUnavailable(err) // a backend that trusts the token must not get a request without
	}
	a.header[headerIdentity] = []string{raw}
	return nil
}

func (c *call) identityClaims(a *admitted) *identityClaims {
	id := &c.identity
	return &identityClaims{
		Issuer: c.g.IdentityIssuer, Audience: c.api.IdentityToken, ID: c.id,
		Subject: cmp.Or(id.IdentityID, id.UserARN, c.auth.claims["sub"], c.auth.principalID),
		Issued:  c.now.Unix(), Expires: c.now.Add(identityLife).Unix(),
		API: c.target.API, Stage: c.target.Stage, Method: a.method, Path: a.path, Query: a.query, Host: c.r.Host,
		UserARN: id.UserARN, AccountID: id.AccountID, UserID: id.UserID,
		IdentityID: id.IdentityID, IdentityPoolID: id.IdentityPoolID,
		AuthenticationType: id.AuthenticationType, Provider: cmp.Or(id.AuthenticationProvider, c.auth.claims["iss"]), UserSub: cmp.Or(id.UserSub, c.auth.claims["sub"]),
	}
}

func validateAudience(audience string) error {
	if len(audience) > maxAudience || strings.ContainsFunc(audience, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return invalid("IdentityToken", "%q is not an audience: up to %d printable characters without spaces", audience, maxAudience)
	}
	return nil
}

// canSayIdentity refuses APIs that want identity tokens of a gateway that makes
// none.
func (g *Gateway) canSayIdentity(t *table) error {
	for _, list := range t.apis {
		for _, a := range list {
			if a.IdentityToken != "" && (g.SignIdentity == nil || g.IdentityIssuer == "") {
				return invalid("IdentityToken", "the gate has no address for its keys: tell the server its Endpoint")
			}
		}
	}
	return nil
}

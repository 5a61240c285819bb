package server

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/identity"
)

// IdentityPool declares a Cognito identity pool that accepts logins of user pool
// clients and, if allowed, guests.
type IdentityPool struct {
	ID                  string        `yaml:"id"` // <region>:<uuid>
	Name                string        `yaml:"name"`
	AllowGuests         bool          `yaml:"allow_guests"`
	AllowClassic        bool          `yaml:"allow_classic"` // GetOpenIdToken
	Providers           []Provider    `yaml:"providers"`
	AuthenticatedRole   string        `yaml:"authenticated_role"` // role names of this file
	UnauthenticatedRole string        `yaml:"unauthenticated_role"`
	OIDCProviders       []string      `yaml:"oidc_providers"` // issuers of this file
	RoleMappings        []RoleMapping `yaml:"role_mappings"`
	DeveloperProvider   string        `yaml:"developer_provider"` // a name such as login.example; it stays for good
}

// OIDCProvider declares an OpenID Connect provider whose ID tokens identity pools
// accept. Its keys are fetched from the address that its discovery document names.
type OIDCProvider struct {
	Issuer  string   `yaml:"issuer"`  // https:// address, or http:// on this machine
	Clients []string `yaml:"clients"` // client ids, one of which a token must be for
}

// Provider is a user pool client whose ID tokens an identity pool accepts.
type Provider struct {
	UserPool        string `yaml:"user_pool"` // pool id
	Client          string `yaml:"client"`    // client id, the token's aud
	ServerSideCheck bool   `yaml:"server_side_check"`
}

// RoleMapping gives the users of one of the identity pool's providers roles of
// their own.
type RoleMapping struct {
	UserPool string `yaml:"user_pool"`
	Client   string `yaml:"client"`
	Issuer   string `yaml:"issuer"` // in place of user_pool and client
	// Type is "token", the role of the user's group or one of several that the user
	// chooses with CustomRoleArn, or "rules".
	Type string `yaml:"type"`
	// Otherwise says what is done where the token or the rules decide nothing:
	// "deny" or "authenticated_role", which is the pool's. There is no default.
	Otherwise string        `yaml:"otherwise"`
	Rules     []MappingRule `yaml:"rules"` // the first that matches decides
}

// MappingRule gives a role to users with a claim.
type MappingRule struct {
	Claim string `yaml:"claim"`
	Match string `yaml:"match"` // Equals, Contains, StartsWith or NotEqual
	Value string `yaml:"value"`
	Role  string `yaml:"role"` // the name of a role of this file
}

func (c *Config) validateIdentityPools() error {
	for i, p := range c.IdentityPools {
		at := fmt.Sprintf("$.identity_pools[%d]", i)
		if err := c.match(at+".id", p.ID, identityPoolForm(), "an identity pool id (<region>:<uuid>)"); err != nil {
			return err
		}
		if p.DeveloperProvider != "" {
			if err := c.match(at+".developer_provider", p.DeveloperProvider, developerForm(), "a name of letters, digits, dots and dashes"); err != nil {
				return err
			}
		}
		if err := c.validateProviders(at, p); err != nil {
			return err
		}
		for field, role := range map[string]string{".authenticated_role": p.AuthenticatedRole, ".unauthenticated_role": p.UnauthenticatedRole} {
			if role != "" && !c.hasRole(role) {
				return c.fail(at+field, "no role named %q is declared under roles", role)
			}
		}
		if p.AllowGuests && p.UnauthenticatedRole == "" {
			return c.fail(at+".unauthenticated_role", "allow_guests needs an unauthenticated_role")
		}
	}
	return nil
}

func (c *Config) validateOIDC() error {
	for i, o := range c.OIDCProviders {
		at := fmt.Sprintf("$.oidc_providers[%d]", i)
		switch {
		case identity.OIDCProviderARN("", o.Issuer) == "":
			return c.fail(at+".issuer", "%q is not an https:// address, or http:// on this machine", o.Issuer)
		case len(o.Clients) == 0 || slices.Contains(o.Clients, ""):
			return c.fail(at+".clients", "name the client ids whose tokens are accepted")
		}
	}
	return nil
}

func (c *Config) validateProviders(at string, p IdentityPool) error {
	for j, pr := range p.Providers {
		if !c.hasClient(pr.UserPool, pr.Client) {
			return c.fail(fmt.Sprintf("%s.providers[%d]", at, j),
				"no client %q of a user pool %q is declared under user_pools", pr.Client, pr.UserPool)
		}
	}
	for j, iss := range p.OIDCProviders {
		if !slices.ContainsFunc(c.OIDCProviders, func(o OIDCProvider) bool { return o.Issuer == iss }) {
			return c.fail(fmt.Sprintf("%s.oidc_providers[%d]", at, j), "no issuer %q is declared under oidc_providers", iss)
		}
		if strings.HasSuffix(identity.OIDCProviderARN("", iss), "/"+p.DeveloperProvider) {
			return c.fail(at+".developer_provider", "%q is the name of an OpenID provider", p.DeveloperProvider)
		}
	}
	seen := map[string]bool{}
	for j, m := range p.RoleMappings {
		path := fmt.Sprintf("%s.role_mappings[%d]", at, j)
		switch {
		case m.Issuer == "" && !p.accepts(m.UserPool, m.Client):
			return c.fail(path, "the client %q of the user pool %q is not one of the providers", m.Client, m.UserPool)
		case m.Issuer != "" && (m.UserPool != "" || m.Client != "" || !slices.Contains(p.OIDCProviders, m.Issuer)):
			return c.fail(path, "the issuer %q is not one of oidc_providers, or stands beside a user pool", m.Issuer)
		case seen[m.Issuer+m.UserPool+":"+m.Client]:
			return c.fail(path, "the provider has a role mapping already")
		}
		seen[m.Issuer+m.UserPool+":"+m.Client] = true
		if err := c.validateMapping(path, m); err != nil {
			return err
		}
	}
	return nil
}

func (p IdentityPool) accepts(pool, client string) bool {
	return slices.ContainsFunc(p.Providers, func(pr Provider) bool { return pr.UserPool == pool && pr.Client == client })
}

func (c *Config) validateMapping(at string, m RoleMapping) error {
	if err := c.oneOf(at+".type", m.Type, "token", "rules"); err != nil {
		return err
	}
	if err := c.oneOf(at+".otherwise", m.Otherwise, "deny", "authenticated_role"); err != nil {
		return err
	}
	if (m.Type == "rules") != (len(m.Rules) > 0) {
		return c.fail(at+".rules", "a mapping of type rules needs rules, one of type token has none")
	}
	for i, r := range m.Rules {
		path := fmt.Sprintf("%s.rules[%d]", at, i)
		if err := c.oneOf(path+".match", r.Match, "Equals", "Contains", "StartsWith", "NotEqual"); err != nil {
			return err
		}
		if r.Claim == "" || r.Value == "" {
			return c.fail(path, "a rule needs a claim and a value")
		}
		if !c.hasRole(r.Role) {
			return c.fail(path+".role", "no role named %q is declared under roles", r.Role)
		}
	}
	return nil
}

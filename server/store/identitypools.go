package store

import (
	"context"
	"time"
)

// IdentityPool is a Cognito identity pool.
type IdentityPool struct {
	ID, Name                           string
	AllowUnauthenticated, AllowClassic bool
	Providers                          []IdentityProvider
	LoginProviders                     map[string]string          `json:",omitempty"` // public providers by name: the client id
	OIDCProviders                      []string                   `json:",omitempty"` // ARNs, see OIDCProvider
	DeveloperProvider                  string                     `json:",omitempty"` // empty: no developer identities
	Roles                              map[string]string          // authenticated, unauthenticated: role ARNs
	RoleMappings                       map[string]RoleMapping     `json:",omitempty"` // by provider, user pools as NAME:CLIENT
	PrincipalTags                      map[string]PrincipalTagMap `json:",omitempty"` // by provider
	Tags                               map[string]string          `json:",omitempty"`
	Created                            time.Time
}

// IdentityProvider is a user pool client an identity pool accepts.
type IdentityProvider struct {
	ProviderName, ClientID string
	ServerSideTokenCheck   bool
}

// RoleMapping says how the users of a provider get their role.
type RoleMapping struct {
	Type      string // Token or Rules
	Ambiguous string // AuthenticatedRole or Deny
	Rules     []MappingRule
}

// MappingRule gives a role to those whose claim matches.
type MappingRule struct {
	Claim, Match, Value, RoleARN string // Match: Equals, Contains, StartsWith, NotEqual
}

// PrincipalTagMap says which claims of a provider become session tags.
type PrincipalTagMap struct {
	UseDefaults bool
	Tags        map[string]string // tag key: claim
}

// OIDCProvider is an OpenID Connect provider that identity pools may name.
type OIDCProvider struct {
	ARN, Issuer string
	ClientIDs   []string
	Thumbprints []string          `json:",omitempty"` // kept for AWS's clients; keys are fetched over TLS
	Tags        map[string]string `json:",omitempty"`
	Created     time.Time
}

// PutIdentityPool creates or replaces an identity pool.
func (tx *Tx) PutIdentityPool(p IdentityPool) error { return put(tx, "identitypool", p.ID, "", p) }

// IdentityPool finds an identity pool; ErrNotFound. In a transaction it stays
// locked, because it is read to be changed.
func (r reader) IdentityPool(ctx context.Context, id string) (IdentityPool, error) {
	is := func(p IdentityPool) bool { return p.ID == id }
	return one(ctx, r, is, "SELECT doc FROM documents WHERE kind = $1 AND id = $2", "identitypool", id)
}

// ListIdentityPools lists pools by id, after an id ("" for the first).
func (r reader) ListIdentityPools(ctx context.Context, after string, limit int) ([]IdentityPool, error) {
	return list[IdentityPool](ctx, r, byParent, "identitypool", "", after, limit)
}

// DeleteIdentityPool removes a pool with its identities; ErrNotFound.
func (tx *Tx) DeleteIdentityPool(id string) error {
	if err := remove(tx, "identitypool", id); err != nil {
		return err
	}
	return tx.exec("DELETE FROM identities WHERE pool = $1", id)
}

// PutOIDCProvider creates or replaces a provider, by its ARN.
func (tx *Tx) PutOIDCProvider(p OIDCProvider) error { return put(tx, "oidcprovider", p.ARN, "", p) }

// OIDCProvider finds a provider by ARN; ErrNotFound.
func (r reader) OIDCProvider(ctx context.Context, arn string) (OIDCProvider, error) {
	is := func(p OIDCProvider) bool { return p.ARN == arn }
	return one(ctx, r, is, "SELECT doc FROM documents WHERE kind = $1 AND id = $2", "oidcprovider", arn)
}

// CreateOIDCProvider keeps a new provider; ErrExists if its ARN is taken.
func (tx *Tx) CreateOIDCProvider(p OIDCProvider) error {
	return create(tx, "oidcprovider", p.ARN, "", p)
}

// OIDCProviders lists all providers by ARN.
func (r reader) OIDCProviders(ctx context.Context) ([]OIDCProvider, error) {
	return list[OIDCProvider](ctx, r, byParent, "oidcprovider", "", "", everything)
}

// CountOIDCProviders counts all providers.
func (r reader) CountOIDCProviders(ctx context.Context) (int, error) {
	return count(ctx, r, "oidcprovider")
}

// DeleteOIDCProvider removes a provider; ErrNotFound.
func (tx *Tx) DeleteOIDCProvider(arn string) error { return remove(tx, "oidcprovider", arn) }

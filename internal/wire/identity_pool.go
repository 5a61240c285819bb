package wire

// CognitoIdentityProvider is a user pool client that an identity pool accepts.
type CognitoIdentityProvider struct {
	ProviderName         string `json:"ProviderName,omitempty"`
	ClientId             string `json:"ClientId,omitempty"`
	ServerSideTokenCheck bool   `json:"ServerSideTokenCheck"`
}

// IdentityPoolSettings are what CreateIdentityPool and UpdateIdentityPool set
// and what is described of an identity pool.
type IdentityPoolSettings struct {
	IdentityPoolName               string                    `json:"IdentityPoolName"`
	AllowUnauthenticatedIdentities bool                      `json:"AllowUnauthenticatedIdentities"`
	AllowClassicFlow               bool                      `json:"AllowClassicFlow"`
	SupportedLoginProviders        map[string]string         `json:"SupportedLoginProviders,omitempty"`
	DeveloperProviderName          string                    `json:"DeveloperProviderName,omitempty"`
	OpenIdConnectProviderARNs      []string                  `json:"OpenIdConnectProviderARNs,omitempty"`
	CognitoIdentityProviders       []CognitoIdentityProvider `json:"CognitoIdentityProviders,omitempty"`
	SamlProviderARNs               []string                  `json:"SamlProviderARNs,omitempty"`
	IdentityPoolTags               map[string]string         `json:"IdentityPoolTags,omitempty"`
}

// CreateIdentityPoolInput is the request of CreateIdentityPool.
type CreateIdentityPoolInput = IdentityPoolSettings

// IdentityPool is the request of UpdateIdentityPool, and the answer of all calls
// that describe an identity pool.
type IdentityPool struct {
	IdentityPoolId                 string                    `json:"IdentityPoolId"`
	IdentityPoolName               string                    `json:"IdentityPoolName"`
	AllowUnauthenticatedIdentities bool                      `json:"AllowUnauthenticatedIdentities"`
	AllowClassicFlow               bool                      `json:"AllowClassicFlow"`
	SupportedLoginProviders        map[string]string         `json:"SupportedLoginProviders,omitempty"`
	DeveloperProviderName          string                    `json:"DeveloperProviderName,omitempty"`
	OpenIdConnectProviderARNs      []string                  `json:"OpenIdConnectProviderARNs,omitempty"`
	CognitoIdentityProviders       []CognitoIdentityProvider `json:"CognitoIdentityProviders,omitempty"`
	SamlProviderARNs               []string                  `json:"SamlProviderARNs,omitempty"`
	IdentityPoolTags               map[string]string         `json:"IdentityPoolTags,omitempty"`
}

// Settings are the pool without its id.
func (p IdentityPool) Settings() IdentityPoolSettings {
	return IdentityPoolSettings{
		IdentityPoolName: p.IdentityPoolName, AllowUnauthenticatedIdentities: p.AllowUnauthenticatedIdentities,
		AllowClassicFlow: p.AllowClassicFlow, SupportedLoginProviders: p.SupportedLoginProviders,
		DeveloperProviderName: p.DeveloperProviderName, OpenIdConnectProviderARNs: p.OpenIdConnectProviderARNs,
		CognitoIdentityProviders: p.CognitoIdentityProviders, SamlProviderARNs: p.SamlProviderARNs, IdentityPoolTags: p.IdentityPoolTags,
	}
}

// IdentityPoolInput is the request of the calls about one identity pool:
// DescribeIdentityPool, DeleteIdentityPool and GetIdentityPoolRoles.
type IdentityPoolInput struct {
	IdentityPoolId string `json:"IdentityPoolId"`
}

// ListIdentityPoolsInput is the request of ListIdentityPools.
type ListIdentityPoolsInput struct {
	MaxResults int    `json:"MaxResults"`
	NextToken  string `json:"NextToken,omitempty"`
}

// IdentityPoolShort is an identity pool in a list.
type IdentityPoolShort struct {
	IdentityPoolId   string `json:"IdentityPoolId"`
	IdentityPoolName string `json:"IdentityPoolName"`
}

// ListIdentityPoolsOutput is the answer of ListIdentityPools.
type ListIdentityPoolsOutput struct {
	IdentityPools []IdentityPoolShort `json:"IdentityPools"`
	NextToken     string              `json:"NextToken,omitempty"`
}

// MappingRule gives a role to those whose claim matches.
type MappingRule struct {
	Claim     string `json:"Claim"`
	MatchType string `json:"MatchType"` // Equals, Contains, StartsWith or NotEqual
	Value     string `json:"Value"`
	RoleARN   string `json:"RoleARN"`
}

// RulesConfiguration holds the rules in their order.
type RulesConfiguration struct {
	Rules []MappingRule `json:"Rules"`
}

// RoleMapping says how the users of a provider get their role.
type RoleMapping struct {
	Type                    string              `json:"Type"`                              // Token or Rules
	AmbiguousRoleResolution string              `json:"AmbiguousRoleResolution,omitempty"` // AuthenticatedRole or Deny
	RulesConfiguration      *RulesConfiguration `json:"RulesConfiguration,omitempty"`
}

// IdentityPoolRoles is the request of SetIdentityPoolRoles and the answer of
// GetIdentityPoolRoles.
type IdentityPoolRoles struct {
	IdentityPoolId string                 `json:"IdentityPoolId"`
	Roles          map[string]string      `json:"Roles,omitempty"`
	RoleMappings   map[string]RoleMapping `json:"RoleMappings,omitempty"`
}

// PrincipalTagAttributeMap is the request and the answer of
// SetPrincipalTagAttributeMap and the answer of GetPrincipalTagAttributeMap.
type PrincipalTagAttributeMap struct {
	IdentityPoolId       string            `json:"IdentityPoolId"`
	IdentityProviderName string            `json:"IdentityProviderName"`
	UseDefaults          bool              `json:"UseDefaults"`
	PrincipalTags        map[string]string `json:"PrincipalTags,omitempty"`
}

// GetPrincipalTagAttributeMapInput is the request of GetPrincipalTagAttributeMap.
type GetPrincipalTagAttributeMapInput struct {
	IdentityPoolId       string `json:"IdentityPoolId"`
	IdentityProviderName string `json:"IdentityProviderName"`
}

// TagResourceInput is the request of TagResource.
type TagResourceInput struct {
	ResourceArn string            `json:"ResourceArn"`
	Tags        map[string]string `json:"Tags"`
}

// UntagResourceInput is the request of UntagResource.
type UntagResourceInput struct {
	ResourceArn string   `json:"ResourceArn"`
	TagKeys     []string `json:"TagKeys"`
}

// ListTagsForResourceInput is the request of ListTagsForResource.
type ListTagsForResourceInput struct {
	ResourceArn string `json:"ResourceArn"`
}

// ListTagsForResourceOutput is the answer of ListTagsForResource.
type ListTagsForResourceOutput struct {
	Tags map[string]string `json:"Tags"`
}

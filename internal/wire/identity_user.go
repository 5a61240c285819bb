package wire

// IdentityInput is the request of DescribeIdentity.
type IdentityInput struct {
	IdentityId string `json:"IdentityId"`
}

// IdentityDescription is an identity with the providers of its logins.
type IdentityDescription struct {
	IdentityId       string   `json:"IdentityId"`
	Logins           []string `json:"Logins,omitempty"`
	CreationDate     Epoch    `json:"CreationDate"`
	LastModifiedDate Epoch    `json:"LastModifiedDate"`
}

// ListIdentitiesInput is the request of ListIdentities.
type ListIdentitiesInput struct {
	IdentityPoolId string `json:"IdentityPoolId"`
	MaxResults     int    `json:"MaxResults"`
	NextToken      string `json:"NextToken,omitempty"`
	HideDisabled   bool   `json:"HideDisabled,omitempty"`
}

// ListIdentitiesOutput is the answer of ListIdentities.
type ListIdentitiesOutput struct {
	IdentityPoolId string                `json:"IdentityPoolId"`
	Identities     []IdentityDescription `json:"Identities"`
	NextToken      string                `json:"NextToken,omitempty"`
}

// DeleteIdentitiesInput is the request of DeleteIdentities.
type DeleteIdentitiesInput struct {
	IdentityIdsToDelete []string `json:"IdentityIdsToDelete"`
}

// UnprocessedIdentityId is an identity that could not be deleted.
type UnprocessedIdentityId struct {
	IdentityId string `json:"IdentityId"`
	ErrorCode  string `json:"ErrorCode"` // AccessDenied or InternalServerError
}

// DeleteIdentitiesOutput is the answer of DeleteIdentities.
type DeleteIdentitiesOutput struct {
	UnprocessedIdentityIds []UnprocessedIdentityId `json:"UnprocessedIdentityIds"`
}

// UnlinkIdentityInput is the request of UnlinkIdentity.
type UnlinkIdentityInput struct {
	redacted
	IdentityId     string            `json:"IdentityId"`
	Logins         map[string]string `json:"Logins"`
	LoginsToRemove []string          `json:"LoginsToRemove"`
}

// GetOpenIdTokenForDeveloperIdentityInput is the request of
// GetOpenIdTokenForDeveloperIdentity.
type GetOpenIdTokenForDeveloperIdentityInput struct {
	redacted
	IdentityPoolId string            `json:"IdentityPoolId"`
	IdentityId     string            `json:"IdentityId,omitempty"`
	Logins         map[string]string `json:"Logins"`
	PrincipalTags  map[string]string `json:"PrincipalTags,omitempty"`
	TokenDuration  int64             `json:"TokenDuration,omitempty"` // seconds; zero: 15 minutes
}

// LookupDeveloperIdentityInput is the request of LookupDeveloperIdentity.
type LookupDeveloperIdentityInput struct {
	IdentityPoolId          string `json:"IdentityPoolId"`
	IdentityId              string `json:"IdentityId,omitempty"`
	DeveloperUserIdentifier string `json:"DeveloperUserIdentifier,omitempty"`
	MaxResults              int    `json:"MaxResults,omitempty"`
	NextToken               string `json:"NextToken,omitempty"`
}

// LookupDeveloperIdentityOutput is the answer of LookupDeveloperIdentity.
type LookupDeveloperIdentityOutput struct {
	IdentityId                  string   `json:"IdentityId"`
	DeveloperUserIdentifierList []string `json:"DeveloperUserIdentifierList"`
	NextToken                   string   `json:"NextToken,omitempty"`
}

// MergeDeveloperIdentitiesInput is the request of MergeDeveloperIdentities.
type MergeDeveloperIdentitiesInput struct {
	SourceUserIdentifier      string `json:"SourceUserIdentifier"`
	DestinationUserIdentifier string `json:"DestinationUserIdentifier"`
	DeveloperProviderName     string `json:"DeveloperProviderName"`
	IdentityPoolId            string `json:"IdentityPoolId"`
}

// MergeDeveloperIdentitiesOutput is the answer of MergeDeveloperIdentities.
type MergeDeveloperIdentitiesOutput struct {
	IdentityId string `json:"IdentityId"`
}

// UnlinkDeveloperIdentityInput is the request of UnlinkDeveloperIdentity.
type UnlinkDeveloperIdentityInput struct {
	IdentityId              string `json:"IdentityId"`
	IdentityPoolId          string `json:"IdentityPoolId"`
	DeveloperProviderName   string `json:"DeveloperProviderName"`
	DeveloperUserIdentifier string `json:"DeveloperUserIdentifier"`
}

package wire

// CreateUserPoolInput is the request of CreateUserPool (Amazon Cognito user pools API Reference).
type CreateUserPoolInput struct {
	PoolName               string                 `json:"PoolName"`
	Policies               *PoolPolicies          `json:"Policies,omitempty"`
	UsernameAttributes     []string               `json:"UsernameAttributes,omitempty"`
	AliasAttributes        []string               `json:"AliasAttributes,omitempty"`
	AutoVerifiedAttributes []string               `json:"AutoVerifiedAttributes,omitempty"`
	MfaConfiguration       string                 `json:"MfaConfiguration,omitempty"`
	AdminCreateUserConfig  *AdminCreateUserConfig `json:"AdminCreateUserConfig,omitempty"`
	UsernameConfiguration  *UsernameConfiguration `json:"UsernameConfiguration,omitempty"`
}

// CreateUserPoolOutput is the answer of CreateUserPool.
type CreateUserPoolOutput struct {
	UserPool UserPoolType `json:"UserPool"`
}

// DescribeUserPoolInput is the request of DescribeUserPool (Amazon Cognito user pools API Reference).
type DescribeUserPoolInput struct {
	UserPoolId string `json:"UserPoolId"`
}

// DescribeUserPoolOutput is the answer of DescribeUserPool.
type DescribeUserPoolOutput struct {
	UserPool UserPoolType `json:"UserPool"`
}

// ListUserPoolsInput is the request of ListUserPools (Amazon Cognito user pools API Reference).
type ListUserPoolsInput struct {
	MaxResults int    `json:"MaxResults"`
	NextToken  string `json:"NextToken,omitempty"`
}

// ListUserPoolsOutput is the answer of ListUserPools.
type ListUserPoolsOutput struct {
	UserPools []UserPoolDescription `json:"UserPools"`
	NextToken string                `json:"NextToken,omitempty"`
}

// CreateUserPoolClientInput is the request of CreateUserPoolClient (Amazon Cognito user pools API Reference).
type CreateUserPoolClientInput struct {
	UserPoolId                 string                `json:"UserPoolId"`
	ClientName                 string                `json:"ClientName"`
	GenerateSecret             bool                  `json:"GenerateSecret,omitempty"`
	ExplicitAuthFlows          []string              `json:"ExplicitAuthFlows,omitempty"`
	PreventUserExistenceErrors string                `json:"PreventUserExistenceErrors,omitempty"`
	AccessTokenValidity        int                   `json:"AccessTokenValidity,omitempty"`
	IdTokenValidity            int                   `json:"IdTokenValidity,omitempty"`
	RefreshTokenValidity       int                   `json:"RefreshTokenValidity,omitempty"`
	TokenValidityUnits         *TokenValidityUnits   `json:"TokenValidityUnits,omitempty"`
	RefreshTokenRotation       *RefreshTokenRotation `json:"RefreshTokenRotation,omitempty"`
	EnableTokenRevocation      *bool                 `json:"EnableTokenRevocation,omitempty"`
	AuthSessionValidity        int                   `json:"AuthSessionValidity,omitempty"`
	ReadAttributes             []string              `json:"ReadAttributes,omitempty"`
	WriteAttributes            []string              `json:"WriteAttributes,omitempty"`
}

// CreateUserPoolClientOutput is the answer of CreateUserPoolClient.
type CreateUserPoolClientOutput struct {
	redacted
	UserPoolClient UserPoolClientType `json:"UserPoolClient"`
}

// DescribeUserPoolClientInput is the request of DescribeUserPoolClient (Amazon Cognito user pools API Reference).
type DescribeUserPoolClientInput struct {
	UserPoolId string `json:"UserPoolId"`
	ClientId   string `json:"ClientId"`
}

// DescribeUserPoolClientOutput is the answer of DescribeUserPoolClient.
type DescribeUserPoolClientOutput struct {
	redacted
	UserPoolClient UserPoolClientType `json:"UserPoolClient"`
}

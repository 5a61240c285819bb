package wire

// Attribute is a name and a value (AttributeType).
type Attribute struct {
	Name  string `json:"Name"`
	Value string `json:"Value,omitempty"`
}

// AnalyticsMetadata is accepted and not used.
type AnalyticsMetadata struct {
	AnalyticsEndpointId string `json:"AnalyticsEndpointId,omitempty"`
}

// UserContextData is accepted and not used.
type UserContextData struct {
	EncodedData string `json:"EncodedData,omitempty"`
	IpAddress   string `json:"IpAddress,omitempty"`
}

// ContextData is accepted and not used.
type ContextData struct {
	EncodedData string              `json:"EncodedData,omitempty"`
	HttpHeaders []map[string]string `json:"HttpHeaders,omitempty"`
	IpAddress   string              `json:"IpAddress,omitempty"`
	ServerName  string              `json:"ServerName,omitempty"`
	ServerPath  string              `json:"ServerPath,omitempty"`
}

// AuthOutput is the answer of InitiateAuth, RespondToAuthChallenge, their Admin
// forms and GetTokensFromRefreshToken: either a result or a challenge.
type AuthOutput struct {
	redacted
	AuthenticationResult *AuthenticationResult `json:"AuthenticationResult,omitempty"`
	ChallengeName        string                `json:"ChallengeName,omitempty"`
	ChallengeParameters  map[string]string     `json:"ChallengeParameters,omitzero"`
	Session              string                `json:"Session,omitempty"`
}

// AuthenticationResult holds the tokens; ExpiresIn is in seconds and concerns
// the access token.
type AuthenticationResult struct {
	redacted
	AccessToken  string `json:"AccessToken,omitempty"`
	ExpiresIn    int    `json:"ExpiresIn"`
	IdToken      string `json:"IdToken,omitempty"`
	RefreshToken string `json:"RefreshToken,omitempty"`
	TokenType    string `json:"TokenType,omitempty"`
}

// CodeDeliveryDetails says where a code went, masked.
type CodeDeliveryDetails struct {
	AttributeName  string `json:"AttributeName"`
	DeliveryMedium string `json:"DeliveryMedium"`
	Destination    string `json:"Destination"`
}

// MFASettings is one factor of SetUserMFAPreference.
type MFASettings struct {
	Enabled      bool `json:"Enabled,omitempty"`
	PreferredMfa bool `json:"PreferredMfa,omitempty"`
}

// UserType is a user as administrators see it.
type UserType struct {
	Username             string      `json:"Username"`
	Attributes           []Attribute `json:"Attributes"`
	Enabled              bool        `json:"Enabled"`
	UserStatus           string      `json:"UserStatus"`
	UserCreateDate       Epoch       `json:"UserCreateDate"`
	UserLastModifiedDate Epoch       `json:"UserLastModifiedDate"`
}

// PoolPolicies holds the password policy of a pool.
type PoolPolicies struct {
	PasswordPolicy *PasswordPolicy `json:"PasswordPolicy,omitempty"`
}

// PasswordPolicy is what a new password must satisfy (PasswordPolicyType).
type PasswordPolicy struct {
	MinimumLength                 int  `json:"MinimumLength,omitempty"`
	RequireUppercase              bool `json:"RequireUppercase"`
	RequireLowercase              bool `json:"RequireLowercase"`
	RequireNumbers                bool `json:"RequireNumbers"`
	RequireSymbols                bool `json:"RequireSymbols"`
	TemporaryPasswordValidityDays int  `json:"TemporaryPasswordValidityDays,omitempty"`
}

// AdminCreateUserConfig says who may create users.
type AdminCreateUserConfig struct {
	AllowAdminCreateUserOnly bool `json:"AllowAdminCreateUserOnly"`
}

// UsernameConfiguration says whether Ada and ada are two users.
type UsernameConfiguration struct {
	CaseSensitive bool `json:"CaseSensitive"`
}

// UserPoolType is a user pool.
type UserPoolType struct {
	Id                     string                 `json:"Id"`
	Arn                    string                 `json:"Arn"`
	Name                   string                 `json:"Name"`
	Policies               *PoolPolicies          `json:"Policies,omitempty"`
	UsernameAttributes     []string               `json:"UsernameAttributes,omitempty"`
	AliasAttributes        []string               `json:"AliasAttributes,omitempty"`
	AutoVerifiedAttributes []string               `json:"AutoVerifiedAttributes,omitempty"`
	MfaConfiguration       string                 `json:"MfaConfiguration"`
	AdminCreateUserConfig  *AdminCreateUserConfig `json:"AdminCreateUserConfig,omitempty"`
	UsernameConfiguration  *UsernameConfiguration `json:"UsernameConfiguration,omitempty"`
	CreationDate           Epoch                  `json:"CreationDate"`
	LastModifiedDate       Epoch                  `json:"LastModifiedDate"`
}

// UserPoolDescription is a line of ListUserPools.
type UserPoolDescription struct {
	Id               string `json:"Id"`
	Name             string `json:"Name"`
	CreationDate     Epoch  `json:"CreationDate"`
	LastModifiedDate Epoch  `json:"LastModifiedDate"`
}

// TokenValidityUnits are "seconds", "minutes", "hours" or "days".
type TokenValidityUnits struct {
	AccessToken  string `json:"AccessToken,omitempty"`
	IdToken      string `json:"IdToken,omitempty"`
	RefreshToken string `json:"RefreshToken,omitempty"`
}

// RefreshTokenRotation turns rotation on; RetryGracePeriodSeconds is 0 to 60.
type RefreshTokenRotation struct {
	Feature                 string `json:"Feature"`
	RetryGracePeriodSeconds int    `json:"RetryGracePeriodSeconds,omitempty"`
}

// UserPoolClientType is an app client.
type UserPoolClientType struct {
	redacted
	UserPoolId                 string                `json:"UserPoolId"`
	ClientId                   string                `json:"ClientId"`
	ClientName                 string                `json:"ClientName"`
	ClientSecret               string                `json:"ClientSecret,omitempty"`
	ExplicitAuthFlows          []string              `json:"ExplicitAuthFlows,omitempty"`
	PreventUserExistenceErrors string                `json:"PreventUserExistenceErrors,omitempty"`
	AccessTokenValidity        int                   `json:"AccessTokenValidity,omitempty"`
	IdTokenValidity            int                   `json:"IdTokenValidity,omitempty"`
	RefreshTokenValidity       int                   `json:"RefreshTokenValidity,omitempty"`
	TokenValidityUnits         *TokenValidityUnits   `json:"TokenValidityUnits,omitempty"`
	RefreshTokenRotation       *RefreshTokenRotation `json:"RefreshTokenRotation,omitempty"`
	EnableTokenRevocation      bool                  `json:"EnableTokenRevocation"`
	AuthSessionValidity        int                   `json:"AuthSessionValidity,omitempty"`
	CreationDate               Epoch                 `json:"CreationDate"`
	LastModifiedDate           Epoch                 `json:"LastModifiedDate"`
}

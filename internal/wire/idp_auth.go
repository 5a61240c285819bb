package wire

// InitiateAuthInput is the request of InitiateAuth (Amazon Cognito user pools API Reference).
type InitiateAuthInput struct {
	redacted
	AuthFlow          string             `json:"AuthFlow"`
	AuthParameters    map[string]string  `json:"AuthParameters,omitempty"`
	ClientId          string             `json:"ClientId"`
	Session           string             `json:"Session,omitempty"`
	AnalyticsMetadata *AnalyticsMetadata `json:"AnalyticsMetadata,omitempty"`
	UserContextData   *UserContextData   `json:"UserContextData,omitempty"`
	ClientMetadata    map[string]string  `json:"ClientMetadata,omitempty"`
}

// RespondToAuthChallengeInput is the request of RespondToAuthChallenge (Amazon Cognito user pools API Reference).
type RespondToAuthChallengeInput struct {
	redacted
	ChallengeName      string             `json:"ChallengeName"`
	ChallengeResponses map[string]string  `json:"ChallengeResponses,omitempty"`
	ClientId           string             `json:"ClientId"`
	Session            string             `json:"Session,omitempty"`
	AnalyticsMetadata  *AnalyticsMetadata `json:"AnalyticsMetadata,omitempty"`
	UserContextData    *UserContextData   `json:"UserContextData,omitempty"`
	ClientMetadata     map[string]string  `json:"ClientMetadata,omitempty"`
}

// AdminInitiateAuthInput is the request of AdminInitiateAuth (Amazon Cognito user pools API Reference).
type AdminInitiateAuthInput struct {
	redacted
	AuthFlow          string             `json:"AuthFlow"`
	AuthParameters    map[string]string  `json:"AuthParameters,omitempty"`
	ClientId          string             `json:"ClientId"`
	UserPoolId        string             `json:"UserPoolId"`
	Session           string             `json:"Session,omitempty"`
	ClientMetadata    map[string]string  `json:"ClientMetadata,omitempty"`
	AnalyticsMetadata *AnalyticsMetadata `json:"AnalyticsMetadata,omitempty"`
	ContextData       *ContextData       `json:"ContextData,omitempty"`
}

// AdminRespondToAuthChallengeInput is the request of AdminRespondToAuthChallenge (Amazon Cognito user pools API Reference).
type AdminRespondToAuthChallengeInput struct {
	redacted
	ChallengeName      string             `json:"ChallengeName"`
	ChallengeResponses map[string]string  `json:"ChallengeResponses,omitempty"`
	ClientId           string             `json:"ClientId"`
	UserPoolId         string             `json:"UserPoolId"`
	Session            string             `json:"Session,omitempty"`
	ClientMetadata     map[string]string  `json:"ClientMetadata,omitempty"`
	AnalyticsMetadata  *AnalyticsMetadata `json:"AnalyticsMetadata,omitempty"`
	ContextData        *ContextData       `json:"ContextData,omitempty"`
}

// GetTokensFromRefreshTokenInput is the request of GetTokensFromRefreshToken (Amazon Cognito user pools API Reference).
type GetTokensFromRefreshTokenInput struct {
	redacted
	ClientId       string            `json:"ClientId"`
	ClientSecret   string            `json:"ClientSecret,omitempty"`
	DeviceKey      string            `json:"DeviceKey,omitempty"`
	RefreshToken   string            `json:"RefreshToken"`
	ClientMetadata map[string]string `json:"ClientMetadata,omitempty"`
}

// GlobalSignOutInput is the request of GlobalSignOut (Amazon Cognito user pools API Reference).
type GlobalSignOutInput struct {
	redacted
	AccessToken string `json:"AccessToken"`
}

// GlobalSignOutOutput is the answer of GlobalSignOut.
type GlobalSignOutOutput struct{}

// RevokeTokenInput is the request of RevokeToken (Amazon Cognito user pools API Reference).
type RevokeTokenInput struct {
	redacted
	ClientId     string `json:"ClientId"`
	ClientSecret string `json:"ClientSecret,omitempty"`
	Token        string `json:"Token"`
}

// RevokeTokenOutput is the answer of RevokeToken.
type RevokeTokenOutput struct{}

package wire

// SignUpInput is the request of SignUp (Amazon Cognito user pools API Reference).
type SignUpInput struct {
	redacted
	ClientId          string             `json:"ClientId"`
	Username          string             `json:"Username"`
	Password          string             `json:"Password,omitempty"`
	SecretHash        string             `json:"SecretHash,omitempty"`
	UserAttributes    []Attribute        `json:"UserAttributes,omitempty"`
	ValidationData    []Attribute        `json:"ValidationData,omitempty"`
	AnalyticsMetadata *AnalyticsMetadata `json:"AnalyticsMetadata,omitempty"`
	UserContextData   *UserContextData   `json:"UserContextData,omitempty"`
	ClientMetadata    map[string]string  `json:"ClientMetadata,omitempty"`
}

// SignUpOutput is the answer of SignUp.
type SignUpOutput struct {
	redacted
	UserConfirmed       bool                 `json:"UserConfirmed"`
	UserSub             string               `json:"UserSub"`
	CodeDeliveryDetails *CodeDeliveryDetails `json:"CodeDeliveryDetails,omitempty"`
	Session             string               `json:"Session,omitempty"`
}

// ConfirmSignUpInput is the request of ConfirmSignUp (Amazon Cognito user pools API Reference).
type ConfirmSignUpInput struct {
	redacted
	ClientId           string             `json:"ClientId"`
	Username           string             `json:"Username"`
	ConfirmationCode   string             `json:"ConfirmationCode"`
	SecretHash         string             `json:"SecretHash,omitempty"`
	ForceAliasCreation bool               `json:"ForceAliasCreation,omitempty"`
	Session            string             `json:"Session,omitempty"`
	AnalyticsMetadata  *AnalyticsMetadata `json:"AnalyticsMetadata,omitempty"`
	UserContextData    *UserContextData   `json:"UserContextData,omitempty"`
	ClientMetadata     map[string]string  `json:"ClientMetadata,omitempty"`
}

// ConfirmSignUpOutput is the answer of ConfirmSignUp.
type ConfirmSignUpOutput struct {
	redacted
	Session string `json:"Session,omitempty"`
}

// ResendConfirmationCodeInput is the request of ResendConfirmationCode (Amazon Cognito user pools API Reference).
type ResendConfirmationCodeInput struct {
	redacted
	ClientId          string             `json:"ClientId"`
	Username          string             `json:"Username"`
	SecretHash        string             `json:"SecretHash,omitempty"`
	AnalyticsMetadata *AnalyticsMetadata `json:"AnalyticsMetadata,omitempty"`
	UserContextData   *UserContextData   `json:"UserContextData,omitempty"`
	ClientMetadata    map[string]string  `json:"ClientMetadata,omitempty"`
}

// ResendConfirmationCodeOutput is the answer of ResendConfirmationCode.
type ResendConfirmationCodeOutput struct {
	CodeDeliveryDetails *CodeDeliveryDetails `json:"CodeDeliveryDetails,omitempty"`
}

// ForgotPasswordInput is the request of ForgotPassword (Amazon Cognito user pools API Reference).
type ForgotPasswordInput struct {
	redacted
	ClientId          string             `json:"ClientId"`
	Username          string             `json:"Username"`
	SecretHash        string             `json:"SecretHash,omitempty"`
	AnalyticsMetadata *AnalyticsMetadata `json:"AnalyticsMetadata,omitempty"`
	UserContextData   *UserContextData   `json:"UserContextData,omitempty"`
	ClientMetadata    map[string]string  `json:"ClientMetadata,omitempty"`
}

// ForgotPasswordOutput is the answer of ForgotPassword.
type ForgotPasswordOutput struct {
	CodeDeliveryDetails *CodeDeliveryDetails `json:"CodeDeliveryDetails,omitempty"`
}

// ConfirmForgotPasswordInput is the request of ConfirmForgotPassword (Amazon Cognito user pools API Reference).
type ConfirmForgotPasswordInput struct {
	redacted
	ClientId          string             `json:"ClientId"`
	Username          string             `json:"Username"`
	ConfirmationCode  string             `json:"ConfirmationCode"`
	Password          string             `json:"Password"`
	SecretHash        string             `json:"SecretHash,omitempty"`
	AnalyticsMetadata *AnalyticsMetadata `json:"AnalyticsMetadata,omitempty"`
	UserContextData   *UserContextData   `json:"UserContextData,omitempty"`
	ClientMetadata    map[string]string  `json:"ClientMetadata,omitempty"`
}

// ConfirmForgotPasswordOutput is the answer of ConfirmForgotPassword.
type ConfirmForgotPasswordOutput struct{}

package wire

// GetUserInput is the request of GetUser (Amazon Cognito user pools API Reference).
type GetUserInput struct {
	redacted
	AccessToken string `json:"AccessToken"`
}

// GetUserOutput is the answer of GetUser.
type GetUserOutput struct {
	Username            string      `json:"Username"`
	UserAttributes      []Attribute `json:"UserAttributes"`
	PreferredMfaSetting string      `json:"PreferredMfaSetting,omitempty"`
	UserMFASettingList  []string    `json:"UserMFASettingList,omitempty"`
}

// ChangePasswordInput is the request of ChangePassword (Amazon Cognito user pools API Reference).
type ChangePasswordInput struct {
	redacted
	AccessToken      string `json:"AccessToken"`
	PreviousPassword string `json:"PreviousPassword,omitempty"`
	ProposedPassword string `json:"ProposedPassword"`
}

// ChangePasswordOutput is the answer of ChangePassword.
type ChangePasswordOutput struct{}

// AssociateSoftwareTokenInput is the request of AssociateSoftwareToken (Amazon Cognito user pools API Reference).
type AssociateSoftwareTokenInput struct {
	redacted
	AccessToken string `json:"AccessToken,omitempty"`
	Session     string `json:"Session,omitempty"`
}

// AssociateSoftwareTokenOutput is the answer of AssociateSoftwareToken.
type AssociateSoftwareTokenOutput struct {
	redacted
	SecretCode string `json:"SecretCode"`
	Session    string `json:"Session,omitempty"`
}

// VerifySoftwareTokenInput is the request of VerifySoftwareToken (Amazon Cognito user pools API Reference).
type VerifySoftwareTokenInput struct {
	redacted
	AccessToken        string `json:"AccessToken,omitempty"`
	Session            string `json:"Session,omitempty"`
	UserCode           string `json:"UserCode"`
	FriendlyDeviceName string `json:"FriendlyDeviceName,omitempty"`
}

// VerifySoftwareTokenOutput is the answer of VerifySoftwareToken.
type VerifySoftwareTokenOutput struct {
	redacted
	Status  string `json:"Status"`
	Session string `json:"Session,omitempty"`
}

// SetUserMFAPreferenceInput is the request of SetUserMFAPreference (Amazon Cognito user pools API Reference).
type SetUserMFAPreferenceInput struct {
	redacted
	AccessToken              string       `json:"AccessToken"`
	SoftwareTokenMfaSettings *MFASettings `json:"SoftwareTokenMfaSettings,omitempty"`
	SMSMfaSettings           *MFASettings `json:"SMSMfaSettings,omitempty"`
	EmailMfaSettings         *MFASettings `json:"EmailMfaSettings,omitempty"`
}

// SetUserMFAPreferenceOutput is the answer of SetUserMFAPreference.
type SetUserMFAPreferenceOutput struct{}

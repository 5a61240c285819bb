package wire

// GetIdInput is the request of GetId (Amazon Cognito Identity API Reference).
type GetIdInput struct {
	redacted
	AccountId      string            `json:"AccountId,omitempty"`
	IdentityPoolId string            `json:"IdentityPoolId"`
	Logins         map[string]string `json:"Logins,omitempty"`
}

// GetIdOutput is the answer of GetId.
type GetIdOutput struct {
	IdentityId string `json:"IdentityId"`
}

// GetCredentialsForIdentityInput is the request of GetCredentialsForIdentity.
type GetCredentialsForIdentityInput struct {
	redacted
	IdentityId    string            `json:"IdentityId"`
	Logins        map[string]string `json:"Logins,omitempty"`
	CustomRoleArn string            `json:"CustomRoleArn,omitempty"`
}

// Credentials are temporary. Note SecretKey, and the time as a number.
type Credentials struct {
	redacted
	AccessKeyId  string `json:"AccessKeyId"`
	Expiration   Epoch  `json:"Expiration"`
	SecretKey    string `json:"SecretKey"`
	SessionToken string `json:"SessionToken"`
}

// GetCredentialsForIdentityOutput is the answer of GetCredentialsForIdentity.
// IdentityId may differ from the one asked for.
type GetCredentialsForIdentityOutput struct {
	redacted
	Credentials Credentials `json:"Credentials"`
	IdentityId  string      `json:"IdentityId"`
}

// GetOpenIdTokenInput is the request of GetOpenIdToken.
type GetOpenIdTokenInput struct {
	redacted
	IdentityId string            `json:"IdentityId"`
	Logins     map[string]string `json:"Logins,omitempty"`
}

// GetOpenIdTokenOutput is the answer of GetOpenIdToken.
type GetOpenIdTokenOutput struct {
	redacted
	IdentityId string `json:"IdentityId"`
	Token      string `json:"Token"`
}

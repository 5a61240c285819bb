package wire

// GetCallerIdentityResult is the result of sts:GetCallerIdentity.
type GetCallerIdentityResult struct {
	XMLName struct{} `xml:"GetCallerIdentityResult"`
	Arn     string
	UserId  string
	Account string
}

// STSCredentials are temporary. Unlike those of Cognito they have SecretAccessKey, and the time as a text.
type STSCredentials struct {
	redacted
	AccessKeyId     string
	SecretAccessKey string
	SessionToken    string
	Expiration      string // ISO 8601
}

// AssumedRoleUser is the session of a role.
type AssumedRoleUser struct {
	AssumedRoleId string
	Arn           string
}

// AssumeRoleResult is the result of sts:AssumeRole.
type AssumeRoleResult struct {
	redacted
	XMLName          struct{} `xml:"AssumeRoleResult"`
	Credentials      STSCredentials
	AssumedRoleUser  AssumedRoleUser
	PackedPolicySize int    `xml:",omitempty"` // percent
	SourceIdentity   string `xml:",omitempty"`
}

// AssumeRoleWithWebIdentityResult is the result of sts:AssumeRoleWithWebIdentity.
type AssumeRoleWithWebIdentityResult struct {
	redacted
	XMLName                     struct{} `xml:"AssumeRoleWithWebIdentityResult"`
	SubjectFromWebIdentityToken string
	Audience                    string
	AssumedRoleUser             AssumedRoleUser
	Credentials                 STSCredentials
	Provider                    string
	PackedPolicySize            int    `xml:",omitempty"` // percent
	SourceIdentity              string `xml:",omitempty"`
}

// GetSessionTokenResult is the result of sts:GetSessionToken.
type GetSessionTokenResult struct {
	redacted
	XMLName     struct{} `xml:"GetSessionTokenResult"`
	Credentials STSCredentials
}

// GetAccessKeyInfoResult is the result of sts:GetAccessKeyInfo.
type GetAccessKeyInfoResult struct {
	XMLName struct{} `xml:"GetAccessKeyInfoResult"`
	Account string
}

// DecodeAuthorizationMessageResult is the result of sts:DecodeAuthorizationMessage.
type DecodeAuthorizationMessageResult struct {
	XMLName        struct{} `xml:"DecodeAuthorizationMessageResult"`
	DecodedMessage string   // a JSON document
}

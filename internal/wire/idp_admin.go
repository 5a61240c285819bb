package wire

// AdminCreateUserInput is the request of AdminCreateUser (Amazon Cognito user pools API Reference).
type AdminCreateUserInput struct {
	redacted
	UserPoolId             string            `json:"UserPoolId"`
	Username               string            `json:"Username"`
	TemporaryPassword      string            `json:"TemporaryPassword,omitempty"`
	MessageAction          string            `json:"MessageAction,omitempty"`
	DesiredDeliveryMediums []string          `json:"DesiredDeliveryMediums,omitempty"`
	ForceAliasCreation     bool              `json:"ForceAliasCreation,omitempty"`
	UserAttributes         []Attribute       `json:"UserAttributes,omitempty"`
	ValidationData         []Attribute       `json:"ValidationData,omitempty"`
	ClientMetadata         map[string]string `json:"ClientMetadata,omitempty"`
}

// AdminCreateUserOutput is the answer of AdminCreateUser.
type AdminCreateUserOutput struct {
	User UserType `json:"User"`
}

// AdminSetUserPasswordInput is the request of AdminSetUserPassword (Amazon Cognito user pools API Reference).
type AdminSetUserPasswordInput struct {
	redacted
	UserPoolId string `json:"UserPoolId"`
	Username   string `json:"Username"`
	Password   string `json:"Password"`
	Permanent  bool   `json:"Permanent,omitempty"`
}

// AdminSetUserPasswordOutput is the answer of AdminSetUserPassword.
type AdminSetUserPasswordOutput struct{}

// AdminGetUserInput is the request of AdminGetUser (Amazon Cognito user pools API Reference).
type AdminGetUserInput struct {
	UserPoolId string `json:"UserPoolId"`
	Username   string `json:"Username"`
}

// AdminGetUserOutput is the answer of AdminGetUser.
type AdminGetUserOutput struct {
	Username             string      `json:"Username"`
	Enabled              bool        `json:"Enabled"`
	UserStatus           string      `json:"UserStatus"`
	UserAttributes       []Attribute `json:"UserAttributes"`
	UserCreateDate       Epoch       `json:"UserCreateDate"`
	UserLastModifiedDate Epoch       `json:"UserLastModifiedDate"`
	PreferredMfaSetting  string      `json:"PreferredMfaSetting,omitempty"`
	UserMFASettingList   []string    `json:"UserMFASettingList,omitempty"`
}

// AdminConfirmSignUpInput is the request of AdminConfirmSignUp (Amazon Cognito user pools API Reference).
type AdminConfirmSignUpInput struct {
	UserPoolId     string            `json:"UserPoolId"`
	Username       string            `json:"Username"`
	ClientMetadata map[string]string `json:"ClientMetadata,omitempty"`
}

// AdminConfirmSignUpOutput is the answer of AdminConfirmSignUp.
type AdminConfirmSignUpOutput struct{}

// AdminDisableUserInput is the request of AdminDisableUser (Amazon Cognito user pools API Reference).
type AdminDisableUserInput struct {
	UserPoolId string `json:"UserPoolId"`
	Username   string `json:"Username"`
}

// AdminDisableUserOutput is the answer of AdminDisableUser.
type AdminDisableUserOutput struct{}

// AdminEnableUserInput is the request of AdminEnableUser (Amazon Cognito user pools API Reference).
type AdminEnableUserInput struct {
	UserPoolId string `json:"UserPoolId"`
	Username   string `json:"Username"`
}

// AdminEnableUserOutput is the answer of AdminEnableUser.
type AdminEnableUserOutput struct{}

// AdminDeleteUserInput is the request of AdminDeleteUser (Amazon Cognito user pools API Reference).
type AdminDeleteUserInput struct {
	UserPoolId string `json:"UserPoolId"`
	Username   string `json:"Username"`
}

// AdminDeleteUserOutput is the answer of AdminDeleteUser.
type AdminDeleteUserOutput struct{}

// ListUsersInput is the request of ListUsers (Amazon Cognito user pools API Reference).
type ListUsersInput struct {
	UserPoolId      string   `json:"UserPoolId"`
	AttributesToGet []string `json:"AttributesToGet,omitempty"`
	Filter          string   `json:"Filter,omitempty"`
	Limit           int      `json:"Limit,omitempty"`
	PaginationToken string   `json:"PaginationToken,omitempty"`
}

// ListUsersOutput is the answer of ListUsers.
type ListUsersOutput struct {
	Users           []UserType `json:"Users"`
	PaginationToken string     `json:"PaginationToken,omitempty"`
}

package userpool

// operations is every operation this package answers. The heavy ones do SRP or
// RSA work and are admitted before anything else happens.
var operations = map[string]entry{
	"SignUp":                    heavy(public((*Service).signUp)),
	"ConfirmSignUp":             public((*Service).confirmSignUp),
	"ResendConfirmationCode":    public((*Service).resendConfirmationCode),
	"InitiateAuth":              heavy(public((*Service).initiateAuth)),
	"RespondToAuthChallenge":    heavy(public((*Service).respondToAuthChallenge)),
	"GetTokensFromRefreshToken": heavy(public((*Service).getTokensFromRefreshToken)),
	"GetUser":                   public((*Service).getUser),
	"ChangePassword":            heavy(public((*Service).changePassword)),
	"ForgotPassword":            public((*Service).forgotPassword),
	"ConfirmForgotPassword":     heavy(public((*Service).confirmForgotPassword)),
	"AssociateSoftwareToken":    public((*Service).associateSoftwareToken),
	"VerifySoftwareToken":       public((*Service).verifySoftwareToken),
	"SetUserMFAPreference":      public((*Service).setUserMFAPreference),
	"GlobalSignOut":             public((*Service).globalSignOut),
	"RevokeToken":               public((*Service).revokeToken),

	"CreateUserPool":              signed((*Service).createUserPool),
	"DescribeUserPool":            signed((*Service).describeUserPool),
	"ListUserPools":               signed((*Service).listUserPools),
	"CreateUserPoolClient":        signed((*Service).createUserPoolClient),
	"DescribeUserPoolClient":      signed((*Service).describeUserPoolClient),
	"AdminCreateUser":             heavy(signed((*Service).adminCreateUser)),
	"AdminSetUserPassword":        heavy(signed((*Service).adminSetUserPassword)),
	"AdminGetUser":                signed((*Service).adminGetUser),
	"AdminConfirmSignUp":          signed((*Service).adminConfirmSignUp),
	"AdminDisableUser":            signed((*Service).adminDisableUser),
	"AdminEnableUser":             signed((*Service).adminEnableUser),
	"AdminDeleteUser":             signed((*Service).adminDeleteUser),
	"AdminInitiateAuth":           heavy(signed((*Service).adminInitiateAuth)),
	"AdminRespondToAuthChallenge": heavy(signed((*Service).adminRespondToAuthChallenge)),
	"ListUsers":                   signed((*Service).listUsers),
}

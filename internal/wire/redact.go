package wire

import (
	"fmt"
	"log/slog"
)

// The shapes that carry passwords, codes, tokens or keys print as their name
// alone, whatever the verb and however they are logged.

func hidden(f fmt.State, name string) { _, _ = fmt.Fprintf(f, "wire.%s{redacted}", name) }

func hiddenValue(name string) slog.Value { return slog.StringValue("wire." + name + "{redacted}") }

// Format redacts.
func (SignUpInput) Format(f fmt.State, _ rune) { hidden(f, "SignUpInput") }

// LogValue redacts.
func (SignUpInput) LogValue() slog.Value { return hiddenValue("SignUpInput") }

// Format redacts.
func (ConfirmSignUpInput) Format(f fmt.State, _ rune) { hidden(f, "ConfirmSignUpInput") }

// LogValue redacts.
func (ConfirmSignUpInput) LogValue() slog.Value { return hiddenValue("ConfirmSignUpInput") }

// Format redacts.
func (SignUpOutput) Format(f fmt.State, _ rune) { hidden(f, "SignUpOutput") }

// LogValue redacts.
func (SignUpOutput) LogValue() slog.Value { return hiddenValue("SignUpOutput") }

// Format redacts.
func (InitiateAuthInput) Format(f fmt.State, _ rune) { hidden(f, "InitiateAuthInput") }

// LogValue redacts.
func (InitiateAuthInput) LogValue() slog.Value { return hiddenValue("InitiateAuthInput") }

// Format redacts.
func (RespondToAuthChallengeInput) Format(f fmt.State, _ rune) {
	hidden(f, "RespondToAuthChallengeInput")
}

// LogValue redacts.
func (RespondToAuthChallengeInput) LogValue() slog.Value {
	return hiddenValue("RespondToAuthChallengeInput")
}

// Format redacts.
func (AdminInitiateAuthInput) Format(f fmt.State, _ rune) { hidden(f, "AdminInitiateAuthInput") }

// LogValue redacts.
func (AdminInitiateAuthInput) LogValue() slog.Value { return hiddenValue("AdminInitiateAuthInput") }

// Format redacts.
func (AdminRespondToAuthChallengeInput) Format(f fmt.State, _ rune) {
	hidden(f, "AdminRespondToAuthChallengeInput")
}

// LogValue redacts.
func (AdminRespondToAuthChallengeInput) LogValue() slog.Value {
	return hiddenValue("AdminRespondToAuthChallengeInput")
}

// Format redacts.
func (GetTokensFromRefreshTokenInput) Format(f fmt.State, _ rune) {
	hidden(f, "GetTokensFromRefreshTokenInput")
}

// LogValue redacts.
func (GetTokensFromRefreshTokenInput) LogValue() slog.Value {
	return hiddenValue("GetTokensFromRefreshTokenInput")
}

// Format redacts.
func (GlobalSignOutInput) Format(f fmt.State, _ rune) { hidden(f, "GlobalSignOutInput") }

// LogValue redacts.
func (GlobalSignOutInput) LogValue() slog.Value { return hiddenValue("GlobalSignOutInput") }

// Format redacts.
func (RevokeTokenInput) Format(f fmt.State, _ rune) { hidden(f, "RevokeTokenInput") }

// LogValue redacts.
func (RevokeTokenInput) LogValue() slog.Value { return hiddenValue("RevokeTokenInput") }

// Format redacts.
func (AuthOutput) Format(f fmt.State, _ rune) { hidden(f, "AuthOutput") }

// LogValue redacts.
func (AuthOutput) LogValue() slog.Value { return hiddenValue("AuthOutput") }

// Format redacts.
func (AuthenticationResult) Format(f fmt.State, _ rune) { hidden(f, "AuthenticationResult") }

// LogValue redacts.
func (AuthenticationResult) LogValue() slog.Value { return hiddenValue("AuthenticationResult") }

// Format redacts.
func (GetUserInput) Format(f fmt.State, _ rune) { hidden(f, "GetUserInput") }

// LogValue redacts.
func (GetUserInput) LogValue() slog.Value { return hiddenValue("GetUserInput") }

// Format redacts.
func (ChangePasswordInput) Format(f fmt.State, _ rune) { hidden(f, "ChangePasswordInput") }

// LogValue redacts.
func (ChangePasswordInput) LogValue() slog.Value { return hiddenValue("ChangePasswordInput") }

// Format redacts.
func (ConfirmForgotPasswordInput) Format(f fmt.State, _ rune) {
	hidden(f, "ConfirmForgotPasswordInput")
}

// LogValue redacts.
func (ConfirmForgotPasswordInput) LogValue() slog.Value {
	return hiddenValue("ConfirmForgotPasswordInput")
}

// Format redacts.
func (AssociateSoftwareTokenInput) Format(f fmt.State, _ rune) {
	hidden(f, "AssociateSoftwareTokenInput")
}

// LogValue redacts.
func (AssociateSoftwareTokenInput) LogValue() slog.Value {
	return hiddenValue("AssociateSoftwareTokenInput")
}

// Format redacts.
func (AssociateSoftwareTokenOutput) Format(f fmt.State, _ rune) {
	hidden(f, "AssociateSoftwareTokenOutput")
}

// LogValue redacts.
func (AssociateSoftwareTokenOutput) LogValue() slog.Value {
	return hiddenValue("AssociateSoftwareTokenOutput")
}

// Format redacts.
func (VerifySoftwareTokenInput) Format(f fmt.State, _ rune) { hidden(f, "VerifySoftwareTokenInput") }

// LogValue redacts.
func (VerifySoftwareTokenInput) LogValue() slog.Value { return hiddenValue("VerifySoftwareTokenInput") }

// Format redacts.
func (VerifySoftwareTokenOutput) Format(f fmt.State, _ rune) { hidden(f, "VerifySoftwareTokenOutput") }

// LogValue redacts.
func (VerifySoftwareTokenOutput) LogValue() slog.Value {
	return hiddenValue("VerifySoftwareTokenOutput")
}

// Format redacts.
func (SetUserMFAPreferenceInput) Format(f fmt.State, _ rune) { hidden(f, "SetUserMFAPreferenceInput") }

// LogValue redacts.
func (SetUserMFAPreferenceInput) LogValue() slog.Value {
	return hiddenValue("SetUserMFAPreferenceInput")
}

// Format redacts.
func (AdminCreateUserInput) Format(f fmt.State, _ rune) { hidden(f, "AdminCreateUserInput") }

// LogValue redacts.
func (AdminCreateUserInput) LogValue() slog.Value { return hiddenValue("AdminCreateUserInput") }

// Format redacts.
func (AdminSetUserPasswordInput) Format(f fmt.State, _ rune) { hidden(f, "AdminSetUserPasswordInput") }

// LogValue redacts.
func (AdminSetUserPasswordInput) LogValue() slog.Value {
	return hiddenValue("AdminSetUserPasswordInput")
}

// Format redacts.
func (UserPoolClientType) Format(f fmt.State, _ rune) { hidden(f, "UserPoolClientType") }

// LogValue redacts.
func (UserPoolClientType) LogValue() slog.Value { return hiddenValue("UserPoolClientType") }

// Format redacts.
func (GetIdInput) Format(f fmt.State, _ rune) { hidden(f, "GetIdInput") }

// LogValue redacts.
func (GetIdInput) LogValue() slog.Value { return hiddenValue("GetIdInput") }

// Format redacts.
func (GetCredentialsForIdentityInput) Format(f fmt.State, _ rune) {
	hidden(f, "GetCredentialsForIdentityInput")
}

// LogValue redacts.
func (GetCredentialsForIdentityInput) LogValue() slog.Value {
	return hiddenValue("GetCredentialsForIdentityInput")
}

// Format redacts.
func (Credentials) Format(f fmt.State, _ rune) { hidden(f, "Credentials") }

// LogValue redacts.
func (Credentials) LogValue() slog.Value { return hiddenValue("Credentials") }

// Format redacts.
func (GetOpenIdTokenInput) Format(f fmt.State, _ rune) { hidden(f, "GetOpenIdTokenInput") }

// LogValue redacts.
func (GetOpenIdTokenInput) LogValue() slog.Value { return hiddenValue("GetOpenIdTokenInput") }

// Format redacts.
func (GetOpenIdTokenOutput) Format(f fmt.State, _ rune) { hidden(f, "GetOpenIdTokenOutput") }

// LogValue redacts.
func (GetOpenIdTokenOutput) LogValue() slog.Value { return hiddenValue("GetOpenIdTokenOutput") }

// Format redacts.
func (STSCredentials) Format(f fmt.State, _ rune) { hidden(f, "STSCredentials") }

// LogValue redacts.
func (STSCredentials) LogValue() slog.Value { return hiddenValue("STSCredentials") }

// Format redacts.
func (IAMAccessKey) Format(f fmt.State, _ rune) { hidden(f, "IAMAccessKey") }

// LogValue redacts.
func (IAMAccessKey) LogValue() slog.Value { return hiddenValue("IAMAccessKey") }

// Format redacts.
func (ResendConfirmationCodeInput) Format(f fmt.State, _ rune) {
	hidden(f, "ResendConfirmationCodeInput")
}

// LogValue redacts.
func (ResendConfirmationCodeInput) LogValue() slog.Value {
	return hiddenValue("ResendConfirmationCodeInput")
}

// Format redacts.
func (ForgotPasswordInput) Format(f fmt.State, _ rune) {
	hidden(f, "ForgotPasswordInput")
}

// LogValue redacts.
func (ForgotPasswordInput) LogValue() slog.Value {
	return hiddenValue("ForgotPasswordInput")
}

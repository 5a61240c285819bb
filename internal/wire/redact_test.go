package wire_test

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/internal/wire"
)

// TestRedacted: F21, no shape that carries a password, a code, a token or a key prints it, in no verb and in no log.
func TestRedacted(t *testing.T) {
	const canary = "canary-4711"
	for _, shape := range []any{
		&wire.SignUpInput{}, &wire.ConfirmSignUpInput{}, &wire.ResendConfirmationCodeInput{}, &wire.InitiateAuthInput{}, &wire.RespondToAuthChallengeInput{},
		&wire.AdminInitiateAuthInput{}, &wire.AdminRespondToAuthChallengeInput{}, &wire.GetTokensFromRefreshTokenInput{}, &wire.GlobalSignOutInput{},
		&wire.RevokeTokenInput{}, &wire.AuthOutput{}, &wire.AuthenticationResult{}, &wire.GetUserInput{}, &wire.ChangePasswordInput{}, &wire.ForgotPasswordInput{},
		&wire.ConfirmForgotPasswordInput{}, &wire.AssociateSoftwareTokenInput{}, &wire.AssociateSoftwareTokenOutput{}, &wire.VerifySoftwareTokenInput{},
		&wire.VerifySoftwareTokenOutput{}, &wire.SetUserMFAPreferenceInput{}, &wire.AdminCreateUserInput{}, &wire.AdminSetUserPasswordInput{},
		&wire.UserPoolClientType{}, &wire.CreateUserPoolClientOutput{}, &wire.GetIdInput{}, &wire.GetCredentialsForIdentityInput{},
		&wire.Credentials{}, &wire.GetOpenIdTokenInput{}, &wire.GetOpenIdTokenOutput{}, &wire.GetOpenIdTokenForDeveloperIdentityInput{}, &wire.UnlinkIdentityInput{},
		&wire.STSCredentials{}, &wire.IAMAccessKey{}, &wire.AccessKeyOutput{},
	} {
		v := reflect.ValueOf(shape).Elem()
		fill(v, canary)
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "pointer", shape, "value", v.Interface())
		texts := []string{log.String()}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			texts = append(texts, fmt.Sprintf(verb, shape), fmt.Sprintf(verb, v.Interface()))
		}
		for _, text := range texts {
			if strings.Contains(text, canary) {
				t.Errorf("%T: %s", shape, text)
			}
		}
	}
	key := wire.APIKey{ID: "k", Value: canary}
	if text := fmt.Sprintf("%v %+v %#v", key, &key, []wire.APIKey{key}); strings.Contains(text, canary) || !strings.Contains(text, "api key k") {
		t.Error(text)
	}
}

// fill puts a text wherever one can stand.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), text)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), text)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		one := reflect.New(v.Type().Elem()).Elem()
		fill(one, text)
		v.SetMapIndex(reflect.ValueOf(text), one)
	}
}

package wire_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
)

// secretShapes are the shapes that carry a password, a code, a token or a key.
func secretShapes() []any {
	return []any{
		&wire.SignUpInput{}, &wire.SignUpOutput{}, &wire.ConfirmSignUpInput{}, &wire.ConfirmSignUpOutput{}, &wire.ResendConfirmationCodeInput{},
		&wire.InitiateAuthInput{}, &wire.RespondToAuthChallengeInput{}, &wire.AdminInitiateAuthInput{}, &wire.AdminRespondToAuthChallengeInput{},
		&wire.GetTokensFromRefreshTokenInput{}, &wire.GlobalSignOutInput{}, &wire.RevokeTokenInput{}, &wire.AuthOutput{}, &wire.AuthenticationResult{},
		&wire.GetUserInput{}, &wire.ChangePasswordInput{}, &wire.ForgotPasswordInput{}, &wire.ConfirmForgotPasswordInput{},
		&wire.AssociateSoftwareTokenInput{}, &wire.AssociateSoftwareTokenOutput{}, &wire.VerifySoftwareTokenInput{}, &wire.VerifySoftwareTokenOutput{},
		&wire.SetUserMFAPreferenceInput{}, &wire.AdminCreateUserInput{}, &wire.AdminSetUserPasswordInput{}, &wire.UserPoolClientType{},
		&wire.GetIdInput{}, &wire.GetCredentialsForIdentityInput{}, &wire.Credentials{}, &wire.GetOpenIdTokenInput{}, &wire.GetOpenIdTokenOutput{},
		&wire.GetOpenIdTokenForDeveloperIdentityInput{}, &wire.UnlinkIdentityInput{}, &wire.STSCredentials{}, &wire.IAMAccessKey{}, &wire.CreateAPIKeyInput{},
		&wire.AccessKeyOutput{}, &wire.ListAccessKeysOutput{}, &wire.AssumeRoleResult{}, &wire.AssumeRoleWithWebIdentityResult{}, &wire.GetSessionTokenResult{},
		&wire.GetCredentialsForIdentityOutput{}, &wire.CreateUserPoolClientOutput{}, &wire.DescribeUserPoolClientOutput{},
	}
}

// TestRedacted: F21, no shape that carries a password, a code, a token or a key prints it, in no verb and in no log.
func TestRedacted(t *testing.T) {
	const canary = "canary-4711"
	for _, shape := range secretShapes() {
		v := reflect.ValueOf(shape).Elem()
		fill(v, canary)
		for _, text := range printed(shape, v.Interface()) {
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

// printed is what fmt and log/slog make of values.
func printed(values ...any) []string {
	var log strings.Builder
	for _, v := range values {
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v)
	}
	texts := []string{log.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, v := range values {
			texts = append(texts, fmt.Sprintf(verb, v), fmt.Sprintf(verb, []any{v}))
		}
	}
	return texts
}

// TestRedactedGoOverTheWire: redaction is for people only; what is sent is what is held.
func TestRedactedGoOverTheWire(t *testing.T) {
	const canary = "canary-4711"
	for _, shape := range secretShapes() {
		v := reflect.ValueOf(shape).Elem()
		fill(v, canary)
		text, err := json.Marshal(shape)
		if err != nil || !strings.Contains(string(text), canary) || strings.Contains(string(text), "redacted") {
			t.Errorf("%T: %s, %v", shape, text, err)
		}
		back := reflect.New(v.Type()).Interface()
		if err := json.Unmarshal(text, back); err != nil {
			t.Errorf("%T: %s: %v", shape, text, err)
		}
		if again, err := json.Marshal(back); err != nil || string(again) != string(text) {
			t.Errorf("%T: %s is read as %s, %v", shape, text, again, err)
		}
	}
}

// TestNoSecretShapeIsForgotten reads the shapes from their source: one with a field
// that is named like a secret, or that holds a shape with one, must be among those
// that TestRedacted prints.
func TestNoSecretShapeIsForgotten(t *testing.T) {
	known := map[string]bool{}
	for _, shape := range secretShapes() {
		known[reflect.TypeOf(shape).Elem().Name()] = true
	}
	found := 0
	for name, fields := range shapeFields(t) {
		i := slices.IndexFunc(fields, func(f *ast.Field) bool { return isSecret(name, f) || known[held(f)] })
		if i < 0 {
			continue
		}
		if found++; !known[name] {
			t.Errorf("%s has a secret, %s: embed redacted, and add it to secretShapes", name, fields[i].Names[0])
		}
	}
	if found != len(known)-1 { // the secret of CreateAPIKeyInput is a Value
		t.Errorf("%d of %d shapes with secrets were found by name", found, len(known))
	}
}

// held is the shape that a field has, points to, or lists.
func held(f *ast.Field) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimLeft(types.ExprString(f.Type), "[]*"), "Members["), "]")
}

// shapeFields are the fields of the package's named structs.
func shapeFields(t *testing.T) map[string][]*ast.Field {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string][]*ast.Field{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok && !strings.HasSuffix(name, "_test.go") {
					shapes[spec.Name.Name] = s.Fields.List
				}
			}
			return true
		})
	}
	return shapes
}

// isSecret says whether a field holds text and is named like a secret.
func isSecret(shape string, f *ast.Field) bool {
	if len(f.Names) == 0 || shape == "TokenValidityUnits" { // "hours"
		return false
	}
	name, kind := f.Names[0].Name, types.ExprString(f.Type)
	switch {
	case slices.Contains([]string{"NextToken", "PaginationToken", "SubjectFromWebIdentityToken", "Code", "ErrorCode", "StatusCode"}, name):
		return false
	case kind == "map[string]string":
		return slices.Contains([]string{"Logins", "AuthParameters", "ChallengeResponses", "ChallengeParameters"}, name)
	case kind != "string":
		return false
	}
	return name == "Session" || strings.Contains(name, "Password") || strings.Contains(name, "Secret") || strings.HasSuffix(name, "Token") || strings.HasSuffix(name, "Code")
}

// fill puts a text wherever one can stand, and a time.
func fill(v reflect.Value, text string) {
	if at, ok := v.Addr().Interface().(*wire.Epoch); ok {
		at.Time = time.Unix(1e9, 0)
		return
	}
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

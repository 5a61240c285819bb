package gatepass

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
)

// A Challenge is a question in the course of a sign-in: a [*NewPassword],
// [*TOTP], [*TOTPSetup], [*SentCode] or [*SelectMFA]. Its methods make the legal
// replies.
type Challenge interface {
	// Name is AWS's name of the challenge.
	Name() string
}

// A Reply answers a challenge; a method of the challenge makes it. The zero
// Reply answers nothing. It prints without its content.
type Reply struct{ responses map[string]string }

// String withholds the answer.
func (Reply) String() string { return "gatepass.Reply{redacted}" }

// GoString withholds the answer.
func (r Reply) GoString() string { return r.String() }

// LogValue withholds the answer.
func (r Reply) LogValue() slog.Value { return slog.StringValue(r.String()) }

// NewPassword asks for the first own password of a user whom an administrator
// made: "NEW_PASSWORD_REQUIRED" in the Amazon Cognito user pools API reference.
type NewPassword struct {
	// Missing are the attributes the pool requires and the user lacks, such as
	// "name". Zero: none.
	Missing []string
	// Attributes are those the user has. Zero: the service did not say.
	Attributes map[string]string
}

// Name is NEW_PASSWORD_REQUIRED.
func (*NewPassword) Name() string { return newPasswordRequired }

// Set answers with a password and values for the missing attributes; nil when none are.
func (*NewPassword) Set(password string, attributes map[string]string) Reply {
	r := map[string]string{"NEW_PASSWORD": password}
	for name, value := range attributes {
		r["userAttributes."+name] = value
	}
	return Reply{r}
}

// TOTP asks for the code an authenticator app shows: "SOFTWARE_TOKEN_MFA" in the
// Amazon Cognito user pools API reference.
type TOTP struct {
	// Device is the name the user gave the app. Zero: none.
	Device string
}

// Name is SOFTWARE_TOKEN_MFA.
func (*TOTP) Name() string { return softwareTokenMFA }

// Code answers with the six digits; spaces are left out.
func (*TOTP) Code(code string) Reply {
	return Reply{map[string]string{"SOFTWARE_TOKEN_MFA_CODE": strings.ReplaceAll(code, " ", "")}}
}

const (
	passwordVerifier    = "PASSWORD_VERIFIER"
	newPasswordRequired = "NEW_PASSWORD_REQUIRED"
	softwareTokenMFA    = "SOFTWARE_TOKEN_MFA"
)

// challengeOf types the challenge of out; it is an *UnhandledChallengeError if
// this package has no answer to it.
func challengeOf(out *wire.AuthOutput) (Challenge, error) {
	p := out.ChallengeParameters
	switch out.ChallengeName {
	case newPasswordRequired:
		return newPassword(p)
	case softwareTokenMFA:
		return &TOTP{Device: p["FRIENDLY_DEVICE_NAME"]}, nil
	case smsMFA, emailOTP:
		return sentCode(out), nil
	case selectMFAType:
		return selectMFA(p)
	}
	return nil, &UnhandledChallengeError{Name: out.ChallengeName, err: errNoType}
}

// newPassword reads the two parameters that are JSON inside a string.
func newPassword(p map[string]string) (*NewPassword, error) {
	ch := new(NewPassword)
	if s := p["requiredAttributes"]; s != "" {
		if err := json.Unmarshal([]byte(s), &ch.Missing); err != nil {
			return nil, fmt.Errorf("%s: requiredAttributes: %w", newPasswordRequired, err)
		}
	}
	for i, name := range ch.Missing {
		ch.Missing[i] = strings.TrimPrefix(name, "userAttributes.")
	}
	var attributes map[string]any
	if s := p["userAttributes"]; s != "" {
		if err := json.Unmarshal([]byte(s), &attributes); err != nil {
			return nil, fmt.Errorf("%s: userAttributes: %w", newPasswordRequired, err)
		}
	}
	ch.Attributes = make(map[string]string, len(attributes))
	for name, value := range attributes {
		ch.Attributes[name] = fmt.Sprint(value)
	}
	return ch, nil
}

// with adds the fields every answer has.
func (r Reply) with(more map[string]string) map[string]string {
	all := maps.Clone(more)
	maps.Copy(all, r.responses)
	return all
}

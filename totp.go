package gatepass

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
)

const mfaSetup = "MFA_SETUP"

// A TOTPSecret is what an authenticator app makes its codes from, in base32 as
// the user may type it. Printing and logging withhold it.
type TOTPSecret struct{ text string }

// Reveal gives the secret itself, to be shown to the user and to nobody else.
func (s TOTPSecret) Reveal() string { return s.text }

// URI is the secret as authenticator apps scan it, in the format of "Key URI
// Format" of Google Authenticator; it is as secret. The app shows issuer and
// account; an issuer of "" is left out.
func (s TOTPSecret) URI(issuer, account string) string {
	label := url.PathEscape(account)
	if issuer == "" {
		return "otpauth://totp/" + label + "?secret=" + s.text
	}
	return "otpauth://totp/" + url.PathEscape(issuer) + ":" + label + "?secret=" + s.text + "&issuer=" + url.QueryEscape(issuer)
}

// String withholds the secret.
func (TOTPSecret) String() string { return "gatepass.TOTPSecret{redacted}" }

// GoString withholds the secret.
func (s TOTPSecret) GoString() string { return s.String() }

// LogValue withholds the secret.
func (s TOTPSecret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// TOTPSetup asks the user to enrol an authenticator app before the sign-in ends:
// "MFA_SETUP" in the Amazon Cognito user pools API reference.
type TOTPSetup struct {
	// Secret goes into the app.
	Secret TOTPSecret
	// Username is the account's name in the app.
	Username string
}

// Name is MFA_SETUP.
func (*TOTPSetup) Name() string { return mfaSetup }

// Code answers with the six digits the app shows; spaces are left out.
func (*TOTPSetup) Code(code string) Reply { return (*TOTP)(nil).Code(code) }

// setUpTOTP answers MFA_SETUP: a secret is fetched and proved before the
// challenge itself is answered, each with the session of the step before.
func (s *signIn) setUpTOTP(ctx context.Context, out *wire.AuthOutput) (map[string]string, error) {
	var kinds []string
	list := out.ChallengeParameters["MFAS_CAN_SETUP"]
	if err := json.Unmarshal([]byte(list), &kinds); list != "" && (err != nil || !slices.Contains(kinds, softwareTokenMFA)) {
		return nil, &UnhandledChallengeError{Name: mfaSetup + " for " + list, err: errNoType}
	}
	var secret wire.AssociateSoftwareTokenOutput
	if err := s.c.callIDP(ctx, "AssociateSoftwareToken", wire.AssociateSoftwareTokenInput{Session: out.Session}, &secret); err != nil {
		return nil, err
	}
	for {
		reply, err := s.ask(ctx, &TOTPSetup{Secret: TOTPSecret{secret.SecretCode}, Username: s.typed})
		if err != nil {
			return nil, err
		}
		in := wire.VerifySoftwareTokenInput{Session: secret.Session, UserCode: reply.responses["SOFTWARE_TOKEN_MFA_CODE"]}
		done, err := s.c.verifyTOTP(ctx, in)
		if s.mistyped(err) {
			continue
		}
		out.Session = done.Session
		return map[string]string{"USERNAME": s.user}, err
	}
}

func (c *Client) verifyTOTP(ctx context.Context, in wire.VerifySoftwareTokenInput) (wire.VerifySoftwareTokenOutput, error) {
	var out wire.VerifySoftwareTokenOutput
	err := c.callIDP(ctx, "VerifySoftwareToken", in, &out)
	if err == nil && out.Status != "SUCCESS" {
		err = fmt.Errorf("VerifySoftwareToken: %w: the answer is %q", ErrBadCode, out.Status)
	}
	return out, err
}

// NewTOTP makes a secret for an authenticator app of the signed-in user. The one
// the user has stays in force until [Session.ConfirmTOTP].
func (s *Session) NewTOTP(ctx context.Context) (TOTPSecret, error) {
	t, err := s.Tokens(ctx)
	if err != nil {
		return TOTPSecret{}, err
	}
	var out wire.AssociateSoftwareTokenOutput
	err = s.c.callIDP(ctx, "AssociateSoftwareToken", wire.AssociateSoftwareTokenInput{AccessToken: t.Access}, &out)
	return TOTPSecret{out.SecretCode}, err
}

// ConfirmTOTP proves with a code that an app has the secret of [Session.NewTOTP],
// and has the user pool ask for codes at every sign-in from now on. [ErrBadCode]
// if it is not the app's code.
func (s *Session) ConfirmTOTP(ctx context.Context, code string) error {
	t, err := s.Tokens(ctx)
	if err != nil {
		return err
	}
	in := wire.VerifySoftwareTokenInput{AccessToken: t.Access, UserCode: strings.ReplaceAll(code, " ", "")}
	if _, err := s.c.verifyTOTP(ctx, in); err != nil {
		return err
	}
	return s.c.callIDP(ctx, "SetUserMFAPreference", wire.SetUserMFAPreferenceInput{
		AccessToken: t.Access, SoftwareTokenMfaSettings: &wire.MFASettings{Enabled: true, PreferredMfa: true},
	}, new(wire.SetUserMFAPreferenceOutput))
}

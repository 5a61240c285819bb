package userpool

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// The challenges gatepass asks.
const (
	challengeSRP         = "PASSWORD_VERIFIER"
	challengeNewPassword = "NEW_PASSWORD_REQUIRED"
	challengeTOTP        = "SOFTWARE_TOKEN_MFA"
	challengeSetup       = "MFA_SETUP"
)

// inTx is work to do in the transaction that completes a step.
type inTx func(*store.Tx) error

// next decides what follows a proven password: a refusal, a challenge, or
// tokens.
func (s *Service) next(ctx context.Context, a *app, u *store.User) (*wire.AuthOutput, error) {
	if err := s.standing(u); err != nil {
		return nil, err
	}
	if u.Status == forceChange {
		return s.ask(a, u, challengeNewPassword, newPasswordParameters(u))
	}
	return s.nextFactor(ctx, a, u, nil)
}

// standing refuses users who may not sign in at all. It is asked only after a
// proof, so that it tells strangers nothing.
func (s *Service) standing(u *store.User) error {
	switch {
	case !u.Enabled:
		return notAuthorized("User is disabled.")
	case u.Status == unconfirmed:
		return wire.Errorf("UserNotConfirmedException", "User is not confirmed.")
	case u.Status == mustReset:
		return wire.Errorf("PasswordResetRequiredException", "Password reset required for the user")
	case u.Status == forceChange && !s.Now().Before(u.PasswordExpires):
		return notAuthorized("Temporary password has expired and must be reset by an administrator.")
	case u.Status != confirmed && u.Status != forceChange:
		return notAuthorized("User is in the state " + u.Status + ", which gatepass does not know.")
	}
	return nil
}

// nextFactor asks for the second factor that the user or the pool wants. took
// marks the step that led here, together with what it leads to.
func (s *Service) nextFactor(ctx context.Context, a *app, u *store.User, took inTx) (*wire.AuthOutput, error) {
	mode := a.pool.Settings.MFA
	wanted := mode == "ON" || mode == "OPTIONAL" && u.MFAPreferred == challengeTOTP
	if !wanted {
		return s.signIn(ctx, a, u, took)
	}
	if took != nil {
		if err := s.Store.Update(ctx, took); err != nil {
			return nil, err
		}
	}
	if u.TOTPVerified {
		return s.ask(a, u, challengeTOTP, map[string]string{"USER_ID_FOR_SRP": u.Username})
	}
	return s.ask(a, u, challengeSetup, map[string]string{
		"USER_ID_FOR_SRP": u.Username, "MFAS_CAN_SETUP": `["SOFTWARE_TOKEN_MFA"]`,
	})
}

func (s *Service) ask(a *app, u *store.User, name string, params map[string]string) (*wire.AuthOutput, error) {
	session, err := s.sealStep(s.newStep(name, a, u))
	if err != nil {
		return nil, err
	}
	return &wire.AuthOutput{ChallengeName: name, ChallengeParameters: params, Session: session}, nil
}

// newPasswordParameters: lists and maps are JSON inside strings.
func newPasswordParameters(u *store.User) map[string]string {
	attrs := maps.Clone(u.Attributes)
	delete(attrs, "sub")
	if attrs == nil {
		attrs = map[string]string{}
	}
	doc, err := json.Marshal(attrs)
	if err != nil {
		panic(err) // a map of strings always marshals
	}
	return map[string]string{"USER_ID_FOR_SRP": u.Username, "userAttributes": string(doc), "requiredAttributes": "[]"}
}

// answer is a proven holder of a session with what they answered.
type answer struct {
	app       *app
	user      store.User
	step      step
	responses map[string]string
}

// respond is RespondToAuthChallenge and its Admin form.
func (s *Service) respond(ctx context.Context, a *app, name, session string, responses map[string]string) (*wire.AuthOutput, error) {
	answers := map[string]func(context.Context, answer) (*wire.AuthOutput, error){
		challengeNewPassword: s.answerNewPassword,
		challengeTOTP:        s.answerTOTP,
		challengeSetup:       s.answerSetup,
	}
	if name == challengeSRP {
		return s.answerSRP(ctx, a, responses)
	}
	fn, known := answers[name]
	if name == "" {
		return nil, missing("ChallengeName")
	}
	if !known {
		return nil, unsupported("challenge", name)
	}
	st, err := s.openStep(session, name)
	if err != nil {
		return nil, err
	}
	if st.Pool != a.PoolID || st.Client != a.ID {
		return nil, errSession()
	}
	u, err := st.user(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := s.answeredBy(ctx, a, &subject{User: u}, responses, errSession()); err != nil {
		return nil, err
	}
	if err := s.standing(&u); err != nil {
		return nil, err
	}
	return fn(ctx, answer{a, u, st, responses})
}

// answeredBy checks that USERNAME in the responses names u, by user name, sub or
// an alias, and the SECRET_HASH, which here is over the internal user name.
func (s *Service) answeredBy(ctx context.Context, a *app, u *subject, responses map[string]string, refused error) error {
	typed := responses["USERNAME"]
	if typed == "" {
		return missing("USERNAME")
	}
	if typed != u.Username && typed != u.Sub {
		named, err := s.subject(ctx, &a.pool, typed)
		if err != nil {
			return err
		}
		if named.Sub != u.Sub {
			return refused
		}
	}
	return a.checkSecretHash(u.Username, responses["SECRET_HASH"])
}

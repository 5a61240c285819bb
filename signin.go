package gatepass

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/srp"
)

// maxSteps is how many challenges one sign-in answers before it gives up.
const maxSteps = 10

var errNoType = errors.New("this version of gatepass has no answer to it")

// SignInOption is a choice of one sign-in: [Password], [PasswordAuth], [Answer],
// [AskAgain].
type SignInOption func(*signIn)

// Password gives the password.
func Password(password string) SignInOption { return func(s *signIn) { s.password = password } }

// PasswordAuth sends the password over the connection (USER_PASSWORD_AUTH)
// instead of proving it by SRP. The app client must allow it; a user-migration
// trigger needs it.
func PasswordAuth() SignInOption { return func(s *signIn) { s.plain = true } }

// Answer has fn answer the challenges, one call each:
//
//	func(ctx context.Context, ch gatepass.Challenge) (gatepass.Reply, error) {
//		switch ch := ch.(type) {
//		case *gatepass.TOTP:
//			return ch.Code(prompt("code")), nil
//		case *gatepass.NewPassword:
//			return ch.Set(prompt("new password"), nil), nil
//		}
//		return gatepass.Reply{}, gatepass.ErrUnhandledChallenge
//	}
func Answer(fn func(ctx context.Context, ch Challenge) (Reply, error)) SignInOption {
	return func(s *signIn) { s.answer = fn }
}

// AskAgain has the function of [Answer] asked up to n times more for a code that
// was wrong, in the same sign-in. Without it a wrong code ends the sign-in. It is
// for a function that asks a person: every code counts as an attempt.
func AskAgain(n int) SignInOption { return func(s *signIn) { s.again = n } }

// signIn is one sign-in under way.
type signIn struct {
	c        *Client
	typed    string // what the user typed
	user     string // what the pool calls the user, once it has said so
	password string
	plain    bool
	answer   func(context.Context, Challenge) (Reply, error)
	again    int // how often it may still be asked for a code that was wrong
	srp      *srp.Client
}

// SignIn signs a user in and stores the session. The password is proved by SRP
// and does not leave this machine, unless [PasswordAuth] says otherwise. Username
// is the user name, or an alias such as an email address where the pool has it.
//
// Errors: [ErrBadPassword], [ErrLockedOut], [ErrUserNotConfirmed],
// [ErrPasswordResetRequired], [ErrUserDisabled], [ErrBadCode],
// [ErrSessionExpired], [ErrUnhandledChallenge], [ErrConfig]; network errors as
// net/http gives them. Follows "Authentication flows" in the Amazon Cognito
// developer guide.
func (c *Client) SignIn(ctx context.Context, username string, opts ...SignInOption) (*Session, error) {
	if err := c.needPool(); err != nil {
		return nil, err
	}
	s := &signIn{c: c, typed: username, user: username}
	for _, opt := range opts {
		opt(s)
	}
	if s.password == "" || s.typed == "" {
		return nil, fmt.Errorf("%w: SignIn needs a user name and gatepass.Password", ErrConfig)
	}
	out, err := s.start(ctx)
	for step := 0; err == nil && out.AuthenticationResult == nil; step++ {
		if step == maxSteps {
			return nil, fmt.Errorf("the sign-in asked for %d steps without an end", step)
		}
		out, err = s.step(ctx, out)
	}
	if err != nil {
		return nil, err
	}
	return c.newSession(ctx, s, out.AuthenticationResult)
}

func (s *signIn) start(ctx context.Context) (*wire.AuthOutput, error) {
	in := wire.InitiateAuthInput{
		AuthFlow: "USER_PASSWORD_AUTH", ClientId: s.c.ClientID,
		AuthParameters: s.c.withHash(s.typed, map[string]string{"USERNAME": s.typed}),
	}
	if s.plain {
		in.AuthParameters["PASSWORD"] = s.password
	} else {
		var err error
		if s.srp, err = srp.NewClient(rand.Reader); err != nil {
			return nil, err
		}
		in.AuthFlow, in.AuthParameters["SRP_A"] = "USER_SRP_AUTH", s.srp.A()
	}
	out := new(wire.AuthOutput)
	if err := s.c.callIDPAgain(ctx, "InitiateAuth", in, out); err != nil {
		return nil, err
	}
	return out, nil
}

// step answers the challenge of prev, whose session a wrong code does not use up.
func (s *signIn) step(ctx context.Context, prev *wire.AuthOutput) (*wire.AuthOutput, error) {
	s.learnName(prev)
	for {
		if out, err := s.try(ctx, prev); !s.mistyped(err) {
			return out, err
		}
	}
}

// mistyped says whether err is a wrong code that may be given again.
func (s *signIn) mistyped(err error) bool {
	if s.again <= 0 || !coded(err, "CodeMismatchException", "EnableSoftwareTokenMFAException") {
		return false
	}
	s.again--
	return true
}

func (s *signIn) try(ctx context.Context, prev *wire.AuthOutput) (*wire.AuthOutput, error) {
	responses, err := s.respond(ctx, prev)
	if err != nil {
		return nil, err
	}
	in := wire.RespondToAuthChallengeInput{
		ChallengeName: prev.ChallengeName, ClientId: s.c.ClientID, Session: prev.Session,
		ChallengeResponses: s.c.withHash(s.user, responses),
	}
	out := new(wire.AuthOutput)
	if err := s.c.callIDP(ctx, "RespondToAuthChallenge", in, out); err != nil {
		return nil, err
	}
	return out, nil
}

// learnName takes the pool's own name of the user from a challenge: the answers
// and their SECRET_HASH are made with it and not with an alias.
func (s *signIn) learnName(out *wire.AuthOutput) {
	for _, key := range []string{"USER_ID_FOR_SRP", "USERNAME"} {
		if name := out.ChallengeParameters[key]; name != "" {
			s.user = name
			return
		}
	}
}

func (s *signIn) respond(ctx context.Context, out *wire.AuthOutput) (map[string]string, error) {
	if out.ChallengeName == passwordVerifier && s.srp != nil {
		return s.prove(out)
	}
	if s.answer == nil {
		return nil, &UnhandledChallengeError{Name: out.ChallengeName}
	}
	if out.ChallengeName == mfaSetup {
		return s.setUpTOTP(ctx, out)
	}
	ch, err := challengeOf(out)
	if err != nil {
		return nil, err
	}
	reply, err := s.ask(ctx, ch)
	return reply.with(map[string]string{"USERNAME": s.user}), err
}

func (s *signIn) ask(ctx context.Context, ch Challenge) (Reply, error) {
	reply, err := s.answer(ctx, ch)
	if err != nil {
		return reply, &UnhandledChallengeError{Name: ch.Name(), err: err}
	}
	return reply, nil
}

// prove answers PASSWORD_VERIFIER.
func (s *signIn) prove(out *wire.AuthOutput) (map[string]string, error) {
	_, pool, _ := strings.Cut(s.c.UserPoolID, "_")
	p := out.ChallengeParameters
	proof, err := s.srp.Claim(srp.Challenge{
		PoolName: pool, UserID: s.user, Salt: p["SALT"], B: p["SRP_B"], SecretBlock: p["SECRET_BLOCK"],
	}, s.password, s.c.now())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", passwordVerifier, err)
	}
	return map[string]string{
		"USERNAME":                    s.user,
		"PASSWORD_CLAIM_SECRET_BLOCK": p["SECRET_BLOCK"],
		"PASSWORD_CLAIM_SIGNATURE":    proof.Signature,
		"TIMESTAMP":                   proof.Timestamp,
	}, nil
}

// withHash adds SECRET_HASH for the user to p if the app client has a secret.
func (c *Client) withHash(user string, p map[string]string) map[string]string {
	if h := c.secretHash(user); h != "" {
		p["SECRET_HASH"] = h
	}
	return p
}

func (c *Client) secretHash(user string) string {
	if c.ClientSecret == "" {
		return ""
	}
	return srp.SecretHash(user, c.ClientID, c.ClientSecret)
}

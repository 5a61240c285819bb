package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
)

// loginOptions are the flags of gatepass login.
type loginOptions struct {
	username, mfaCode, mfaProcess       string
	plain, guest, fromStdin, newOnStdin bool
}

func newLogin(a *app) *cobra.Command {
	var o loginOptions
	cmd := &cobra.Command{
		Use: "login [USERNAME]",
		Long: `Sign in to the user pool over SRP: the password is proved and not sent. It is
asked for at the terminal, or read from stdin, and never taken from an argument.
So is what the user pool asks for then: a new password, the code of an
authenticator app, or the enrolment of one, with a QR code to scan.
The session is kept encrypted, the key in the keyring of the operating system or
else in a file that only you can read; gatepass status says where.`,
		Example: `  gatepass login ada
  gatepass login ada --password-stdin < password.txt
  gatepass login ada --mfa-process 'ykman oath accounts code -s notes'`,
		Args: arguments(cobra.MaximumNArgs(1)),
	}
	read := a.settingsOf(cmd, clientFlags()...)
	f := cmd.Flags()
	f.StringVarP(&o.username, "username", "u", "", "user `NAME`, in place of the argument")
	f.BoolVar(&o.fromStdin, "password-stdin", false, "read the password from a line of stdin")
	f.BoolVar(&o.newOnStdin, "new-password-stdin", false, "read the new password from the next line, if one is asked for")
	f.StringVar(&o.mfaCode, "mfa-code", "", "the `CODE` of the authenticator app, or that was sent")
	f.StringVar(&o.mfaProcess, "mfa-process", "", "`COMMAND` for the shell that prints the code")
	f.BoolVar(&o.plain, "password-auth", false, "send the password (USER_PASSWORD_AUTH) instead of proving it")
	f.BoolVar(&o.guest, "guest", false, "be a guest of the identity pool, without a user")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.check(args); err != nil {
			return err
		}
		v, err := read()
		if err != nil {
			return err
		}
		a.signsIn = true
		if o.guest {
			return a.loginGuest(cmd.Context(), v)
		}
		c, err := a.client(v)
		if err != nil {
			return err
		}
		if _, _, err := c.Endpoints(); err != nil {
			return err // before anything is asked
		}
		return (&signIn{app: a, o: o, stdin: bufio.NewReader(io.LimitReader(a.io.In, maxSecret))}).run(cmd.Context(), c)
	}
	return cmd
}

// check takes in the argument, and refuses what contradicts itself.
func (o *loginOptions) check(args []string) error {
	switch {
	case o.mfaCode != "" && o.mfaProcess != "":
		return usageErrorf("--mfa-code and --mfa-process exclude each other")
	case o.guest && (len(args) > 0 || o.plain || o.fromStdin):
		return usageErrorf("--guest signs nobody in: it goes with no user and no password")
	case len(args) > 0:
		o.username = args[0] // a variable may have set the other
	}
	return nil
}

// loginGuest makes an identity for a guest and keeps it.
func (a *app) loginGuest(ctx context.Context, v settingValues) error {
	c, err := a.guestClient(v)
	if err != nil {
		return err
	}
	s, err := c.Guest(ctx)
	if err != nil {
		return err
	}
	creds, err := s.Credentials(ctx)
	if err != nil {
		return err
	}
	a.io.notef("signed in as a guest: %s", creds.IdentityID)
	a.noteStorage()
	if c.UserPoolID == "" || c.ClientID == "" {
		return nil
	}
	if u, err := c.CurrentUser(ctx); err == nil {
		a.io.notef("note: %s is signed in and comes first: gatepass logout", u.Username())
	}
	return nil
}

// noteStorage says where the session is, and why it is kept less well than it
// could be.
func (a *app) noteStorage() {
	why := a.vault.Fallback()
	if why == "" {
		a.io.notef("the session is %s", a.vault.Where())
	} else {
		a.io.notef("note: %s: the session's key is in a file (mode 0600)", why)
	}
}

// moreTries is how often a person may type a code again.
const moreTries = 2

// signIn is one sign-in at the command line: it answers from the flags, else it
// asks at the terminal.
type signIn struct {
	*app
	o     loginOptions
	stdin *bufio.Reader
	asked string // the challenge that was answered last
}

func (s *signIn) run(ctx context.Context, c *gatepass.Client) error {
	username, err := s.name(ctx)
	if err != nil {
		return err
	}
	password, err := s.password(ctx, username)
	if err != nil {
		return err
	}
	options := []gatepass.SignInOption{gatepass.Password(password), gatepass.Answer(s.answer)}
	if s.o.plain {
		options = append(options, gatepass.PasswordAuth())
	}
	if s.o.mfaCode == "" && s.o.mfaProcess == "" {
		options = append(options, gatepass.AskAgain(moreTries))
	}
	session, err := c.SignIn(ctx, username, options...)
	if err != nil {
		return s.flowHint(err)
	}
	s.io.notef("signed in as %s", session.Username())
	s.noteStorage()
	return nil
}

// flowHint says which flag to change when the app client does not allow the way
// of signing in.
func (s *signIn) flowHint(err error) error {
	e, ok := errors.AsType[*gatepass.Error](err)
	if !ok || e.Code != "InvalidParameterException" || !strings.Contains(e.Message, "not enabled for th") {
		return err
	}
	if s.o.plain {
		return hintf(err, "without --password-auth the password is proved by SRP, which the app client may allow")
	}
	return hintf(err, "the app client may allow --password-auth, which sends the password")
}

func (s *signIn) name(ctx context.Context) (string, error) {
	if s.o.username != "" {
		return s.o.username, nil
	}
	name, err := s.ask(ctx, "User name: ", false)
	if err == nil && name == "" {
		err = usageErrorf("no user name was given")
	}
	if err != nil {
		return "", hintf(err, "gatepass login USERNAME")
	}
	return name, nil
}

func (s *signIn) password(ctx context.Context, username string) (string, error) {
	if s.o.fromStdin {
		return s.secret("password", "gatepass login --password-stdin ada < password.txt")
	}
	password, err := s.ask(ctx, fmt.Sprintf("Password of %s: ", username), true)
	if err == nil && password == "" {
		err = usageErrorf("no password was given")
	}
	if err != nil {
		return "", hintf(err, "without a terminal use --password-stdin")
	}
	return password, nil
}

// secret reads the next line of stdin.
func (s *signIn) secret(what, example string) (string, error) {
	line, err := readLineOf(s.stdin)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return "", fmt.Errorf("reading the %s from stdin: %w", what, err)
	case line == "":
		return "", hintf(usageErrorf("no %s on stdin", what), "for example: %s", example)
	}
	return line, nil
}

// answer gives or asks for what the user pool asks.
func (s *signIn) answer(ctx context.Context, ch gatepass.Challenge) (gatepass.Reply, error) {
	if s.asked == ch.Name() {
		s.noteWrongCode()
	}
	s.asked = ch.Name()
	switch ch := ch.(type) {
	case *gatepass.TOTP:
		code, err := s.code(ctx, "Code of the authenticator app", ch.Device)
		return ch.Code(code), err
	case *gatepass.SentCode:
		code, err := s.code(ctx, "Code that was sent to you", ch.Destination)
		return ch.Code(code), err
	case *gatepass.SelectMFA:
		kind, err := s.choose(ctx, ch.Kinds)
		return ch.Choose(kind), err
	case *gatepass.TOTPSetup:
		code, err := s.enrol(ctx, ch.Secret, ch.Username)
		return ch.Code(code), err
	case *gatepass.NewPassword:
		return s.newPassword(ctx, ch)
	}
	return gatepass.Reply{}, gatepass.ErrUnhandledChallenge
}

// code is that of --mfa-code or --mfa-process, else of the user.
func (s *signIn) code(ctx context.Context, question, where string) (string, error) {
	switch {
	case s.o.mfaCode != "":
		return s.o.mfaCode, nil
	case s.o.mfaProcess != "":
		return runShell(ctx, s.o.mfaProcess)
	}
	if where != "" {
		question += " (" + where + ")"
	}
	code, err := s.ask(ctx, question+": ", false)
	if err != nil {
		err = hintf(err, "without a terminal use --mfa-code or --mfa-process")
	}
	return code, err
}

// choose asks for one of the factors. A code from a flag or a program is that of
// an app, if there is one.
func (s *signIn) choose(ctx context.Context, kinds []string) (string, error) {
	const app = "SOFTWARE_TOKEN_MFA"
	given := s.o.mfaCode != "" || s.o.mfaProcess != ""
	if given && slices.Contains(kinds, app) {
		return app, nil
	}
	text := "How do you want to prove who you are?\n"
	for i, kind := range kinds {
		text += fmt.Sprintf("  %d  %s\n", i+1, cmp.Or(kindNames()[kind], kind))
	}
	for {
		answer, err := s.ask(ctx, text+"Number: ", false)
		if err != nil {
			return "", err
		}
		if n, err := strconv.Atoi(strings.TrimSpace(answer)); err == nil && n >= 1 && n <= len(kinds) {
			return kinds[n-1], nil
		}
		text = fmt.Sprintf("From 1 to %d. ", len(kinds))
	}
}

// noteWrongCode says why a code is asked for again.
func (a *app) noteWrongCode() { a.io.notef("that code is wrong; try again") }

// kindNames are what people call the factors.
func kindNames() map[string]string {
	return map[string]string{
		"SMS_MFA": "a code by text message", "EMAIL_OTP": "a code by e-mail", "SOFTWARE_TOKEN_MFA": "a code of the authenticator app",
	}
}

func (s *signIn) newPassword(ctx context.Context, ch *gatepass.NewPassword) (gatepass.Reply, error) {
	attributes := map[string]string{}
	for _, name := range ch.Missing {
		value, err := s.ask(ctx, "Your "+name+": ", false)
		if err != nil {
			return gatepass.Reply{}, err
		}
		attributes[name] = value
	}
	if s.o.newOnStdin {
		password, err := s.secret("new password", `printf '%s\n' "$OLD" "$NEW" | gatepass login ada --password-stdin --new-password-stdin`)
		return ch.Set(password, attributes), err
	}
	password, err := s.typedTwice(ctx)
	return ch.Set(password, attributes), err
}

// typedTwice asks for a new password until it is typed twice alike.
func (s *signIn) typedTwice(ctx context.Context) (string, error) {
	for {
		first, err := s.ask(ctx, "New password: ", true)
		if err != nil {
			return "", hintf(err, "without a terminal use --new-password-stdin")
		}
		second, err := s.ask(ctx, "New password again: ", true)
		if err != nil || first == second {
			return first, err
		}
		s.io.notef("the two differ; try again")
	}
}

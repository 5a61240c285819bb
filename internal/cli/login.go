package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
)

func newLogin(a *app) *cobra.Command {
	var fromStdin bool
	cmd := &cobra.Command{
		Use: "login [USERNAME]", Short: "sign in and keep the session",
		Long: `Sign in to the user pool over SRP: the password is proved and not sent. It is
asked for at the terminal, or read from stdin, and never taken from an argument.
Challenges (a new password, a code of an authenticator app) are asked for too.
The session is kept in a file that only you can read.`,
		Example: "  gatepass login ada\n  gatepass login --password-stdin ada < password.txt",
		Args:    arguments(cobra.MaximumNArgs(1)),
	}
	read := a.settingsOf(cmd, clientFlags()...)
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from the first line of stdin")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		v, err := read()
		if err != nil {
			return err
		}
		c, err := a.client(v)
		if err != nil {
			return err
		}
		return a.login(cmd.Context(), c, args, fromStdin)
	}
	return cmd
}

func (a *app) login(ctx context.Context, c *gatepass.Client, args []string, fromStdin bool) error {
	username, err := a.userName(ctx, args)
	if err != nil {
		return err
	}
	password, err := a.password(ctx, username, fromStdin)
	if err != nil {
		return err
	}
	s, err := c.SignIn(ctx, username, gatepass.Password(password), gatepass.Answer(a.answer))
	if err != nil {
		return err
	}
	a.io.notef("signed in as %s", s.Username())
	return nil
}

func (a *app) userName(ctx context.Context, args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	name, err := a.ask(ctx, "User name: ", false)
	if err == nil && name == "" {
		err = usageErrorf("no user name was given")
	}
	if err != nil {
		return "", hintf(err, "gatepass login USERNAME")
	}
	return name, nil
}

func (a *app) password(ctx context.Context, username string, fromStdin bool) (string, error) {
	if fromStdin {
		return a.readSecret()
	}
	password, err := a.ask(ctx, fmt.Sprintf("Password of %s: ", username), true)
	if err == nil && password == "" {
		err = usageErrorf("no password was given")
	}
	if err != nil {
		return "", hintf(err, "without a terminal use --password-stdin")
	}
	return password, nil
}

// answer asks the user what the user pool asks.
func (a *app) answer(ctx context.Context, ch gatepass.Challenge) (gatepass.Reply, error) {
	switch ch := ch.(type) {
	case *gatepass.TOTP:
		question := "Code of the authenticator app: "
		if ch.Device != "" {
			question = fmt.Sprintf("Code of the authenticator app (%s): ", ch.Device)
		}
		code, err := a.ask(ctx, question, false)
		return ch.Code(code), err
	case *gatepass.NewPassword:
		return a.newPassword(ctx, ch)
	}
	return gatepass.Reply{}, gatepass.ErrUnhandledChallenge
}

func (a *app) newPassword(ctx context.Context, ch *gatepass.NewPassword) (gatepass.Reply, error) {
	attributes := map[string]string{}
	for _, name := range ch.Missing {
		value, err := a.ask(ctx, "Your "+name+": ", false)
		if err != nil {
			return gatepass.Reply{}, err
		}
		attributes[name] = value
	}
	first, err := a.ask(ctx, "New password: ", true)
	if err != nil {
		return gatepass.Reply{}, err
	}
	second, err := a.ask(ctx, "New password again: ", true)
	if err != nil {
		return gatepass.Reply{}, err
	}
	if first != second {
		return gatepass.Reply{}, errors.New("the two passwords differ; sign in again")
	}
	return ch.Set(first, attributes), nil
}

package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
)

func newLogout(a *app) *cobra.Command {
	var global bool
	cmd := &cobra.Command{
		Use: "logout", Short: "end the session and forget it",
		Long: `End the session at the user pool and remove it from this machine. The session
is removed here also when the user pool cannot be reached. Credentials that were
given out live on until they expire.`,
		Args: arguments(cobra.NoArgs),
	}
	read := a.settingsOf(cmd, clientFlags()...)
	cmd.Flags().BoolVar(&global, "global", false, "end the user's sessions on all other machines too")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		v, err := read()
		if err != nil {
			return err
		}
		c, err := a.client(v)
		if err != nil {
			return err
		}
		s, err := c.CurrentUser(cmd.Context())
		if err != nil {
			return err
		}
		return a.logout(cmd.Context(), c, s, global)
	}
	return cmd
}

func (a *app) logout(ctx context.Context, c *gatepass.Client, s *gatepass.Session, global bool) error {
	user := s.Username()
	err := s.SignOut(ctx, global)
	if err == nil {
		a.io.notef("signed out %s", user)
		return nil
	}
	if _, left := c.CurrentUser(ctx); errors.Is(left, gatepass.ErrNotSignedIn) {
		return hintf(fmt.Errorf("the user pool was not told: %w", err), "the session is removed from this machine all the same")
	}
	return err
}

package cli

import (
	"github.com/spf13/cobra"
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
		c, err := a.client(read())
		if err != nil {
			return err
		}
		s, err := c.CurrentUser(cmd.Context())
		if err != nil {
			return err
		}
		user := s.Username()
		if err := s.SignOut(cmd.Context(), global); err != nil {
			return err
		}
		a.io.notef("signed out %s", user)
		return nil
	}
	return cmd
}

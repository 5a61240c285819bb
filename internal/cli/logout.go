package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/vault"
)

func newLogout(a *app) *cobra.Command {
	var global, all bool
	cmd := &cobra.Command{
		Use: "logout",
		Long: `End the session at the user pool and remove it from this machine. The session
is removed here also when the user pool cannot be reached. Credentials that were
given out live on until they expire. With --all the sessions of all profiles are
ended, and whatever else is kept here is removed, with its keys, read or not.`,
		Args: arguments(cobra.NoArgs),
	}
	read := a.settingsOf(cmd, clientFlags()...)
	cmd.Flags().BoolVar(&global, "global", false, "end the user's sessions on all other machines too")
	cmd.Flags().BoolVar(&all, "all", false, "the sessions of all profiles")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if all {
			return a.logoutAll(cmd.Context(), read, global)
		}
		v, err := read()
		if err != nil {
			return err
		}
		return a.logoutOf(cmd.Context(), v, global)
	}
	return cmd
}

func (a *app) logoutOf(ctx context.Context, v settingValues, global bool) error {
	s, err := a.session(ctx, v)
	if err != nil {
		return err
	}
	who := s.Username()
	if who == "" {
		who = "the guest"
	}
	told := s.SignOut(ctx, global)
	if told == nil {
		a.io.notef("signed out %s", who)
		return nil
	}
	if _, left := a.session(ctx, v); errors.Is(left, gatepass.ErrNotSignedIn) {
		return hintf(fmt.Errorf("the user pool was not told: %w", told), "the session is removed from this machine all the same")
	}
	return told
}

// logoutAll ends what can be ended and removes everything. Who is not signed in
// needs no ending.
func (a *app) logoutAll(ctx context.Context, read func() (settingValues, error), global bool) error {
	list, err := a.eachProfile(read, true)
	if err != nil {
		return err
	}
	var failed error
	for _, v := range list {
		if v.userPool == "" && v.identityPool == "" {
			continue
		}
		switch err := a.logoutOf(ctx, v, global); {
		case is(vault.ErrLocked, vault.ErrPassphrase)(err):
			a.io.notef("note: the user pool was not told: %s", textOf(err))
		case !errors.Is(err, gatepass.ErrNotSignedIn):
			failed = cmp.Or(failed, err)
		}
	}
	store, err := a.openVault(list[0])
	if err != nil {
		return err
	}
	err = store.Clear(ctx)
	if errors.Is(err, vault.ErrLocked) {
		return hintf(fmt.Errorf("the sessions are removed, and their key is not: %w", err), "unlock the keyring and do it again; nothing is left that the key opens")
	}
	if err != nil {
		return err
	}
	return failed
}

package cli

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
)

// settingValues say which gate a command talks to, as whom.
type settingValues struct {
	endpoint, region, userPool, client, secret, identityPool, api, home string
}

// A setting is a flag with an environment variable behind it. Without a flag it
// is a secret or a directory, which have no place among arguments. The word in
// backquotes is what the help calls the flag's value.
type setting struct {
	flag, env, usage string
	value            *string
}

func settings(v *settingValues) []setting {
	return []setting{
		{"endpoint", "GATEPASS_ENDPOINT", "base `URL` of the services; empty: AWS", &v.endpoint},
		{"region", "GATEPASS_REGION", "`region` to sign for; empty: that of the pools", &v.region},
		{"user-pool-id", "GATEPASS_USER_POOL_ID", "`ID` of the user pool", &v.userPool},
		{"client-id", "GATEPASS_CLIENT_ID", "`ID` of the app client", &v.client},
		{"", "GATEPASS_CLIENT_SECRET", "secret of a confidential app client", &v.secret},
		{"identity-pool-id", "GATEPASS_IDENTITY_POOL_ID", "`ID` of the identity pool", &v.identityPool},
		{"api", "GATEPASS_API", "base `URL` of the API that paths belong to", &v.api},
		{"", "GATEPASS_HOME", "directory of the session; empty: that of the user's settings", &v.home},
	}
}

// settingsOf gives cmd the named flags and returns what reads them, after the
// flags were parsed.
func (a *app) settingsOf(cmd *cobra.Command, flags ...string) func() settingValues {
	v := new(settingValues)
	all := settings(v)
	for _, s := range all {
		if slices.Contains(flags, s.flag) {
			cmd.Flags().StringVar(s.value, s.flag, "", s.usage+" ("+s.env+")")
		}
	}
	return func() settingValues {
		for _, s := range all {
			*s.value = cmp.Or(*s.value, a.env(s.env))
		}
		return *v
	}
}

// clientFlags are the flags of every command that acts for a user.
func clientFlags() []string {
	return []string{"endpoint", "region", "user-pool-id", "client-id", "identity-pool-id"}
}

// client makes the client of the user pool that the settings name.
func (a *app) client(v settingValues) (*gatepass.Client, error) {
	if err := needed(map[string]string{"GATEPASS_USER_POOL_ID": v.userPool, "GATEPASS_CLIENT_ID": v.client}); err != nil {
		return nil, err
	}
	dir, err := stateDir(v.home)
	if err != nil {
		return nil, err
	}
	return &gatepass.Client{
		Region: v.region, UserPoolID: v.userPool, ClientID: v.client, ClientSecret: v.secret, IdentityPoolID: v.identityPool,
		Endpoint: v.endpoint, Store: gatepass.FileStore{Dir: dir},
	}, nil
}

// needed refuses to go on without the values, and names the variables to set.
func needed(values map[string]string) error {
	var missing []string
	for env, value := range values {
		if value == "" {
			missing = append(missing, env)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return hintf(usageErrorf("not set: %s", strings.Join(missing, ", ")),
		"gatepass serve prints the lines to copy; gatepass help environment lists the flags")
}

func stateDir(home string) (string, error) {
	if home != "" {
		return filepath.Join(home, "sessions"), nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", hintf(errors.Join(gatepass.ErrConfig, err), "set GATEPASS_HOME to a directory of your own")
	}
	return filepath.Join(dir, "gatepass", "sessions"), nil
}

package cli

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/profile"
)

// settingValues say which gate a command talks to, as whom.
type settingValues struct {
	endpoint, region, userPool, client, secret, identityPool, api, home string

	passphrase, keyring string // how sessions are kept

	apis    map[string]profile.API // of the profile
	profile string                 // its name; "": none is taken
	source  string                 // the file it is from
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
		{"api", "GATEPASS_API", "base `URL` of the API that paths belong to, or its name", &v.api},
		{"", "GATEPASS_HOME", "directory of profiles and sessions; empty: that of the user's settings", &v.home},
		{"", "GATEPASS_PASSPHRASE", "protects the key of the sessions, in place of keyring or file", &v.passphrase},
		{"", "GATEPASS_KEYRING", "off: leave the keyring alone, and keep the key in a file", &v.keyring},
	}
}

// settingsOf gives cmd the named flags and returns what reads them, after the
// flags were parsed: from flags and environment first, then from the profile.
func (a *app) settingsOf(cmd *cobra.Command, flags ...string) func() (settingValues, error) {
	v := new(settingValues)
	all := settings(v)
	for _, s := range all {
		if slices.Contains(flags, s.flag) {
			cmd.Flags().StringVar(s.value, s.flag, "", s.usage+" ("+s.env+")")
		}
	}
	return func() (settingValues, error) {
		for _, s := range all {
			*s.value = cmp.Or(*s.value, a.env(s.env))
		}
		err := a.addProfile(v)
		return *v, err
	}
}

// clientFlags are the flags of every command that acts for a user.
func clientFlags() []string {
	return []string{"endpoint", "region", "user-pool-id", "client-id", "identity-pool-id"}
}

// addProfile fills what flags and environment leave open from the profile in
// use. Where they name another pool than a profile that was not asked for, it is
// left out whole: ids of two gates do not mix.
func (a *app) addProfile(v *settingValues) error {
	name, p, source, err := a.findProfile(v.home)
	if err != nil || source == "" {
		return err
	}
	other := v.userPool != "" && v.userPool != p.UserPoolID || v.identityPool != "" && v.identityPool != p.IdentityPoolID
	if other && a.profile == "" {
		return nil
	}
	v.profile, v.source, v.apis = name, source, p.APIs
	v.endpoint, v.region = cmp.Or(v.endpoint, p.Endpoint), cmp.Or(v.region, p.Region)
	v.userPool, v.client = cmp.Or(v.userPool, p.UserPoolID), cmp.Or(v.client, p.ClientID)
	v.identityPool = cmp.Or(v.identityPool, p.IdentityPoolID)
	return nil
}

// findProfile finds the profile that --profile names, else the one in use: in
// the project's file before the user's. The source is "" if there is none.
func (a *app) findProfile(home string) (name string, p profile.Profile, source string, err error) {
	files, err := a.profileFiles(home)
	if err != nil {
		return "", p, "", err
	}
	for _, f := range files {
		name := cmp.Or(a.profile, f.Current())
		if p, ok := f.Profiles[name]; ok {
			return name, p, f.Path, nil
		}
		if a.profile == "" && len(f.Profiles) > 0 {
			return "", p, "", hintf(usageErrorf("%s has several profiles and none in use", f.Path), "choose one with -p: %s", strings.Join(f.Names(), ", "))
		}
	}
	if a.profile != "" {
		return "", p, "", noSuchProfile(a.profile, files)
	}
	return "", p, "", nil
}

func noSuchProfile(name string, files []*profile.File) error {
	var names, paths []string
	for _, f := range files {
		names, paths = append(names, f.Names()...), append(paths, f.Path)
	}
	err := usageErrorf("there is no profile %q in %s", name, strings.Join(paths, " or "))
	if len(names) == 0 {
		return hintf(err, "gatepass import makes one from the files of a front-end project")
	}
	return hintf(err, "there are: %s", strings.Join(names, ", "))
}

// profileFiles reads the project's file, if there is one, and the user's.
func (a *app) profileFiles(home string) ([]*profile.File, error) {
	var files []*profile.File
	if dir, err := os.Getwd(); err == nil {
		f, err := profile.ReadProject(dir)
		if err != nil {
			return nil, &usageError{err}
		}
		if f != nil {
			files = append(files, f)
		}
	}
	dir, err := homeDir(home)
	if err != nil {
		return nil, err
	}
	f, err := profile.Read(filepath.Join(dir, profile.UserFile))
	if err != nil {
		return nil, &usageError{err}
	}
	return append(files, f), nil
}

// client makes the client of the user pool that the settings name.
func (a *app) client(v settingValues) (*gatepass.Client, error) {
	if err := needed(map[string]string{"GATEPASS_USER_POOL_ID": v.userPool, "GATEPASS_CLIENT_ID": v.client}); err != nil {
		return nil, err
	}
	return a.guestClient(v)
}

// guestClient is client where no user need sign in.
func (a *app) guestClient(v settingValues) (*gatepass.Client, error) {
	store, err := a.openVault(v)
	if err != nil {
		return nil, err
	}
	return &gatepass.Client{
		Region: v.region, UserPoolID: v.userPool, ClientID: v.client, ClientSecret: v.secret, IdentityPoolID: v.identityPool,
		Endpoint: v.endpoint, Profile: v.profile, Store: store, HTTPClient: httpClient(answerTime),
	}, nil
}

// apiURL puts a path behind the base URL of the API, byte for byte: what is
// signed is what was typed. The target is a URL, NAME:/path for an API of the
// profile, or a path that belongs to GATEPASS_API, to the API named default, or
// to the only one there is.
func (v settingValues) apiURL(target string) (string, profile.API, error) {
	if strings.Contains(target, "://") {
		return target, profile.API{}, nil
	}
	name, path, named := strings.Cut(target, ":")
	if !named || strings.Contains(name, "/") {
		name, path = v.api, target
	}
	if strings.Contains(name, "://") {
		return joinPath(name, path), profile.API{URL: name}, nil
	}
	api, err := v.apiNamed(name, target)
	return joinPath(api.URL, path), api, err
}

// apiNamed finds an API of the profile; "" is the default one.
func (v settingValues) apiNamed(name, target string) (profile.API, error) {
	names := slices.Sorted(maps.Keys(v.apis))
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	if api, ok := v.apis[cmp.Or(name, "default")]; ok {
		return api, nil
	}
	if name != "" {
		err := usageErrorf("there is no API %q in the profile", name)
		if len(names) == 0 {
			return profile.API{}, hintf(err, "gatepass api add %s URL adds it", name)
		}
		return profile.API{}, hintf(err, "there are: %s", strings.Join(names, ", "))
	}
	err := usageErrorf("%s is a path, and no API is set", target)
	if len(names) > 1 {
		return profile.API{}, hintf(err, "name one of the profile's: %s:/path", strings.Join(names, ":/path, "))
	}
	return profile.API{}, hintf(err, "set GATEPASS_API or --api to the base URL of a stage, add it with gatepass api add NAME URL, or give a whole URL")
}

func joinPath(base, path string) string {
	if path == "" {
		return base
	}
	return strings.TrimSuffix(base, "/") + "/" + strings.TrimPrefix(path, "/")
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
		"gatepass import --discover reads them from a project; gatepass serve prints lines to copy")
}

// homeDir is where profiles and sessions are.
func homeDir(home string) (string, error) {
	if home != "" {
		return home, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", hintf(fmt.Errorf("%w: %w", gatepass.ErrConfig, err), "set GATEPASS_HOME to a directory of your own")
	}
	return filepath.Join(dir, "gatepass"), nil
}

// ofOneRequest marks flags that have no variable: they say what one request is,
// and GATEPASS_USER or GATEPASS_OUTPUT may be there for another reason.
const ofOneRequest = "of one request"

// withoutVariables marks the flags of f that are not among own.
func withoutVariables(f *pflag.FlagSet, own map[string]bool) {
	f.VisitAll(func(flag *pflag.Flag) {
		if !own[flag.Name] {
			_ = f.SetAnnotation(flag.Name, ofOneRequest, []string{}) // it is there
		}
	})
}

// namesOf are the names of the flags of f.
func namesOf(f *pflag.FlagSet) map[string]bool {
	names := map[string]bool{}
	f.VisitAll(func(flag *pflag.Flag) { names[flag.Name] = true })
	return names
}

// applyEnvironment sets every flag of cmd that was not given and whose variable
// is set: --no-prompt is GATEPASS_NO_PROMPT.
func (a *app) applyEnvironment(cmd *cobra.Command) error {
	var errs []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value := a.env(variableOf(f.Name))
		if _, without := f.Annotations[ofOneRequest]; without || f.Changed || value == "" || f.Name == "help" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", variableOf(f.Name), err))
		}
	})
	if len(errs) == 0 {
		return nil
	}
	return usage(cmd, errs[0])
}

// variableOf is the environment variable of a flag.
func variableOf(flag string) string {
	return "GATEPASS_" + strings.ReplaceAll(strings.ToUpper(flag), "-", "_")
}

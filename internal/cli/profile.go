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

	"github.com/gatepass/gatepass/internal/profile"
)

func newProfile(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "profile",
		Long: `A profile names a user pool, an app client, an identity pool and the APIs behind
them. Nothing in it is secret. Profiles are kept in ` + profile.UserFile + ` in the settings
directory, and in ` + profile.ProjectFile + ` of a project, which goes first in and below
the directory it is in.`,
		Args: subcommand, RunE: showHelp,
	}
	cmd.AddCommand(newProfileList(a), newProfileShow(a), newProfileSet(a), newProfileUse(a), newProfileRm(a))
	return cmd
}

// showHelp is what a command of commands does.
func showHelp(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// subcommand refuses what is no command below cmd.
func subcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage(cmd, fmt.Errorf("there is no %s %s", cmd.CommandPath(), args[0]))
}

// profileField is a setting of a profile by the name it has in the file.
type profileField struct {
	name  string
	value *string
}

func profileFields(p *profile.Profile) []profileField {
	return []profileField{
		{"user_pool_id", &p.UserPoolID},
		{"client_id", &p.ClientID},
		{"identity_pool_id", &p.IdentityPoolID},
		{"region", &p.Region},
		{"endpoint", &p.Endpoint},
	}
}

// listed is a profile as list and show print it.
type listed struct {
	Name           string               `json:"name"`
	InUse          bool                 `json:"inUse"`
	File           string               `json:"file"`
	Region         string               `json:"region,omitempty"`
	UserPoolID     string               `json:"userPoolId,omitempty"`
	ClientID       string               `json:"clientId,omitempty"`
	IdentityPoolID string               `json:"identityPoolId,omitempty"`
	Endpoint       string               `json:"endpoint,omitempty"`
	APIs           map[string]listedAPI `json:"apis,omitempty"`
}

type listedAPI struct {
	URL     string `json:"url"`
	Region  string `json:"region,omitempty"`
	Service string `json:"service,omitempty"`
}

func listing(name, file string, p profile.Profile) listed {
	out := listed{
		Name: name, File: file, Region: p.Region, UserPoolID: p.UserPoolID, ClientID: p.ClientID,
		IdentityPoolID: p.IdentityPoolID, Endpoint: p.Endpoint, APIs: map[string]listedAPI{},
	}
	for name, api := range p.APIs {
		out.APIs[name] = listedAPI(api)
	}
	return out
}

func newProfileList(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "list the profiles; a star is before the one in use", Args: arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			all, err := a.listProfiles()
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(all)
			}
			return a.printProfiles(all)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON list")
	return cmd
}

// listProfiles lists the profiles of the project's file and of the user's.
func (a *app) listProfiles() ([]listed, error) {
	files, err := a.profileFiles(a.env("GATEPASS_HOME"))
	if err != nil {
		return nil, err
	}
	used, _, source, err := a.findProfile(a.env("GATEPASS_HOME"))
	if err != nil && a.profile != "" {
		return nil, err
	}
	all := []listed{}
	for _, f := range files {
		for _, name := range f.Names() {
			l := listing(name, f.Path, f.Profiles[name])
			l.InUse = name == used && f.Path == source
			all = append(all, l)
		}
	}
	return all, nil
}

func (a *app) printProfiles(all []listed) error {
	if len(all) == 0 {
		a.io.notef("there are no profiles; gatepass import --discover makes one from a project")
	}
	var b strings.Builder
	file := ""
	for _, l := range all {
		if l.File != file {
			file = l.File
			fmt.Fprintf(&b, "%s\n", shortPath(file))
		}
		star := " "
		if l.InUse {
			star = "*"
		}
		line := fmt.Sprintf("%s %-18s %-24s %s", star, l.Name, cmp.Or(l.UserPoolID, l.IdentityPoolID, "-"), strings.Join(sortedNames(l.APIs), ", "))
		if line = strings.TrimRight(line, " "); width(line) > columns {
			line = string([]rune(line)[:columns-1]) + "…"
		}
		fmt.Fprintf(&b, "%s\n", line)
	}
	return a.print(b.String())
}

// shortPath is a path as a person writes it.
func shortPath(path string) string {
	if home, err := os.UserHomeDir(); err == nil && home != "/" {
		if rest, ok := strings.CutPrefix(path, home+string(filepath.Separator)); ok {
			return "~" + string(filepath.Separator) + rest
		}
	}
	return path
}

func newProfileShow(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show [NAME]", Short: "show a profile, else the one in use", Args: arguments(cobra.MaximumNArgs(1)), ValidArgsFunction: a.completeProfiles,
		RunE: func(_ *cobra.Command, args []string) error {
			name, p, file, err := a.profileNamed(args)
			if err != nil {
				return err
			}
			l := listing(name, file, p)
			if asJSON {
				used, _, source, err := a.findProfile(a.env("GATEPASS_HOME"))
				l.InUse = err == nil && used == name && source == file
				return a.printJSON(l)
			}
			return a.printProfile(l, p)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// profileNamed finds the profile that the arguments or --profile name, else the
// one in use.
func (a *app) profileNamed(args []string) (string, profile.Profile, string, error) {
	b := *a
	if len(args) > 0 {
		b.profile = args[0]
	}
	name, p, file, err := b.findProfile(a.env("GATEPASS_HOME"))
	if err == nil && file == "" {
		err = noProfile()
	}
	return name, p, file, err
}

func noProfile() error {
	return hintf(usageErrorf("there is no profile"),
		"gatepass import --discover makes one from a project; or gatepass profile set user_pool_id=ID client_id=ID")
}

func (a *app) printProfile(l listed, p profile.Profile) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-18s%s\n%-18s%s\n", "name", l.Name, "file", shortPath(l.File))
	for _, f := range profileFields(&p) {
		if *f.value != "" {
			fmt.Fprintf(&b, "%-18s%s\n", f.name, *f.value)
		}
	}
	if len(p.APIs) > 0 {
		b.WriteString("apis\n" + apiTable(p.APIs))
	}
	return a.print(b.String())
}

func newProfileSet(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "set KEY=VALUE...", Short: "set fields of a profile, and make it if it is new",
		Long: `Set fields of the profile in use, or of the one that -p names; a new one is made
in your own file. An empty value removes the field. The fields:

  user_pool_id, client_id, identity_pool_id
  region      that APIs are signed for; empty: that of the pools
  endpoint    base URL of the services; empty: AWS`,
		Example: "  gatepass profile set -p dev user_pool_id=eu-west-1_AbCdEf123 \\\n    client_id=1h57kf5cpq17m0eml12example",
		Args:    arguments(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.editProfile(true, func(p *profile.Profile) error {
				for _, arg := range args {
					if err := setField(p, arg); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	return cmd
}

// setField sets the field of KEY=VALUE.
func setField(p *profile.Profile, arg string) error {
	key, value, ok := strings.Cut(arg, "=")
	if !ok {
		return usageErrorf("%s: want KEY=VALUE", arg)
	}
	var names []string
	for _, f := range profileFields(p) {
		if f.name == strings.ReplaceAll(key, "-", "_") {
			*f.value = value
			return nil
		}
		names = append(names, f.name)
	}
	return hintf(usageErrorf("a profile has no field %q", key), "it has %s; APIs: gatepass api add", strings.Join(names, ", "))
}

// editProfile changes the profile in use, or the one that --profile names, in the
// file where it is. With create a profile that is not there is made in the user's
// file.
func (a *app) editProfile(create bool, change func(*profile.Profile) error) error {
	f, name, err := a.fileOfProfile(create)
	if err != nil {
		return err
	}
	p := f.Profiles[name]
	if err := change(&p); err != nil {
		return err
	}
	p, notes := profile.Trim(p)
	if err := profile.Validate(p); err != nil {
		return &usageError{err}
	}
	f.Set(name, p)
	if err := f.Write(); err != nil {
		return err
	}
	for _, n := range notes {
		a.io.notef("%s", n)
	}
	a.io.notef("wrote profile %s to %s", name, shortPath(f.Path))
	return nil
}

// fileOfProfile finds the file that the profile to change is in.
func (a *app) fileOfProfile(create bool) (*profile.File, string, error) {
	name, _, source, err := a.findProfile(a.env("GATEPASS_HOME"))
	if source != "" && err == nil {
		f, err := profile.Read(source)
		return f, name, err
	}
	if !create {
		return nil, "", cmp.Or(err, noProfile())
	}
	f, fileErr := a.userFile()
	if fileErr != nil {
		return nil, "", &usageError{fileErr}
	}
	switch {
	case a.profile != "":
		if !profile.ValidName(a.profile) {
			return nil, "", usageErrorf("%q cannot name a profile: use letters, digits, - _ .", a.profile)
		}
		return f, a.profile, nil
	case err != nil:
		return nil, "", err
	}
	f.Use = "default"
	return f, f.Use, nil
}

func newProfileUse(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "use NAME", Short: "choose the profile that is taken when none is named", Args: arguments(cobra.ExactArgs(1)), ValidArgsFunction: a.completeProfiles,
		RunE: func(_ *cobra.Command, args []string) error {
			name, _, file, err := a.profileNamed(args)
			if err != nil {
				return err
			}
			f, err := profile.Read(file)
			if err != nil {
				return err
			}
			f.Use = name
			if err := f.Write(); err != nil {
				return err
			}
			a.io.notef("in use: %s of %s", name, shortPath(file))
			a.noteShadow(f, name)
			return nil
		},
	}
}

func newProfileRm(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "rm NAME", Short: "remove a profile", Args: arguments(cobra.ExactArgs(1)), ValidArgsFunction: a.completeProfiles,
		Long: "Remove a profile. Its session is another thing: sign out first, with\ngatepass logout -p NAME.",
		RunE: func(_ *cobra.Command, args []string) error {
			name, _, file, err := a.profileNamed(args)
			if err != nil {
				return err
			}
			f, err := profile.Read(file)
			if err != nil {
				return err
			}
			delete(f.Profiles, name)
			if f.Use == name {
				f.Use = ""
			}
			if err := f.Write(); err != nil {
				return err
			}
			a.io.notef("removed profile %s from %s", name, shortPath(file))
			return nil
		},
	}
}

// completeProfiles proposes the names of profiles.
func (a *app) completeProfiles(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	files, err := a.profileFiles(a.env("GATEPASS_HOME"))
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []cobra.Completion
	for _, f := range files {
		names = append(names, f.Names()...)
	}
	slices.Sort(names)
	return slices.Compact(names), cobra.ShellCompDirectiveNoFileComp
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

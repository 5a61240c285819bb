package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass/internal/profile"
)

func newAPI(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "api",
		Long: `An API of a profile has a name and the base URL of its stage, so that
gatepass call NAME:/path reaches it. The changes are made to the profile in use,
or to the one that -p names.`,
		Args: subcommand, RunE: showHelp,
	}
	cmd.AddCommand(newAPIList(a), newAPIAdd(a), newAPIRm(a))
	return cmd
}

func newAPIList(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "list the APIs", Args: arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			name, p, file, err := a.profileNamed(nil)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(listing(name, file, p).APIs)
			}
			if len(p.APIs) == 0 {
				a.io.notef("profile %s has no APIs; gatepass api add NAME URL adds one", name)
			}
			return a.print(apiTable(p.APIs))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object, by name")
	return cmd
}

func apiTable(apis map[string]profile.API) string {
	var b strings.Builder
	for _, name := range sortedNames(apis) {
		api := apis[name]
		var notes []string
		for _, n := range [][2]string{{"region", api.Region}, {"service", api.Service}} {
			if n[1] != "" {
				notes = append(notes, n[0]+" "+n[1])
			}
		}
		line := fmt.Sprintf("  %-16s%s", name, api.URL)
		if width(line) > columns {
			line = fmt.Sprintf("  %s\n      %s", name, api.URL)
		}
		fmt.Fprintf(&b, "%s\n", line)
		if len(notes) > 0 {
			fmt.Fprintf(&b, "  %-16s%s\n", "", strings.Join(notes, ", "))
		}
	}
	return b.String()
}

func newAPIAdd(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "add NAME URL [region=REGION] [service=SERVICE]", Short: "add an API, or replace the one of that name",
		Long: `Add an API. Region and service need to be said where the URL does not: for a
domain of your own in another region than the pools, or for another service than
execute-api.`,
		Example: "  gatepass api add notes \\\n    https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod\n" +
			"  gatepass api add billing https://billing.example.com region=eu-central-1",
		Args: arguments(cobra.RangeArgs(2, 4)),
		RunE: func(_ *cobra.Command, args []string) error {
			api := profile.API{URL: args[1]}
			for _, arg := range args[2:] {
				if err := setAPIField(&api, arg); err != nil {
					return err
				}
			}
			return a.editProfile(false, func(p *profile.Profile) error {
				*p = withAPI(*p, args[0], api)
				return nil
			})
		},
	}
}

func setAPIField(api *profile.API, arg string) error {
	key, value, ok := strings.Cut(arg, "=")
	switch {
	case ok && key == "region":
		api.Region = value
	case ok && key == "service":
		api.Service = value
	default:
		return usageErrorf("%s: want region=REGION or service=SERVICE", arg)
	}
	return nil
}

// withAPI is p with one API more, in a map of its own.
func withAPI(p profile.Profile, name string, api profile.API) profile.Profile {
	apis := map[string]profile.API{name: api}
	for n, other := range p.APIs {
		if n != name {
			apis[n] = other
		}
	}
	p.APIs = apis
	return p
}

func newAPIRm(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "rm NAME", Short: "remove an API", Args: arguments(cobra.ExactArgs(1)), ValidArgsFunction: a.completeAPIs,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.editProfile(false, func(p *profile.Profile) error {
				if _, ok := p.APIs[args[0]]; !ok {
					return hintf(usageErrorf("there is no API %q in the profile", args[0]), "there are: %s", strings.Join(sortedNames(p.APIs), ", "))
				}
				delete(p.APIs, args[0])
				return nil
			})
		},
	}
}

// completeAPIs proposes the names of the APIs of the profile.
func (a *app) completeAPIs(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	_, p, _, err := a.profileNamed(nil)
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return sortedNames(p.APIs), cobra.ShellCompDirectiveNoFileComp
}

package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// helpTopics are pages of gatepass help that are no commands.
func helpTopics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "environment", Short: "the environment variables", Long: environmentPage()},
		{Use: "exit-codes", Short: "the exit codes", Long: exitPage()},
	}
}

func exitPage() string {
	var b strings.Builder
	b.WriteString("The exit codes are stable:\n\n")
	for _, e := range slices.SortedFunc(slices.Values(exits), func(x, y exit) int { return cmp.Compare(x.code, y.code) }) {
		fmt.Fprintf(&b, "  %3d  %s\n", e.code, e.word)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func environmentPage() string {
	var b strings.Builder
	b.WriteString(`Every flag has a variable: --no-prompt is GATEPASS_NO_PROMPT. A flag wins over
its variable, and the variable over the profile: that of -p or GATEPASS_PROFILE,
else the one in use in the nearest .gatepass.yaml from here upwards, else in the
user's own file (gatepass profile list). Where flags and variables name another
pool than the profile in use, the profile is left out.

`)
	for _, s := range settings(new(settingValues)) {
		flag := ""
		if s.flag != "" {
			flag = " (--" + s.flag + ")"
		}
		fmt.Fprintf(&b, "  %s%s\n      %s\n", s.env, flag, strings.ReplaceAll(s.usage, "`", ""))
	}
	b.WriteString(`
  NO_COLOR, CLICOLOR=0, CLICOLOR_FORCE=1
      never colour; nor on a terminal; always
`)
	return strings.TrimSuffix(b.String(), "\n")
}

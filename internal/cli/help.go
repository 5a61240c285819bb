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
	b.WriteString("A flag wins over its variable. gatepass serve prints these lines to copy.\n\n")
	for _, s := range settings(new(settingValues)) {
		flag := ""
		if s.flag != "" {
			flag = " (--" + s.flag + ")"
		}
		fmt.Fprintf(&b, "  %s%s\n      %s\n", s.env, flag, strings.ReplaceAll(s.usage, "`", ""))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

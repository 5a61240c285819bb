package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// columns is how wide help is written.
const columns = 80

// The groups of commands, in the order in which the help shows them.
const (
	groupUser = "user"
	groupCall = "call"
	groupHere = "here"
	groupGate = "gate"
)

var groups = []*cobra.Group{
	{ID: groupUser, Title: "Sign in and use the credentials"},
	{ID: groupCall, Title: "Call an API, or see why it refuses"},
	{ID: groupHere, Title: "Profiles and this program"},
	{ID: groupGate, Title: "Be the gate"},
}

// printUsage writes what --help shows below the description, 80 columns wide.
// Cobra's own is wider, and its templates would keep the linker from leaving
// unused code out.
func printUsage(cmd *cobra.Command) error {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if cmd.Runnable() && cmd.HasParent() {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s COMMAND\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	for _, g := range cmd.Groups() {
		listCommands(&b, cmd, g.Title, func(c *cobra.Command) bool {
			return c.GroupID == g.ID && (c.IsAvailableCommand() || c.Name() == "help")
		})
	}
	listCommands(&b, cmd, "Commands", func(c *cobra.Command) bool { return c.GroupID == "" && c.IsAvailableCommand() })
	listCommands(&b, cmd, "Pages of gatepass help", (*cobra.Command).IsAdditionalHelpTopicCommand)
	if cmd.HasAvailableLocalFlags() {
		fmt.Fprintf(&b, "\nFlags:\n%s", cmd.LocalFlags().FlagUsagesWrapped(columns))
	}
	if cmd.HasAvailableInheritedFlags() {
		fmt.Fprintf(&b, "\nFlags of every command:\n%s", cmd.InheritedFlags().FlagUsagesWrapped(columns))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s COMMAND --help says more about a command.\n", cmd.CommandPath())
	}
	_, err := fmt.Fprint(cmd.OutOrStderr(), b.String())
	return err
}

// listCommands lists the commands below cmd that belong under the title.
func listCommands(b *strings.Builder, cmd *cobra.Command, title string, belongs func(*cobra.Command) bool) {
	first := true
	for _, c := range cmd.Commands() {
		if !belongs(c) {
			continue
		}
		if first {
			fmt.Fprintf(b, "\n%s:\n", title)
			first = false
		}
		fmt.Fprintf(b, "  %-13s %s\n", c.Name(), c.Short)
	}
}

package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newMan(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", GroupID: groupHere, Short: "write the manual pages", Hidden: true,
		Long: "Write a manual page for every command into a directory, for man(1) to read.",
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			return writePages(args[0], cmd.Root())
		},
	}
}

// writePages writes the page of cmd and of all commands below it.
func writePages(dir string, cmd *cobra.Command) error {
	if cmd.Hidden {
		return nil
	}
	if err := os.WriteFile(filepath.Join(dir, pageName(cmd)+".1"), manPage(cmd), 0o644); err != nil {
		return err
	}
	for _, c := range cmd.Commands() {
		if err := writePages(dir, c); err != nil {
			return err
		}
	}
	return nil
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage is the page in the man macros, section 1.
func manPage(cmd *cobra.Command) []byte {
	b := new(bytes.Buffer)
	fmt.Fprintf(b, ".TH \"%s\" 1 \"\" \"gatepass %s\"\n", strings.ToUpper(pageName(cmd)), readVersion().Version)
	fmt.Fprintf(b, ".SH NAME\n%s \\- %s\n", roff(pageName(cmd)), roff(cmd.Short))
	if cmd.Runnable() {
		fmt.Fprintf(b, ".SH SYNOPSIS\n\\fB%s\\fR\n", roff(cmd.UseLine()))
	}
	section(b, "DESCRIPTION", cmd.Long)
	options(b, "OPTIONS", cmd.NonInheritedFlags())
	options(b, "OPTIONS OF EVERY COMMAND", cmd.InheritedFlags())
	section(b, "EXAMPLES", cmd.Example)
	seeAlso(b, cmd)
	return b.Bytes()
}

// section keeps the lines of text as they are.
func section(b *bytes.Buffer, title, text string) {
	if text != "" {
		fmt.Fprintf(b, ".SH %s\n.nf\n%s\n.fi\n", title, roff(text))
	}
}

func options(b *bytes.Buffer, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR\n%s\n", roff(name), roff(usage))
	})
}

func seeAlso(b *bytes.Buffer, cmd *cobra.Command) {
	var pages []string
	if cmd.HasParent() {
		pages = append(pages, pageName(cmd.Parent()))
	}
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			pages = append(pages, pageName(c))
		}
	}
	for i, p := range pages {
		pages[i] = ".BR " + roff(p) + " (1)"
	}
	if len(pages) > 0 {
		fmt.Fprintf(b, ".SH SEE ALSO\n%s\n", strings.Join(pages, "\n"))
	}
}

// roff escapes what troff would read as its own: backslashes, hyphens that must
// stay hyphens, and dots and quotes at the beginning of a line.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(strings.TrimRight(text, "\n"))
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

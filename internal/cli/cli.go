// Package cli is the gatepass command line: one file per command, exit codes in
// exit.go, the streams in iostreams.go.
//
// The rules of its output: stdout is what was asked for and nothing else; notes,
// errors and prompts go to stderr or to the terminal; an error is one line that
// starts with "gatepass: ", in lower case and without a full stop, and a second
// line "hint: " with the next step where there is one; no colour.
package cli

import (
	"io"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass/internal/vault"
)

// app is what every command has at hand.
type app struct {
	io  IOStreams
	env func(name string) string

	profile  string // --profile
	noPrompt bool   // --no-prompt
	quiet    bool   // call --silent: errors are codes only

	vault   *vault.Vault // the sessions, once one is needed
	signsIn bool         // the command is a sign-in
}

// Main runs the command that args name (without the program's name) and returns
// the exit code.
func Main(args []string, streams IOStreams) int {
	ctx, stop := newInterrupt()
	defer stop()
	log.SetOutput(io.Discard) // net/http would quote there what a broken server sends
	a := &app{io: streams, env: os.Getenv}
	root := newRoot(a, args...)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	a.report(err)
	return exitCode(err)
}

const about = `gatepass signs a user in to a Cognito user pool, swaps the token for temporary
credentials at an identity pool, signs requests with them, and calls APIs that
are secured by IAM. It is also the gate itself: a server that speaks the same
protocols and checks every signature and policy.`

// newRoot makes what args may need: the command that they begin with alone, else
// all, those that args do not name only as the help lists them. To make what is
// not run is most of what a short command costs.
func newRoot(a *app, args ...string) *cobra.Command {
	root := bareRoot(a)
	for _, c := range commands() {
		if len(args) > 0 && args[0] == c.name {
			root.AddCommand(c.whole(a))
			root.CompletionOptions.DisableDefaultCmd = true
			return root
		}
	}
	for _, c := range commands() {
		if named(args, c.name) {
			root.AddCommand(c.whole(a))
		} else {
			root.AddCommand(c.listed())
		}
	}
	root.AddCommand(newMan(a))
	root.AddCommand(helpTopics(args)...)
	addOwn(root)
	return root
}

// named reports whether args may mean the command or page; man writes about all.
func named(args []string, name string) bool {
	return slices.Contains(args, name) || slices.Contains(args, "man")
}

// bareRoot is the program without its commands.
func bareRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use: "gatepass", Short: "sign in, get credentials, call IAM-secured APIs; or be the gate",
		Long: about,
		Example: `  gatepass demo      the whole chain on this machine, in a second
  gatepass serve     a gate to try things on
  gatepass login ada && gatepass call GET /notes`,
		SilenceErrors: true, SilenceUsage: true,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.io.In)
	root.SetOut(a.io.Out)
	root.SetErr(a.io.Err)
	root.SetUsageFunc(printUsage)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(cmd, err) })
	root.PersistentFlags().StringVarP(&a.profile, "profile", "p", "", "`NAME` of the profile; empty: the one in use (GATEPASS_PROFILE)")
	root.PersistentFlags().BoolVar(&a.noPrompt, "no-prompt", false, "never ask at the terminal (GATEPASS_NO_PROMPT)")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return a.applyEnvironment(cmd) }
	_ = root.RegisterFlagCompletionFunc("profile", a.completeProfiles) // fails only for a flag that is not there
	root.AddGroup(groups...)
	return root
}

// addOwn adds cobra's own two commands, whose help begins with a capital.
func addOwn(root *cobra.Command) {
	root.SetHelpCommandGroupID(groupHere)
	root.SetCompletionCommandGroupID(groupHere)
	root.InitDefaultHelpCmd()
	knownHelp(root)
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.HasSubCommands() { // completion, of an unknown shell
			c.Args, c.RunE = subcommand, showHelp
		}
		c.Short = strings.ToLower(c.Short[:1]) + c.Short[1:]
	}
}

// A command is made only when it may be run; short is its line in the help.
type command struct {
	name, group, short string
	make               func(*app) *cobra.Command
}

// whole is the command as it runs.
func (c command) whole(a *app) *cobra.Command {
	cmd := c.make(a)
	cmd.GroupID, cmd.Short = c.group, c.short
	return cmd
}

// listed is what the help and the shell's completion say of the command.
func (c command) listed() *cobra.Command {
	return &cobra.Command{Use: c.name, GroupID: c.group, Short: c.short, Run: func(*cobra.Command, []string) {}}
}

// commands are all that args may begin with, in the order of the help.
func commands() []command {
	return append(gateCommands(), []command{
		{"login", groupUser, "sign in and keep the session", newLogin},
		{"status", groupUser, "say who is signed in, as what, and where the secrets are", newStatus},
		{"token", groupUser, "print a token, or what it says", newToken},
		{"credentials", groupUser, "print AWS credentials for other tools", newCredentials},
		{"exec", groupUser, "run a command with the credentials in its environment", newExec},
		{"totp", groupUser, "enrol an authenticator app for the signed-in user", newTOTP},
		{"logout", groupUser, "end the session and forget it", newLogout},

		{"call", groupCall, "sign a request and send it", newCall},
		{"sign", groupCall, "sign a request and print it", newSign},
		{"explain", groupCall, "say why a request was refused, and what to do", newExplain},
		{"proxy", groupCall, "sign whatever passes, for programs that cannot", newProxy},
		{"ws", groupCall, "talk to a WebSocket API, signed", newWS},

		{"import", groupHere, "make a profile of the files of a front-end project", newImport},
		{"profile", groupHere, "list, show and change the profiles", newProfile},
		{"api", groupHere, "list and change the APIs of a profile", newAPI},
		{"policy", groupHere, "check IAM policies, and ask what they decide", newPolicy},
		{"doctor", groupHere, "check everything a call needs, and say how to fix it", newDoctor},
		{"version", groupHere, "print the version", newVersion},

		{"outbox", groupGate, "read what a gatepass server sent to its users", newOutbox},
	}...)
}

// unknownCommand refuses what is no command and proposes what is close to it.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := usageErrorf("unknown command %q", args[0])
	cmd.SuggestionsMinimumDistance = 2
	if close := cmd.SuggestionsFor(args[0]); len(close) > 0 {
		return hintf(err, "did you mean gatepass %s?", close[0])
	}
	return hintf(err, "gatepass help lists the commands")
}

// arguments checks the number of arguments; a mismatch is a usage error.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usage(cmd, err)
		}
		return nil
	}
}

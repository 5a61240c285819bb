// Package cli is the gatepass command line: one file per command, exit codes in
// exit.go, the streams in iostreams.go.
//
// The rules of its output: stdout is what was asked for and nothing else; notes,
// errors and prompts go to stderr or to the terminal; an error is one line that
// starts with "gatepass: ", in lower case and without a full stop, and a second
// line "hint: " with the next step where there is one; no colour.
package cli

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"

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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	log.SetOutput(io.Discard)    // net/http would quote there what a broken server sends
	a := &app{io: streams, env: os.Getenv}
	root := newRoot(a, append(args, "")[0])
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	a.report(err)
	return exitCode(err)
}

const about = `gatepass signs a user in to a Cognito user pool, swaps the token for temporary
credentials at an identity pool, signs requests with them, and calls APIs that
are secured by IAM. It is also the gate itself: a server that speaks the same
protocols and checks every signature and policy.`

// newRoot makes the command that only names, or all of them where it names none:
// to make what is not run is most of what a short command costs.
func newRoot(a *app, only string) *cobra.Command {
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
	for _, c := range commands() {
		if c.name == only {
			c.add(a, root)
			return root
		}
	}
	for _, c := range commands() {
		c.add(a, root)
	}
	command{"man", groupHere, newMan}.add(a, root) // it writes about all of them
	for _, c := range gateCommands(a) {
		c.GroupID = groupGate
		root.AddCommand(c)
	}
	root.AddCommand(helpTopics()...)
	root.SetHelpCommandGroupID(groupHere)
	root.SetCompletionCommandGroupID(groupHere)
	root.InitDefaultHelpCmd()
	knownHelp(root)
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() { // cobra's own two begin with a capital
		c.Short = strings.ToLower(c.Short[:1]) + c.Short[1:]
	}
	return root
}

// A command is made only when it may be run.
type command struct {
	name, group string
	make        func(*app) *cobra.Command
}

func (c command) add(a *app, root *cobra.Command) {
	cmd := c.make(a)
	cmd.GroupID = c.group
	root.AddCommand(cmd)
}

// commands are all that can be made alone, in the order of the help.
func commands() []command {
	return []command{
		{"login", groupUser, newLogin},
		{"status", groupUser, newStatus},
		{"token", groupUser, newToken},
		{"credentials", groupUser, newCredentials},
		{"exec", groupUser, newExec},
		{"totp", groupUser, newTOTP},
		{"logout", groupUser, newLogout},

		{"call", groupCall, newCall},
		{"sign", groupCall, newSign},
		{"explain", groupCall, newExplain},
		{"proxy", groupCall, newProxy},
		{"ws", groupCall, newWS},

		{"import", groupHere, newImport},
		{"profile", groupHere, newProfile},
		{"api", groupHere, newAPI},
		{"policy", groupHere, newPolicy},
		{"doctor", groupHere, newDoctor},
		{"version", groupHere, newVersion},

		{"outbox", groupGate, newOutbox},
	}
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

package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass/policy"
)

func newPolicy(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "policy",
		Long: `Check IAM policy documents before they are deployed, and ask what they decide.
Nothing is sent and nothing is stored: the policies are read from files.`,
		Args: subcommand, RunE: showHelp,
	}
	cmd.AddCommand(newPolicyLint(a), newPolicySimulate(a))
	return cmd
}

// maxPolicy is the longest document that is read, in bytes: IAM's longest has
// 10240 characters, white space not counted.
const maxPolicy = 1 << 20

// readPolicy reads a document from a file, or from stdin for "-".
func (a *app) readPolicy(file string) ([]byte, error) {
	in := a.io.In
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, &usageError{err}
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxPolicy+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	if len(data) > maxPolicy {
		return nil, usageErrorf("%s is larger than 1 MiB", file)
	}
	return data, nil
}

// policyKinds are the kinds by the names that --kind takes.
var policyKinds = []policy.Kind{policy.Identity, policy.Resource, policy.Trust, policy.Session, policy.Boundary, policy.SCP}

func newPolicyLint(a *app) *cobra.Command {
	var kind string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "lint FILE...", Short: "say what in policy documents does not work as meant",
		Long: `Say what in policy documents IAM refuses, what can never match (a method in
lower case, {id} in a path, an ARN that ends too early), and what lets in more
than was meant (a role of an identity pool whose trust policy names no pool or
lets guests in, Allow with ForAllValues). Each finding has its place and what to
write.

A document is read as what its elements make it: with a Principal a trust
policy, or with a Resource as well a resource policy; else an identity policy.

The exit code is 1 if there is a finding of severity error, else 0.`,
		Example: `  gatepass policy lint notes-policy.json
  gatepass policy lint --kind trust trust.json
  gatepass policy lint - <notes-policy.json`,
		Args: arguments(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return a.lint(kind, asJSON, args) },
	}
	f := cmd.Flags()
	f.StringVar(&kind, "kind", "", "`KIND` of all documents: identity, resource, trust, session, boundary or scp")
	f.BoolVar(&asJSON, "json", false, "print a JSON array of findings")
	withoutVariables(f, nil)
	return cmd
}

// lintFinding is a finding in a file, as --json prints it.
type lintFinding struct {
	File     string `json:"file"`
	Kind     string `json:"kind"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
	Rule     string `json:"rule"`
	Message  string `json:"message"`
	Fix      string `json:"fix"`
}

// lintError is findings that are errors: they are on stdout already.
type lintError struct{ errors int }

func (e *lintError) Error() string {
	if e.errors == 1 {
		return "1 error in the policies"
	}
	return fmt.Sprintf("%d errors in the policies", e.errors)
}

func (a *app) lint(kind string, asJSON bool, files []string) error {
	found := []lintFinding{}
	failed := &lintError{}
	for _, file := range files {
		doc, err := a.readPolicy(file)
		if err != nil {
			return err
		}
		k := policy.Guess(doc)
		if kind != "" {
			if k, err = policyKind(kind); err != nil {
				return err
			}
		}
		for _, f := range policy.Lint(doc, k) {
			found = append(found, lintFinding{file, k.String(), f.Line, f.Column, f.Severity.String(), f.Rule, f.Message, f.Fix})
			if f.Severity == policy.Error {
				failed.errors++
			}
		}
	}
	if err := a.printFindings(found, asJSON); err != nil {
		return err
	}
	if failed.errors > 0 {
		return failed
	}
	return nil
}

func policyKind(name string) (policy.Kind, error) {
	var names []string
	for _, k := range policyKinds {
		if k.String() == name {
			return k, nil
		}
		names = append(names, k.String())
	}
	return 0, hintf(usageErrorf("--kind: there is no kind %q", name), "one of %s", strings.Join(names, ", "))
}

func (a *app) printFindings(found []lintFinding, asJSON bool) error {
	if asJSON {
		return a.printJSON(found)
	}
	w := reportWriter{color: a.color(a.io.Out)}
	for _, f := range found {
		style := styleBold
		if f.Severity == policy.Error.String() {
			style = styleRed
		}
		w.line(w.style(style, plain(fmt.Sprintf("%s:%d:%d: %s: %s", f.File, f.Line, f.Column, f.Severity, f.Rule))))
		w.wrap("  ", plain(f.Message))
		w.wrap("  fix: ", plain(f.Fix))
	}
	if len(found) == 0 {
		a.io.notef("nothing to say")
	}
	return a.print(w.b.String())
}

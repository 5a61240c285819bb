//go:build !client

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// step is one step of the demo as it is reported.
type step struct {
	Name   string  `json:"name"`
	Status string  `json:"status"` // ok, failed, skipped
	Millis float64 `json:"ms"`
	Detail string  `json:"detail"`

	title string
}

// demoReport is what gatepass demo --json prints.
type demoReport struct {
	OK    bool   `json:"ok"`
	Steps []step `json:"steps"`
}

// errDemo says that a step did not do what it should; which one is on stdout.
var errDemo = errors.New("a step of the demo failed")

func newDemo(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "demo",
		Long: `Start a server in memory on a free loopback port and take a user through it:
sign up, confirm, sign in over SRP, get credentials, call an API; then see the
gate refuse what it must. Nothing is written to disk and nothing leaves this
machine. The exit code is 0 only if every step did what it should.`,
		Args: arguments(cobra.NoArgs),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), asJSON) }
	return cmd
}

func (a *app) demo(ctx context.Context, asJSON bool) error {
	d := &demo{}
	out := a.io.Out
	if asJSON {
		out = io.Discard
	}
	fmt.Fprintln(out, "A signed-in user through an IAM-secured API, all on this machine:")
	begin := time.Now()
	report := takeSteps(ctx, d.plan(), func(s step) { printStep(out, s) })
	err := d.close()
	if asJSON {
		err = errors.Join(err, a.printJSON(report))
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !report.OK {
		return errors.Join(errDemo, err)
	}
	fmt.Fprintf(out, "\nAll %d steps did what they should, in %d ms.\n", len(report.Steps), time.Since(begin).Milliseconds())
	fmt.Fprintln(out, "Next: gatepass serve, a gate of this kind to try things on.")
	return err
}

// takeSteps takes the steps in order; after one that failed the rest is skipped.
func takeSteps(ctx context.Context, plan []planned, done func(step)) demoReport {
	r := demoReport{OK: true}
	for _, p := range plan {
		s := step{Name: p.name, Status: "skipped", title: p.title}
		if r.OK {
			s = p.take(ctx)
			r.OK = s.Status == "ok"
		}
		done(s)
		r.Steps = append(r.Steps, s)
	}
	return r
}

// planned is a step to take: do says what happened, or why it did not.
type planned struct {
	name, title string
	do          func(context.Context) (detail string, err error)
}

func (p planned) take(ctx context.Context) step {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	begin := time.Now()
	detail, err := p.do(ctx)
	s := step{Name: p.name, title: p.title, Status: "ok", Detail: detail}
	s.Millis = float64(time.Since(begin).Microseconds()) / 1000
	if err != nil {
		s.Status, s.Detail = "failed", err.Error()
	}
	return s
}

// Widths of the demo's lines, so that 80 columns hold them and the ARN of a role
// session is not broken.
const (
	titleWidth  = 62
	detailWidth = 75
)

// marks are the words at the beginning of a line.
func marks() map[string]string {
	return map[string]string{"ok": "ok", "failed": "FAIL", "skipped": "skip"}
}

func printStep(w io.Writer, s step) {
	if s.Name == "unsigned" {
		fmt.Fprintln(w, "\nThe gate refuses what is not signed, not as signed, or not allowed:")
	}
	if s.Status == "skipped" {
		fmt.Fprintf(w, "%-5s%s\n", marks()[s.Status], s.title)
		return
	}
	fmt.Fprintf(w, "%-5s%-*s%8.1f ms\n", marks()[s.Status], titleWidth, s.title, s.Millis)
	for _, line := range wrap(s.Detail, detailWidth) {
		fmt.Fprintf(w, "     %s\n", line)
	}
}

// wrap breaks text at spaces into lines of at most width, and a word that is
// longer where it must.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
		for len(line) > width {
			lines, line = append(lines, line[:width]), line[width:]
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// What a check of the doctor may say.
const (
	isOK   = "ok"
	isWarn = "warn"
	isFail = "fail"
)

// finding is one line of the doctor.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"` // ok, warn, fail
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

// checkTimeout bounds what a check may wait for.
const checkTimeout = 10 * time.Second

func newDoctor(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "doctor",
		Long: `Check the profile, where sessions are kept, the names, certificates and clock
of the servers, the user pool, its app client and which sign-in flows it allows,
the identity pool and the APIs. Nobody need be signed in: the app client is
asked with the name of a user that does not exist, and the identity pool with a
token that proves nothing. The exit code is 1 if a check fails.`,
		Example: "  gatepass doctor\n  gatepass doctor --json",
		Args:    arguments(cobra.NoArgs),
	}
	read := a.settingsOf(cmd, append(clientFlags(), "api")...)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		v, err := read()
		d := &doctor{a: a, v: v, http: httpClient(checkTimeout), now: time.Now}
		d.checkAll(cmd.Context(), err)
		if err := cmd.Context().Err(); err != nil {
			return err
		}
		if asJSON {
			err = a.printJSON(map[string]any{"ok": d.failures() == 0, "checks": d.findings})
		} else {
			err = a.print(d.page())
		}
		return errors.Join(err, d.verdict())
	}
	return cmd
}

// doctor collects findings.
type doctor struct {
	a        *app
	v        settingValues
	http     *http.Client
	now      func() time.Time
	findings []finding
}

func (d *doctor) ok(check, format string, args ...any) {
	d.findings = append(d.findings, finding{check, isOK, fmt.Sprintf(format, args...), ""})
}

func (d *doctor) warn(check, fix, format string, args ...any) {
	d.findings = append(d.findings, finding{check, isWarn, fmt.Sprintf(format, args...), fix})
}

func (d *doctor) fail(check, fix, format string, args ...any) {
	d.findings = append(d.findings, finding{check, isFail, fmt.Sprintf(format, args...), fix})
}

// checkAll makes the checks in the order in which a call needs what they check.
// settings is the error of reading the settings.
func (d *doctor) checkAll(ctx context.Context, settings error) {
	if settings != nil {
		d.fail("profile", hintOf(settings), "%s", textOf(settings))
		return
	}
	d.checkProfile()
	d.checkStore(ctx)
	c, err := d.a.guestClient(d.v)
	var pool, identity string
	if err == nil {
		pool, identity, err = c.Endpoints()
	}
	switch {
	case err == nil:
		d.checkSession(ctx)
		d.checkPools(ctx, pool, identity)
	case d.failures() == 0 && d.v.userPool+d.v.identityPool != "":
		d.fail("settings", hintOf(err), "%s", textOf(err))
	}
	d.checkAPIs(ctx)
}

func (d *doctor) failures() int {
	n := 0
	for _, f := range d.findings {
		if f.Status == isFail {
			n++
		}
	}
	return n
}

// verdict is the error of the command.
func (d *doctor) verdict() error {
	switch n := d.failures(); n {
	case 0:
		return nil
	case 1:
		return errors.New("1 check failed")
	default:
		return fmt.Errorf("%d checks failed", n)
	}
}

// page is what a person reads: a line for each finding, and the fix below.
func (d *doctor) page() string {
	var b strings.Builder
	colored := d.a.color(d.a.io.Out)
	for _, f := range d.findings {
		var text strings.Builder
		wrapped(&text, "                      ", plain(f.Detail))
		if f.Fix != "" {
			wrapped(&text, "                      ", "-> "+plain(f.Fix))
		}
		if width(f.Check) > 15 { // the name of an API
			fmt.Fprintf(&b, "%s %s\n%s", paint(colored, f.Status), f.Check, text.String())
			continue
		}
		fmt.Fprintf(&b, "%s %-15s %s", paint(colored, f.Status), f.Check, strings.TrimLeft(text.String(), " "))
	}
	return b.String()
}

// paint is a status in five columns, coloured if that is wanted.
func paint(colored bool, status string) string {
	padded := fmt.Sprintf("%-5s", status)
	if !colored {
		return padded
	}
	color := map[string]string{isOK: "32", isWarn: "33", isFail: "31"}[status]
	return "\x1b[" + color + "m" + padded + "\x1b[0m"
}

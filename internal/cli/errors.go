package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/vault"
)

// usageError is a wrong way to call a command.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

func usageErrorf(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// usage makes err a usage error that points to the command's help.
func usage(cmd *cobra.Command, err error) error {
	return hintf(&usageError{err}, "%s --help", cmd.CommandPath())
}

// hinted is an error with the next step.
type hinted struct {
	err  error
	hint string
	next string // a second line for terminals; empty: none
}

func (e *hinted) Error() string { return e.err.Error() }

func (e *hinted) Unwrap() error { return e.err }

func hintf(err error, format string, args ...any) error {
	return &hinted{err: err, hint: fmt.Sprintf(format, args...)}
}

// statusError is an answer with a status of 400 or more. Its body is on stdout
// already, so the error names it and does not repeat it.
type statusError struct {
	status string // "403 Forbidden"
	code   string // "AccessDeniedException"; empty: the answer names none
	err    error  // the refusal in full
}

func (e *statusError) Error() string {
	if e.code == "" {
		return e.status
	}
	return e.status + ": " + e.code
}

func (e *statusError) Unwrap() error { return e.err }

// writeError is a failure to write stdout, or the file that was to take its place.
type writeError struct{ err error }

func (e *writeError) Error() string { return "writing the output: " + e.err.Error() }

func (e *writeError) Unwrap() error { return e.err }

// report tells the user what went wrong and what to do next.
func (a *app) report(err error) {
	if err == nil || a.quiet || as[*explainedError](err) || as[*childError](err) {
		return
	}
	a.io.notef("gatepass: %s", textOf(err))
	h := hintOf(err)
	if h != "" {
		a.io.notef("hint: %s", h)
	}
	if second, ok := errors.AsType[*hinted](err); ok && second.next != "" && a.io.errIsTerminal() {
		a.io.notef("hint: %s", second.next)
	}
}

// textOf is the error without what the hint says.
func textOf(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	text := strings.TrimPrefix(err.Error(), "gatepass: ")
	if e, ok := errors.AsType[*gatepass.Error](err); ok {
		text = strings.Replace(text, " ("+e.Cause+")", "", 1)
	}
	return inSettings(text)
}

// inSettings says in settings what the library says in the fields of a Client.
func inSettings(text string) string {
	return strings.NewReplacer(
		", or set Client.AllowHTTP if the network may see the tokens", "",
		", or set Client.AllowHTTP if the network may see the credentials", "",
		"Client.UserPoolID", "GATEPASS_USER_POOL_ID", "Client.ClientID", "GATEPASS_CLIENT_ID", "Client.IdentityPoolID", "GATEPASS_IDENTITY_POOL_ID",
		"Client.Region", "GATEPASS_REGION", "Client.Endpoint", "GATEPASS_ENDPOINT",
	).Replace(text)
}

// hints are next steps for errors that come without one; the first row that
// fits decides.
func hints() []hintRow {
	return []hintRow{
		{is(gatepass.ErrNotSignedIn, gatepass.ErrRefreshExpired, gatepass.ErrTokenExpired), "sign in first: gatepass login"},
		{is(vault.ErrLocked), "unlock the keyring; or gatepass login, which then keeps the key in a file"},
		{is(vault.ErrPassphrase), "set GATEPASS_PASSPHRASE to that of the sign-in; or start over: gatepass logout --all"},
		{is(gatepass.ErrUserNotConfirmed), "the code that confirms the sign-up is in the user's mail, or in gatepass outbox"},
		{unmakeable, "set GATEPASS_HOME to a directory of your own"},
		{is(gatepass.ErrConfig), "gatepass help environment lists the settings"},
		{is(gatepass.ErrNotFromProvider), "check GATEPASS_IDENTITY_POOL_ID and GATEPASS_CLIENT_ID: the identity pool must list this app client"},
		{func(err error) bool { return exitCode(err) == exitConnect }, "is the server running, and the address right? gatepass doctor tries the way there"},
		{func(err error) bool { return exitCode(err) == exitCertificate }, "let AWS_CA_BUNDLE name the file of the authority that signed it"},
		{func(err error) bool { return exitCode(err) == exitDNS }, "check GATEPASS_ENDPOINT, GATEPASS_API and the network"},
	}
}

type hintRow struct {
	fits func(error) bool
	hint string
}

// unmakeable says whether the directory of the settings cannot be made; those of
// outputs are the user's own.
func unmakeable(err error) bool {
	p, ok := errors.AsType[*fs.PathError](err)
	return ok && p.Op == "mkdir" && !as[*writeError](err) && !strings.HasSuffix(p.Path, ".aws")
}

func hintOf(err error) string {
	if errors.Is(err, context.Canceled) {
		return "" // the user knows
	}
	if h, ok := errors.AsType[*hinted](err); ok {
		return h.hint
	}
	for _, h := range hints() {
		if h.fits(err) {
			return h.hint
		}
	}
	if e, ok := errors.AsType[*gatepass.Error](err); ok {
		return e.Cause
	}
	return ""
}

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"rsc.io/qr"

	"github.com/gatepass/gatepass"
)

func newTOTP(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "totp",
		Long: `Enrol an authenticator app for the signed-in user: scan the QR code, or type the
secret into the app, and then type the code that the app shows. The user pool
asks for such a code at every sign-in from then on. An app that was enrolled
before is replaced.`,
		Args: arguments(cobra.NoArgs),
	}
	read := a.settingsOf(cmd, clientFlags()...)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		v, err := read()
		if err != nil {
			return err
		}
		c, err := a.client(v)
		if err != nil {
			return err
		}
		return a.totp(cmd.Context(), c)
	}
	return cmd
}

func (a *app) totp(ctx context.Context, c *gatepass.Client) error {
	s, err := c.CurrentUser(ctx)
	if err != nil {
		return err
	}
	if err := a.canAsk("An authenticator app"); err != nil {
		return err
	}
	secret, err := s.NewTOTP(ctx)
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		code, err := a.enrol(ctx, secret, s.Username())
		if err == nil {
			err = s.ConfirmTOTP(ctx, code)
		}
		if err == nil {
			a.io.notef("enrolled: the next sign-in asks for a code")
		}
		if try == moreTries || !errors.Is(err, gatepass.ErrBadCode) {
			return err
		}
		a.noteWrongCode()
	}
}

// enrol shows a secret at the terminal, and asks for the code that an app makes
// from it.
func (a *app) enrol(ctx context.Context, secret gatepass.TOTPSecret, account string) (string, error) {
	picture, err := qrOf(secret, account)
	if err != nil {
		return "", err
	}
	return a.askBelow(ctx, picture, "Scan this with an authenticator app, or type "+secret.Reveal()+"\nCode that the app shows: ", false)
}

// maxURI is how long a URI may be for its QR code to leave room for the question
// on a terminal of 24 lines: version 5 at error correction L.
const maxURI = 106

// qrOf draws the secret for an app to scan. Where the names make the picture too
// large they are left out.
func qrOf(secret gatepass.TOTPSecret, account string) (string, error) {
	uri := secret.URI("gatepass", account)
	if len(uri) > maxURI {
		uri = secret.URI("", account)
	}
	if len(uri) > maxURI {
		uri = secret.URI("", "gatepass")
	}
	code, err := qr.Encode(uri, qr.L)
	if err != nil {
		return "", err
	}
	return halfBlocks(code.Size, code.Black), nil
}

// halfBlocks draws two rows of modules a line, light on dark, with a rim of two:
// what is printed is the light. Colours are set, because a picture in the colours
// of a light terminal would be a negative that few apps read.
func halfBlocks(size int, black func(x, y int) bool) string {
	const rim, on, off = 2, "\x1b[40;97m", "\x1b[0m"
	light := func(x, y int) bool { return y < size+rim && !black(x, y) }
	var b strings.Builder
	for y := -rim; y < size+rim; y += 2 {
		b.WriteString(on)
		for x := -rim; x < size+rim; x++ {
			switch up, down := light(x, y), light(x, y+1); {
			case up && down:
				b.WriteString("█")
			case up:
				b.WriteString("▀")
			case down:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteString(off + "\n")
	}
	return b.String()
}

// runShell runs a command of the user and gives the first line it prints.
func runShell(ctx context.Context, command string) (string, error) {
	shell := []string{"sh", "-c"}
	if runtime.GOOS == "windows" {
		shell = []string{"cmd", "/C"}
	}
	cmd := exec.CommandContext(ctx, shell[0], shell[1], command)
	cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("--mfa-process: %w", err)
	}
	line, _, _ := bytes.Cut(bytes.TrimSpace(out), []byte("\n"))
	if len(line) == 0 {
		return "", usageErrorf("--mfa-process printed no code")
	}
	return strings.TrimSpace(string(line)), nil
}

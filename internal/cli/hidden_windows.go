package cli

import (
	"os"

	"golang.org/x/term"
)

// readHidden reads a line that is not echoed.
func readHidden(in *os.File) (string, error) {
	b, err := term.ReadPassword(int(in.Fd()))
	return string(b), err
}

//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// readHidden reads a line that is not echoed. term.ReadPassword takes an end of
// input for nothing and reads on.
func readHidden(in *os.File) (line string, err error) {
	fd := int(in.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return "", err
	}
	hidden := *before
	hidden.Lflag &^= unix.ECHO
	hidden.Lflag |= unix.ICANON | unix.ISIG
	hidden.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(fd, setTermios, &hidden); err != nil {
		return "", err
	}
	defer func() {
		if e := unix.IoctlSetTermios(fd, setTermios, before); err == nil {
			err = e
		}
	}()
	return readLine(in)
}

package cli

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// IOStreams are the three streams of a command.
type IOStreams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// System gives the streams of this process.
func System() IOStreams { return IOStreams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr} }

// notef writes a line that is not what was asked for.
func (s IOStreams) notef(format string, args ...any) {
	fmt.Fprintf(s.Err, format+"\n", args...)
}

// outIsTerminal says whether a person reads stdout.
func (s IOStreams) outIsTerminal() bool {
	f, ok := s.Out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

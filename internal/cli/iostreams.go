package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

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
	fmt.Fprintln(s.Err, plain(fmt.Sprintf(format, args...)))
}

// plain is text without what would be a command to a terminal: some of it is what
// servers say.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return '?'
		}
		return r
	}, s)
}

// outIsTerminal says whether a person reads stdout.
func (s IOStreams) outIsTerminal() bool { return isTerminal(s.Out) }

// errIsTerminal says whether a person reads stderr.
func (s IOStreams) errIsTerminal() bool { return isTerminal(s.Err) }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// color says whether what is written to w may be coloured: on a terminal, unless
// NO_COLOR or CLICOLOR=0 is set or the terminal is dumb; anywhere with
// CLICOLOR_FORCE. See no-color.org and bixense.com/clicolors.
func (a *app) color(w io.Writer) bool {
	force := a.env("CLICOLOR_FORCE")
	switch {
	case a.env("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	case a.env("CLICOLOR") == "0" || a.env("TERM") == "dumb":
		return false
	}
	return isTerminal(w)
}

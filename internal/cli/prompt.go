package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"
)

// maxSecret bounds a password read from stdin, in bytes.
const maxSecret = 4 << 10

// ask asks at the terminal, unless it was told not to.
func (a *app) ask(ctx context.Context, question string, hidden bool) (string, error) {
	return a.askBelow(ctx, "", question, hidden)
}

// askBelow is ask with a picture of ours above the question.
func (a *app) askBelow(ctx context.Context, picture, question string, hidden bool) (string, error) {
	if a.noPrompt {
		return "", usageErrorf("%s is not asked for: --no-prompt", questionOf(question))
	}
	return askTerminal(ctx, shown(picture, question), hidden)
}

// shown is what a question looks like: the user pool has a word in it.
func shown(picture, question string) string { return picture + plain(question) }

// canAsk says whether there is somebody to ask, before something is begun.
func (a *app) canAsk(what string) error {
	if a.noPrompt {
		return usageErrorf("%s cannot be asked for: --no-prompt", what)
	}
	in, out, err := openTerminal()
	if err != nil {
		return usageErrorf("%s cannot be asked for: there is no terminal", what)
	}
	return errors.Join(in.Close(), out.Close())
}

// questionOf is the question itself, without what was shown before it.
func questionOf(text string) string {
	return strings.TrimSuffix(text[strings.LastIndex(text, "\n")+1:], ": ")
}

// askTerminal prompts at the user's own terminal, whatever stdin and stdout are, and
// returns the line typed. With hidden it is not echoed. An interrupt ends the
// prompt and gives the terminal its echo back.
func askTerminal(ctx context.Context, question string, hidden bool) (string, error) {
	in, out, err := openTerminal()
	if err != nil {
		return "", usageErrorf("%s cannot be asked: there is no terminal", questionOf(question))
	}
	defer in.Close()
	defer out.Close()
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	interrupted := ctx.Done() // before there is a prompt to interrupt
	fmt.Fprint(out, question)
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := readAnswer(in, hidden)
		done <- answer{text, err}
	}()
	select {
	case a := <-done:
		if hidden {
			fmt.Fprintln(out)
		}
		if errors.Is(a.err, io.EOF) { // Ctrl-D is no answer
			fmt.Fprintln(out)
			return "", context.Canceled
		}
		return a.text, a.err
	case <-interrupted:
		fmt.Fprintln(out)
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}

func readAnswer(in *os.File, hidden bool) (string, error) {
	if hidden {
		return readHidden(in)
	}
	return readLine(in)
}

// openTerminal opens the controlling terminal.
func openTerminal() (in, out *os.File, err error) {
	names := [2]string{"/dev/tty", "/dev/tty"}
	if runtime.GOOS == "windows" {
		names = [2]string{"CONIN$", "CONOUT$"}
	}
	if in, err = os.OpenFile(names[0], os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	if out, err = os.OpenFile(names[1], os.O_RDWR, 0); err != nil {
		return nil, nil, errors.Join(err, in.Close())
	}
	return in, out, nil
}

// readLine reads one line without its end.
func readLine(r io.Reader) (string, error) { return readLineOf(bufio.NewReader(r)) }

// readLineOf leaves what comes after the line to be read.
func readLineOf(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil && (line == "" || !errors.Is(err, io.EOF)) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

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
	if a.noPrompt {
		return "", usageErrorf("%s is not asked for: --no-prompt", strings.TrimSuffix(question, ": "))
	}
	return askTerminal(ctx, question, hidden)
}

// askTerminal prompts at the user's own terminal, whatever stdin and stdout are, and
// returns the line typed. With hidden it is not echoed. An interrupt ends the
// prompt and gives the terminal its echo back.
func askTerminal(ctx context.Context, question string, hidden bool) (string, error) {
	in, out, err := openTerminal()
	if err != nil {
		return "", usageErrorf("%s cannot be asked: there is no terminal", strings.TrimSuffix(question, ": "))
	}
	defer in.Close()
	defer out.Close()
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprint(out, question)
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := readAnswer(in, fd, hidden)
		done <- answer{text, err}
	}()
	select {
	case a := <-done:
		if hidden {
			fmt.Fprintln(out)
		}
		return a.text, a.err
	case <-ctx.Done():
		fmt.Fprintln(out)
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}

func readAnswer(in *os.File, fd int, hidden bool) (string, error) {
	if hidden {
		b, err := term.ReadPassword(fd)
		return string(b), err
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
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil && (line == "" || !errors.Is(err, io.EOF)) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// readSecret reads a password from stdin: the first line.
func (a *app) readSecret() (string, error) {
	secret, err := readLine(io.LimitReader(a.io.In, maxSecret))
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return "", fmt.Errorf("reading the password from stdin: %w", err)
	case secret == "":
		return "", hintf(usageErrorf("no password on stdin"), "for example: gatepass login --password-stdin ada < password.txt")
	}
	return secret, nil
}

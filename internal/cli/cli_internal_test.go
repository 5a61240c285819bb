package cli

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// What a server says is no command to the terminal.
func TestNotesArePlain(t *testing.T) {
	var errs bytes.Buffer
	a := &app{io: IOStreams{Out: io.Discard, Err: &errs}, env: func(string) string { return "" }}
	a.report(hintf(errors.New("no \x1b]0;x\a\u009b2J\r\x7f\nis ünï\tno"), "\x1b[2Jgo"))
	if got, want := errs.String(), "gatepass: no ?]0;x??2J??\nis ünï\tno\nhint: ?[2Jgo\n"; got != want {
		t.Errorf("%q; want %q", got, want)
	}
}

// Nor is what the user pool has the user asked; our own picture is.
func TestQuestionsArePlain(t *testing.T) {
	if got, want := shown("\x1b[40m█\n", "Code (\x1b[2J): "), "\x1b[40m█\nCode (?[2J): "; got != want {
		t.Errorf("%q; want %q", got, want)
	}
}

func TestMessageForTerminal(t *testing.T) {
	const in = "a\x1b[2J\tb"
	for terminal, want := range map[bool]string{true: "a?[2J\tb\n", false: in + "\n"} {
		if got := string(messageLine([]byte(in), terminal)); got != want {
			t.Errorf("%v: %q; want %q", terminal, got, want)
		}
	}
}

// A header that a variable set would go with every request.
func TestHeadersHaveNoVariable(t *testing.T) {
	a := &app{io: IOStreams{Out: io.Discard, Err: io.Discard}, env: func(string) string { return "" }}
	for _, c := range commands() {
		cmd := c.make(a)
		if f := cmd.Flags().Lookup("header"); f != nil && f.Shorthand == "H" {
			if _, without := f.Annotations[ofOneRequest]; !without {
				t.Errorf("%s --header has a variable", c.name)
			}
		}
		if f := cmd.Flags().Lookup("region"); f != nil && f.Annotations[ofOneRequest] != nil {
			t.Errorf("%s --region has none", c.name)
		}
	}
}

// A command that is made alone is the one that its name says.
func TestCommandsAlone(t *testing.T) {
	a := &app{io: IOStreams{Out: io.Discard, Err: io.Discard}, env: func(string) string { return "" }}
	all := newRoot(a, "man")
	for _, c := range commands() {
		root := newRoot(a, c.name)
		cmd, _, err := root.Find([]string{c.name})
		if err != nil || cmd.Name() != c.name || len(root.Commands()) != 1 {
			t.Errorf("%s: %v, %d commands, %v", c.name, cmd.Name(), len(root.Commands()), err)
		}
		if same, _, err := all.Find([]string{c.name}); err != nil || same.Name() != c.name || same.GroupID != cmd.GroupID {
			t.Errorf("%s is not among all commands: %v", c.name, err)
		}
	}
}

// What is only listed says in the help what the command itself says.
func TestListedAsMade(t *testing.T) {
	a := &app{io: IOStreams{Out: io.Discard, Err: io.Discard}, env: func(string) string { return "" }}
	few, all := newRoot(a, "--help"), newRoot(a, "man")
	if few.UsageString() != all.UsageString() {
		t.Errorf("listed:\n%s\nmade:\n%s", few.UsageString(), all.UsageString())
	}
	for _, c := range commands() {
		listed, _, _ := few.Find([]string{c.name})
		if listed.HasFlags() || listed.HasSubCommands() {
			t.Errorf("gatepass --help makes %s", c.name)
		}
		if made, _, _ := newRoot(a, "-p", "x", c.name, "--help").Find([]string{c.name}); !made.HasFlags() && !made.HasSubCommands() {
			t.Errorf("%s is not made when args name it", c.name)
		}
	}
}

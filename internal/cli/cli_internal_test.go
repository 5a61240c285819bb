package cli

import (
	"io"
	"testing"
)

// A command that is made alone is the one that its name says.
func TestCommandsAlone(t *testing.T) {
	a := &app{io: IOStreams{Out: io.Discard, Err: io.Discard}, env: func(string) string { return "" }}
	all := newRoot(a, "")
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

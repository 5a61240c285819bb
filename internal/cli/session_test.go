package cli_test

import (
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

func glob(ts *testscript.TestScript, pattern string) []string {
	files, err := filepath.Glob(ts.MkAbs(pattern))
	ts.Check(err)
	return files
}

// damage PATTERN changes the last byte of the longest file of that name, which
// is a session and not the key.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	var name string
	var content []byte
	for _, f := range glob(ts, args[0]) {
		b, err := os.ReadFile(f)
		ts.Check(err)
		if len(b) > len(content) {
			name, content = f, b
		}
	}
	if len(content) == 0 {
		ts.Fatalf("no %s", args[0])
	}
	content[len(content)-1] ^= 1
	ts.Check(os.WriteFile(name, content, 0o600))
}

// none PATTERN wants no file of that name.
func none(ts *testscript.TestScript, _ bool, args []string) {
	if files := glob(ts, args[0]); len(files) > 0 {
		ts.Fatalf("there are: %v", files)
	}
}

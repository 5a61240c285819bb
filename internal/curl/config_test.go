package curl

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// A file of flags that names itself, or a long chain of them, is an error and not
// the end of the memory.
func TestConfigOfConfig(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	self := filepath.Join(dir, "self")
	write("self", fmt.Sprintf("header = \"X-A: b\"\nconfig = %q\n", self))
	two := write("two", fmt.Sprintf("config = %q\nconfig = %q\n", write("one", "header = \"X-A: b\"\n"), write("more", "-X PUT\n")))
	for _, c := range []struct {
		file, want string
	}{
		{self, "too many"}, {two, ""},
	} {
		var o Options
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		o.Flags(fs)
		err := fs.Parse([]string{"-K", c.file})
		if c.want == "" && (err != nil || o.Method != "PUT" || len(o.Headers) != 1) {
			t.Errorf("%s: %v, %+v", c.file, err, o)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.file, err)
		}
	}
}

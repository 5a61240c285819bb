//go:build unix

package profile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/internal/profile"
)

// TestForeignProject: what another user left further up is not taken, as in git
// since CVE-2022-24765.
func TestForeignProject(t *testing.T) {
	const mallory, ada = 4242, 4243
	top := t.TempDir()
	work := filepath.Join(top, "work")
	if err := os.Mkdir(work, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Lchown(work, mallory, -1); err != nil { // or there is no such user in this container
		if os.Getenv("GATEPASS_REQUIRE") == "all" {
			t.Fatal("only root can give files away: run the tests as root:", err)
		}
		t.Skip("only root can give files away: run the tests as root:", err)
	}
	file := filepath.Join(top, profile.ProjectFile)
	if err := os.WriteFile(file, []byte("profiles:\n  a: {region: eu-west-1}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		file, dir int
		refuse    bool
	}{
		{name: "one's own", file: 0, dir: mallory},
		{name: "another's, further up", file: mallory, dir: ada, refuse: true},
		{name: "a checkout of another user, all of it", file: ada, dir: ada},
	} {
		if err := os.Lchown(file, c.file, -1); err != nil {
			t.Fatal(err)
		}
		if err := os.Lchown(work, c.dir, -1); err != nil {
			t.Fatal(err)
		}
		f, err := profile.ReadProject(work)
		if c.refuse {
			if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "another user") {
				t.Errorf("%s: %v, %v", c.name, f, err)
			}
			continue
		}
		if err != nil || f == nil || f.Current() != "a" {
			t.Errorf("%s: %v, %v", c.name, f, err)
		}
	}
}

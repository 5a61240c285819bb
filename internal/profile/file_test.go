package profile_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatepass/gatepass/internal/profile"
)

func TestWriteRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings", profile.UserFile)
	f, err := profile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	f.Set("notes", profile.Profile{
		Region: "eu-west-1", UserPoolID: "eu-west-1_Notes", ClientID: "web", IdentityPoolID: "eu-west-1:1", Endpoint: "http://127.0.0.1:1",
		APIs: map[string]profile.API{"notes": {URL: "https://a.execute-api.eu-west-1.amazonaws.com/prod"}, "own": {URL: "https://api.example", Region: "us-east-2"}},
	})
	f.Use = "notes"
	if err := f.Write(); err != nil {
		t.Fatal(err)
	}
	got, err := profile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, got); diff != "" {
		t.Error(diff)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// A file that costs gigabytes to read is not read, and none is written.
func TestLargeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), profile.ProjectFile)
	if err := os.WriteFile(path, []byte("profiles: "+strings.Repeat("{a: ", 200_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := profile.Read(path); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Error(err)
	}
	f := &profile.File{Path: filepath.Join(t.TempDir(), profile.UserFile)}
	f.Set("a", profile.Profile{Endpoint: "https://" + strings.Repeat("a", 70<<10)})
	if err := f.Write(); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Error(err)
	}
	if _, err := os.Stat(f.Path); err == nil {
		t.Error("it was written")
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"profiles:\n  a:\n    user_pool: x\n", ":3: unknown field"},
		{"use: b\nprofiles:\n  a: {region: eu-west-1}\n", `there is no profile "b" among a`},
		{"profiles:\n  a: {}\n  a: {}\n", ":3:"},
		{"profiles: [1]\n", ":1:"},
		{"profiles:\n  \"a b\": {}\n", "cannot name a profile"},
		{"\tprofiles: {}\n", ":1:"},
		{"profiles:\n  a: {endpoint: \"http://127.0.0.1:1\\nregion = x\"}\n", "not one line of text"},
		{"profiles:\n  a: {region: \"\\e[2J\"}\n", "not one line of text"},
		{"profiles:\n  a: {apis: {\"\\e]0;x\\a\": {url: https://api.example}}}\n", "not one line of text"},
		{"profiles:\n  a: {apis: {b: {url: \"https://api.example/\\u202Egpj\"}}}\n", "not one line of text"},
	} {
		path := filepath.Join(t.TempDir(), profile.ProjectFile)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := profile.Read(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v; want one line with %q", c.text, err, c.want)
		}
	}
}

func TestCurrent(t *testing.T) {
	one := &profile.File{Profiles: map[string]profile.Profile{"a": {}}}
	two := &profile.File{Profiles: map[string]profile.Profile{"a": {}, "b": {}}}
	if one.Current() != "a" || two.Current() != "" || new(profile.File).Current() != "" {
		t.Errorf("%q, %q", one.Current(), two.Current())
	}
	two.Use = "b"
	if two.Current() != "b" {
		t.Error(two.Current())
	}
}

func TestFindProject(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(filepath.Join(deep, profile.ProjectFile), 0o700); err != nil { // a directory of that name is none
		t.Fatal(err)
	}
	if got := profile.FindProject(deep); strings.HasPrefix(got, root) {
		t.Errorf("found %s", got)
	}
	want := filepath.Join(root, "a", profile.ProjectFile)
	if err := os.WriteFile(want, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := profile.FindProject(deep); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

// People keep their settings in a repository and link to them, and let a group
// read them: both stay.
func TestWriteKeepsLinkAndPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs links and permissions of POSIX")
	}
	dir := t.TempDir()
	real, link := filepath.Join(dir, "dotfiles.yaml"), filepath.Join(dir, profile.UserFile)
	if err := errors.Join(os.WriteFile(real, nil, 0o600), os.Chmod(real, 0o640), os.Symlink(real, link)); err != nil {
		t.Fatal(err)
	}
	f := &profile.File{Path: link, Profiles: map[string]profile.Profile{"p": {Region: "eu-west-1"}}}
	if err := f.Write(); err != nil {
		t.Fatal(err)
	}
	at, err := os.Lstat(link)
	if err != nil || at.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v (%v)", at, err)
	}
	if info, err := os.Stat(real); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v, want mode 0640", info.Mode(), err)
	}
	if got, err := profile.Read(real); err != nil || got.Profiles["p"].Region != "eu-west-1" {
		t.Errorf("%v, %v", got, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("%v, %v: want the file and the link alone", left, err)
	}
}

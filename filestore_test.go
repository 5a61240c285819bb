package gatepass_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass"
)

func TestFileStoreModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes: run this test on a Unix")
	}
	dir := filepath.Join(t.TempDir(), "a", "b")
	st := gatepass.FileStore{Dir: dir}
	ctx := t.Context()
	if _, err := st.Load(ctx, "k"); !errors.Is(err, gatepass.ErrNotSignedIn) {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two"} {
		if err := st.Save(ctx, "k", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if b, err := st.Load(ctx, "k"); err != nil || string(b) != text {
			t.Fatalf("%q, %v", b, err)
		}
	}
	names := list(t, dir)
	if len(names) != 1 {
		t.Fatalf("left behind: %v", names)
	}
	file := filepath.Join(dir, names[0])
	if mode(t, dir) != 0o700 || mode(t, file) != 0o600 {
		t.Errorf("directory %v, file %v", mode(t, dir), mode(t, file))
	}
	for name, loosen := range map[string]func() error{
		"file 0644":      func() error { return os.Chmod(file, 0o644) },
		"directory 0755": func() error { return errors.Join(os.Chmod(file, 0o600), os.Chmod(dir, 0o755)) },
		"symbolic link": func() error {
			return errors.Join(os.Chmod(dir, 0o700), os.Rename(file, file+".real"), os.Symlink(file+".real", file))
		},
	} {
		t.Run(name, func(t *testing.T) { refusesLoose(t, dir, file, loosen) })
	}
}

func refusesLoose(t *testing.T, dir, file string, loosen func() error) {
	t.Helper()
	if err := loosen(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = os.Remove(file)
		if err := errors.Join(os.Chmod(dir, 0o700), os.WriteFile(file, []byte("x"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}()
	st := gatepass.FileStore{Dir: dir}
	if _, err := st.Load(t.Context(), "k"); err == nil || errors.Is(err, gatepass.ErrNotSignedIn) {
		t.Errorf("read: %v", err)
	}
	if err := st.Save(t.Context(), "k", []byte("y")); err == nil {
		t.Error("written")
	}
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func mode(t *testing.T, name string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestFileStoreKeysAreApart(t *testing.T) {
	st := gatepass.FileStore{Dir: filepath.Join(t.TempDir(), "s")}
	if err := st.Save(t.Context(), "../../k", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Load(t.Context(), "k"); !errors.Is(err, gatepass.ErrNotSignedIn) {
		t.Error(err)
	}
	if err := st.Delete(t.Context(), "../../k"); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Load(t.Context(), "../../k"); !errors.Is(err, gatepass.ErrNotSignedIn) {
		t.Error(err)
	}
	if err := st.Delete(t.Context(), "../../k"); err != nil {
		t.Errorf("deleting nothing: %v", err)
	}
	if _, err := (gatepass.FileStore{}).Load(t.Context(), "k"); !errors.Is(err, gatepass.ErrConfig) {
		t.Errorf("no directory: %v", err)
	}
}

// N01: twenty sessions in one process and six other processes wait for one
// refresh of a token that may be used once.
func TestOneRefreshForAllProcesses(t *testing.T) {
	f := newFake(t)
	dir := filepath.Join(t.TempDir(), "sessions")
	withStore := func(c *gatepass.Client) { c.Store = gatepass.FileStore{Dir: dir} }
	f.signIn(withStore)
	f.clock.add(2 * time.Hour)
	errs := make(chan error, 26)
	for range 6 {
		go func() { errs <- child(f, dir) }()
	}
	for range 20 {
		go func() {
			s, err := f.client(withStore).CurrentUser(t.Context())
			if err == nil {
				_, err = s.Tokens(t.Context())
			}
			errs <- err
		}()
	}
	for range 26 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := f.calls("GetTokensFromRefreshToken"); n != 1 {
		t.Errorf("%d refreshes, want 1", n)
	}
}

// child runs TestChild in a process of its own.
func child(f *fake, dir string) error {
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.count=1")
	cmd.Env = append(os.Environ(), "GATEPASS_TEST_CHILD="+strings.Join([]string{f.URL, dir, f.clock.now().Format(time.RFC3339)}, "\n"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return errors.Join(err, errors.New(string(out)))
	}
	return nil
}

// TestChild is the other process of TestOneRefreshForAllProcesses.
func TestChild(t *testing.T) {
	args := strings.Split(os.Getenv("GATEPASS_TEST_CHILD"), "\n")
	if len(args) != 3 {
		return // it is nobody's child
	}
	now, err := time.Parse(time.RFC3339, args[2])
	if err != nil {
		t.Fatal(err)
	}
	c := &gatepass.Client{
		UserPoolID: poolID, ClientID: clientID, IdentityPoolID: idPool, Endpoint: args[0],
		Store: gatepass.FileStore{Dir: args[1]}, Clock: func() time.Time { return now },
	}
	s, err := c.CurrentUser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Tokens(t.Context()); err != nil {
		t.Fatal(err)
	}
}

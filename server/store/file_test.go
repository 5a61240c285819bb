package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gatepass/gatepass/server/store"
)

// aDatabase makes a closed database of many pages.
func aDatabase(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db")
	s, err := store.Open(background, path)
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *store.Tx) error {
		var errs []error
		for i := range 200 {
			sub := fmt.Sprintf("u%03d", i)
			u := store.User{PoolID: "p", Sub: sub, Username: sub, Status: "CONFIRMED", Enabled: true, Attributes: map[string]string{"name": strings.Repeat("n", 300)}, Created: noon}
			errs = append(errs, tx.CreateUser(u, store.Name{Kind: "username", Value: sub}))
		}
		return errors.Join(errs...)
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func scribble(t *testing.T, path string, at int64, n int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte{0xA7}, n), at)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func statement(t *testing.T, path, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(query)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// K05, K06, M01: what cannot be trusted is refused in one line that says what to
// do, and left as it is.
func TestK05Refusals(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, path string)
		says  string
	}{
		"readable by the group": {func(t *testing.T, path string) { must(t, os.Chmod(path, 0o640)) }, "chmod 600"},
		"a loose wal": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path+"-wal", nil, 0o600))
			must(t, os.Chmod(path+"-wal", 0o644))
		}, "chmod 600"},
		"a loose directory": {func(t *testing.T, path string) { must(t, os.Chmod(filepath.Dir(path), 0o777)) }, "chmod o-w"},
		"a directory": {func(t *testing.T, path string) {
			must(t, os.Remove(path))
			must(t, os.Mkdir(path, 0o700))
		}, "not a regular file"},
		"a symbolic link": {func(t *testing.T, path string) {
			must(t, os.Rename(path, path+".real"))
			must(t, os.Symlink(path+".real", path))
		}, "not a regular file"},
		"random bytes at the start":  {func(t *testing.T, path string) { scribble(t, path, 0, 512) }, "not a SQLite database"},
		"random bytes in page 5":     {func(t *testing.T, path string) { scribble(t, path, 4*4096, 4096) }, "damaged"},
		"random bytes in the schema": {func(t *testing.T, path string) { scribble(t, path, 100, 200) }, "malformed"},
		"a few bytes":                {func(t *testing.T, path string) { must(t, os.Truncate(path, 50)) }, "not a SQLite database"},
		"half of it":                 {func(t *testing.T, path string) { must(t, os.Truncate(path, 9*4096)) }, "malformed"},
		"a newer schema":             {func(t *testing.T, path string) { statement(t, path, "UPDATE meta SET value = '3'") }, "newer release"},
		"no schema version":          {func(t *testing.T, path string) { statement(t, path, "DELETE FROM meta") }, "no schema version"},
		"another program's database": {func(t *testing.T, path string) {
			must(t, os.Remove(path))
			statement(t, path, "CREATE TABLE invoices (a); CREATE TABLE customers (b)")
			must(t, os.Chmod(path, 0o600))
		}, "another program's"},
		"another user's": {func(t *testing.T, path string) {
			if os.Geteuid() != 0 {
				t.Skip("only root can give a file away")
			}
			must(t, os.Chown(path, 12345, -1))
		}, "another user"},
	} {
		t.Run(name, func(t *testing.T) {
			path := aDatabase(t)
			c.spoil(t, path)
			before, _ := os.ReadFile(path)
			_, err := store.Open(background, path)
			if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %q", err, c.says)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestK05SecondOpener(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	s := open(t, path)
	for range 2 {
		_, err := store.Open(background, path)
		if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "another process") {
			t.Errorf("a second opener: %v", err)
		}
	}
	createUser(t, s, "ada", nil) // the first is not disturbed
	must(t, s.Close())
	again := open(t, path)
	if _, err := again.UserBySub(background, "p", "ada"); err != nil || again.Fresh() || !s.Fresh() {
		t.Errorf("reopened: %v, fresh %v after %v", err, again.Fresh(), s.Fresh())
	}
}

func TestMissingDirectory(t *testing.T) {
	_, err := store.Open(background, filepath.Join(t.TempDir(), "none", "a.db"))
	if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "mkdir") {
		t.Errorf("got %v", err)
	}
}

// M01: the files are the owner's from their creation, whatever the umask.
func TestM01Modes(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "a.db")
	must(t, os.Chmod(filepath.Dir(path), 0o700))
	s := open(t, path)
	createUser(t, s, "ada", nil)
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(path + suffix)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %04o", info.Name(), info.Mode().Perm())
		}
	}
}

// K06: a first start that was cut off after SQLite made its first page is finished.
func TestK06CutOffStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	statement(t, path, "PRAGMA journal_mode = WAL")
	must(t, os.Chmod(path, 0o600))
	if s := open(t, path); !s.Fresh() {
		t.Error("the database counts as used")
	}
}

func TestMemoryStoresArePrivate(t *testing.T) {
	one, two := open(t, "memory"), open(t, ":memory:")
	createUser(t, one, "ada", nil)
	if _, err := two.UserBySub(background, "p", "ada"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the second store has the first one's user: %v", err)
	}
}

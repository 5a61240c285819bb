package vault

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	oskeyring "github.com/zalando/go-keyring"

	"github.com/gatepass/gatepass"
)

// memory is a keyring that can be made to fail.
type memory struct {
	mu      sync.Mutex
	secrets map[string]string
	asked   int
	err     error         // of every call
	hang    chan struct{} // not nil: calls wait for it
	forget  bool          // says yes and keeps nothing
}

func (m *memory) call() error {
	m.mu.Lock()
	m.asked++
	err, hang := m.err, m.hang
	m.mu.Unlock()
	if hang != nil {
		<-hang
	}
	return err
}

func (m *memory) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked
}

func (m *memory) Get(_, account string) (string, error) {
	if err := m.call(); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.secrets[account]
	if !ok {
		return "", oskeyring.ErrNotFound
	}
	return s, nil
}

func (m *memory) Set(_, account, secret string) error {
	if err := m.call(); err != nil || m.forget {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.secrets == nil {
		m.secrets = map[string]string{}
	}
	m.secrets[account] = secret
	return nil
}

func (m *memory) Delete(_, account string) error {
	if err := m.call(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.secrets, account)
	return nil
}

// hanging is a keyring that answers nobody before the test is over.
func hanging(t *testing.T) *memory {
	m := &memory{hang: make(chan struct{})}
	t.Cleanup(func() { close(m.hang) })
	return m
}

// ample is a time-out for a keyring that answers, however busy the machine is.
const ample = time.Hour

// protections are the three ways a key is kept; each makes a vault of the same
// directory, as another process would.
func protections(t *testing.T) map[string]func() *Vault {
	dir := filepath.Join(t.TempDir(), "home", "sessions")
	ring := &memory{}
	return map[string]func() *Vault{
		"keyring": func() *Vault { return &Vault{Dir: dir + "k", ring: ring, Timeout: ample} },
		"file":    func() *Vault { return &Vault{Dir: dir + "f", NoKeyring: true} },
		"passphrase": func() *Vault {
			return &Vault{Dir: dir + "p", Passphrase: "correct horse", ring: ring, Timeout: ample, cost: 2}
		},
	}
}

const secret = `{"refreshToken":"eyJ-very-secret"}`

func save(t *testing.T, v *Vault, key, data string) {
	t.Helper()
	if err := v.Save(t.Context(), key, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func wantLoad(t *testing.T, v *Vault, key, want string) {
	t.Helper()
	if b, err := v.Load(t.Context(), key); err != nil || string(b) != want {
		t.Errorf("%q, %v; want %q", b, err, want)
	}
}

func wantError(t *testing.T, v *Vault, key string, want error) {
	t.Helper()
	if b, err := v.Load(t.Context(), key); !errors.Is(err, want) {
		t.Errorf("%q, %v; want %v", b, err, want)
	}
}

func listing(dir string) []string {
	names, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	return names
}

func TestSavedIsLoadedByAnotherProcess(t *testing.T) {
	for name, open := range protections(t) {
		t.Run(name, func(t *testing.T) {
			v := open()
			wantError(t, v, "a", gatepass.ErrNotSignedIn)
			save(t, v, "a", secret)
			save(t, v, "a", secret+"2")
			save(t, v, "b", "")
			wantLoad(t, open(), "a", secret+"2")
			wantLoad(t, open(), "b", "")
			if !strings.Contains(v.Where(), v.Dir) {
				t.Errorf("Where: %q", v.Where())
			}
			if err := v.Delete(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
			wantError(t, open(), "a", gatepass.ErrNotSignedIn)
		})
	}
}

func TestNothingIsReadableOnDisk(t *testing.T) {
	for name, open := range protections(t) {
		t.Run(name, func(t *testing.T) {
			v := open()
			save(t, v, "a", secret)
			files, err := os.ReadDir(v.Dir)
			if err != nil || len(files) == 0 {
				t.Fatal(files, err)
			}
			for _, e := range files {
				info, _ := e.Info()
				b, _ := os.ReadFile(filepath.Join(v.Dir, e.Name()))
				if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
					t.Errorf("%s has mode %v", e.Name(), info.Mode())
				}
				if bytes.Contains(b, []byte("secret")) || bytes.Contains(b, []byte("horse")) {
					t.Errorf("%s: %q", e.Name(), b)
				}
			}
		})
	}
}

// TestChangedSessions: whatever is done to a session file, it is not read as
// somebody's session.
func TestChangedSessions(t *testing.T) {
	for name, open := range protections(t) {
		t.Run(name, func(t *testing.T) {
			v := open()
			save(t, v, "ada", secret)
			sealed, err := v.files().Load(t.Context(), "ada")
			if err != nil {
				t.Fatal(err)
			}
			tamper := func(key string, b []byte) {
				if err := v.files().Save(t.Context(), key, b); err != nil {
					t.Fatal(err)
				}
				wantError(t, v, key, gatepass.ErrNotSignedIn)
			}
			tamper("bob", sealed) // the file of another
			tamper("ada", []byte(secret))
			tamper("ada", append(slices.Clone(sealed), 0))
			for i := range sealed {
				tamper("ada", sealed[:i])
				b := slices.Clone(sealed)
				b[i] ^= 1
				if err := v.files().Save(t.Context(), "ada", b); err != nil {
					t.Fatal(err)
				}
				if got, err := v.Load(t.Context(), "ada"); err == nil {
					t.Fatalf("byte %d changed: %q", i, got)
				}
			}
			save(t, v, "ada", secret)
			wantLoad(t, open(), "ada", secret)
		})
	}
}

func TestPlainSessionIsReplaced(t *testing.T) {
	v := &Vault{Dir: filepath.Join(t.TempDir(), "s"), NoKeyring: true}
	if err := v.files().Save(t.Context(), "a", []byte(secret)); err != nil {
		t.Fatal(err)
	}
	wantError(t, v, "a", gatepass.ErrNotSignedIn)
	save(t, v, "a", secret)
	wantLoad(t, v, "a", secret)
	if b, _ := v.files().Load(t.Context(), "a"); bytes.Contains(b, []byte("secret")) {
		t.Errorf("in plain text: %q", b)
	}
}

func TestPassphrase(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	save(t, &Vault{Dir: dir, Passphrase: "one", cost: 2}, "a", secret)
	wantError(t, &Vault{Dir: dir, Passphrase: "two"}, "a", ErrPassphrase)
	wantError(t, &Vault{Dir: dir, NoKeyring: true}, "a", ErrPassphrase)
	if err := (&Vault{Dir: dir, Passphrase: "two", SignIn: true}).Save(t.Context(), "a", nil); !errors.Is(err, ErrPassphrase) {
		t.Errorf("signing in with another passphrase: %v", err)
	}
	wantLoad(t, &Vault{Dir: dir, Passphrase: "one", cost: 2}, "a", secret)

	// Clear is the way out of a passphrase that was forgotten.
	if err := (&Vault{Dir: dir, NoKeyring: true}).Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	save(t, &Vault{Dir: dir, Passphrase: "two", SignIn: true}, "a", secret)
}

// TestRenewedSessionKeepsItsKey: who renews a session does not move it, who
// signs in does.
func TestRenewedSessionKeepsItsKey(t *testing.T) {
	dir, ring := filepath.Join(t.TempDir(), "s"), &memory{}
	save(t, &Vault{Dir: dir, NoKeyring: true}, "a", "1")
	v := &Vault{Dir: dir, ring: ring, Timeout: ample}
	wantLoad(t, v, "a", "1")
	save(t, v, "a", "2")
	if ring.asked != 0 {
		t.Errorf("the keyring was asked %d times for a session under a file", ring.asked)
	}
	v = &Vault{Dir: dir, ring: ring, Timeout: ample, SignIn: true}
	wantLoad(t, v, "a", "2")
	save(t, v, "a", "3")
	if len(ring.secrets) != 1 {
		t.Error("a sign-in did not move the key to the keyring")
	}
	wantLoad(t, &Vault{Dir: dir, ring: ring, Timeout: ample}, "a", "3")
}

func TestLooseKeyFileIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes: run this test on a Unix")
	}
	v := &Vault{Dir: filepath.Join(t.TempDir(), "s"), NoKeyring: true}
	save(t, v, "a", secret)
	for _, name := range listing(v.Dir) {
		if b, _ := os.ReadFile(name); len(b) == 32 {
			if err := os.Chmod(name, 0o640); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err := (&Vault{Dir: v.Dir, NoKeyring: true}).Load(t.Context(), "a")
	if err == nil || !strings.Contains(err.Error(), "chmod go=") {
		t.Errorf("read with a key that others may read: %v", err)
	}
}

// TestHangingKeyring: reading fails in time and says so; a sign-in waits once
// and takes a file. Time passes when everybody waits.
func TestHangingKeyring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "s")
		save(t, &Vault{Dir: dir, ring: &memory{}}, "a", secret)
		stuck := hanging(t)
		v := &Vault{Dir: dir, ring: stuck}
		wantError(t, v, "a", ErrLocked)
		wantError(t, v, "nobody", gatepass.ErrNotSignedIn)
		if err := v.Save(t.Context(), "b", nil); !errors.Is(err, ErrLocked) {
			t.Errorf("saving: %v", err)
		}
		in := &Vault{Dir: dir, ring: stuck, Timeout: time.Minute, SignIn: true}
		before, begun := stuck.count(), time.Now()
		wantError(t, in, "a", ErrLocked)
		save(t, in, "a", "new")
		if n := stuck.count() - before; n != 1 || time.Since(begun) != time.Minute {
			t.Errorf("a sign-in waited %d times, for %s", n, time.Since(begun))
		}
		if !strings.Contains(in.Fallback(), "did not answer in time") || !strings.Contains(in.Where(), "a file there") {
			t.Errorf("%q, %q", in.Fallback(), in.Where())
		}
		wantLoad(t, v, "a", "new")
	})
}

func TestCallerMayGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		v := &Vault{Dir: filepath.Join(t.TempDir(), "s"), ring: hanging(t), SignIn: true}
		if err := v.Save(ctx, "a", nil); !errors.Is(err, context.Canceled) || errors.Is(err, ErrLocked) {
			t.Errorf("interrupted: %v", err)
		}
	})
}

func TestRefusingKeyring(t *testing.T) {
	dir, ring := filepath.Join(t.TempDir(), "s"), &memory{}
	save(t, &Vault{Dir: dir, ring: ring, Timeout: ample}, "a", secret)
	ring.err = errors.New("User canceled the operation")
	v := &Vault{Dir: dir, ring: ring, Timeout: ample}
	if _, err := v.Load(t.Context(), "a"); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "User canceled") {
		t.Errorf("refused: %v", err)
	}
	ring.err = nil
	wantLoad(t, v, "a", secret) // a process that lives on tries again

	ring.secrets = nil
	wantError(t, &Vault{Dir: dir, ring: ring, Timeout: ample}, "a", gatepass.ErrNotSignedIn) // the key is gone
	save(t, &Vault{Dir: dir, ring: ring, Timeout: ample}, "b", secret)                       // and is made anew
	wantError(t, &Vault{Dir: dir, ring: ring, Timeout: ample}, "a", gatepass.ErrNotSignedIn)
	if err := (&Vault{Dir: t.TempDir() + "/s", ring: &memory{forget: true}, Timeout: ample}).Save(t.Context(), "a", nil); err == nil {
		t.Error("saved under a key that is kept nowhere")
	}
}

func TestClear(t *testing.T) {
	for name, open := range protections(t) {
		t.Run(name, func(t *testing.T) {
			v := open()
			if err := v.Clear(t.Context()); err != nil {
				t.Fatal("nothing there:", err)
			}
			save(t, v, "a", secret)
			if err := v.Clear(t.Context()); err != nil {
				t.Fatal(err)
			}
			if left := listing(v.Dir); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
			if m, ok := v.ring.(*memory); ok && m.secrets[v.Dir] != "" {
				t.Error("the key is still in the keyring")
			}
			save(t, v, "a", secret)
			wantLoad(t, open(), "a", secret)
		})
	}
}

// TestOneKeyForAll: vaults that make the key at the same time end with one.
func TestOneKeyForAll(t *testing.T) {
	for name, open := range protections(t) {
		t.Run(name, func(t *testing.T) {
			var wait sync.WaitGroup
			keys := strings.Split("abcdefgh", "")
			for _, key := range keys {
				wait.Go(func() { save(t, open(), key, secret+key) })
			}
			wait.Wait()
			for _, key := range keys {
				wantLoad(t, open(), key, secret+key)
			}
		})
	}
}

func TestNoSessionBus(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("the keyring here needs no session bus: run this test on Linux")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	if why := noKeyring(); why != "" {
		t.Errorf("a bus is named: %s", why)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "autolaunch:") // the library would start a bus each time
	if noKeyring() == "" {
		t.Error("a bus would be started")
	}
	v := &Vault{Dir: filepath.Join(t.TempDir(), "s"), SignIn: true}
	save(t, v, "a", secret)
	if v.Fallback() == "" {
		t.Error("no word on where the key is")
	}
	wantLoad(t, &Vault{Dir: v.Dir}, "a", secret)
}

var _ gatepass.Store = (*Vault)(nil)

func TestNoDirectory(t *testing.T) {
	wantError(t, &Vault{}, "a", gatepass.ErrConfig)
	if _, err := os.Stat("vault"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("something was made")
	}
}

func BenchmarkLoad(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "s")
	data := bytes.Repeat([]byte("x"), 6<<10)
	if err := (&Vault{Dir: dir, NoKeyring: true}).Save(b.Context(), "a", data); err != nil {
		b.Fatal(err)
	}
	for b.Loop() { // each as a process of its own would
		if _, err := (&Vault{Dir: dir, NoKeyring: true}).Load(b.Context(), "a"); err != nil {
			b.Fatal(err)
		}
	}
}

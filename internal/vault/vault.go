// Package vault keeps the sessions of the command line: it is its
// [gatepass.Store]. A session is a file that only the user may read, encrypted
// with a key that lies in the keyring of the operating system; where there is
// none in a file of the same kind, or under a passphrase. A session cannot be
// put in the place of another: the name it is kept under is authenticated with it.
//
// Only the key is in the keyring, never the sessions: Windows takes 2560 bytes
// and a session has more. Nothing is asked of the keyring before a session is
// read or written, and no question to it lasts longer than the time-out.
//
// A session in plain text, as [gatepass.FileStore] writes it, is not read: whoever
// can write a file would choose who is signed in. The next sign-in replaces it.
package vault

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/seal"
)

var (
	// ErrLocked: the session is there and the keyring with its key refuses, or
	// did not answer in time.
	ErrLocked = errors.New("the key of the sessions is out of reach")
	// ErrPassphrase: the session is under a passphrase, and there is none or it is wrong.
	ErrPassphrase = errors.New("the passphrase of the sessions")
)

// DefaultTimeout bounds all that is asked of the keyring for one key.
const DefaultTimeout = 3 * time.Second

// Vault is a [gatepass.Store]. Set Dir; the fields must not change after the
// first call. It is safe for concurrent use and must not be copied.
type Vault struct {
	// Dir is the directory of the session files. It is made if it is missing. Zero: an error.
	Dir string
	// Passphrase protects the key of new sessions instead of keyring or file, and
	// opens those that one protects. It costs a tenth of a second a process.
	// Zero: none.
	Passphrase string
	// NoKeyring leaves the keyring alone. Zero: it is used where there is one.
	NoKeyring bool
	// SignIn says that this process signs in: it chooses anew where the key is
	// kept, and takes a file where the keyring does not open. Zero: a session
	// stays under the key it was read with, and a keyring that does not open is
	// an [ErrLocked].
	SignIn bool
	// Timeout replaces [DefaultTimeout]. Zero: that.
	Timeout time.Duration

	ring keyring // zero: that of the operating system
	cost int     // of scrypt; zero: scryptCost

	mu    sync.Mutex
	boxes map[kind]*seal.Box
	kinds map[string]kind // by the session's key: what protects it
	last  kind            // what protects the session used last
	shut  error           // why the keyring did not open, of a process that signs in
}

// kind is where a key is kept; the first byte of a session file.
type kind byte

const (
	byKeyring    kind = 'k'
	byFile       kind = 'f'
	byPassphrase kind = 'p'
)

func (v *Vault) files() gatepass.FileStore { return gatepass.FileStore{Dir: v.Dir} }

// Load gives what was saved under key; [gatepass.ErrNotSignedIn] if nothing is,
// or if what is there was not written by this vault under this key.
func (v *Vault) Load(ctx context.Context, key string) ([]byte, error) {
	b, err := v.files().Load(ctx, key)
	if err != nil {
		return nil, err
	}
	if len(b) == 0 {
		return nil, unreadable("it is empty")
	}
	k := kind(b[0])
	if k != byKeyring && k != byFile && k != byPassphrase {
		return nil, unreadable("it is not encrypted, or of another version of gatepass")
	}
	box, err := v.box(ctx, k, false)
	if err != nil {
		return nil, err
	}
	data, err := box.OpenBytes(b[1:], bound(k, key))
	if err != nil {
		return nil, unreadable("it was damaged or exchanged, or its key was replaced")
	}
	v.used(key, k)
	return data, nil
}

func unreadable(why string) error {
	return fmt.Errorf("%w: the stored session cannot be read: %s", gatepass.ErrNotSignedIn, why)
}

// bound is what is authenticated with a session and not part of it.
func bound(k kind, key string) []byte { return append([]byte{byte(k)}, key...) }

// Save replaces what is kept under key, all or nothing. Errors: [ErrLocked],
// [ErrPassphrase], and those of [gatepass.FileStore].
func (v *Vault) Save(ctx context.Context, key string, data []byte) error {
	k, box, err := v.choose(ctx, key)
	if err != nil {
		return err
	}
	sealed, err := box.SealBytes(rand.Reader, data, bound(k, key))
	if err != nil {
		return err
	}
	if err := v.files().Save(ctx, key, append([]byte{byte(k)}, sealed...)); err != nil {
		return err
	}
	v.used(key, k)
	return nil
}

// choose gives the key that a session is written under.
func (v *Vault) choose(ctx context.Context, key string) (kind, *seal.Box, error) {
	v.mu.Lock()
	k, known := v.kinds[key]
	v.mu.Unlock()
	if !known || v.SignIn {
		k = v.best()
	}
	box, err := v.box(ctx, k, true)
	if k == byKeyring && v.SignIn && errors.Is(err, ErrLocked) && ctx.Err() == nil {
		k = byFile
		box, err = v.box(ctx, k, true)
	}
	return k, box, err
}

// best is where a new key should be kept, before anything is asked.
func (v *Vault) best() kind {
	switch {
	case v.Passphrase != "":
		return byPassphrase
	case v.mayAsk():
		return byKeyring
	}
	return byFile
}

// mayAsk says whether there may be a keyring that may be used.
func (v *Vault) mayAsk() bool { return !v.NoKeyring && (v.ring != nil || noKeyring() == "") }

func (v *Vault) used(key string, k kind) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.kinds == nil {
		v.kinds = map[string]kind{}
	}
	v.kinds[key], v.last = k, k
}

// Delete removes key; it is no error if nothing is kept there. It needs no key.
func (v *Vault) Delete(ctx context.Context, key string) error { return v.files().Delete(ctx, key) }

// Lock waits until no goroutine and no process holds key.
func (v *Vault) Lock(ctx context.Context, key string) (func(), error) {
	return v.files().Lock(ctx, key)
}

// Clear removes all sessions and their keys, also those that cannot be read. The
// error is [ErrLocked] when the key could not be removed from the keyring; the
// sessions are gone then too.
func (v *Vault) Clear(ctx context.Context) error {
	entries, err := os.ReadDir(v.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var errs []error
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") {
			errs = append(errs, os.Remove(filepath.Join(v.Dir, e.Name())))
		}
	}
	if v.mayAsk() {
		errs = append(errs, v.deleteKey(ctx))
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.boxes, v.kinds, v.last = nil, nil, 0
	return errors.Join(errs...)
}

// Where says in words where the sessions are and what protects them: of the
// session read or written last, else of the one that a sign-in would write.
func (v *Vault) Where() string {
	v.mu.Lock()
	k := v.last
	v.mu.Unlock()
	if k == 0 {
		k = v.best()
	}
	switch k {
	case byKeyring:
		return "encrypted in " + v.Dir + "; the key is in " + keyringName
	case byPassphrase:
		return "encrypted in " + v.Dir + "; the key is there under your passphrase"
	}
	return "encrypted in " + v.Dir + "; the key is a file there that only you can read"
}

// Fallback says why a process that signs in did not use the keyring; "" if it
// did, or was not meant to.
func (v *Vault) Fallback() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.last != byFile || v.NoKeyring:
		return ""
	case v.shut != nil:
		return strings.TrimPrefix(v.shut.Error(), ErrLocked.Error()+": ")
	case v.ring == nil:
		return noKeyring()
	}
	return ""
}

package gatepass

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// lockPoll is how often a lock that another process holds is tried.
const lockPoll = 10 * time.Millisecond

// maxStored bounds what is read back of a session, in bytes.
const maxStored = 1 << 20

// FileStore keeps each session in a file of its own, readable by this user alone
// (mode 0600 in a directory of mode 0700), and locks it across processes. It
// refuses a directory or file that others may read or write, and symbolic links.
// On Windows the protection is the directory's. The zero value is not usable.
type FileStore struct {
	// Dir is the directory. It is made if it is missing, its parents too. Zero: an error.
	Dir string
}

func (f FileStore) path(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(f.Dir, hex.EncodeToString(sum[:16])+".json")
}

// Load gives what was saved under key; [ErrNotSignedIn] if nothing is.
func (f FileStore) Load(_ context.Context, key string) ([]byte, error) {
	if err := f.open(); err != nil {
		return nil, err
	}
	name := f.path(key)
	if err := private(name, 0); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotSignedIn
	} else if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(name, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxStored))
}

// Save replaces what is kept under key. After a crash the old or the new content
// is there, whole.
func (f FileStore) Save(_ context.Context, key string, data []byte) error {
	if err := f.open(); err != nil {
		return err
	}
	name := f.path(key)
	if err := private(name, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	temp := name + "." + rand.Text()
	if err := writeNew(temp, data); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	if err := os.Rename(temp, name); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncDir(f.Dir)
}

// Delete removes key; it is no error if nothing is kept there.
func (f FileStore) Delete(_ context.Context, key string) error {
	if err := f.open(); err != nil {
		return err
	}
	err := os.Remove(f.path(key))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(f.Dir)
}

// Lock waits until no goroutine and no process holds the key. A process that
// dies lets go of it.
func (f FileStore) Lock(ctx context.Context, key string) (func(), error) {
	if err := f.open(); err != nil {
		return nil, err
	}
	name := f.path(key) + ".lock"
	if err := private(name, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	if err := waitLock(ctx, file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return sync.OnceFunc(func() { _ = file.Close() }), nil // closing lets go
}

func waitLock(ctx context.Context, file *os.File) error {
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		ok, err := tryLock(file)
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// open makes the directory, or checks the one there is.
func (f FileStore) open() error {
	if f.Dir == "" {
		return fmt.Errorf("%w: set FileStore.Dir", ErrConfig)
	}
	err := private(f.Dir, fs.ModeDir)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return err
	}
	return private(f.Dir, fs.ModeDir)
}

// private checks that name is of the kind and nobody else's business.
func private(name string, kind fs.FileMode) error {
	info, err := os.Lstat(name)
	if err != nil {
		return err
	}
	if info.Mode().Type() != kind {
		return fmt.Errorf("%s is not used to keep secrets: it is a %s; remove it", name, typeName(info.Mode()))
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s is not used to keep secrets: others may use it (mode %04o); run chmod go= on it", name, info.Mode().Perm())
	}
	return nil
}

func typeName(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "directory"
	case m&fs.ModeSymlink != 0:
		return "symbolic link"
	case m.IsRegular():
		return "plain file"
	}
	return "special file"
}

// writeNew writes a file that did not exist and has it on the disk before it returns.
func writeNew(name string, data []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncDir has the names in dir on the disk, where the system can.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// checkDirectory refuses a directory in which anyone could put another file in
// the database's place.
func checkDirectory(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: there is no directory %s: mkdir -m 700 %s", ErrUnavailable, dir, dir)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case checkModes && info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0:
		return fmt.Errorf("%w: everyone can write to the directory %s: chmod o-w %s", ErrUnavailable, dir, dir)
	}
	return nil
}

// prepareFile makes the file with mode 0600 before SQLite opens it (its -wal and
// -shm take the mode of the file), and refuses files that others can read and
// what is no database.
func prepareFile(path string) (fresh bool, err error) {
	for _, companion := range []string{path + "-wal", path + "-shm"} {
		if _, err := private(companion); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	info, err := private(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
		if err != nil {
			return false, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return true, f.Close()
	}
	if err != nil || info.Size() == 0 {
		return err == nil, err
	}
	return false, readHeader(path)
}

// private looks at a file that must be the owner's alone.
func private(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is not a regular file", ErrUnavailable, path)
	case checkModes && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%w: others can use %s (mode %04o): chmod 600 %s", ErrUnavailable, path, info.Mode().Perm(), path)
	case !ownedByUs(info):
		return nil, fmt.Errorf("%w: %s belongs to another user", ErrUnavailable, path)
	}
	return info, nil
}

// readHeader refuses what is not a gatepass database before SQLite touches it
// (SQLite database file format, section 1.3), and a file that cannot be written.
// A file of one page may be ours from a first start that was cut off; a -wal may
// hold the page that says whose the file is.
func readHeader(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer f.Close() // nothing was written
	header := make([]byte, 4097)
	n, err := io.ReadFull(f, header)
	wal, walErr := os.Stat(path + "-wal")
	short := errors.Is(err, io.ErrUnexpectedEOF) || (walErr == nil && wal.Size() > 0)
	switch {
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case n < 100 || string(header[:16]) != "SQLite format 3\x00":
		return fmt.Errorf("%w: %s is not a SQLite database", ErrUnavailable, path)
	case binary.BigEndian.Uint32(header[68:]) != applicationID && !short:
		return fmt.Errorf("%w: %s is another program's database", ErrUnavailable, path)
	}
	return nil
}

package server

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// RootKeyEnv names the environment variable that holds the root key, 32 bytes in
// standard base64, for operators who keep it out of the file system. Of several,
// with white space between, the first seals and all open: an old one stays as
// long as anything that it sealed, such as a password's verifier.
const RootKeyEnv = "GATEPASS_ROOT_KEY"

// ErrRootKey is wrapped by every refusal of a missing, loose or malformed root
// key.
var ErrRootKey = errors.New("root key")

// rootKeys gives the Server's root keys. One that was made up for this process
// would leave what it seals in a database unreadable to all others and to the next.
func (s *Server) rootKeys() ([][]byte, error) {
	file := s.keyFile()
	if file == "" && s.shared() && os.Getenv(RootKeyEnv) == "" {
		return nil, fmt.Errorf("%w: every process over PostgreSQL needs the same: set %s to 32 random bytes in base64 (openssl rand -base64 32)", ErrRootKey, RootKeyEnv)
	}
	return rootKeys(file, s.store.Fresh(), s.random)
}

// shared says whether other processes may serve the same database.
func (s *Server) shared() bool { return strings.Contains(s.DSN, "://") }

// rootKeys finds the keys that seal everything at rest and in flight. They live
// outside the database, so that a copy of the database opens nothing. The file
// holds one key a line: the first seals, all open. A key is made only together
// with a new database; an existing one without its key is refused, since a new
// key would silently orphan every verifier and token.
func rootKeys(file string, newDB bool, random io.Reader) ([][]byte, error) {
	if env := os.Getenv(RootKeyEnv); env != "" {
		return parseRootKeys(RootKeyEnv, env)
	}
	if file == "" {
		key := make([]byte, 32)
		_, err := io.ReadFull(random, key)
		return [][]byte{key}, err
	}
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && newDB:
		return makeRootKey(file, random)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s is missing but the database exists: restore the file, or set %s", ErrRootKey, file, RootKeyEnv)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrRootKey, err)
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%w: %s must be a regular file that only its owner can read: chmod 600 %s", ErrRootKey, file, file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRootKey, err)
	}
	return parseRootKeys(file, string(text))
}

func makeRootKey(file string, random io.Reader) ([][]byte, error) {
	key := make([]byte, 32)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRootKey, err)
	}
	_, err = fmt.Fprintln(f, base64.StdEncoding.EncodeToString(key))
	err = errors.Join(err, f.Sync(), f.Close())
	return [][]byte{key}, err
}

func parseRootKeys(source, text string) ([][]byte, error) {
	var keys [][]byte
	for line := range strings.FieldsSeq(text) {
		key, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(key) != 32 {
			return nil, fmt.Errorf("%w: %s does not hold 32 bytes in base64 a line", ErrRootKey, source)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: %s is empty", ErrRootKey, source)
	}
	return keys, nil
}

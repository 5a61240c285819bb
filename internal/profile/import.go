package profile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Limits on what is read.
const (
	maxImport = 2 << 20 // bytes of a file
	maxDepth  = 40      // brackets in brackets
)

// Fields of a profile by the names they have in its file. An API is "apis." and
// its name.
const (
	fieldRegion       = "region"
	fieldUserPool     = "user_pool_id"
	fieldClient       = "client_id"
	fieldIdentityPool = "identity_pool_id"
	fieldEndpoint     = "endpoint"
	fieldAPI          = "apis"
)

// Imported is what front-end and deployment files say of a profile.
type Imported struct {
	// Profile holds what was found. Fields in conflict are empty.
	Profile Profile
	// Values are the fields of Profile and where each comes from, in its order.
	Values []Value
	// Unused are values that were seen and not taken; the Note says why.
	Unused []Value
	// Conflicts are fields for which a file has several values.
	Conflicts []Conflict
}

// A Value is one value of a file.
type Value struct {
	Field string // such as user_pool_id or apis.notes; for unused ones what it is
	Text  string // empty: it is secret, or only known when a program runs
	File  string
	Line  int
	Key   string // the path to it in the file, such as auth.user_pool_id
	Note  string
}

// From says where the value stands: file, line and key.
func (v Value) From() string {
	s := v.File
	if v.Line > 0 {
		s += fmt.Sprintf(":%d", v.Line)
	}
	if v.Key != "" {
		s += " " + v.Key
	}
	return s
}

// A Conflict is a field with values that differ.
type Conflict struct {
	Field  string
	Values []Value
}

// Parts are the keys or variables of one file that the values stand under, such
// as dev and prod: what follows the hash in [ImportFile]. It is nil if the values
// are of different files or stand side by side.
func (c Conflict) Parts() []string {
	paths := make([][]string, len(c.Values))
	for i, v := range c.Values {
		paths[i] = strings.Split(v.Key, ".")
		if v.File != c.Values[0].File {
			return nil
		}
	}
	at := fork(paths)
	var parts []string
	for _, path := range paths {
		if at >= len(path)-1 {
			return nil
		}
		parts = append(parts, strings.Join(path[:at+1], "."))
	}
	return parts
}

// fork is the place at which paths begin to differ.
func fork(paths [][]string) int {
	for at := 0; ; at++ {
		for _, path := range paths {
			if at >= len(path) || path[at] != paths[0][at] {
				return at
			}
		}
	}
}

// String names the field, the values and where they stand.
func (c Conflict) String() string {
	var all []string
	for _, v := range c.Values {
		all = append(all, fmt.Sprintf("%s (%s)", v.Text, v.From()))
	}
	return c.Field + ": " + strings.Join(all, ", or ")
}

// Empty says whether neither an id nor an API was found, nor several to choose
// from.
func (im *Imported) Empty() bool {
	p := im.Profile
	return p.UserPoolID == "" && p.ClientID == "" && p.IdentityPoolID == "" && len(p.APIs) == 0 && len(im.Conflicts) == 0
}

// ErrFormat is a file that cannot be read as what its name says.
var ErrFormat = errors.New("cannot be imported")

// ImportFile reads the file of that name. A part of it is named behind a hash:
// config.js#prod reads only what is under the key or variable prod.
func ImportFile(name string) (*Imported, error) {
	file, part := name, ""
	if _, err := os.Stat(name); err != nil {
		file, part, _ = strings.Cut(name, "#")
	}
	data, err := readFile(file)
	if err != nil {
		return nil, err
	}
	return importPart(file, part, data)
}

// Import reads data, the content of the file of that name, whose ending says what
// it is; without an ending it is JSON or a list of environment variables. Programs are parsed and never run. A file without anything for a profile
// gives an empty result; one that cannot be read gives [ErrFormat] with the line.
func Import(name string, data []byte) (*Imported, error) { return importPart(name, "", data) }

func importPart(name, part string, data []byte) (*Imported, error) {
	roots, err := readRoots(name, data)
	if err != nil {
		return nil, atLine(name, err)
	}
	f := &finder{file: name, part: part, loose: filepath.Ext(name) == ".json", found: map[string][]candidate{}}
	for _, r := range roots {
		f.root(r)
	}
	if part != "" && !f.partSeen {
		return nil, fmt.Errorf("%s: %w: nothing in it is called %s", name, ErrFormat, part)
	}
	return f.result(), nil
}

// readRoots reads a file by its name's ending, else by its first character.
func readRoots(name string, data []byte) ([]root, error) {
	switch {
	case len(data) > maxImport:
		return nil, fmt.Errorf("larger than %d MiB", maxImport>>20)
	case !utf8.Valid(data):
		return nil, errors.New("not a text in UTF-8")
	}
	src := strings.TrimPrefix(string(data), "\ufeff")
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case isEnv(name):
		return readEnv(src)
	case ext == ".json":
		return readJSON(src)
	case ext == ".dart":
		return readDart(src)
	case strings.Contains(" .js .mjs .cjs .jsx .ts .mts .cts .tsx ", " "+ext+" "):
		return readScript(src), nil
	}
	if s := strings.TrimSpace(src); strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[") {
		return readJSON(src)
	}
	if filepath.Ext(name) == "" {
		return readEnv(src)
	}
	return nil, errors.New("want .json, .js, .ts, .dart or .env")
}

func atLine(name string, err error) error {
	if e, ok := errors.AsType[*lineError](err); ok {
		return fmt.Errorf("%s:%d: %w: %s", name, e.line, ErrFormat, e.text)
	}
	return fmt.Errorf("%s: %w: %w", name, ErrFormat, err)
}

// readFile reads a regular file of bounded size.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // a pipe would be waited for
		return nil, fmt.Errorf("%s: %w: not a file", name, ErrFormat)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxImport+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

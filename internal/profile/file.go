package profile

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
)

const (
	// ProjectFile is the name of a project's file, looked for from the working
	// directory upwards.
	ProjectFile = ".gatepass.yaml"
	// UserFile is the name of the user's own file, in the settings directory.
	UserFile = "config.yaml"

	// maxFile bounds a file, in bytes: some hundred profiles. The parser needs
	// gigabytes for a megabyte of brackets, and a project's file is read by all
	// commands.
	maxFile = 64 << 10
)

// A File is a YAML file of named profiles. The zero value is an empty file
// without a place.
type File struct {
	// Path is where the file is, or will be.
	Path string `yaml:"-"`
	// Use names the profile that is taken when none is named.
	Use string `yaml:"use,omitempty"`
	// Profiles are the profiles by name.
	Profiles map[string]Profile `yaml:"profiles"`
}

// Read reads the file at path; a file that is missing is empty. Unknown fields,
// repeated keys and wrong types are errors with their line.
func Read(path string) (*File, error) {
	f := &File{Path: path}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return nil, err
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return f, nil
	}
	if err := yaml.UnmarshalWithOptions(text, f, yaml.Strict()); err != nil {
		return nil, syntaxError(path, err)
	}
	return f, f.check()
}

// check refuses what no command could use.
func (f *File) check() error {
	if _, ok := f.Profiles[f.Use]; f.Use != "" && !ok {
		return fmt.Errorf("%s: use: there is no profile %q among %s", f.Path, f.Use, strings.Join(f.Names(), ", "))
	}
	for name, p := range f.Profiles {
		if !ValidName(name) {
			return fmt.Errorf("%s: %q cannot name a profile: use letters, digits and - _ . between them", f.Path, name)
		}
		if bad := p.unprintable(); bad != "" {
			return fmt.Errorf("%s: the profile %s has a value that is not one line of text: %q", f.Path, name, bad)
		}
	}
	return nil
}

// unprintable is a value that could be more than it says where it is printed or
// written into another file; "" if there is none. A project's file comes with the
// project, from anybody.
func (p Profile) unprintable() string {
	values := []string{p.Region, p.UserPoolID, p.ClientID, p.IdentityPoolID, p.Endpoint}
	for name, api := range p.APIs {
		values = append(values, name, api.URL, api.Region, api.Service)
	}
	for _, v := range values {
		if strings.ContainsFunc(v, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return v
		}
	}
	return ""
}

// syntaxError keeps the position and the first line of the YAML library's
// message, which goes on with a picture of the source.
func syntaxError(path string, err error) error {
	if ye := yaml.Error(nil); errors.As(err, &ye) {
		if tk := ye.GetToken(); tk != nil && tk.Position != nil {
			return fmt.Errorf("%s:%d: %s", path, tk.Position.Line, ye.GetMessage())
		}
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("%s: %s", path, first)
}

// Names are the names of the profiles in order.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.Profiles)) }

// Current is the name of the profile in use: Use, else the only one there is,
// else "".
func (f *File) Current() string {
	if f.Use == "" && len(f.Profiles) == 1 {
		return f.Names()[0]
	}
	return f.Use
}

// Set adds or replaces a profile.
func (f *File) Set(name string, p Profile) {
	if f.Profiles == nil {
		f.Profiles = map[string]Profile{}
	}
	f.Profiles[name] = p
}

// Write writes the file by [ReplaceFile]. Comments in an earlier file are not kept.
func (f *File) Write() error {
	if err := f.check(); err != nil {
		return err
	}
	text, err := yaml.MarshalWithOptions(f, yaml.IndentSequence(true))
	if err != nil {
		return err
	}
	if len(text) > maxFile {
		return fmt.Errorf("%s would be larger than %d bytes", f.Path, maxFile)
	}
	return ReplaceFile(f.Path, text)
}

// ReplaceFile writes a file, all or nothing, and makes its directory if it is
// missing. A new file is the user's alone (0600); one that was there keeps its
// permissions. A link stays one: what it points to is replaced.
func ReplaceFile(path string, text []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temp := path + "." + rand.Text()
	err := os.WriteFile(temp, text, 0o600)
	if err == nil {
		err = os.Chmod(temp, mode)
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		_ = os.Remove(temp) // it may not be there
	}
	return err
}

// ReadProject reads the nearest project file in dir or above it; nil if there is
// none. One that another user left for whoever works below is an error.
func ReadProject(dir string) (*File, error) {
	path := FindProject(dir)
	if path == "" {
		return nil, nil
	}
	switch other, err := foreign(path, dir); {
	case err != nil:
		return nil, err
	case other:
		return nil, fmt.Errorf("%s is of another user, and would say where your requests go: remove it, or chown it", path)
	}
	return Read(path)
}

// FindProject gives the path of the nearest project file in dir or above it; ""
// if there is none.
func FindProject(dir string) string {
	for {
		path := filepath.Join(dir, ProjectFile)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// ValidName says whether name can name a profile or an API: letters, digits and
// - _ . in any order, at most 64.
func ValidName(name string) bool {
	for i := range len(name) {
		c := name[i]
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return name != "" && len(name) <= 64
}

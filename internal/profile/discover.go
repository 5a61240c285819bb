package profile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// candidates are the files that front-end and deployment tools leave behind, the
// most certain first.
var candidates = []string{
	"amplify_outputs.json", "src/amplify_outputs.json",
	"src/amplifyconfiguration.json", "amplifyconfiguration.json", "src/amplifyconfiguration.js",
	"src/aws-exports.js", "aws-exports.js", "src/aws-exports.ts",
	"lib/amplify_outputs.dart", "lib/amplifyconfiguration.dart", "app/src/main/res/raw/amplifyconfiguration.json",
	".sst/outputs.json", "cdk-outputs.json", "cdk.out/outputs.json",
	"src/config.js", "src/config.ts", "js/config.js",
	".env.local", ".env.development.local", ".env.development", ".env", ".env.production.local", ".env.production",
}

// Discover finds the files to import: those of the first directory that has any,
// from dir upwards to the root of the repository. Links that lead out of a
// directory are not followed. An empty result is no error.
func Discover(dir string) ([]string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var inside []string // of a directory of sources: what is beside it goes first
	shown := dir
	for {
		found, last, err := candidatesIn(abs)
		if err != nil {
			return nil, err
		}
		for i := range found {
			found[i] = filepath.Join(shown, filepath.FromSlash(found[i]))
		}
		sources := filepath.Base(abs) == "src" || filepath.Base(abs) == "lib"
		up := filepath.Dir(abs)
		switch {
		case sources && !last && inside == nil:
			inside = found
		case len(found) > 0:
			return found, nil
		case last || up == abs || len(inside) > 0:
			return inside, nil
		}
		abs, shown = up, filepath.Join(shown, "..")
	}
}

// candidatesIn lists what one directory has, and says whether it is the last to
// look at: the top of a repository, or the user's home.
func candidatesIn(dir string) (found []string, last bool, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, false, err
	}
	defer root.Close()
	for _, name := range candidates {
		info, err := root.Stat(name)
		if err == nil && info.Mode().IsRegular() && !slices.ContainsFunc(found, sameFile(root, info)) {
			found = append(found, name)
		}
	}
	_, err = root.Lstat(".git")
	home, _ := os.UserHomeDir()
	return found, err == nil || strings.TrimRight(dir, "/") == strings.TrimRight(home, "/"), nil
}

// sameFile says whether a file was found under another name already.
func sameFile(root *os.Root, info os.FileInfo) func(string) bool {
	return func(name string) bool {
		other, err := root.Stat(name)
		return err == nil && os.SameFile(info, other)
	}
}

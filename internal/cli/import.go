package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass/internal/profile"
)

// maxStdin bounds what is read of stdin, in bytes; more is refused.
const maxStdin = 4 << 20

type importOptions struct {
	discover, dryRun, project bool
}

func newImport(a *app) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use: "import [FILE...]",
		Long: `Read user pool, app client, identity pool, region and APIs from the files that
front-end and deployment tools leave behind, and keep them as a profile: the one
that -p names, else one with the name of the project's directory. Programs are
parsed, never run. It can read:

  amplify_outputs.json, aws-exports.js, amplifyconfiguration.json (and .dart),
  a program with Amplify.configure({...}), the config.js of the SST guide,
  .sst/outputs.json, the outputs of CDK, CloudFormation and Terraform in JSON,
  and .env files.

Of several deployments in a file one is named behind a hash: config.js#prod.
A dash is stdin.`,
		Example: "  gatepass import --discover\n  gatepass import -p prod 'config.js#prod'\n" +
			"  gatepass import --project --dry-run cdk-outputs.json",
	}
	f := cmd.Flags()
	f.BoolVar(&o.discover, "discover", false, "find the files, from this directory upwards to the top of the repository")
	f.BoolVar(&o.dryRun, "dry-run", false, "print what was found and write nothing")
	f.BoolVar(&o.project, "project", false, "write "+profile.ProjectFile+" of the project, to be shared, and not your own file")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 && !o.discover {
			return usage(cmd, errors.New("name the files, or let --discover find them"))
		}
		return a.importFiles(args, o)
	}
	return cmd
}

func (a *app) importFiles(files []string, o importOptions) error {
	im, err := a.readImports(files, o.discover)
	if err != nil {
		return err
	}
	if err := a.printImport(im); err != nil {
		return err
	}
	if err := undecided(im); err != nil {
		return err
	}
	if im.Empty() {
		return nothingFound(im, files)
	}
	return a.keepImport(im, o)
}

// readImports reads the files named and those found.
func (a *app) readImports(files []string, discover bool) (*profile.Imported, error) {
	if discover {
		found, err := profile.Discover(".")
		if err != nil {
			return nil, err
		}
		if len(found) == 0 && len(files) == 0 {
			return nil, hintf(errors.New("found no file to import here or above"),
				"name one: gatepass import FILE; gatepass import --help lists the kinds")
		}
		files = append(files, found...)
	}
	var all []*profile.Imported
	for _, file := range files {
		im, err := a.readImport(file)
		if err != nil {
			return nil, err
		}
		all = append(all, im)
	}
	return profile.Merge(all...), nil
}

func (a *app) readImport(file string) (*profile.Imported, error) {
	if file == "-" {
		data, err := io.ReadAll(io.LimitReader(a.io.In, maxStdin))
		if err != nil {
			return nil, fmt.Errorf("reading stdin: %w", err)
		}
		return profile.Import("stdin", data)
	}
	im, err := profile.ImportFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &usageError{err}
	}
	return im, err
}

// undecided refuses to choose between the deployments of one file.
func undecided(im *profile.Imported) error {
	for _, c := range im.Conflicts {
		known := map[string]string{
			"user_pool_id": im.Profile.UserPoolID, "client_id": im.Profile.ClientID, "identity_pool_id": im.Profile.IdentityPoolID,
			"region": im.Profile.Region, "endpoint": im.Profile.Endpoint,
		}
		if id, ok := known[c.Field]; !ok || id != "" {
			continue
		}
		err := usageErrorf("%s has several values for %s", c.Values[0].File, c.Field)
		if parts := c.Parts(); parts != nil {
			return hintf(err, "choose a part: gatepass import '%s#%s', or #%s", c.Values[0].File, parts[0], strings.Join(parts[1:], ", #"))
		}
		return hintf(err, "choose one: gatepass profile set %s=%s", c.Field, c.Values[0].Text)
	}
	return nil
}

func nothingFound(im *profile.Imported, files []string) error {
	err := errors.New("found no user pool, client, identity pool or API")
	if len(files) > 0 {
		err = fmt.Errorf("%w in %s", err, strings.Join(files, ", "))
	}
	if slices.ContainsFunc(im.Unused, func(v profile.Value) bool { return v.Text == "" }) {
		return hintf(err, "the program takes them from its environment: import the .env file that sets it, too")
	}
	return hintf(err, "gatepass profile set user_pool_id=ID client_id=ID identity_pool_id=ID")
}

// keepImport writes the profile and makes it the one in use.
func (a *app) keepImport(im *profile.Imported, o importOptions) error {
	p := im.Profile
	if err := profile.Validate(p); err != nil {
		return &usageError{err}
	}
	f, err := a.importTarget(o.project)
	if err != nil {
		return &usageError{err}
	}
	name := cmp.Or(a.profile, projectName())
	if !profile.ValidName(name) {
		return usageErrorf("%q cannot name a profile: use letters, digits, - _ .", name)
	}
	old, exists := f.Profiles[name]
	switch {
	case exists && old.UserPoolID == p.UserPoolID && old.IdentityPoolID == p.IdentityPoolID:
		p = complete(p, old)
	case exists && a.profile == "":
		err := usageErrorf("%s has a profile %s of other pools", f.Path, name)
		return hintf(err, "gatepass import -p %s replaces it; another name keeps both", name)
	}
	if o.dryRun {
		a.io.notef("would write profile %s to %s", name, f.Path)
		return nil
	}
	f.Set(name, p)
	f.Use = name
	if err := f.Write(); err != nil {
		return err
	}
	a.io.notef("wrote profile %s to %s", name, f.Path)
	a.noteShadow(f, name)
	a.noteEnvironment(p)
	a.noteNext(p)
	return nil
}

// complete keeps of an earlier profile of the same pools what the files do not
// say: APIs and settings that were added by hand.
func complete(p, old profile.Profile) profile.Profile {
	p.ClientID, p.Endpoint, p.Region = cmp.Or(p.ClientID, old.ClientID), cmp.Or(p.Endpoint, old.Endpoint), cmp.Or(p.Region, old.Region)
	for name, api := range old.APIs {
		if _, ok := p.APIs[name]; !ok {
			p = withAPI(p, name, api)
		}
	}
	return p
}

// importTarget is the file that import writes.
func (a *app) importTarget(project bool) (*profile.File, error) {
	if !project {
		return a.userFile()
	}
	return profile.Read(projectPath())
}

// userFile is the user's own file.
func (a *app) userFile() (*profile.File, error) {
	dir, err := homeDir(a.env("GATEPASS_HOME"))
	if err != nil {
		return nil, err
	}
	return profile.Read(filepath.Join(dir, profile.UserFile))
}

// projectPath is where the project's file is, or belongs: at the top of the
// repository.
func projectPath() string {
	dir, err := os.Getwd()
	if err != nil {
		return profile.ProjectFile
	}
	top := repository(dir)
	if path := profile.FindProject(dir); strings.HasPrefix(path, strings.TrimSuffix(top, string(filepath.Separator))+string(filepath.Separator)) {
		return path
	}
	return filepath.Join(top, profile.ProjectFile)
}

// repository is the directory at the top of the repository that dir is in; dir
// itself if it is in none.
func repository(dir string) string {
	for up := dir; ; up = filepath.Dir(up) {
		if _, err := os.Stat(filepath.Join(up, ".git")); err == nil {
			return up
		}
		if up == filepath.Dir(up) {
			return dir
		}
	}
}

// projectName is the name of a new profile: that of the project's directory.
func projectName() string {
	dir, err := os.Getwd()
	if err != nil {
		return "default"
	}
	if name := filepath.Base(repository(dir)); profile.ValidName(name) && name != "." {
		return name
	}
	return "default"
}

// noteShadow says that another profile is in use here all the same.
func (a *app) noteShadow(f *profile.File, name string) {
	unnamed := *a
	unnamed.profile = a.env("GATEPASS_PROFILE")
	found, _, source, err := unnamed.findProfile(a.env("GATEPASS_HOME"))
	if err != nil || source == "" || source == f.Path && found == name {
		return
	}
	a.io.notef("here %s goes first, with profile %s: pass -p %s for the new one", shortPath(source), found, name)
}

// noteEnvironment says that variables name another pool, so that no profile
// counts, and that the servers are not those of AWS.
func (a *app) noteEnvironment(p profile.Profile) {
	for _, v := range [][2]string{{"GATEPASS_USER_POOL_ID", p.UserPoolID}, {"GATEPASS_IDENTITY_POOL_ID", p.IdentityPoolID}} {
		if set := a.env(v[0]); set != "" && set != v[1] {
			a.io.notef("%s is set to another pool and goes first: unset it to use the profile", v[0])
			break
		}
	}
	if strings.HasPrefix(p.Endpoint, "https://") {
		a.io.notef("sign-ins go to %s, which is not AWS", p.Endpoint)
	}
}

// noteNext says what is missing and what to do next.
func (a *app) noteNext(p profile.Profile) {
	if missing := missingIn(p); len(missing) > 0 {
		a.io.notef("not found: %s; add with gatepass profile set %s=…", strings.Join(missing, ", "), missing[0])
	}
	switch {
	case p.UserPoolID != "" && p.ClientID != "":
		a.io.notef("next: gatepass login")
	case p.IdentityPoolID != "":
		a.io.notef("next: gatepass login --guest")
	}
	if names := sortedNames(p.APIs); len(names) > 0 && p.IdentityPoolID != "" {
		a.io.notef("then: gatepass call %s:/", names[0])
	}
}

// missingIn names the ids that calls need and a profile does not have.
func missingIn(p profile.Profile) []string {
	var out []string
	for _, f := range profileFields(&p) {
		if *f.value == "" && strings.HasSuffix(f.name, "_id") {
			out = append(out, f.name)
		}
	}
	return out
}

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode"

	"github.com/gatepass/gatepass/internal/profile"
)

// writeAWSProfile makes the AWS tools' profile name a client of gatepass: it
// sets credential_process and region there, and endpoint_url where the server is not
// AWS, and keeps everything else of the file.
func (a *app) writeAWSProfile(v settingValues, name string) error {
	if err := needed(map[string]string{"GATEPASS_IDENTITY_POOL_ID": v.identityPool}); err != nil {
		return err
	}
	if !profile.ValidName(name) {
		return usageErrorf("%q cannot name a profile: use letters, digits, - _ .", name)
	}
	command, err := processCommand(v)
	if err != nil {
		return err
	}
	path, credentials, err := a.awsFiles()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := noStaticKeys(credentials, name); err != nil {
		return err
	}
	set := [][2]string{{"credential_process", command}, {"region", regionFor(v)}}
	if v.endpoint != "" {
		set = append(set, [2]string{"endpoint_url", v.endpoint})
	}
	changed, err := setAWSProfile(string(text), name, set)
	if err != nil {
		return hintf(fmt.Errorf("%s: %w", path, err), "choose another name")
	}
	if err := profile.ReplaceFile(path, []byte(changed)); err != nil {
		return err
	}
	a.io.notef("wrote the profile %s to %s; for example: aws sts get-caller-identity --profile %s", name, path, name)
	if filepath.Base(v.source) == profile.ProjectFile {
		a.io.notef("note: it takes the project's profile %s, which is found in %s and below", v.profile, filepath.Dir(v.source))
	}
	if a.env("GATEPASS_HOME") != "" {
		a.io.notef("note: GATEPASS_HOME is set, and must be where the AWS tools run too")
	}
	return nil
}

// noStaticKeys refuses a name that the credentials file has keys for: the AWS
// tools would take those.
func noStaticKeys(path, name string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if from, _ := awsSection(strings.SplitAfter(string(text), "\n"), "["+name+"]"); err == nil && from >= 0 {
		err = hintf(fmt.Errorf("%s has keys for %s, which the AWS tools would take instead", path, name), "choose another name")
	}
	return err
}

// processCommand is the command line that gives the credentials of v. Nothing
// secret is part of it.
func processCommand(v settingValues) (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	words := []string{exe, "credentials", "--format", "process"}
	if v.profile != "" {
		return commandLine(append(words, "-p", v.profile))
	}
	for _, f := range [][2]string{
		{"--endpoint", v.endpoint},
		{"--region", v.region},
		{"--user-pool-id", v.userPool},
		{"--client-id", v.client},
		{"--identity-pool-id", v.identityPool},
	} {
		if f[1] != "" {
			words = append(words, f[0], f[1])
		}
	}
	return commandLine(words)
}

// commandLine quotes words so that a shell and the SDKs' own splitting agree.
func commandLine(words []string) (string, error) {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,"
	var out []string
	for _, w := range words {
		windows := runtime.GOOS == "windows"
		switch {
		case w != "" && strings.Trim(w, plain) == "" || windows && strings.Trim(w, plain+`\`) == "":
		case strings.ContainsAny(w, "\"$`!\r\n") || strings.Contains(w, `\`) && !windows:
			return "", usageErrorf("%q cannot be part of credential_process", w)
		default:
			w = `"` + w + `"`
		}
		out = append(out, w)
	}
	return strings.Join(out, " "), nil
}

// others are settings that would win over credential_process or contradict it.
var others = []string{"aws_access_key_id", "role_arn", "source_profile", "credential_source", "web_identity_token_file", "sso_session", "sso_start_url"}

// setAWSProfile sets keys in the section of a profile, which it adds at the end
// if it is missing. All other lines stay as they are, byte for byte.
func setAWSProfile(text, name string, set [][2]string) (string, error) {
	for _, kv := range set {
		if strings.ContainsFunc(kv[1], unicode.IsControl) { // a line end would begin another setting
			return "", usageErrorf("%q cannot be the %s of a profile", kv[1], kv[0])
		}
	}
	header := "[profile " + name + "]"
	if name == "default" {
		header = "[default]"
	}
	lines := strings.SplitAfter(text, "\n")
	from, to := awsSection(lines, header)
	if from < 0 {
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		if text != "" {
			text += "\n"
		}
		return text + header + "\n" + settingLines(set), nil
	}
	kept, err := otherLines(lines[from+1:to], set)
	if err != nil {
		return "", fmt.Errorf("the profile %s has %w, which is not gatepass's", name, err)
	}
	head := strings.Join(lines[:from+1], "")
	if !strings.HasSuffix(head, "\n") {
		head += "\n"
	}
	return head + settingLines(set) + strings.Join(kept, "") + strings.Join(lines[to:], ""), nil
}

// otherLines are the lines of a section that stay. The error names a setting
// that cannot be beside ours.
func otherLines(lines []string, set [][2]string) ([]string, error) {
	var kept []string
	for _, line := range lines {
		key, value, _ := strings.Cut(line, "=")
		key = strings.ToLower(strings.TrimRight(key, " \t\r\n")) // keys that begin with a blank are parts of another
		foreign := key == set[0][0] && !strings.Contains(value, " credentials --format process")
		if foreign || slices.Contains(others, key) {
			return nil, errors.New(key)
		}
		if !slices.ContainsFunc(set, func(kv [2]string) bool { return kv[0] == key }) {
			kept = append(kept, line)
		}
	}
	return kept, nil
}

func settingLines(set [][2]string) string {
	var b strings.Builder
	for _, kv := range set {
		if kv[1] != "" {
			b.WriteString(kv[0] + " = " + kv[1] + "\n")
		}
	}
	return b.String()
}

// awsSection finds the lines of a section: from its header to before the next one;
// from is -1 if it is missing.
func awsSection(lines []string, header string) (from, to int) {
	from = -1
	for i, line := range lines {
		name := sectionName(line)
		if name == "" {
			continue
		}
		if from >= 0 {
			return from, i
		}
		if name == sectionName(header) {
			from = i
		}
	}
	return from, len(lines)
}

// sectionName is what a line names between brackets, with single blanks and
// without quotes; "" if it is no header.
func sectionName(line string) string {
	line, ok := strings.CutPrefix(strings.TrimSpace(line), "[")
	name, _, closed := strings.Cut(line, "]")
	if !ok || !closed {
		return ""
	}
	return strings.Join(strings.Fields(strings.NewReplacer(`"`, "", `'`, "").Replace(name)), " ")
}

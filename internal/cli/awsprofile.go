package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/sigv4"
)

// envProfile is the name under which --aws-profile means the environment.
const envProfile = "env"

// awsKeys are AWS credentials that are not gatepass's own.
type awsKeys struct {
	// Get gives them; the ones of a program are kept until 5 minutes before they
	// end. It is safe for concurrent use.
	Get    func(context.Context) (gatepass.Credentials, error)
	Region string // what the profile says; may be empty
}

// awsProfile finds the credentials of a profile of the AWS CLI: static keys,
// with or without session token, and credential_process, from ~/.aws/credentials
// and ~/.aws/config (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE). The name
// "env" is AWS_ACCESS_KEY_ID and its like. Roles and SSO are refused by name: the
// SDK that could do them is 3.4 MB and costs 2 ms at each start.
func (a *app) awsProfile(name string) (awsKeys, error) {
	region := cmp.Or(a.env("AWS_REGION"), a.env("AWS_DEFAULT_REGION"))
	if name == envProfile {
		c, err := staticKeys(a.env("AWS_ACCESS_KEY_ID"), a.env("AWS_SECRET_ACCESS_KEY"), a.env("AWS_SESSION_TOKEN"))
		if err != nil {
			return awsKeys{}, hintf(usageErrorf("--aws-profile env: %w", err), "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
		}
		return awsKeys{always(c), region}, nil
	}
	p, err := a.readAWSProfile(name)
	if err != nil {
		return awsKeys{}, err
	}
	region = cmp.Or(p["region"], region)
	switch {
	case p["aws_access_key_id"] != "":
		c, err := staticKeys(p["aws_access_key_id"], p["aws_secret_access_key"], p["aws_session_token"])
		if err != nil {
			return awsKeys{}, usageErrorf("--aws-profile %s: %w", name, err)
		}
		return awsKeys{always(c), region}, nil
	case p["credential_process"] != "":
		process := &credentialProcess{command: p["credential_process"], now: time.Now}
		return awsKeys{process.get, region}, nil
	}
	return awsKeys{}, a.noAWSKeys(name, p)
}

func (a *app) noAWSKeys(name string, p map[string]string) error {
	for _, key := range []string{"role_arn", "sso_session", "sso_start_url", "credential_source", "login_session"} {
		if p[key] != "" {
			return hintf(usageErrorf("--aws-profile %s: %s is not supported, only keys and credential_process", name, key),
				"let the AWS CLI do it, in another profile: credential_process = aws configure export-credentials --profile %s", name)
		}
	}
	return usageErrorf("--aws-profile %s: the profile has no keys", name)
}

func always(c gatepass.Credentials) func(context.Context) (gatepass.Credentials, error) {
	return func(context.Context) (gatepass.Credentials, error) { return c, nil }
}

func staticKeys(id, secret, token string) (c gatepass.Credentials, err error) {
	if id == "" || secret == "" {
		return c, errors.New("there is no access key id, or no secret")
	}
	c.Credentials = sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}
	return c, nil
}

// readAWSProfile gives the settings of a profile that must be there.
func (a *app) readAWSProfile(name string) (map[string]string, error) {
	config, credentials, err := a.awsFiles()
	if err != nil {
		return nil, err
	}
	p, found, err := readAWSFiles(config, credentials, name)
	if err == nil && !found {
		err = hintf(usageErrorf("--aws-profile %s: no such profile in %s or %s", name, config, credentials), "aws configure list-profiles; %s is the environment", envProfile)
	}
	return p, err
}

// awsFiles are the two files of the AWS tools: "Location of the shared config and
// credentials files" in the AWS SDKs and Tools reference guide.
func (a *app) awsFiles() (config, credentials string, err error) {
	config, credentials = a.env("AWS_CONFIG_FILE"), a.env("AWS_SHARED_CREDENTIALS_FILE")
	if config != "" && credentials != "" {
		return config, credentials, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", "", hintf(&usageError{err}, "set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE")
	}
	dir := filepath.Join(home, ".aws")
	return cmp.Or(config, filepath.Join(dir, "config")), cmp.Or(credentials, filepath.Join(dir, "credentials")), nil
}

// readAWSFiles reads a profile from both files; the credentials file wins.
func readAWSFiles(config, credentials, name string) (p map[string]string, found bool, err error) {
	p = map[string]string{}
	for _, f := range [][2]string{{config, "profile " + name}, {credentials, name}} {
		b, err := os.ReadFile(f[0])
		if err != nil && !os.IsNotExist(err) {
			return nil, false, &usageError{err}
		}
		has, err := readSection(b, f[1], p)
		if err != nil {
			return nil, false, usageErrorf("%s:%w", f[0], err)
		}
		found = found || has
	}
	return p, found, nil
}

// defaultHasKeys says whether the AWS tools find credentials in their files when
// no profile is named. Files that cannot be read here may hold some.
func (a *app) defaultHasKeys() bool {
	config, credentials, err := a.awsFiles()
	if err != nil {
		return false // nor do the AWS tools find them
	}
	p, _, err := readAWSFiles(config, credentials, "default")
	return err != nil || slices.ContainsFunc(append([]string{"credential_process", "login_session"}, others...), func(key string) bool { return p[key] != "" })
}

// readSection adds the settings of one section to p. Indented lines are settings
// of a service, which are left out.
func readSection(b []byte, section string, p map[string]string) (found bool, err error) {
	in := false
	for n, line := range strings.Split(string(b), "\n") {
		line = strings.TrimRight(line, " \t\r")
		switch {
		case line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") || line[0] == ' ' || line[0] == '\t':
		case line[0] == '[':
			name := sectionName(line)
			if name == "" {
				return false, fmt.Errorf("%d: not the header of a section", n+1)
			}
			in = name == section || name == "default" && section == "profile default"
			found = found || in
		case in:
			key, value, ok := strings.Cut(line, "=")
			if !ok {
				return false, fmt.Errorf("%d: not key = value", n+1)
			}
			value, _, _ = strings.Cut(value, " #")
			p[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
		}
	}
	return found, nil
}

// credentialProcess runs the program of a profile, when it is needed.
type credentialProcess struct {
	command string
	now     func() time.Time

	mu   sync.Mutex
	last gatepass.Credentials
}

// early is how long before their end credentials of a program are asked for anew.
const early = 5 * time.Minute

func (p *credentialProcess) get(ctx context.Context) (gatepass.Credentials, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.last; c.AccessKeyID != "" && (c.Expires.IsZero() || p.now().Before(c.Expires.Add(-early))) {
		return c, nil
	}
	c, err := runCredentialProcess(ctx, p.command)
	if err == nil {
		p.last = c
	}
	return c, err
}

func runCredentialProcess(ctx context.Context, command string) (c gatepass.Credentials, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	shell := []string{"sh", "-c"}
	if runtime.GOOS == "windows" {
		shell = []string{"cmd.exe", "/C"}
	}
	cmd := exec.CommandContext(ctx, shell[0], append(shell[1:], command)...)
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 5 * time.Second // for what it wrote, when it left somebody behind who may write
	out, err := cmd.Output()
	if err != nil {
		return c, hintf(fmt.Errorf("credential_process: %w", err), "run it by hand: %s", command)
	}
	return parseProcess(out)
}

// parseProcess reads what credential_process prints: version 1 of the format in
// "Sourcing credentials with an external process" of the AWS SDKs guide.
func parseProcess(out []byte) (c gatepass.Credentials, err error) {
	var v struct {
		Version                                    int
		AccessKeyId, SecretAccessKey, SessionToken string
		Expiration                                 string
	}
	if err := json.Unmarshal(bytes.TrimSpace(out), &v); err != nil {
		return c, errors.New("credential_process: what it prints is not the JSON of credentials")
	}
	if v.Version != 1 {
		return c, fmt.Errorf("credential_process: version %d is not known", v.Version)
	}
	if c, err = staticKeys(v.AccessKeyId, v.SecretAccessKey, v.SessionToken); err != nil {
		return c, fmt.Errorf("credential_process: %w", err)
	}
	if v.Expiration != "" {
		if c.Expires, err = time.Parse(time.RFC3339, v.Expiration); err != nil {
			return c, fmt.Errorf("credential_process: %q is not a time", v.Expiration)
		}
	}
	return c, nil
}

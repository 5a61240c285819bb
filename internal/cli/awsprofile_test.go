package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const awsSettings = `# a comment
[default]
region = us-west-2
[profile keys]
region=eu-west-1 # not Frankfurt
s3 =
    region = nested
[ profile   tool ]
credential_process = cat "TOOL"
[profile role]
role_arn = arn:aws:iam::1:role/x
source_profile = keys
[profile sso]
sso_session = corp
[profile empty]
[profile "two words"]
credential_process = true
`

const awsSecrets = `[default]
aws_access_key_id = AKIDEFAULT
aws_secret_access_key = s1=+/
[keys]
AWS_ACCESS_KEY_ID = AKIDKEYS
aws_secret_access_key=s2
aws_session_token = t2
[half]
aws_access_key_id = AKIDHALF
`

// awsHome writes the two files and gives an app that finds them.
func awsHome(t *testing.T, env map[string]string) (*app, string) {
	t.Helper()
	dir := t.TempDir()
	tool := filepath.Join(dir, "tool.json")
	config, creds := filepath.Join(dir, "config"), filepath.Join(dir, "credentials")
	for path, text := range map[string]string{config: strings.ReplaceAll(awsSettings, "TOOL", tool), creds: awsSecrets} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &app{env: func(name string) string {
		switch name {
		case "AWS_CONFIG_FILE":
			return config
		case "AWS_SHARED_CREDENTIALS_FILE":
			return creds
		}
		return env[name]
	}}, tool
}

func TestAWSProfile(t *testing.T) {
	a, _ := awsHome(t, map[string]string{"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s0", "AWS_SESSION_TOKEN": "t0", "AWS_REGION": "ap-south-1"})
	for _, c := range []struct{ name, id, secret, token, region string }{
		{"default", "AKIDEFAULT", "s1=+/", "", "us-west-2"},
		{"keys", "AKIDKEYS", "s2", "t2", "eu-west-1"},
		{"env", "AKIDENV", "s0", "t0", "ap-south-1"},
	} {
		keys, err := a.awsProfile(c.name)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := keys.Get(context.Background())
		if err != nil || got.AccessKeyID != c.id || got.SecretAccessKey != c.secret || got.SessionToken != c.token || keys.Region != c.region {
			t.Errorf("%s: %v %v in %q", c.name, got, err, keys.Region)
		}
	}
}

// A name in quotes is the one between them.
func TestAWSProfileQuoted(t *testing.T) {
	a, _ := awsHome(t, nil)
	if _, err := a.awsProfile("two words"); err != nil {
		t.Error(err)
	}
}

// Keys that the AWS tools would take instead are looked for where they do, which is
// not beside a config file of another place.
func TestStaticKeysBesideTheDefaultConfig(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".aws", "credentials"), []byte(awsSecrets), 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "config")
	a := &app{io: IOStreams{Err: io.Discard}, env: func(name string) string {
		if name == "AWS_CONFIG_FILE" {
			return config
		}
		return ""
	}}
	v := settingValues{identityPool: "us-east-1:11111111-2222-3333-4444-555555555555"}
	if err := a.writeAWSProfile(v, "keys"); err == nil || !strings.Contains(err.Error(), "has keys for keys") {
		t.Errorf("%v, want a refusal", err)
	}
	if err := a.writeAWSProfile(v, "notes"); err != nil {
		t.Error(err)
	}
}

func TestAWSProfileRefused(t *testing.T) {
	a, _ := awsHome(t, nil)
	for name, text := range map[string]string{
		"none": "no such profile", "role": "role_arn is not supported", "sso": "sso_session is not supported",
		"half": "no secret", "empty": "has no keys", "env": "no access key id",
	} {
		_, err := a.awsProfile(name)
		if err == nil || !strings.Contains(err.Error(), text) || exitCode(err) != exitUsage {
			t.Errorf("%s: %v, want %q", name, err, text)
		}
	}
}

// A program is asked once until shortly before its credentials end.
func TestCredentialProcess(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the test's program is a POSIX one")
	}
	a, tool := awsHome(t, nil)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(tool, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	process := &credentialProcess{command: "cat '" + tool + "'", now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }}
	write(`{"Version":1,"AccessKeyId":"AK1","SecretAccessKey":"s","SessionToken":"t","Expiration":"2026-01-01T00:06:00Z"}`)
	ids := ""
	for range 2 {
		c, err := process.get(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		ids += c.AccessKeyID + " "
		write(`{"Version":1,"AccessKeyId":"AK2","SecretAccessKey":"s"}`)
	}
	process.now = func() time.Time { return time.Date(2026, 1, 1, 0, 1, 1, 0, time.UTC) }
	c, err := process.get(context.Background())
	if ids += c.AccessKeyID; err != nil || ids != "AK1 AK1 AK2" {
		t.Errorf("%s, %v", ids, err)
	}
	for _, text := range []string{"", "{}", `{"Version":2}`, `{"Version":1,"AccessKeyId":"x"}`, `{"Version":1,"AccessKeyId":"x","SecretAccessKey":"y","Expiration":"soon"}`} {
		write(text)
		keys, err := a.awsProfile("tool")
		if err != nil {
			t.Fatal(err)
		}
		if c, err := keys.Get(context.Background()); err == nil {
			t.Errorf("%q was taken for %v", text, c)
		}
	}
}

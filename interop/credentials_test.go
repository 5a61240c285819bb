package interop

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
)

// commandLine builds gatepass, signs ada in at a stand, and gives the program
// and the environment of her commands.
func commandLine(t *testing.T) (program string, env []string, cfg config, st *gatepasstest.Stand) {
	t.Helper()
	st = stand(t)
	dir := t.TempDir()
	program = filepath.Join(dir, "gatepass")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "./cmd/gatepass")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	env = append(clean(os.Environ()), "HOME="+dir, "GATEPASS_HOME="+filepath.Join(dir, "home"), "GATEPASS_KEYRING=off")
	ids := []string{
		"GATEPASS_ENDPOINT=" + st.URL, "GATEPASS_USER_POOL_ID=" + server.SampleUserPool,
		"GATEPASS_CLIENT_ID=" + server.SampleClient, "GATEPASS_IDENTITY_POOL_ID=" + server.SampleIdentityPool,
	}
	login := exec.Command(program, "login", "ada", "--password-stdin")
	login.Env, login.Stdin = append(env, ids...), strings.NewReader(gatepasstest.Password+"\n")
	if out, err := login.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// What credential_process needs is in the AWS config and not in the environment.
	env = append(env, "AWS_CONFIG_FILE="+filepath.Join(dir, "aws.config"), "GATE="+st.URL)
	write := exec.Command(program, "credentials", "--write-aws-profile", "ada")
	write.Env = append(env, ids...)
	if out, err := write.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program, append(env, "IDS="+strings.Join(ids, "\n")), configOf(st), st
}

// idsOf are the variables that gatepass itself needs.
func idsOf(env []string) []string {
	for _, kv := range env {
		if ids, ok := strings.CutPrefix(kv, "IDS="); ok {
			return strings.Split(ids, "\n")
		}
	}
	return nil
}

// TestCredentialsForAWSCLI: the AWS CLI is ada, by credential_process, and by
// both ways of gatepass exec.
func TestCredentialsForAWSCLI(t *testing.T) {
	need(t, "pip install awscli", "aws")
	program, env, cfg, st := commandLine(t)
	who := []string{"aws", "sts", "get-caller-identity", "--endpoint-url", st.URL, "--output", "json"}
	inside := append(idsOf(env), env...)
	for name, c := range map[string]struct {
		env  []string
		args []string
	}{
		"credential_process": {env, append(who, "--profile", "ada")},
		"exec":               {inside, append([]string{program, "exec", "--"}, who...)},
		"exec over another":  {append(inside, "AWS_PROFILE=nobody", "AWS_ACCESS_KEY_ID=AKIAOLD"), append([]string{program, "exec", "--"}, who...)},
		"exec --server":      {inside, append([]string{program, "exec", "--server", "--"}, who...)},
	} {
		t.Run(name, func(t *testing.T) {
			text := run(t, cfg, c.env, c.args[0], c.args[1:]...)
			var out struct{ Arn string }
			if err := json.Unmarshal([]byte(text), &out); err != nil || !strings.HasSuffix(out.Arn, ":assumed-role/NotesUser/CognitoIdentityCredentials") {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
}

// TestCredentialsForBoto3: the same with boto3, which also asks again by the way
// it was given them.
func TestCredentialsForBoto3(t *testing.T) {
	python := boto3(t)
	program, env, cfg, _ := commandLine(t)
	script := filepath.Join("py", "credentials.py")
	inside := append(idsOf(env), env...)
	t.Log(run(t, cfg, append(env, "WITH_PROFILE=ada"), python, script, "custom-process"))
	t.Log(run(t, cfg, inside, program, "exec", "--", python, script, "env"))
	t.Log(run(t, cfg, inside, program, "exec", "--server", "--", python, script, "container-role"))
}

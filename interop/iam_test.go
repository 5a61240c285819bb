package interop

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/gatepasstest"
)

const accountRoot = "arn:aws:iam::000000000000:"

// iamShell is the AWS CLI at a stand.
type iamShell struct {
	t   *testing.T
	st  *gatepasstest.Stand
	cfg config
	dir string
}

func newIAMShell(t *testing.T) *iamShell {
	t.Helper()
	need(t, "pip install awscli; apt-get install curl", "aws", "curl")
	st := stand(t)
	return &iamShell{t, st, configOf(st), t.TempDir()}
}

func keysOf(id, secret, token string) []string {
	env := []string{"AWS_ACCESS_KEY_ID=" + id, "AWS_SECRET_ACCESS_KEY=" + secret}
	if token != "" {
		env = append(env, "AWS_SESSION_TOKEN="+token)
	}
	return env
}

// aws runs a command as the administrator.
func (s *iamShell) aws(args ...string) map[string]any {
	s.t.Helper()
	text := run(s.t, s.cfg, keysOf(adminKey, adminSecret, ""), "aws", append(args, "--endpoint-url", s.st.URL, "--output", "json")...)
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil && strings.TrimSpace(text) != "" {
		s.t.Fatalf("aws %v printed %q", args, text)
	}
	return out
}

// fails runs a command that must fail with a text.
func (s *iamShell) fails(env []string, want string, args ...string) {
	s.t.Helper()
	cmd := exec.Command("aws", append(args, "--endpoint-url", s.st.URL)...)
	cmd.Env = append(append(clean(os.Environ()), "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_CONFIG_FILE=/nonexistent",
		"AWS_SHARED_CREDENTIALS_FILE=/nonexistent", "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1"), env...)
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), want) {
		s.t.Errorf("aws %v: %v\n%s\nwant %q", args, err, out, want)
	}
}

// file keeps a document for file://.
func (s *iamShell) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return "file://" + path
}

// curl calls the sample API and gives the status.
func (s *iamShell) curl(id, secret, token string) string {
	s.t.Helper()
	args := []string{"-sS", "--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", id + ":" + secret, "-o", "/dev/null", "-w", "%{http_code}", s.st.API + "/notes"}
	if token != "" {
		args = append(args, "-H", "X-Amz-Security-Token: "+token)
	}
	return run(s.t, s.cfg, nil, "curl", args...)
}

func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			list, _ := v.([]any)
			if p >= len(list) {
				return nil
			}
			v = list[p]
		}
	}
	return v
}

const invokeNotes = `{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Notes", "Effect": "Allow", "Action": "execute-api:Invoke",
     "Resource": "arn:aws:execute-api:*:*:notes/prod/GET/notes",
     "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}
  ]
}`

const trustAccount = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + accountRoot + `root"},"Action":"sts:AssumeRole"}]}`

// TestAWSCLIRole: the AWS CLI makes a role, gives it policies, asks the simulator
// about it, uses it at the gate, and revokes its sessions.
func TestAWSCLIRole(t *testing.T) {
	s := newIAMShell(t)
	made := s.aws("iam", "create-role", "--role-name", "Reader", "--path", "/app/", "--assume-role-policy-document", s.file("trust", trustAccount),
		"--description", "reads notes", "--max-session-duration", "7200", "--tags", "Key=team,Value=a b")
	const arn = accountRoot + "role/app/Reader"
	if at(made, "Role", "Arn") != arn {
		t.Fatalf("create-role: %v", made)
	}
	s.fails(keysOf(adminKey, adminSecret, ""), "(EntityAlreadyExists) when calling the CreateRole operation: Role with name reader already exists.",
		"iam", "create-role", "--role-name", "reader", "--assume-role-policy-document", s.file("trust", trustAccount))
	s.aws("iam", "put-role-policy", "--role-name", "Reader", "--policy-name", "notes", "--policy-document", s.file("notes", invokeNotes))
	role := s.aws("iam", "get-role", "--role-name", "Reader")
	if at(role, "Role", "AssumeRolePolicyDocument", "Statement", 0, "Action") != "sts:AssumeRole" || at(role, "Role", "MaxSessionDuration") != 7200.0 ||
		at(role, "Role", "Tags", 0, "Value") != "a b" || at(role, "Role", "Description") != "reads notes" {
		t.Errorf("get-role: %v", role)
	}
	inline := s.aws("iam", "get-role-policy", "--role-name", "Reader", "--policy-name", "notes")
	if at(inline, "PolicyDocument", "Statement", 0, "Sid") != "Notes" {
		t.Errorf("get-role-policy: %v", inline)
	}
	s.simulate(arn)

	creds := at(s.aws("sts", "assume-role", "--role-arn", arn, "--role-session-name", "cli"), "Credentials")
	id, secret, token := at(creds, "AccessKeyId").(string), at(creds, "SecretAccessKey").(string), at(creds, "SessionToken").(string)
	if got := s.curl(id, secret, token); got != "200" {
		t.Fatalf("before the revocation: %s", got)
	}
	revoke := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":{"aws:TokenIssueTime":"` +
		time.Now().Add(time.Second).UTC().Format(time.RFC3339) + `"}}}]}`
	s.aws("iam", "put-role-policy", "--role-name", "Reader", "--policy-name", "AWSRevokeOlderSessions", "--policy-document", s.file("revoke", revoke))
	if got := s.curl(id, secret, token); got != "403" {
		t.Errorf("after the revocation: %s", got)
	}

	s.fails(keysOf(adminKey, adminSecret, ""), "(DeleteConflict) when calling the DeleteRole operation: Cannot delete entity, must delete policies first.",
		"iam", "delete-role", "--role-name", "Reader")
	for _, name := range []string{"notes", "AWSRevokeOlderSessions"} {
		s.aws("iam", "delete-role-policy", "--role-name", "Reader", "--policy-name", name)
	}
	s.aws("iam", "delete-role", "--role-name", "Reader")
	s.fails(keysOf(adminKey, adminSecret, ""), "(NoSuchEntity) when calling the GetRole operation: The role with name Reader cannot be found.",
		"iam", "get-role", "--role-name", "Reader")
}

// simulate asks what the role may do.
func (s *iamShell) simulate(arn string) {
	s.t.Helper()
	const notes, admin = "arn:aws:execute-api:us-east-1:000000000000:notes/prod/GET/notes", "arn:aws:execute-api:us-east-1:000000000000:notes/prod/GET/admin"
	args := []string{"iam", "simulate-principal-policy", "--policy-source-arn", arn, "--action-names", "execute-api:Invoke", "--resource-arns", notes, admin}
	got := s.aws(args...)
	if at(got, "EvaluationResults", 0, "EvalDecision") != "implicitDeny" || at(got, "EvaluationResults", 0, "MissingContextValues", 0) != "aws:RequestedRegion" {
		s.t.Errorf("without context: %v", got)
	}
	got = s.aws(append(args, "--context-entries", "ContextKeyName=aws:RequestedRegion,ContextKeyValues=us-east-1,ContextKeyType=string")...)
	if at(got, "EvaluationResults", 0, "EvalDecision") != "allowed" || at(got, "EvaluationResults", 1, "EvalDecision") != "implicitDeny" {
		s.t.Errorf("simulate-principal-policy: %v", got)
	}
	matched := at(got, "EvaluationResults", 0, "MatchedStatements", 0)
	if at(matched, "SourcePolicyId") != "notes" || at(matched, "StartPosition", "Line") != 4.0 || at(matched, "StartPosition", "Column") != 5.0 || at(matched, "EndPosition", "Line") != 6.0 {
		s.t.Errorf("matched statement: %v", matched)
	}
}

// TestAWSCLIUser: the AWS CLI makes a user with a key, who calls the gate by a
// managed policy, until the key is inactive.
func TestAWSCLIUser(t *testing.T) {
	s := newIAMShell(t)
	arn, _ := at(s.aws("iam", "create-policy", "--policy-name", "Notes", "--policy-document", s.file("notes", invokeNotes)), "Policy", "Arn").(string)
	s.aws("iam", "create-user", "--user-name", "bob")
	key := at(s.aws("iam", "create-access-key", "--user-name", "bob"), "AccessKey")
	id, secret := at(key, "AccessKeyId").(string), at(key, "SecretAccessKey").(string)
	if got := s.curl(id, secret, ""); got != "403" {
		t.Errorf("without a policy: %s", got)
	}
	s.aws("iam", "attach-user-policy", "--user-name", "bob", "--policy-arn", arn)
	if got := s.curl(id, secret, ""); got != "200" {
		t.Errorf("with the policy: %s", got)
	}
	s.fails(keysOf(id, secret, ""), "User: "+accountRoot+"user/bob is not authorized to perform: iam:ListUsers on resource: "+accountRoot+"user/ because no identity-based policy allows the iam:ListUsers action", "iam", "list-users")
	s.aws("iam", "update-access-key", "--user-name", "bob", "--access-key-id", id, "--status", "Inactive")
	if got := s.curl(id, secret, ""); got != "403" {
		t.Errorf("with an inactive key: %s", got)
	}
}

// TestBoto3IAM has boto3 call every operation, and reads what it makes of the
// answers and refusals.
func TestBoto3IAM(t *testing.T) {
	python := boto3(t)
	st := stand(t)
	t.Log(run(t, configOf(st), []string{"ADMIN_KEY=" + adminKey, "ADMIN_SECRET=" + adminSecret}, python, filepath.Join("py", "iam.py")))
}

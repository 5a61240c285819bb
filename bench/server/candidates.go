package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gatepass/gatepass/srp"
)

const (
	users    = 32
	password = "Correct-horse-7"
	pool     = "us-east-1_Bench"
)

// candidate is a server, and how to sign in to it as the n-th user.
type candidate struct {
	name          string
	start         func(users int) *process
	seed          func(p *process, users int) // makes the users, where start cannot
	client        string
	password, srp func(c *candidate, call caller, n int) error
}

func userName(n int) string { return fmt.Sprintf("user%02d@example.com", n%users) }

func buildGatepass(dir string) string {
	bin := filepath.Join(dir, "gatepass")
	build := exec.Command("go", "build", "-o", bin, "./cmd/gatepass")
	build.Dir, build.Stderr = "..", os.Stderr
	check(build.Run())
	return bin
}

// gateYAML writes a configuration with n users.
func gateYAML(dir string, n int) string {
	var b strings.Builder
	b.WriteString("user_pools:\n  - id: " + pool + "\n    clients:\n      - id: bench\n        auth_flows: [ALLOW_USER_SRP_AUTH, ALLOW_USER_PASSWORD_AUTH]\n    users:\n")
	for i := range n {
		fmt.Fprintf(&b, "      - {username: %s, password_env: BENCH_PASSWORD}\n", userName(i))
	}
	file := filepath.Join(dir, fmt.Sprintf("gate%d.yaml", n))
	check(os.WriteFile(file, []byte(b.String()), 0o600))
	return file
}

// newGatepass is gatepass in memory, or on a new SQLite file at each start.
func newGatepass(dir, bin, name, db string) *candidate {
	c := &candidate{name: "gatepass " + name, client: "bench", password: withPassword, srp: withSRP, seed: func(*process, int) {}}
	c.start = func(n int) *process {
		port := freePort()
		args := []string{"serve", "--listen", fmt.Sprintf("127.0.0.1:%d", port), "-c", gateYAML(dir, n)}
		if db != "" {
			old, err := filepath.Glob(filepath.Join(dir, db+"*"))
			check(err)
			for _, f := range old {
				check(os.Remove(f))
			}
			args = append(args, "--db", filepath.Join(dir, db))
		}
		return run(port, dir, []string{"BENCH_PASSWORD=" + password}, bin, args...)
	}
	return c
}

func newCognitoLocal(dir string) *candidate {
	script, err := filepath.Abs(filepath.Join("node_modules", "cognito-local", "lib", "bin", "start.js"))
	check(err)
	if _, err := exec.LookPath("node"); err != nil || !exists(script) {
		fmt.Println("skipped: cognito-local (needs node; cd bench && npm ci)")
		return nil
	}
	c := &candidate{name: "cognito-local", password: withPassword}
	c.start = func(int) *process {
		data := filepath.Join(dir, fmt.Sprintf("cognito-local-%d", time.Now().UnixNano()))
		check(os.Mkdir(data, 0o700))
		port := freePort()
		return run(port, data, []string{fmt.Sprintf("PORT=%d", port), "HOST=127.0.0.1"}, "node", script)
	}
	c.seed = func(p *process, users int) {
		call := newCaller(p.base)
		id := call.field("CreateUserPool", map[string]any{"PoolName": "bench"}, "UserPool", "Id")
		c.client = call.field("CreateUserPoolClient", map[string]any{"UserPoolId": id, "ClientName": "bench", "ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH"}}, "UserPoolClient", "ClientId")
		for n := range users {
			check(call("AdminCreateUser", map[string]any{"UserPoolId": id, "Username": userName(n), "MessageAction": "SUPPRESS"}, nil))
			check(call("AdminSetUserPassword", map[string]any{"UserPoolId": id, "Username": userName(n), "Password": password, "Permanent": true}, nil))
		}
	}
	return c
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

type authAnswer struct {
	AuthenticationResult *struct{ AccessToken string }
	ChallengeParameters  map[string]string
}

func (a authAnswer) signedIn() error {
	if a.AuthenticationResult == nil || a.AuthenticationResult.AccessToken == "" {
		return fmt.Errorf("not signed in: %v", a.ChallengeParameters)
	}
	return nil
}

func withPassword(c *candidate, call caller, n int) error {
	var out authAnswer
	in := map[string]any{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": c.client, "AuthParameters": map[string]string{"USERNAME": userName(n), "PASSWORD": password}}
	if err := call("InitiateAuth", in, &out); err != nil {
		return err
	}
	return out.signedIn()
}

func withSRP(c *candidate, call caller, n int) error {
	client, err := srp.NewClient(random)
	if err != nil {
		return err
	}
	var asked, out authAnswer
	in := map[string]any{"AuthFlow": "USER_SRP_AUTH", "ClientId": c.client, "AuthParameters": map[string]string{"USERNAME": userName(n), "SRP_A": client.A()}}
	if err := call("InitiateAuth", in, &asked); err != nil {
		return err
	}
	p := asked.ChallengeParameters
	_, name, _ := strings.Cut(pool, "_")
	proof, err := client.Claim(srp.Challenge{
		PoolName: name, UserID: p["USER_ID_FOR_SRP"], Salt: p["SALT"], B: p["SRP_B"], SecretBlock: p["SECRET_BLOCK"],
	}, password, time.Now())
	if err != nil {
		return err
	}
	answer := map[string]any{"ChallengeName": "PASSWORD_VERIFIER", "ClientId": c.client, "ChallengeResponses": map[string]string{
		"USERNAME": p["USER_ID_FOR_SRP"], "PASSWORD_CLAIM_SECRET_BLOCK": p["SECRET_BLOCK"],
		"PASSWORD_CLAIM_SIGNATURE": proof.Signature, "TIMESTAMP": proof.Timestamp,
	}}
	if err := call("RespondToAuthChallenge", answer, &out); err != nil {
		return err
	}
	return out.signedIn()
}

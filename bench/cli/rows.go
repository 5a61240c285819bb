package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// serve starts the ready-made gate, signs ada in, and returns what ends it.
func (b *bench) serve() (stop func()) {
	cmd := exec.Command(b.bin, "serve", "--listen", "127.0.0.1:0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	check(err)
	check(cmd.Start())
	b.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "GATEPASS_HOME=" + filepath.Join(b.dir, "home")}
	lines := bufio.NewScanner(out)
	for b.password == "" && lines.Scan() {
		if kv, ok := strings.CutPrefix(lines.Text(), "export "); ok && !strings.HasPrefix(kv, "AWS_") {
			b.env = append(b.env, kv)
		}
		_, b.password, _ = strings.Cut(lines.Text(), "password of ada, shown this once: ")
	}
	b.gatepass("login", "--password-stdin", "ada").with(b.password + "\n").run(b.dir)
	return func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
}

func (b *bench) gatepass(args ...string) command { return command{name: b.bin, args: args, env: b.env} }

func (c command) with(stdin string) command {
	c.stdin = stdin
	return c
}

func (b *bench) api() string {
	for _, kv := range b.env {
		if url, ok := strings.CutPrefix(kv, "GATEPASS_API="); ok {
			return url
		}
	}
	return ""
}

func (b *bench) rows() {
	b.row("--help; a Go program that prints a line", "6 ms", b.gatepass("--help"), &command{name: b.floor})
	b.row("version", "", b.gatepass("version"), nil)
	b.chain() // before there are notes to list
	process := b.gatepass("credentials", "--format", "process")
	if vault, ok := b.awsVault(); ok {
		b.row("credentials from cache; aws-vault export", "0.6", process, &vault)
	} else {
		b.row("credentials from cache", "5 ms", process, nil)
	}
	body := filepath.Join(b.dir, "note.json")
	check(os.WriteFile(body, []byte(`{"content":"`+strings.Repeat("x", 1010)+`"}`), 0o600))
	post := b.gatepass("call", "POST", "/notes", "--data", "@note.json")
	for _, rival := range b.signers(process) {
		b.row("cached POST of 1 KiB; "+rival.name, "0.7", post, &rival.command)
	}
}

// chain is sign-in, credentials and a signed call with nothing cached.
func (b *bench) chain() {
	var all series
	for n := range b.rounds {
		c := b.gatepass("login", "--password-stdin", "ada").with(b.password + "\n")
		c.env = append(c.env, "GATEPASS_HOME="+filepath.Join(b.dir, fmt.Sprint("fresh", n)))
		get := command{name: b.bin, args: []string{"call", "GET", "/notes"}, env: c.env}
		first, mib, _ := c.run(b.dir)
		second, _, _ := get.run(b.dir)
		all.add(first+second, mib)
	}
	fmt.Fprintf(b.out, "sign in (SRP), credentials, signed GET: two processes\t%.1f\t%.1f\t\t\t\t60 ms\t\n", median(all.ms), median(all.mib))
}

// awsVault is aws-vault with its file backend, which holds a key.
func (b *bench) awsVault() (command, bool) {
	if !found("aws-vault") {
		return command{}, false
	}
	config := filepath.Join(b.dir, "aws.ini")
	check(os.WriteFile(config, []byte("[profile bench]\nregion=us-east-1\n"), 0o600))
	c := command{name: "aws-vault", env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "AWS_CONFIG_FILE=" + config, "AWS_VAULT_BACKEND=file",
		"AWS_VAULT_FILE_DIR=" + filepath.Join(b.dir, "aws-vault"), "AWS_VAULT_FILE_PASSPHRASE=bench",
	}}
	add := c
	add.args = []string{"add", "--env", "bench"}
	add.env = append(add.env, "AWS_ACCESS_KEY_ID=AKIABENCHBENCHBENCH1", "AWS_SECRET_ACCESS_KEY=bench-secret")
	add.run(b.dir)
	c.args = []string{"export", "--format=json", "--no-session", "bench"}
	return c, true
}

type rival struct {
	name string
	command
}

// signers are the tools that sign a call with credentials they are given.
func (b *bench) signers(process command) (rivals []rival) {
	var keys struct{ AccessKeyId, SecretAccessKey, SessionToken string } // as AWS spells them
	_, _, out := process.run(b.dir)
	check(json.Unmarshal(out, &keys))
	url := b.api() + "/notes"
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir}
	if found("curl") {
		rivals = append(rivals, rival{"curl --aws-sigv4", command{name: "curl", env: env, args: []string{
			"-s", "-S", "--fail", "-o", os.DevNull, "--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", keys.AccessKeyId + ":" + keys.SecretAccessKey,
			"-H", "X-Amz-Security-Token: " + keys.SessionToken, "-H", "Content-Type: application/json", "--data", "@note.json", url,
		}}})
	}
	if found("awscurl") {
		rivals = append(rivals, rival{"awscurl", command{name: "awscurl", env: append(env, "PYENV_VERSION="+os.Getenv("PYENV_VERSION")), args: []string{
			"--service", "execute-api", "--region", "us-east-1", "--access_key", keys.AccessKeyId, "--secret_key", keys.SecretAccessKey,
			"--session_token", keys.SessionToken, "-X", "POST", "-H", "Content-Type: application/json", "-d", "@note.json", "--fail-with-body", url,
		}}})
	}
	if len(rivals) == 0 {
		fmt.Fprintln(os.Stderr, "skipped: curl, awscurl (not on the PATH)")
	}
	return rivals
}

func found(name string) bool {
	_, err := exec.LookPath(name)
	if err != nil {
		fmt.Fprintf(os.Stderr, "skipped: %s is not on the PATH\n", name)
	}
	return err == nil
}

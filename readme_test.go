package gatepass_test

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// reader runs the commands of README.md in their order, with one built binary
// and a home of its own.
type reader struct {
	t        *testing.T
	bin, dir string
	env      []string
	password string
}

// TestREADME runs every command that README.md shows in an indented block. A
// command it does not know fails, so that none goes untested.
func TestREADME(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: builds and runs the command line")
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	r := &reader{t: t, dir: dir, bin: filepath.Join(dir, "gatepass")}
	if out, err := exec.Command("go", "build", "-o", r.bin, "./cmd/gatepass").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	r.env = append(os.Environ(), "GATEPASS_HOME="+filepath.Join(dir, "home"))
	config := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	if config == nil {
		t.Fatal("README.md shows no gate.yaml")
	}
	if err := os.WriteFile(filepath.Join(dir, "gate.yaml"), config[1], 0o600); err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^    (\S.*)$`).FindAllStringSubmatch(fenceless(string(text)), -1)
	if len(commands) < 8 {
		t.Fatalf("found only %d commands", len(commands))
	}
	for _, c := range commands {
		r.command(c[1])
	}
}

// fenceless leaves out fenced blocks, which hold Go, YAML and the picture.
func fenceless(text string) string {
	return regexp.MustCompile("(?s)```.*?```").ReplaceAllString(text, "")
}

func (r *reader) command(line string) {
	r.t.Helper()
	words := split(strings.Replace(line, "go run ./cmd/gatepass", "gatepass", 1))
	switch {
	case line == "make test":
		return // this test is part of it
	case words[0] != "gatepass":
		r.t.Errorf("README.md shows %q, which this test cannot run", line)
	case words[1] == "serve":
		r.serve(words[1:])
	case words[1] == "login":
		r.run(r.password+"\n", append(words[1:], "--password-stdin")...)
	default:
		r.run("", words[1:]...)
	}
}

// split cuts a command at blanks outside single quotes.
func split(line string) []string {
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

func (r *reader) run(stdin string, args ...string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.bin, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = r.dir, r.env, strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Errorf("gatepass %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// serve starts the server on a free port, takes over what it prints to copy, and
// ends it with the test; it must then end well.
func (r *reader) serve(args []string) {
	r.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	cmd := exec.Command(r.bin, append(args, "--listen", addr)...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stderr = r.dir, r.env, &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			r.t.Errorf("gatepass %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
		}
	})
	if !healthy(addr) {
		r.t.Fatalf("gatepass %s does not answer\n%s", strings.Join(args, " "), stderr.String())
	}
	if len(args) == 1 {
		r.copy(bufio.NewScanner(stdout))
	}
}

func healthy(addr string) bool {
	for range 100 {
		resp, err := http.Get("http://" + addr + "/healthz")
		if err == nil {
			_ = resp.Body.Close()
			return resp.StatusCode == http.StatusOK
		}
		time.Sleep(50 * time.Millisecond) // another process: there is no clock to inject
	}
	return false
}

// copy takes the export lines and the password, as a reader would paste them.
func (r *reader) copy(lines *bufio.Scanner) {
	for lines.Scan() {
		line := lines.Text()
		if kv, ok := strings.CutPrefix(line, "export "); ok {
			r.env = append(r.env, kv)
		}
		if _, p, ok := strings.Cut(line, "password of ada, shown this once: "); ok {
			r.password = p
			return
		}
	}
	r.t.Error("serve printed no password")
}

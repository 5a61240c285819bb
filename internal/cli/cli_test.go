package cli_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatepass/gatepass/internal/cli"
	"github.com/gatepass/gatepass/server/store/storetest"
)

// TestMain makes the test binary be gatepass when a script calls it.
func TestMain(m *testing.M) {
	if strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") != "gatepass" {
		forget()
	}
	testscript.Main(m, map[string]func(){
		"gatepass": func() { os.Exit(cli.Main(os.Args[1:], cli.System())) },
	})
}

// forget leaves the tests none of what whoever runs them has set for gatepass, the
// AWS tools and terminals, nor the keyring.
func forget() {
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		upper := strings.ToUpper(name)
		ours := strings.HasPrefix(upper, "GATEPASS_") && upper != "GATEPASS_REQUIRE" && upper != "GATEPASS_SHARED"
		if ours || strings.HasPrefix(upper, "AWS_") || strings.HasSuffix(upper, "_PROXY") || upper == "NO_COLOR" || strings.HasPrefix(upper, "CLICOLOR") {
			_ = os.Unsetenv(name)
		}
	}
	_ = os.Setenv("DBUS_SESSION_BUS_ADDRESS", noBus)
}

// noBus names a session bus that gatepass does not use.
const noBus = "autolaunch:"

// TestScripts runs the scenarios of testdata, each with a home of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
			e.Setenv("DBUS_SESSION_BUS_ADDRESS", noBus)
			e.Setenv("OWN", storetest.OwnHost())
			e.Values[runningKey{}] = &running{}
			e.Values[proxyKey{}] = &runningProxy{}
			e.Values[socketKey{}] = &socketState{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": serve, "stopserver": stopServer, "exits": exits, "fits": fits, "private": private, "totp": totp, "temporary": temporary, "damage": damage, "none": none,
			"signedcurl": signedCurl, "explains": explains,
			"expand": expand, "startproxy": startProxy, "stopproxy": stopProxy, "fetch": fetch, "adminaddress": adminAddress, "becomesready": becomesReady, "certify": certify,
			"socketserver": startSocketServer, "socketends": socketEnds, "interrupted": interrupted,
		},
	})
}

// running is the server a script has started.
type running struct{ cmd *exec.Cmd }

type runningKey struct{}

// serveEnv is what a server that a script starts sees of the script's environment.
var serveEnv = []string{"HOME", "PATH", "TMPDIR", "XDG_CONFIG_HOME", "ADMIN_SECRET", "ADA_PASSWORD"}

// serve starts gatepass serve on a free port with the arguments, waits for what
// it prints, and leaves that in serve.out, in the environment (with the address
// in $ADDRESS and $PORT), and the password of ada in $PASSWORD and password.txt. The log
// goes to serve.err.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("unsupported: ! serve")
	}
	cmd := exec.Command("gatepass", append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range serveEnv {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	ts.Value(runningKey{}).(*running).cmd = cmd
	learn(ts, launch(ts, cmd, "serve.err"))
}

// launch starts a command that ends with the script, its stderr in the file log,
// and gives what it prints when it is ready, which it prints in one piece.
func launch(ts *testscript.TestScript, cmd *exec.Cmd, log string) string {
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	errs, err := os.Create(ts.MkAbs(log))
	ts.Check(err)
	defer errs.Close()
	cmd.Stderr = errs
	ts.Check(cmd.Start())
	ts.Defer(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	buf := make([]byte, 16<<10)
	n, err := out.Read(buf)
	if err != nil {
		ts.Fatalf("it is not ready: %v\n%s", err, ts.ReadFile(log))
	}
	return string(buf[:n])
}

var (
	exportLine   = regexp.MustCompile(`(?m)^export ([A-Z_]+)=(.+)$`)
	passwordLine = regexp.MustCompile(`(?m)^# the password of ada, shown this once: (.+)$`)
)

func learn(ts *testscript.TestScript, printed string) {
	ts.Check(os.WriteFile(ts.MkAbs("serve.out"), []byte(printed), 0o600))
	for _, m := range exportLine.FindAllStringSubmatch(printed, -1) {
		ts.Setenv(m[1], m[2])
		if address, ok := strings.CutPrefix(m[2], "http://"); ok && m[1] == "GATEPASS_ENDPOINT" {
			ts.Setenv("ADDRESS", address)
			ts.Setenv("PORT", address[strings.LastIndexByte(address, ':')+1:])
		}
	}
	if m := passwordLine.FindStringSubmatch(printed); m != nil {
		ts.Setenv("PASSWORD", m[1])
		ts.Check(os.WriteFile(ts.MkAbs("password.txt"), []byte(m[1]+"\n"), 0o600))
	}
}

// stopServer ends the server as an operator does, and wants exit code 0.
func stopServer(ts *testscript.TestScript, _ bool, _ []string) {
	cmd := ts.Value(runningKey{}).(*running).cmd
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	ts.Check(cmd.Wait())
}

// exits CODE program args... wants that exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		got = e.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// fits FILE LINES COLUMNS wants the file to be no longer and no wider.
func fits(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	height, _ := strconv.Atoi(args[1])
	width, _ := strconv.Atoi(args[2])
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) > height {
		ts.Fatalf("%d lines, over %d", len(lines), height)
	}
	for _, line := range lines {
		if n := utf8.RuneCountInString(line); n > width {
			ts.Fatalf("%d columns, over %d: %s", n, width, line)
		}
	}
	if strings.Contains(text, "\x1b") {
		ts.Fatalf("an escape sequence in %q", text)
	}
}

// expand FILE TO writes the file to another place, with the values of the script's
// variables.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	path := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
	ts.Check(os.WriteFile(path, []byte(text), 0o600))
}

// private PATTERN wants files of that name, which nobody else may read.
func private(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(files) == 0 {
		ts.Fatalf("no %s", args[0])
	}
	for _, f := range files {
		info, err := os.Lstat(f)
		ts.Check(err)
		if info.Mode().Perm() != 0o600 {
			ts.Fatalf("%s has mode %04o", f, info.Mode().Perm())
		}
	}
}

package cli_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatepass/gatepass/internal/cli"
)

// runningProxy is the proxy a script has started.
type runningProxy struct{ cmd *exec.Cmd }

type proxyKey struct{}

// startProxy starts gatepass proxy with the arguments, waits for the address it
// prints, and leaves that in $PROXY. The log goes to proxy.err.
func startProxy(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("unsupported: ! proxy")
	}
	cmd := exec.Command("gatepass", append([]string{"proxy"}, args...)...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), scriptEnv(ts)
	ts.Setenv("PROXY", strings.TrimSpace(launch(ts, cmd, "proxy.err")))
	ts.Value(proxyKey{}).(*runningProxy).cmd = cmd
}

// scriptEnv is the environment of a script.
func scriptEnv(ts *testscript.TestScript) (env []string) {
	for _, name := range []string{
		"HOME", "PATH", "TMPDIR", "XDG_CONFIG_HOME", "GATEPASS_ENDPOINT", "GATEPASS_REGION", "GATEPASS_USER_POOL_ID", "GATEPASS_CLIENT_ID",
		"GATEPASS_IDENTITY_POOL_ID", "GATEPASS_API", "AWS_CA_BUNDLE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
	} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// adminAddress leaves the address that a log names for administration in $ADMIN.
func adminAddress(ts *testscript.TestScript, _ bool, args []string) {
	_, after, ok := strings.Cut(ts.ReadFile(args[0]), `msg="admin is ready" listen=`)
	if !ok {
		ts.Fatalf("%s names none", args[0])
	}
	ts.Setenv("ADMIN", strings.Fields(after)[0])
}

// becomesReady asks the address of administration until it is ready, which takes
// as long as making keys does.
func becomesReady(ts *testscript.TestScript, _ bool, _ []string) {
	for end := time.Now().Add(5 * time.Minute); ; {
		resp, err := http.Get(ts.Getenv("ADMIN") + "/readyz") // answers when it is, or after two seconds
		ts.Check(err)
		ts.Check(resp.Body.Close())
		if resp.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("it is not ready")
		}
	}
}

// certify writes a certificate that is its own authority, for this machine, and
// its key into two files.
func certify(ts *testscript.TestScript, _ bool, args []string) {
	cert, key := cli.SelfSigned(ts.Check, "localhost", "127.0.0.1")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), cert, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), key, 0o600))
}

// stopProxy ends the proxy as an operator does, and wants exit code 0.
func stopProxy(ts *testscript.TestScript, _ bool, _ []string) {
	cmd := ts.Value(proxyKey{}).(*runningProxy).cmd
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	ts.Check(cmd.Wait())
}

// shortPath is another path of a socket, until stop, where its own may be longer than
// the hundred bytes or so that a system takes.
func shortPath(ts *testscript.TestScript, path string) (short string, stop func()) {
	if runtime.GOOS != "linux" {
		return path, func() {}
	}
	dir, err := os.Open(filepath.Dir(path))
	ts.Check(err)
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)), func() { _ = dir.Close() }
}

// fetch [-unix SOCKET] METHOD URL [BODY [HEADER...]] makes a plain request, signed by
// nobody, and writes status and body to stdout.
func fetch(ts *testscript.TestScript, _ bool, args []string) {
	tr := &http.Transport{DisableKeepAlives: true}
	if args[0] == "-unix" {
		socket, stop := shortPath(ts, ts.MkAbs(args[1]))
		defer stop()
		tr.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}
		args = args[2:]
	}
	args = append(args, "")
	r, err := http.NewRequest(args[0], args[1], strings.NewReader(args[2]))
	ts.Check(err)
	for _, line := range args[min(3, len(args)-1) : len(args)-1] {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	r.Host = r.Header.Get("Host")
	resp, err := (&http.Client{Transport: tr, Timeout: 5 * time.Minute}).Do(r)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n%s\n", resp.Status, body)
}

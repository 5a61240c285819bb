package cli_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
)

// gate runs a gate and gives the environment of a user's commands.
func gate(t *testing.T, configure ...func(*server.Server)) (*gatepasstest.Stand, []string) {
	t.Helper()
	st := gatepasstest.New(t, configure...)
	return st, append(os.Environ(), "GATEPASS_HOME="+t.TempDir(), "GATEPASS_ENDPOINT="+st.URL, "GATEPASS_KEYRING=off",
		"GATEPASS_USER_POOL_ID="+server.SampleUserPool, "GATEPASS_CLIENT_ID="+server.SampleClient, "GATEPASS_IDENTITY_POOL_ID="+server.SampleIdentityPool)
}

// signedIn is gate with ada signed in at the command line.
func signedIn(t *testing.T, configure ...func(*server.Server)) (*gatepasstest.Stand, []string) {
	t.Helper()
	st, env := gate(t, configure...)
	st.AddUser("ada")
	if out, code := runWith(env, gatepasstest.Password+"\n", "login", "ada", "--password-stdin"); code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	return st, env
}

// runWith runs gatepass and gives what it printed, and its exit code.
func runWith(env []string, stdin string, args ...string) (string, int) {
	cmd := exec.Command("gatepass", args...)
	cmd.Env, cmd.Stdin = env, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if _, ok := errors.AsType[*exec.ExitError](err); !ok && err != nil {
		return err.Error(), -1
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func glob(ts *testscript.TestScript, pattern string) []string {
	files, err := filepath.Glob(ts.MkAbs(pattern))
	ts.Check(err)
	return files
}

// damage PATTERN changes the last byte of the longest file of that name, which
// is a session and not the key.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	var name string
	var content []byte
	for _, f := range glob(ts, args[0]) {
		b, err := os.ReadFile(f)
		ts.Check(err)
		if len(b) > len(content) {
			name, content = f, b
		}
	}
	if len(content) == 0 {
		ts.Fatalf("no %s", args[0])
	}
	content[len(content)-1] ^= 1
	ts.Check(os.WriteFile(name, content, 0o600))
}

// none PATTERN wants no file of that name.
func none(ts *testscript.TestScript, _ bool, args []string) {
	if files := glob(ts, args[0]); len(files) > 0 {
		ts.Fatalf("there are: %v", files)
	}
}

// want runs gatepass and wants an exit code and a text.
func want(t *testing.T, env []string, code int, text string, args ...string) {
	t.Helper()
	if out, got := runWith(env, "wrong\n", args...); got != code || !strings.Contains(out, text) {
		t.Errorf("gatepass %v: exit code %d, want %d with %q\n%s", args, got, code, text, out)
	}
}

func TestLockedOut(t *testing.T) {
	now := time.Now()
	st, env := gate(t, func(s *server.Server) { s.Now = func() time.Time { return now } }) // the lock lasts a second
	st.AddUser("ada")
	for range 5 {
		want(t, env, 5, "hint: the user name or the password is wrong", "login", "ada", "--password-stdin")
	}
	want(t, env, 5, "hint: too many wrong passwords", "login", "ada", "--password-stdin")
	if out, code := runWith(env, gatepasstest.Password+"\n", "login", "ada", "--password-stdin"); code != 5 {
		t.Errorf("the right password: exit code %d\n%s", code, out)
	}
	st.Advance(time.Hour)
	if out, code := runWith(env, gatepasstest.Password+"\n", "login", "ada", "--password-stdin", "--password-auth"); code != 0 {
		t.Errorf("an hour later: exit code %d\n%s", code, out)
	}
}

func TestRefreshExpired(t *testing.T) {
	st, env := signedIn(t)
	st.Advance(40 * 24 * time.Hour)
	for _, args := range [][]string{{"credentials"}, {"exec", "--", "true"}, {"status", "--check"}, {"exec", "--server", "--", "true"}} {
		want(t, env, 4, "hint: sign in first: gatepass login", args...)
	}
}

// TestSignedOutElsewhere: --check finds out, and keeps what is here.
func TestSignedOutElsewhere(t *testing.T) {
	st, env := signedIn(t)
	other, err := st.NewClient().SignIn(t.Context(), "ada", gatepass.Password(gatepasstest.Password))
	if err != nil {
		t.Fatal(err)
	}
	want(t, env, 0, "NotesUser of account", "status", "--check")
	if err := other.SignOut(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	want(t, env, 0, "ada", "status")
	want(t, env, 4, "hint: sign in first: gatepass login", "status", "--check")
}

// TestProcessesRenewOnce: of six processes that find the tokens run out, one
// renews them, and the credentials.
func TestProcessesRenewOnce(t *testing.T) {
	var mu sync.Mutex
	calls := map[string]int{}
	st, env := gate(t, func(s *server.Server) {
		s.Config.UserPools[0].Clients[0].RotateRefresh, s.Config.UserPools[0].Clients[0].AuthFlows = true, nil
	})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		mu.Lock()
		calls[op]++
		mu.Unlock()
		st.ServeHTTP(w, r)
	}))
	defer front.Close()
	env = append(env, "GATEPASS_ENDPOINT="+front.URL)
	st.AddUser("ada")
	if out, code := runWith(env, gatepasstest.Password+"\n", "login", "ada", "--password-stdin"); code != 0 {
		t.Fatal(out)
	}
	st.Advance(2 * time.Hour)
	printed := make(chan string, 6)
	for range cap(printed) {
		go func() {
			out, code := runWith(env, "", "credentials")
			printed <- fmt.Sprint(code, out)
		}()
	}
	first := <-printed
	for range cap(printed) - 1 {
		if next := <-printed; next != first || !strings.HasPrefix(next, `0{"Version":1,`) {
			t.Errorf("%s\n%s", first, next)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if calls["GetTokensFromRefreshToken"] != 1 || calls["GetCredentialsForIdentity"] != 1 {
		t.Errorf("calls: %v", calls)
	}
}

// TestLockedKeyring: a keyring that does not answer ends a command with the way
// out, and a sign-in takes it. The three seconds are the command's own.
func TestLockedKeyring(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the keyring here is not on a session bus: run this test on Linux")
	}
	t.Parallel()
	_, env := signedIn(t)
	socket := filepath.Join(shortDir(t), "bus")
	l, err := net.Listen("unix", socket) // whose backlog takes connections, and nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	env = append(env, "DBUS_SESSION_BUS_ADDRESS=unix:path="+socket, "GATEPASS_KEYRING=")
	want(t, env, 0, "ada", "status") // its key is in a file

	underKeyring(t, env)
	want(t, env, 1, "hint: unlock the keyring; or gatepass login, which then keeps the key in a file", "credentials")
	out, code := runWith(env, gatepasstest.Password+"\n", "login", "ada", "--password-stdin")
	if code != 0 || !strings.Contains(out, "note: the desktop's keyring (Secret Service) did not answer in time: ") || !strings.Contains(out, "key is in a file (mode 0600)") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	want(t, env, 0, `{"Version":1,`, "credentials")
	want(t, env, 1, "gatepass: the sessions are removed, and their key is not: ", "logout", "--all")
	want(t, env, 4, "nobody", "status")
}

// shortDir is a directory for sockets, whose paths have at most some hundred bytes.
func shortDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if len(dir) < 90 {
		return dir
	}
	dir, err := os.MkdirTemp("/tmp", "bus")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// underKeyring makes the session say that its key is in the keyring.
func underKeyring(t *testing.T, env []string) {
	t.Helper()
	var home string
	for _, kv := range env {
		if dir, ok := strings.CutPrefix(kv, "GATEPASS_HOME="); ok {
			home = dir
		}
	}
	files, err := filepath.Glob(filepath.Join(home, "sessions", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	changed := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > 32 && b[0] == 'f' { // not the key itself
			b[0] = 'k'
			changed++
			if err := os.WriteFile(f, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if changed != 1 {
		t.Fatalf("%d sessions", changed)
	}
}

func TestPassphrase(t *testing.T) {
	st, env := gate(t)
	st.AddUser("ada")
	under := append(env, "GATEPASS_PASSPHRASE=correct horse")
	if out, code := runWith(under, gatepasstest.Password+"\n", "login", "ada", "--password-stdin"); code != 0 || strings.Contains(out, "note") {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	want(t, under, 0, "the key is there under your passphrase", "status")
	want(t, env, 2, "hint: set GATEPASS_PASSPHRASE", "status")
	want(t, append(env, "GATEPASS_PASSPHRASE=wrong"), 2, "the passphrase of the sessions is wrong", "token")
	want(t, env, 0, "note: the user pool was not told", "logout", "--all")
	want(t, env, 4, "nobody", "status")
}

package vault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/internal/vault"
	"github.com/gatepass/gatepass/server"
)

// child runs one of the parts below in a process of its own and gives what it
// printed after the word "says".
func child(t *testing.T, part string, env ...string) string {
	t.Helper()
	return run(t, exec.Command(os.Args[0], childArgs...), part, env...)
}

var childArgs = []string{"-test.run=^TestChild$", "-test.count=1", "-test.v"}

func run(t *testing.T, cmd *exec.Cmd, part string, env ...string) string {
	t.Helper()
	cmd.Env = append(os.Environ(), append(env, "VAULT_PART="+part)...)
	cmd.WaitDelay = time.Minute // for what a child left behind
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", part, err, out)
	}
	_, said, _ := strings.Cut(string(out), "says ")
	said, _, _ = strings.Cut(said, "\n")
	return said
}

// TestChild is the other process of the tests below.
func TestChild(t *testing.T) {
	v := &vault.Vault{Dir: os.Getenv("VAULT_DIR"), SignIn: os.Getenv("VAULT_SIGN_IN") != ""}
	v.Timeout, _ = time.ParseDuration(os.Getenv("VAULT_TIMEOUT"))
	switch os.Getenv("VAULT_PART") {
	case "save":
		if err := v.Save(t.Context(), os.Getenv("VAULT_KEY"), []byte("content")); err != nil {
			t.Fatal(err)
		}
		fmt.Println("says", v.Where(), "|", v.Fallback())
	case "load":
		b, err := v.Load(t.Context(), os.Getenv("VAULT_KEY"))
		fmt.Printf("says %q %v\n", b, errors.Is(err, vault.ErrLocked))
	case "clear":
		fmt.Println("says", v.Clear(t.Context()))
	case "refresh":
		refresh(t, v)
	}
}

// later is a clock at which the tokens of a sign-in have run out.
func later() time.Time { return time.Now().Add(2 * time.Hour) }

func clientOf(url string, store gatepass.Store) *gatepass.Client {
	return &gatepass.Client{
		UserPoolID: server.SampleUserPool, ClientID: server.SampleClient, IdentityPoolID: server.SampleIdentityPool,
		Endpoint: url, Store: store,
	}
}

func refresh(t *testing.T, v *vault.Vault) {
	c := clientOf(os.Getenv("VAULT_URL"), v)
	c.Clock = later
	s, err := c.CurrentUser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(os.Getenv("VAULT_URL") + "/ready")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if _, err := s.Tokens(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestProcessesRefreshOnce: of two processes that find the tokens run out, one
// uses the refresh token, which rotates, and the other takes what it got.
func TestProcessesRefreshOnce(t *testing.T) {
	st := gatepasstest.New(t, func(s *server.Server) {
		s.Config.UserPools[0].Clients[0].RotateRefresh = true
		flows := &s.Config.UserPools[0].Clients[0].AuthFlows
		*flows = []string{"ALLOW_USER_SRP_AUTH"} // a client that rotates has no REFRESH_TOKEN_AUTH
	})
	st.AddUser("ada")
	dir := filepath.Join(t.TempDir(), "sessions")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "autolaunch:")
	var refreshes atomic.Int32
	ready := make(chan bool, 2) // processes that have read the session and are about to refresh
	both := func(ctx context.Context) {
		for range 2 {
			select {
			case <-ready:
			case <-ctx.Done(): // the process gave up, and says why
			}
		}
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ready" {
			ready <- true
			return
		}
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".GetTokensFromRefreshToken") {
			refreshes.Add(1)
			both(r.Context())
		}
		st.ServeHTTP(w, r)
	}))
	defer front.Close()
	if _, err := clientOf(front.URL, &vault.Vault{Dir: dir}).SignIn(t.Context(), "ada", gatepass.Password(gatepasstest.Password)); err != nil {
		t.Fatal(err)
	}
	st.Advance(2 * time.Hour)
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() { child(t, "refresh", "VAULT_DIR="+dir, "VAULT_URL="+front.URL) })
	}
	wait.Wait()
	if n := refreshes.Load(); n != 1 {
		t.Errorf("%d refreshes, want 1", n)
	}
}

func TestProcessesMakeOneKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sessions")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "autolaunch:")
	makeTogether(t, dir)
	for key := range 4 {
		b, err := (&vault.Vault{Dir: dir}).Load(t.Context(), fmt.Sprint(key))
		if err != nil || string(b) != "content" {
			t.Errorf("session %d: %q, %v", key, b, err)
		}
	}
}

func makeTogether(t *testing.T, dir string) {
	var wait sync.WaitGroup
	for key := range 4 {
		wait.Go(func() { child(t, "save", "VAULT_DIR="+dir, fmt.Sprintf("VAULT_KEY=%d", key)) })
	}
	wait.Wait()
}

// TestSilentBus: a session bus that takes connections and never answers holds
// nobody longer than the time-out.
func TestSilentBus(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("the keyring here is not on a session bus: run this test on Linux")
	}
	socket := filepath.Join(shortDir(t), "bus")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	// connections counts those of the child, and one of its own, which comes last.
	connections := func() (n int) {
		mine, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = mine.Write([]byte("last"))
		_ = mine.Close()
		for b := make([]byte, 4); string(b) != "last"; n++ {
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.ReadFull(c, b)
			_ = c.Close()
		}
		return n - 1
	}
	var env []string
	n := 0
	for tries := 0; n == 0 && tries < 20; tries++ { // a process that is not run may let the time pass before it asks
		env = []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=" + socket, "VAULT_DIR=" + filepath.Join(t.TempDir(), "s"), "VAULT_KEY=a", "VAULT_TIMEOUT=2s"}
		said := child(t, "save", append(env, "VAULT_SIGN_IN=1")...)
		if !strings.Contains(said, "a file there") || !strings.Contains(said, "did not answer in time") {
			t.Errorf("a sign-in says %q", said)
		}
		n = connections()
	}
	if n != 1 {
		t.Errorf("%d connections to the bus, want 1", n)
	}
	said := child(t, "load", env...)
	if n := connections(); said != `"content" false` || n != 0 {
		t.Errorf("reading a session under a file says %q after %d connections", said, n)
	}
}

// shortDir is a directory for sockets, whose paths have at most some hundred bytes.
func shortDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if len(dir) < 60 {
		return dir
	}
	dir, err := os.MkdirTemp("/tmp", "vault")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// bus is a session bus that starts nothing by itself.
const bus = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`

// session runs a command beside a keyring, whose password it is given or not.
const session = `
case $1 in
unlocked) printf pw | gnome-keyring-daemon --unlock --foreground --components=secrets >/dev/null 2>&1 & ;;
locked) gnome-keyring-daemon --foreground --components=secrets >/dev/null 2>&1 & ;;
esac
keyring=$!
shift
until dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -q true; do
	kill -0 $keyring || exit 1
done
"$@"
code=$?
kill $keyring
wait $keyring
exit $code
`

// TestGnomeKeyring keeps a key in the real Secret Service, finds it in another
// process, and meets the same keyring locked.
func TestGnomeKeyring(t *testing.T) {
	for _, name := range []string{"dbus-run-session", "gnome-keyring-daemon", "secret-tool"} {
		if _, err := exec.LookPath(name); err != nil && os.Getenv("GATEPASS_REQUIRE") != "all" {
			t.Skipf("%s is not here: apt-get install dbus gnome-keyring libsecret-tools", name)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	home := shortDir(t) // the keyring listens below it
	dir := filepath.Join(home, "s")
	env := []string{
		"HOME=" + home, "XDG_DATA_HOME=" + home + "/data", "XDG_CONFIG_HOME=" + home + "/config", "XDG_CACHE_HOME=" + home + "/cache",
		"XDG_RUNTIME_DIR=" + home, "GNOME_KEYRING_CONTROL=", "VAULT_DIR=" + dir, "VAULT_KEY=a", "VAULT_TIMEOUT=2m",
	}
	config := filepath.Join(home, "bus.conf")
	if err := os.WriteFile(config, []byte(bus), 0o600); err != nil {
		t.Fatal(err)
	}
	onBus := func(how, part string, command []string, more ...string) string {
		t.Helper()
		args := append([]string{"--config-file", config, "--", "sh", "-c", session, "sh", how}, command...)
		return run(t, exec.Command("dbus-run-session", args...), part, append(env, more...)...)
	}
	child := append([]string{os.Args[0]}, childArgs...)
	look := []string{"sh", "-c", `echo says $(secret-tool lookup service gatepass username "$VAULT_DIR")`}
	if said := onBus("unlocked", "save", child); !strings.Contains(said, "keyring") || strings.Contains(said, "file") {
		t.Errorf("saving says %q", said)
	}
	if said := onBus("unlocked", "load", child); said != `"content" false` {
		t.Errorf("loading says %q", said)
	}
	if said := onBus("unlocked", "look", look); len(said) != 44 {
		t.Errorf("secret-tool finds %d bytes, want a key in base64", len(said))
	}
	if said := onBus("locked", "load", child, "VAULT_TIMEOUT=1s"); said != `"" true` {
		t.Errorf("loading from a locked keyring says %q", said)
	}
	if said := onBus("locked", "save", child, "VAULT_TIMEOUT=1s", "VAULT_SIGN_IN=1"); !strings.Contains(said, "a file there") {
		t.Errorf("signing in beside a locked keyring says %q", said)
	}
	if said := onBus("unlocked", "clear", child); said != "<nil>" {
		t.Errorf("clearing says %q", said)
	}
	if said := onBus("unlocked", "look", look); said != "" {
		t.Error("the key is still in the keyring")
	}
}

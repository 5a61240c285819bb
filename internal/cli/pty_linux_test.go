package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/internal/cli"
	"github.com/gatepass/gatepass/server"
)

// typist sits at a pseudo-terminal that a command runs on, and types only when
// it was asked, as type-ahead would be echoed before the command can prevent it.
type typist struct {
	t            *testing.T
	cmd          *exec.Cmd // the shell that the command runs in
	master, stay *os.File
	seen         bytes.Buffer
}

func runOnTerminal(t *testing.T, args ...string) *typist {
	t.Helper()
	return runOnTerminalWith(t, append(os.Environ(), "GATEPASS_HOME="+t.TempDir(), "GATEPASS_ENDPOINT=http://127.0.0.1:1",
		"GATEPASS_USER_POOL_ID=us-east-1_abc", "GATEPASS_CLIENT_ID=abc"), args...)
}

// leader runs a command and stays until the test has read all of it: when the first
// process of a terminal ends, the kernel drops what nobody has read yet.
const leader = `trap : INT; "$@" 3<&-; code=$?; read -r _ <&3; exit $code`

func runOnTerminalWith(t *testing.T, env []string, args ...string) *typist {
	t.Helper()
	master, slave := cli.PseudoTerminal(t)
	defer slave.Close()
	gone, stay, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	cmd := exec.Command("sh", append([]string{"-c", leader, "sh", "gatepass"}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.ExtraFiles = []*os.File{gone}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	cmd.Env = env
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), stay.Close() })
	return &typist{t: t, cmd: cmd, master: master, stay: stay}
}

// await reads until text has been seen.
func (p *typist) await(text string) {
	p.t.Helper()
	buf := make([]byte, 4096)
	for !strings.Contains(p.seen.String(), text) {
		n, err := p.master.Read(buf)
		p.seen.Write(buf[:n])
		if err != nil {
			p.t.Fatalf("%q was not asked for: %v; seen: %q", text, err, p.seen.String())
		}
	}
}

// pass awaits text, and forgets what was seen up to there.
func (p *typist) pass(text string) {
	p.t.Helper()
	p.await(text)
	_, rest, _ := strings.Cut(p.seen.String(), text)
	p.seen.Reset()
	p.seen.WriteString(rest)
}

// awaitEcho waits for the terminal to echo what is typed, or not to.
func (p *typist) awaitEcho(on bool) {
	p.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); {
		tio, err := unix.IoctlGetTermios(int(p.master.Fd()), unix.TCGETS)
		if err != nil {
			p.t.Fatal(err)
		}
		if on == (tio.Lflag&unix.ECHO != 0) {
			return
		}
	}
	p.t.Fatalf("echo did not become %v", on)
}

func (p *typist) write(text string) {
	p.t.Helper()
	if _, err := p.master.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

// exit is the exit code of the command; what was not awaited of it may be lost.
func (p *typist) exit() int {
	_, _ = p.stay.Close(), p.cmd.Wait() // the code says it
	return p.cmd.ProcessState.ExitCode()
}

func TestPasswordIsNotEchoed(t *testing.T) {
	p := runOnTerminal(t, "login", "ada")
	p.await("Password of ada: ")
	p.awaitEcho(false)
	p.write("hunter2\n")
	p.await("connection refused")
	if code := p.exit(); code != 7 {
		t.Errorf("exit code %d, want 7", code)
	}
	if strings.Contains(p.seen.String(), "hunter2") {
		t.Errorf("the password was shown: %q", p.seen.String())
	}
}

func TestEndOfInputEndsPrompt(t *testing.T) {
	p := runOnTerminal(t, "login")
	p.await("User name: ")
	p.write("\x04")
	p.await("gatepass: interrupted")
	if code := p.exit(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
}

// A hidden prompt ends like one that is shown, and gives the terminal its echo back.
func TestHiddenPromptEnds(t *testing.T) {
	for name, key := range map[string]string{"end of input": "\x04", "interrupt": "\x03"} {
		t.Run(name, func(t *testing.T) {
			p := runOnTerminal(t, "login", "ada")
			p.await("Password of ada: ")
			p.awaitEcho(false)
			p.write(key)
			p.await("gatepass: interrupted")
			p.awaitEcho(true)
			if code := p.exit(); code != 130 {
				t.Errorf("exit code %d, want 130", code)
			}
		})
	}
}

// TestExecAtTerminal: Ctrl-C reaches the command once, though two processes are
// in the foreground, and does not end gatepass before it.
func TestExecAtTerminal(t *testing.T) {
	_, env := signedIn(t)
	p := runOnTerminalWith(t, env, "exec", "--server", "--", "sh", "-c", // a shell that waits in read can miss a signal that comes just before
		`trap "caught=1; echo caught" INT; echo ready; i=0; while [ -z "$caught" ] && [ $i -lt 6000 ]; do sleep 0.1; i=$((i+1)); done; read x; echo over; exit 6`)
	p.await("ready")
	p.write("\x03")
	p.await("caught")
	p.write("\n")
	p.await("over")
	if code := p.exit(); code != 6 {
		t.Errorf("exit code %d, want the command's 6", code)
	}
	if n := strings.Count(p.seen.String(), "caught"); n != 1 {
		t.Errorf("the interrupt came %d times: %q", n, p.seen.String())
	}
}

var secretShown = regexp.MustCompile(`or type ([A-Z2-7]{16,})\r\n`)

// enrol types the code that an app would make from what the terminal shows, for
// a time, and gives the secret.
func (p *typist) enrol(at time.Time) string {
	p.t.Helper()
	p.await("Code that the app shows: ")
	m := secretShown.FindStringSubmatch(p.seen.String())
	if m == nil || !strings.Contains(p.seen.String(), "▀") {
		p.t.Fatalf("no secret and picture in %q", p.seen.String())
	}
	digits, err := code(m[1], at)
	if err != nil {
		p.t.Fatal(err)
	}
	p.write(digits + "\n")
	return m[1]
}

// TestEnrolAtTerminal: a pool that demands a second factor has an app enrolled
// in the course of the sign-in, and then codes come from flags, programs and the
// user.
func TestEnrolAtTerminal(t *testing.T) {
	now := time.Now() // codes last for half a minute, and the gate's clock stands still
	st, env := gate(t, func(s *server.Server) {
		s.Config.UserPools[0].MFA, s.Now = "ON", func() time.Time { return now }
	})
	password := gatepasstest.Password + "\n"
	login := func(want int, says string, args ...string) {
		t.Helper()
		out, got := runWith(env, password, append([]string{"login", "ada", "--password-stdin", "--no-prompt"}, args...)...)
		if got != want || !strings.Contains(out, says) {
			t.Errorf("login %v: exit code %d, want %d with %q\n%s", args, got, want, says, out)
		}
	}
	st.AddUser("ada")
	login(2, "MFA_SETUP was not answered: Code that the app shows is not asked for: --no-prompt")
	p := runOnTerminalWith(t, env, "login", "ada")
	p.await("Password of ada: ")
	p.awaitEcho(false)
	p.write(password)
	secret := p.enrol(now)
	p.await("signed in as ada")
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	login(2, "hint: without a terminal use --mfa-code or --mfa-process")
	login(5, "hint: the code is mistyped", "--mfa-code", "12 34")
	login(5, "--mfa-process: exit status 3", "--mfa-process", "exit 3")
	login(2, "exclude each other", "--mfa-process", "exit 3", "--mfa-code", "1")
	digits, err := code(secret, now.Add(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	login(0, "signed in as ada", "--mfa-process", "echo "+digits+"; echo more")
}

// TestTOTPAtTerminal: a signed-in user enrols an app by choice.
func TestTOTPAtTerminal(t *testing.T) {
	now := time.Now()
	_, env := signedIn(t, func(s *server.Server) { s.Now = func() time.Time { return now } })
	if out, code := runWith(env, "", "totp", "--no-prompt"); code != 2 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	p := runOnTerminalWith(t, env, "totp")
	p.await("Code that the app shows: ")
	p.write("1\n")
	p.pass("that code is wrong; try again")
	p.enrol(now)
	p.await("enrolled: the next sign-in asks for a code")
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	out, code := runWith(env, gatepasstest.Password+"\n", "login", "ada", "--password-stdin", "--no-prompt")
	if code != 2 || !strings.Contains(out, "SOFTWARE_TOKEN_MFA") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

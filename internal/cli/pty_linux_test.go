package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// typist sits at a pseudo-terminal that a command runs on, and types only when
// it was asked, as type-ahead would be echoed before the command can prevent it.
type typist struct {
	t      *testing.T
	master *os.File
	seen   bytes.Buffer
}

func runOnTerminal(t *testing.T, args ...string) (*typist, *exec.Cmd) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil && os.Getenv("GATEPASS_REQUIRE") != "all" {
		t.Skipf("no pseudo-terminals: mount devpts to enable this test: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	cmd := exec.Command("gatepass", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	cmd.Env = append(os.Environ(), "GATEPASS_HOME="+t.TempDir(), "GATEPASS_ENDPOINT=http://127.0.0.1:1",
		"GATEPASS_USER_POOL_ID=us-east-1_abc", "GATEPASS_CLIENT_ID=abc")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return &typist{t: t, master: master}, cmd
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

// awaitEcho waits for the terminal to echo what is typed, or not to.
func (p *typist) awaitEcho(on bool) {
	p.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
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

func exitOf(cmd *exec.Cmd) int {
	_ = cmd.Wait() // the code says it
	return cmd.ProcessState.ExitCode()
}

func TestPasswordIsNotEchoed(t *testing.T) {
	p, cmd := runOnTerminal(t, "login", "ada")
	p.await("Password of ada: ")
	p.awaitEcho(false)
	p.write("hunter2\n")
	p.await("connection refused")
	if code := exitOf(cmd); code != 7 {
		t.Errorf("exit code %d, want 7", code)
	}
	if strings.Contains(p.seen.String(), "hunter2") {
		t.Errorf("the password was shown: %q", p.seen.String())
	}
}

func TestInterruptEndsPrompt(t *testing.T) {
	p, cmd := runOnTerminal(t, "login", "ada")
	p.await("Password of ada: ")
	p.awaitEcho(false)
	p.write("\x03")
	p.await("gatepass: interrupted")
	p.awaitEcho(true)
	if code := exitOf(cmd); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
}

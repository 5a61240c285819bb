package kit

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is a child that listens at Base.
type Process struct {
	Base string
	// Lines are what it printed before it was ready, where it says so itself.
	Lines []string
	cmd   *exec.Cmd
}

// Start starts a process and waits until it listens. If base is empty, the first
// n lines it prints say where, the last of them being its URL.
func Start(base string, n int, env []string, name string, args ...string) *Process {
	p := &Process{cmd: exec.Command(name, args...), Base: base}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if base != "" {
		Check(p.cmd.Start())
		p.await()
		return p
	}
	out, err := p.cmd.StdoutPipe()
	Check(err)
	Check(p.cmd.Start())
	in := bufio.NewReader(out)
	for range n {
		line, err := in.ReadString('\n')
		Check(err)
		p.Lines = append(p.Lines, strings.TrimSpace(line))
	}
	p.Base = p.Lines[n-1]
	return p
}

func (p *Process) await() {
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(time.Millisecond) {
		if conn, err := net.Dial("tcp", strings.TrimPrefix(p.Base, "http://")); err == nil {
			_ = conn.Close()
			return
		}
	}
	p.Stop()
	Check(fmt.Errorf("nothing listens at %s", p.Base))
}

// FreePort is a port nobody listens on.
func FreePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	Check(err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Stop kills the process, and then its children, which it can start no more.
func (p *Process) Stop() {
	children := p.family()[1:]
	_ = p.cmd.Process.Kill()
	for _, child := range children {
		_ = syscall.Kill(child, syscall.SIGKILL)
	}
	_ = p.cmd.Wait()
}

// family is the process and its children, if it has any.
func (p *Process) family() []int {
	pid := p.cmd.Process.Pid
	out := []int{pid}
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, child := range strings.Fields(string(text)) {
		n, err := strconv.Atoi(child)
		Check(err)
		out = append(out, n)
	}
	return out
}

// Peak is the most memory that was resident so far, in MiB.
func (p *Process) Peak() float64 { return p.memory("VmHWM:") }

// Resident is the memory that is resident now, in MiB.
func (p *Process) Resident() float64 { return p.memory("VmRSS:") }

func (p *Process) memory(field string) (sum float64) {
	for _, pid := range p.family() {
		text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
		Check(err)
		_, after, _ := strings.Cut(string(text), field)
		kb, err := strconv.Atoi(strings.Fields(after)[0])
		Check(err)
		sum += float64(kb) / 1024
	}
	return sum
}

// CPU is the processor time used so far, in hundredths of a second.
func (p *Process) CPU() (sum time.Duration) {
	for _, pid := range p.family() {
		text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		Check(err)
		f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		user, err := strconv.Atoi(f[11])
		Check(err)
		system, err := strconv.Atoi(f[12])
		Check(err)
		sum += time.Duration(user+system) * 10 * time.Millisecond
	}
	return sum
}

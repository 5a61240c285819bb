package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server under test.
type process struct {
	cmd   *exec.Cmd
	base  string
	begun time.Time
	took  time.Duration // from the start of the process to the first answer
	log   bytes.Buffer
}

func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// run starts a command and waits for its first HTTP answer, whatever it says.
func run(port int, dir string, env []string, name string, args ...string) *process {
	p := &process{base: "http://127.0.0.1:" + strconv.Itoa(port)}
	p.cmd = exec.Command(name, args...)
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), env...)
	p.cmd.Stderr = &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.begun = time.Now()
	check(p.cmd.Start())
	for time.Since(p.begun) < 20*time.Second {
		resp, err := http.Post(p.base+"/", "application/x-amz-json-1.1", strings.NewReader("{}"))
		if err == nil {
			p.took = time.Since(p.begun)
			_ = resp.Body.Close()
			return p
		}
		time.Sleep(time.Millisecond)
	}
	p.stop()
	check(fmt.Errorf("%s does not answer: %s", name, p.log.String()))
	return nil
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-done
	}
	http.DefaultClient.CloseIdleConnections()
}

// rss is the resident memory in MiB.
func (p *process) rss() float64 {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "status"))
	check(err)
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(after)[0])
	check(err)
	return float64(kb) / 1024
}

// cpu is the processor time used so far (in hundredths of a second).
func (p *process) cpu() time.Duration {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "stat"))
	check(err)
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, err := strconv.Atoi(f[11])
	check(err)
	system, err := strconv.Atoi(f[12])
	check(err)
	return time.Duration(user+system) * 10 * time.Millisecond
}

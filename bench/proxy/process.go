package main

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

// process is a child that listens.
type process struct {
	cmd  *exec.Cmd
	base string
}

// candidate is a proxy to measure.
type candidate struct {
	name  string
	host  string // the Host to ask for; empty: that of the proxy
	start func() *process
}

func candidates(o options, back string) []candidate {
	own := func(what string) func() *process {
		return func() *process { return start(what, nil, os.Args[0], "-serve", what, "-up", back) }
	}
	list := []candidate{
		{"ReverseProxy, default", "", own("default")},
		{"ReverseProxy, tuned", "", own("tuned")},
		{"gatepass proxy, signing", "", gatepass(o.dir, back)},
	}
	if o.rival == "" {
		fmt.Println("skipped: aws-sigv4-proxy (name its binary with -sigv4-proxy)")
		return list
	}
	host := strings.TrimPrefix(back, "http://")
	return append(list, candidate{"aws-sigv4-proxy", host, func() *process {
		port := freePort()
		return start(fmt.Sprintf("http://127.0.0.1:%d", port), keys(), o.rival,
			"--name", "execute-api", "--region", "us-east-1", "--upstream-url-scheme", "http", "--port", fmt.Sprintf("127.0.0.1:%d", port), "--host", host)
	}})
}

// gatepass is the command, signing with keys of the environment.
func gatepass(dir, back string) func() *process {
	bin := filepath.Join(dir, "gatepass")
	build := exec.Command("go", "build", "-o", bin, "./cmd/gatepass")
	build.Dir, build.Stderr = "..", os.Stderr
	check(build.Run())
	env := append(keys(), "GATEPASS_HOME="+dir)
	return func() *process {
		return start("", env, bin, "proxy", "--aws-profile", "env", "--upstream", back, "--region", "us-east-1",
			"--listen", "127.0.0.1:0", "--max-body", "1GiB", "--log", "none")
	}
}

// keys are credentials of the usual length, as the environment has them.
func keys() []string {
	return []string{
		"AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
		"AWS_SESSION_TOKEN=" + strings.Repeat("T", 1200),
	}
}

// start starts a process, which says where it listens unless base is a URL.
func start(base string, env []string, name string, args ...string) *process {
	p := &process{cmd: exec.Command(name, args...), base: base}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if !strings.HasPrefix(base, "http://") {
		out, err := p.cmd.StdoutPipe()
		check(err)
		check(p.cmd.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		check(err)
		p.base = strings.TrimSpace(line)
		return p
	}
	check(p.cmd.Start())
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(time.Millisecond) {
		if conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://")); err == nil {
			_ = conn.Close()
			return p
		}
	}
	p.stop()
	check(fmt.Errorf("%s does not listen", name))
	return nil
}

func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (p *process) stop() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// peak is the most memory that was resident so far, in MiB.
func (p *process) peak() float64 {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "status"))
	check(err)
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(after)[0])
	check(err)
	return float64(kb) / 1024
}

// cpu is the processor time used so far.
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

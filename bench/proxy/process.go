package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/gatepass/gatepass/bench/kit"
)

func candidates(dir, rival, back string) []kit.Candidate {
	own := func(what string) func() *kit.Process {
		return func() *kit.Process { return kit.Child(what, back) }
	}
	list := []kit.Candidate{
		{Name: "ReverseProxy, default", Start: own("default")},
		{Name: "ReverseProxy, tuned", Start: own("tuned")},
		{Name: "gatepass proxy, signing", Start: gatepass(dir, back)},
	}
	if rival == "" {
		fmt.Println("skipped: aws-sigv4-proxy (name its binary with -sigv4-proxy)")
		return list
	}
	host := strings.TrimPrefix(back, "http://")
	return append(list, kit.Candidate{Name: "aws-sigv4-proxy", Host: host, Start: func() *kit.Process {
		port := kit.FreePort()
		return kit.Start(fmt.Sprintf("http://127.0.0.1:%d", port), 0, keys(), rival,
			"--name", "execute-api", "--region", "us-east-1", "--upstream-url-scheme", "http", "--port", fmt.Sprintf("127.0.0.1:%d", port), "--host", host)
	}})
}

// gatepass is the command, signing with keys of the environment.
func gatepass(dir, back string) func() *kit.Process {
	bin := filepath.Join(dir, "gatepass")
	build := exec.Command("go", "build", "-o", bin, "./cmd/gatepass")
	build.Dir, build.Stderr = "..", os.Stderr
	kit.Check(build.Run())
	env := append(keys(), "GATEPASS_HOME="+dir)
	return func() *kit.Process {
		return kit.Start("", 1, env, bin, "proxy", "--aws-profile", "env", "--upstream", back, "--region", "us-east-1",
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

// Command gate measures a signed GET through the gate to a backend on loopback,
// beside the same forwarding without authentication, a tuned
// httputil.ReverseProxy, a handler on a bare Transport, and nginx, which only
// forward; each is a process of its own and gets the same bytes, in turn within
// every round. Backend and load generator share the machine's processors with it.
// Then: what a policy costs, credentials for identities, and connections that do
// nothing.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gatepass/gatepass/bench/kit"
)

type options struct {
	rounds int
	span   time.Duration
	idle   int
	serve  string
	up     string
	dir    string
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 7, "rounds; the medians are over them")
	flag.DurationVar(&o.span, "span", 2*time.Second, "length of a load run")
	flag.IntVar(&o.idle, "idle", 10_000, "connections that do nothing; each takes two file descriptors of this machine")
	flag.StringVar(&o.serve, "serve", "", "be one of the processes (used by the program itself)")
	flag.StringVar(&o.up, "up", "", "base URL of the backend, with -serve")
	flag.Parse()
	if o.serve != "" {
		kit.Check(serve(o.serve, o.up))
		return
	}
	kit.Main(func() { measure(o) })
}

func measure(o options) {
	var err error
	o.dir, err = os.MkdirTemp("", "gatepass-bench")
	kit.Check(err)
	defer os.RemoveAll(o.dir)
	back := kit.Start("", 1, nil, os.Args[0], "-serve", "backend")
	defer back.Stop()
	fmt.Printf("%d processors, shared by load, gate and backend; medians of %d rounds (least to most); ratio: of each round's pair with the first\n", runtime.NumCPU(), o.rounds)
	kit.Rounds(candidates(o, back.Base), o.rounds, func(c kit.Candidate) []kit.Figure { return load(c, o.span) })
	own := []kit.Candidate{{Name: "gate", Start: child("gate", back.Base)}}
	kit.Rounds(own, 3, func(c kit.Candidate) []kit.Figure { return credentials(c, o.span) })
	kit.Rounds(own, 3, func(c kit.Candidate) []kit.Figure { return idle(c, o.idle) })
	policies()
}

func child(what, back string) func() *kit.Process {
	return func() *kit.Process { return kit.Start("", 1, nil, os.Args[0], "-serve", what, "-up", back) }
}

func candidates(o options, back string) []kit.Candidate {
	list := []kit.Candidate{
		{Name: open, Start: child("gate", back)},
		{Name: signed, Start: child("gate", back)},
		{Name: "ReverseProxy, tuned", Start: child("tuned", back)},
		{Name: "handler and Transport", Start: child("bare", back)},
	}
	path, err := exec.LookPath("nginx")
	if err != nil {
		fmt.Println("skipped: nginx (apt-get install nginx-light)")
		return list
	}
	return append(list, kit.Candidate{Name: "nginx", Start: func() *kit.Process { return nginx(path, o.dir, back) }})
}

// nginx forwards with a pool of connections, two workers and no log.
func nginx(path, dir, back string) *kit.Process {
	port := kit.FreePort()
	conf := filepath.Join(dir, "nginx.conf")
	kit.Check(os.WriteFile(conf, fmt.Appendf(nil, nginxConf, dir, back[len("http://"):], port), 0o600))
	return kit.Start(fmt.Sprintf("http://127.0.0.1:%d", port), 0, nil, path, "-c", conf, "-p", dir)
}

const nginxConf = `daemon off; worker_processes 2; pid %[1]s/nginx.pid; error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  upstream back { server %[2]s; keepalive 256; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:%[3]d; keepalive_requests 1000000;
    location / { proxy_pass http://back; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`

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

	"github.com/gatepass/gatepass/bench/kit"
)

func main() {
	n := flag.Int("idle", 10_000, "connections that do nothing; each takes two file descriptors of this machine")
	kit.Forwarding(7, "gate", serve, func(o kit.Options, back string) { measure(o, back, *n) })
}

func measure(o kit.Options, back string, connections int) {
	kit.Rounds(candidates(o, back), o.Rounds, func(c kit.Candidate) []kit.Figure { return load(c, o.Span) })
	own := []kit.Candidate{{Name: "gate", Start: child("gate", back)}}
	kit.Rounds(own, 3, func(c kit.Candidate) []kit.Figure { return credentials(c, o.Span) })
	kit.Rounds(own, 3, func(c kit.Candidate) []kit.Figure { return idle(c, connections) })
	policies()
}

func child(what, back string) func() *kit.Process {
	return func() *kit.Process { return kit.Child(what, back) }
}

func candidates(o kit.Options, back string) []kit.Candidate {
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
	return append(list, kit.Candidate{Name: "nginx", Start: func() *kit.Process { return nginx(path, o.Dir, back) }})
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

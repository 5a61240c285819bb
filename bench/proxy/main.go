// Command proxy measures gatepass proxy beside httputil.ReverseProxy, which
// signs nothing, with the default transport and with a tuned pool, and beside
// aws-sigv4-proxy where -sigv4-proxy names its binary. Each is a process of its own
// on loopback, in front of the same backend, in turn within every round; backend
// and load generator share the machine's processors with it.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/gatepass/gatepass/bench/kit"
)

type options struct {
	rounds int
	span   time.Duration
	rival  string
	serve  string
	up     string
	dir    string
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 5, "rounds; the medians are over them")
	flag.DurationVar(&o.span, "span", 2*time.Second, "length of a load run")
	flag.StringVar(&o.rival, "sigv4-proxy", "", "binary of aws-sigv4-proxy to measure too")
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
	list := candidates(o, back.Base)
	fmt.Printf("%d processors, shared by load, proxy and backend; medians of %d rounds (least to most); ratio: of each round's pair with the first\n", runtime.NumCPU(), o.rounds)
	kit.Rounds(list, o.rounds, func(c kit.Candidate) []kit.Figure { return load(c, o.span) })
	kit.Rounds(list, 3, large)
}

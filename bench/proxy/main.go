// Command proxy measures gatepass proxy beside httputil.ReverseProxy, which
// signs nothing, with the default transport and with a tuned pool, and beside
// aws-sigv4-proxy where -sigv4-proxy names its binary. Each is a process of its own
// on loopback, in front of the same backend, in turn within every round; backend
// and load generator share the machine's processors with it.
package main

import (
	"flag"

	"github.com/gatepass/gatepass/bench/kit"
)

func main() {
	rival := flag.String("sigv4-proxy", "", "binary of aws-sigv4-proxy to measure too")
	kit.Forwarding(5, "proxy", serve, func(o kit.Options, back string) {
		list := candidates(o.Dir, *rival, back)
		kit.Rounds(list, o.Rounds, func(c kit.Candidate) []kit.Figure { return load(c, o.Span) })
		kit.Rounds(list, 3, large)
	})
}

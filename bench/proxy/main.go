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
	"slices"
	"time"
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
		check(serve(o.serve, o.up))
		return
	}
	runtime.LockOSThread() // children end with the thread that started them
	if err := measure(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// failure is what check panics with, so that children are ended.
type failure struct{ error }

func check(err error) {
	if err != nil {
		panic(failure{err})
	}
}

// figure is one thing measured.
type figure struct {
	name  string
	value float64
}

func measure(o options) (err error) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			err = f.error
		}
	}()
	o.dir, err = os.MkdirTemp("", "gatepass-bench")
	check(err)
	defer os.RemoveAll(o.dir)
	back := start("backend", nil, os.Args[0], "-serve", "backend")
	defer back.stop()
	list := candidates(o, back.base)
	fmt.Printf("%d processors, shared by load, proxy and backend; medians of %d rounds (least to most); ratio: of each round's pair with the first\n", runtime.NumCPU(), o.rounds)
	rounds(list, o.rounds, func(c candidate) []figure { return load(c, o.span) })
	rounds(list, 3, large)
	return nil
}

// rounds measures every candidate in each round, and prints what the rounds say.
func rounds(list []candidate, n int, what func(candidate) []figure) {
	all := make([][][]figure, len(list)) // by candidate and round
	for range n {
		for i, c := range list {
			all[i] = append(all[i], what(c))
		}
	}
	for i, c := range list {
		for f, first := range all[i][0] {
			var values, ratios []float64
			for r := range n {
				values = append(values, all[i][r][f].value)
				ratios = append(ratios, all[i][r][f].value/all[0][r][f].value)
			}
			fmt.Printf("%-24s %-34s %10.1f  (%.1f to %.1f)  ratio %.2f\n", c.name, first.name, median(values), slices.Min(values), slices.Max(values), median(ratios))
		}
	}
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

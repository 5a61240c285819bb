// Command server measures the gatepass server beside cognito-local, each a
// process of its own on loopback, in turn within every round. The load generator
// shares the machine's processors with the server under test.
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
	rounds, slices int
	span           time.Duration
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 5, "rounds; the medians are over them")
	flag.DurationVar(&o.span, "span", 10*time.Second, "length of a load run")
	flag.IntVar(&o.slices, "slices", 6, "load runs one after another on one process, to see a decline; 0 leaves them out")
	flag.Parse()
	runtime.LockOSThread() // servers end with the thread that started them
	if err := measure(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// failure is what check panics with, so that servers and files are cleared away.
type failure struct{ error }

func check(err error) {
	if err != nil {
		panic(failure{err})
	}
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
	dir, err := os.MkdirTemp("", "gatepass-bench")
	check(err)
	defer os.RemoveAll(dir)
	bin := buildGatepass(dir)
	list := []*candidate{newGatepass(dir, bin, "memory", ""), newGatepass(dir, bin, "sqlite", "gate.db")}
	if c := newCognitoLocal(dir); c != nil {
		list = append(list, c)
	}
	fmt.Printf("%d processors, shared by server and load generator; medians of %d rounds; ratio: of each round's pair with the last\n", runtime.NumCPU(), o.rounds)
	rounds(list, o.rounds, starts)
	rounds(list, o.rounds, func(c *candidate) []figure { return load(c, o.span) })
	if o.slices > 0 {
		rounds(list, 1, func(c *candidate) []figure { return endurance(c, o) })
	}
	return nil
}

// figure is one thing measured.
type figure struct {
	name  string
	value float64
}

// rounds measures every candidate in each round, and prints what the rounds say.
func rounds(list []*candidate, n int, what func(*candidate) []figure) {
	all := make([][][]figure, len(list)) // by candidate and round
	for range n {
		for i, c := range list {
			all[i] = append(all[i], what(c))
		}
	}
	last := all[len(all)-1]
	for i, c := range list {
		for f, first := range all[i][0] {
			var values, ratios []float64
			for r := range n {
				values = append(values, all[i][r][f].value)
				if f < len(last[r]) && last[r][f].name == first.name {
					ratios = append(ratios, all[i][r][f].value/last[r][f].value)
				}
			}
			fmt.Printf("%-16s %-52s %8.1f  (%.1f to %.1f)", c.name, first.name, median(values), slices.Min(values), slices.Max(values))
			if len(ratios) == n && i < len(list)-1 {
				fmt.Printf("  ratio %.3f", median(ratios))
			}
			fmt.Println()
		}
	}
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

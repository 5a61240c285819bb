// Command bench measures gatepass's kernels beside what a user would pick
// instead. Both sides of a row run in turn, several rounds, in one process; the
// table shows medians and the ratio of each round's pair.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
	"text/tabwriter"
)

// row is one comparison: theirs over ours is what is wanted to be large.
type row struct {
	what         string
	ours, theirs func(b *testing.B)
	goal         string
}

func main() {
	testing.Init()
	rounds := flag.Int("rounds", 7, "rounds of each row")
	flag.Parse()
	if err := flag.Set("test.benchtime", "200ms"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "what\tours ns\tallocs\tother ns\tallocs\tratio\tgoal\t")
	for _, r := range append(signing(), passwords()...) {
		measure(w, r, *rounds)
	}
	w.Flush()
	foreignSRP()
}

func measure(w *tabwriter.Writer, r row, rounds int) {
	var ours, theirs []testing.BenchmarkResult
	var ratios []float64
	for range rounds {
		a, b := testing.Benchmark(r.ours), testing.Benchmark(r.theirs)
		ours, theirs = append(ours, a), append(theirs, b)
		ratios = append(ratios, float64(b.NsPerOp())/float64(a.NsPerOp()))
	}
	slices.Sort(ratios)
	a, b := median(ours), median(theirs)
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%.2f\t%s\t\n", r.what, a.NsPerOp(), a.AllocsPerOp(), b.NsPerOp(), b.AllocsPerOp(), ratios[len(ratios)/2], r.goal)
}

func median(list []testing.BenchmarkResult) testing.BenchmarkResult {
	slices.SortFunc(list, func(a, b testing.BenchmarkResult) int { return int(a.NsPerOp() - b.NsPerOp()) })
	return list[len(list)/2]
}

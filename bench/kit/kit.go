// Package kit is what the measuring commands share: processes with their costs,
// rounds in turn, and a load generator that takes little of the machine.
package kit

import (
	"fmt"
	"os"
	"runtime"
	"slices"
)

// failure is what Check panics with, so that children are ended.
type failure struct{ error }

// Check ends the measurement if err is not nil.
func Check(err error) {
	if err != nil {
		panic(failure{err})
	}
}

// Main runs a measurement on a thread of its own: children end with the thread
// that started them. It exits 1 if a Check failed.
func Main(measure func()) {
	runtime.LockOSThread()
	if err := caught(measure); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func caught(measure func()) (err error) {
	defer func() {
		r := recover()
		if f, ok := r.(failure); ok {
			err = f.error
		} else if r != nil {
			panic(r)
		}
	}()
	measure()
	return nil
}

// Figure is one thing measured.
type Figure struct {
	Name  string
	Value float64
}

// Candidate is a server to measure, each time in a process of its own.
type Candidate struct {
	Name  string
	Host  string // to ask for; empty: its own address
	Start func() *Process
}

// Rounds measures every candidate in each round and prints medians, spreads, and
// the median of the rounds' ratios to the first candidate.
func Rounds(list []Candidate, n int, what func(Candidate) []Figure) {
	all := make([][][]Figure, len(list)) // by candidate and round
	for range n {
		for i, c := range list {
			all[i] = append(all[i], what(c))
		}
	}
	for i, c := range list {
		for f, first := range all[i][0] {
			var values, ratios []float64
			for r := range n {
				values = append(values, all[i][r][f].Value)
				ratios = append(ratios, all[i][r][f].Value/all[0][r][f].Value)
			}
			fmt.Printf("%-26s %-34s %10.1f  (%.1f to %.1f)  ratio %.2f\n", c.Name, first.Name, Median(values), slices.Min(values), slices.Max(values), Median(ratios))
		}
	}
}

// Median is the middle of a list.
func Median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

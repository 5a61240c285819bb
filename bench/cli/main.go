// Command cli measures the gatepass command line as whole processes, beside what
// a user would pick instead: aws-vault for credentials, curl --aws-sigv4 and
// awscurl for a signed call. The commands of a row run in turn; the table shows
// medians, and the median of the rounds' ratios.
//
// The rivals are looked for on the PATH; a row without its rival says so.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 31, "runs of each command")
	flag.Parse()
	runtime.LockOSThread() // the gate ends with the thread that started it
	dir, err := os.MkdirTemp("", "gatepass-bench")
	check(err)
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, bin: build(dir, "gatepass", "..", "./cmd/gatepass"), floor: build(dir, "floor", ".", "./cli/floor"), rounds: *rounds, out: tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)}
	defer b.serve()()
	fmt.Fprintln(b.out, "what\tgatepass ms\tMiB\tother ms\tMiB\tratio\tgoal\t")
	b.rows()
	check(b.out.Flush())
	info, err := os.Stat(b.bin)
	check(err)
	fmt.Printf("stripped binary: %.1f MB (goal 16)\n", float64(info.Size())/1e6)
}

type bench struct {
	dir, bin string
	floor    string // the program that does nothing
	rounds   int
	env      []string // of a user's terminal
	password string
	out      *tabwriter.Writer
}

// command is a process as a user starts it.
type command struct {
	name  string
	args  []string
	env   []string
	stdin string
}

// run runs the command once and gives its wall time and its peak memory in MiB.
func (c command) run(dir string) (time.Duration, float64, []byte) {
	cmd := exec.Command(c.name, c.args...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, c.env, strings.NewReader(c.stdin), &out, &errs
	begun := time.Now()
	err := cmd.Run()
	took := time.Since(begun)
	if err != nil {
		check(fmt.Errorf("%s %s: %w\n%s%s", c.name, strings.Join(c.args, " "), err, out.Bytes(), errs.Bytes()))
	}
	return took, float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) / 1024, out.Bytes()
}

type series struct {
	ms, mib []float64
}

func (s *series) add(took time.Duration, mib float64) {
	s.ms, s.mib = append(s.ms, took.Seconds()*1e3), append(s.mib, mib)
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// row measures ours, and theirs if there is one, in turn.
func (b *bench) row(what, goal string, ours command, theirs *command) {
	var a, o series
	var ratios []float64
	for n := range b.rounds + 2 {
		ta, ma, _ := ours.run(b.dir)
		var to time.Duration
		var mo float64
		if theirs != nil {
			to, mo, _ = theirs.run(b.dir)
		}
		if n < 2 {
			continue // the first runs fill caches
		}
		a.add(ta, ma)
		o.add(to, mo)
		ratios = append(ratios, ta.Seconds()/max(to.Seconds(), 1e-9))
	}
	if theirs == nil {
		fmt.Fprintf(b.out, "%s\t%.1f\t%.1f\t\t\t\t%s\t\n", what, median(a.ms), median(a.mib), goal)
		return
	}
	fmt.Fprintf(b.out, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.2f\t%s\t\n", what, median(a.ms), median(a.mib), median(o.ms), median(o.mib), median(ratios), goal)
}

// build builds the program of a package, from the module in the directory from, as
// it is released.
func build(dir, name, from, pkg string) string {
	bin := filepath.Join(dir, name)
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", bin, pkg)
	cmd.Dir, cmd.Stderr, cmd.Env = from, os.Stderr, append(os.Environ(), "CGO_ENABLED=0")
	check(cmd.Run())
	return bin
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

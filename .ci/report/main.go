// Command report reads the events of `go test -json` on standard input and
// prints what a person needs: a line for each package, the whole output of what
// failed, and every skipped check with the reason it gave. It exits 1 when
// anything failed, or, with GATEPASS_REQUIRE=all, when anything was skipped.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

type report struct {
	output                  map[string][]string
	parents                 map[string]bool
	skips                   []string
	passed, failed, skipped int
	broken                  bool
}

func main() {
	r := report{output: map[string][]string{}, parents: map[string]bool{}}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text()) // not an event: the go command speaks
			continue
		}
		r.take(e)
	}
	os.Exit(r.close())
}

func (r *report) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		r.output[key] = append(r.output[key], e.Output)
	case "build-output":
		fmt.Print(e.Output)
	case "build-fail":
		r.broken = true
	case "pass", "fail", "skip":
		r.end(e, key)
		delete(r.output, key)
	}
}

func (r *report) end(e event, key string) {
	if e.Test == "" {
		r.endPackage(e, key)
		return
	}
	switch e.Action {
	case "pass":
		r.passed++
	case "fail":
		r.failed++
		fmt.Printf("FAIL %s %s\n%s", e.Package, e.Test, strings.Join(r.output[key], ""))
	case "skip":
		r.skip(e.Test, reason(r.output[key]))
	}
}

// skip notes a skipped check. What -short leaves out was run without it.
func (r *report) skip(test, why string) {
	if strings.HasPrefix(why, "-short") {
		return
	}
	r.skipped++
	r.skips = append(r.skips, test+": "+why)
}

func (r *report) endPackage(e event, key string) {
	switch e.Action {
	case "fail":
		r.broken = true
		fmt.Printf("FAIL %s\n%s", e.Package, strings.Join(r.output[key], ""))
	case "pass":
		fmt.Printf("ok   %s %.1fs\n", e.Package, e.Elapsed)
	}
}

// reason is what the test said when it skipped, without the file position.
func reason(lines []string) string {
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if _, text, ok := strings.Cut(l, ".go:"); ok {
			if _, text, ok = strings.Cut(text, ": "); ok {
				return text
			}
		}
	}
	return "no reason given"
}

func (r *report) close() int {
	if len(r.skips) > 0 {
		fmt.Println("\nSkipped on this machine (.ci/run installs what is missing):")
		for _, s := range r.skips {
			fmt.Println("  " + s)
		}
	}
	fmt.Printf("\n%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	if r.failed > 0 || r.broken {
		return 1
	}
	if r.skipped > 0 && os.Getenv("GATEPASS_REQUIRE") == "all" {
		fmt.Println("GATEPASS_REQUIRE=all: a skipped check is a failure")
		return 1
	}
	return 0
}

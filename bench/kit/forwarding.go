package kit

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

// Options are the flags of the commands that measure what forwards.
type Options struct {
	Rounds int
	Span   time.Duration
	Dir    string // for files; removed at the end
}

// Forwarding runs a command that measures what forwards to a backend on loopback,
// with the flags it has set; where the command was started with -serve it is one
// of the processes instead. between is what stands between load and backend.
func Forwarding(rounds int, between string, serve func(what, up string) error, measure func(o Options, back string)) {
	var o Options
	flag.IntVar(&o.Rounds, "rounds", rounds, "rounds; the medians are over them")
	flag.DurationVar(&o.Span, "span", 2*time.Second, "length of a load run")
	what := flag.String("serve", "", "be one of the processes (used by the program itself)")
	up := flag.String("up", "", "base URL of the backend, with -serve")
	flag.Parse()
	if *what != "" {
		Check(serve(*what, *up))
		return
	}
	Main(func() {
		var err error
		o.Dir, err = os.MkdirTemp("", "gatepass-bench")
		Check(err)
		defer os.RemoveAll(o.Dir)
		back := Child("backend", "")
		defer back.Stop()
		fmt.Printf("%d processors, shared by load, %s and backend; medians of %d rounds (least to most); ratio: of each round's pair with the first\n", runtime.NumCPU(), between, o.Rounds)
		measure(o, back.Base)
	})
}

// Child starts this program as one of its processes, in front of up.
func Child(what, up string) *Process {
	return Start("", 1, nil, os.Args[0], "-serve", what, "-up", up)
}

// Command server measures the gatepass server beside cognito-local, each a
// process of its own on loopback, in turn. The load generator shares the
// machine's processors with the server under test.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 5, "cold starts of each")
	span := flag.Duration("span", 10*time.Second, "length of a load run")
	long := flag.Duration("long", 0, "length of a run in slices of -span, to see a decline; 0 leaves it out")
	flag.Parse()
	dir, err := os.MkdirTemp("", "gatepass-bench")
	check(err)
	defer os.RemoveAll(dir)
	list := []*candidate{newGatepass(dir, "memory", ""), newGatepass(dir, "sqlite", "gate.db")}
	if c := newCognitoLocal(dir); c != nil {
		list = append(list, c)
	}
	coldStarts(list, *rounds)
	for _, c := range list {
		load(c, *span, *long)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func coldStarts(list []*candidate, rounds int) {
	times := map[string][]time.Duration{}
	memory := map[string][]float64{}
	for range rounds {
		for _, c := range list {
			p := c.start(false)
			times[c.name] = append(times[c.name], p.took)
			time.Sleep(2 * time.Second) // background work of the start ends
			memory[c.name] = append(memory[c.name], p.rss())
			p.stop()
		}
	}
	for _, c := range list {
		slices.Sort(times[c.name])
		slices.Sort(memory[c.name])
		fmt.Printf("%-16s cold start to the first answer %4d ms   idle memory %5.1f MiB   (medians of %d)\n",
			c.name, times[c.name][rounds/2].Milliseconds(), memory[c.name][rounds/2], rounds)
	}
}

func load(c *candidate, span, long time.Duration) {
	p := c.start(true)
	defer p.stop()
	c.seed(p)
	rate := signIns(c, p, span, c.password)
	fmt.Printf("%-16s password sign-ins, 8 connections: %6.1f/s   memory after %5.1f MiB\n", c.name, rate, p.rss())
	if c.srp != nil {
		before := p.cpu()
		rate = signIns(c, p, span, c.srp)
		per := (p.cpu() - before).Seconds() / (rate * span.Seconds())
		floor := cryptoFloor()
		fmt.Printf("%-16s verified SRP sign-ins, 8 connections: %6.1f/s   server CPU %.2f ms each, of which cryptography %.2f ms (%.0f %%)\n",
			c.name, rate, per*1e3, floor*1e3, 100*floor/per)
	}
	for done := time.Duration(0); done < long; done += span {
		fmt.Printf("%-16s password sign-ins, second %v: %6.1f/s\n", c.name, done+span, signIns(c, p, span, c.password))
	}
}

package main

import (
	"fmt"
	"syscall"
	"time"
)

// starts measures a start with one user. The first sign-in includes the making of
// the pool's RSA keys, or at cognito-local the calls that make pool and user: its
// RSA key comes with the package.
func starts(c *candidate) []figure {
	p := c.start(1)
	defer p.stop()
	c.seed(p, 1)
	check(c.password(c, newCaller(p.base), 0))
	signedIn := time.Since(p.begun)
	time.Sleep(2 * time.Second) // background work of the start ends
	idle := p.rss()
	signInTimes(c, p, 1000)
	return []figure{
		{"start to first answer, ms", p.took.Seconds() * 1e3},
		{"start to first password sign-in, ms", signedIn.Seconds() * 1e3},
		{"memory 2 s after the first sign-in, MiB", idle},
		{"memory after 1,000 more, MiB", p.rss()},
	}
}

// load measures a fresh process. The load generator's own share of an SRP sign-in,
// the client's exponentiations, is stated as its processor time.
func load(c *candidate, span time.Duration) []figure {
	p := c.start(users)
	defer p.stop()
	c.seed(p, users)
	out := []figure{{"password sign-ins/s, 8 connections", signIns(c, p, span, c.password)}}
	if c.srp == nil {
		return out
	}
	server, client := p.cpu(), ownCPU()
	rate := signIns(c, p, span, c.srp)
	n := rate * span.Seconds() / 1e3
	server, client = p.cpu()-server, ownCPU()-client
	floor := cryptoFloor() * 1e3
	per := server.Seconds() / n
	return append(
		out,
		figure{"verified SRP sign-ins/s, 8 connections", rate},
		figure{"  server CPU of each, ms", per},
		figure{"  client CPU of each, ms", client.Seconds() / n},
		figure{"  cryptography alone, CPU ms", floor},
		figure{"  share of the server's CPU in cryptography, %", 100 * floor / per},
	)
}

func endurance(c *candidate, o options) []figure {
	p := c.start(users)
	defer p.stop()
	c.seed(p, users)
	var out []figure
	for i := range o.slices {
		rate := signIns(c, p, o.span, c.password)
		out = append(out, figure{fmt.Sprintf("password sign-ins/s up to second %.0f", float64(i+1)*o.span.Seconds()), rate})
	}
	return append(out, figure{"memory then, MiB", p.rss()})
}

// ownCPU is the processor time the load generator has used.
func ownCPU() time.Duration {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const connections = 32

// load posts 1 KiB over 32 connections and over one.
func load(c candidate, span time.Duration) []figure {
	p := c.start()
	defer p.stop()
	_ = post(p, c.host, connections, span/4) // warm
	cpu := p.cpu()
	many := post(p, c.host, connections, span)
	cpu = p.cpu() - cpu
	one := post(p, c.host, 1, span/2)
	return []figure{
		{"POST 1 KiB at 32, req/s", float64(len(many)) / span.Seconds()},
		{"  CPU of the proxy, us/request", float64(cpu.Microseconds()) / float64(len(many))},
		{"  p50, ms", at(many, 50)},
		{"  p99, ms", at(many, 99)},
		{"  one connection, p50, us", 1e3 * at(one, 50)},
		{"  peak memory, MiB", p.peak()},
	}
}

func at(list []time.Duration, percent int) float64 {
	slices.Sort(list)
	return float64(list[len(list)*percent/100].Microseconds()) / 1e3
}

// post sends the same request again and again, and gives how long each took. It is
// written out by hand, so that the generator takes little of the machine.
func post(p *process, host string, conns int, span time.Duration) []time.Duration {
	addr := strings.TrimPrefix(p.base, "http://")
	text := fmt.Appendf(nil, "POST /notes?a=1 HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nUser-Agent: bench\r\nAccept: */*\r\nContent-Length: 1024\r\n\r\n%s",
		cmp.Or(host, addr), bytes.Repeat([]byte("a"), 1024))
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var wg sync.WaitGroup
	end := time.Now().Add(span)
	for range conns {
		wg.Go(func() {
			took, err := repeat(addr, text, end)
			mu.Lock()
			defer mu.Unlock()
			all, failed = append(all, took...), errors.Join(failed, err)
		})
	}
	wg.Wait()
	check(failed)
	return all
}

func repeat(addr string, text []byte, end time.Time) (took []time.Duration, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for begun := time.Now(); begun.Before(end); {
		if _, err := conn.Write(text); err != nil {
			return took, err
		}
		if err := answer(in); err != nil {
			return took, err
		}
		now := time.Now()
		took = append(took, now.Sub(begun))
		begun = now
	}
	return took, nil
}

// answer reads one answer of a known length.
func answer(in *bufio.Reader) error {
	length := -1
	for n := 0; ; n++ {
		line, err := in.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case n == 0 && !bytes.Contains(line, []byte(" 200 ")):
			rest, _ := in.Peek(in.Buffered())
			return fmt.Errorf("%s%s", line, rest)
		case len(line) > 16 && bytes.EqualFold(line[:15], []byte("content-length:")):
			if _, err := fmt.Sscan(string(line[15:]), &length); err != nil {
				return err
			}
		case len(line) <= 2:
			if length < 0 {
				return errors.New("an answer without a length")
			}
			_, err := in.Discard(length)
			return err
		}
	}
}

const big = 256 << 20

// large moves 256 MiB either way, each through a fresh process, and events.
func large(c candidate) []figure {
	var out []figure
	p := c.start()
	begun := time.Now()
	send(p, c, http.MethodPost, "/notes", io.LimitReader(zeros{}, big), big)
	out = append(out, figure{"upload 256 MiB, s", time.Since(begun).Seconds()}, figure{"  peak memory, MiB", p.peak()})
	p.stop()

	p = c.start()
	defer p.stop()
	first, took := send(p, c, http.MethodGet, fmt.Sprintf("/bytes/%d", big), nil, 0)
	out = append(
		out,
		figure{"download 256 MiB, s", took.Seconds()}, figure{"  first byte, ms", first.Seconds() * 1e3},
		figure{"  peak memory, MiB", p.peak()},
	)
	first, _ = send(p, c, http.MethodGet, "/events", nil, 0)
	return append(out, figure{"event stream, first byte, ms", first.Seconds() * 1e3})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// send makes one request, and says when the first and the last byte came.
func send(p *process, c candidate, method, path string, body io.Reader, size int64) (first, last time.Duration) {
	r, err := http.NewRequest(method, p.base+path, body)
	check(err)
	r.Host, r.ContentLength = c.host, size
	begun := time.Now()
	resp, err := http.DefaultTransport.RoundTrip(r)
	check(err)
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 1)); err != nil || resp.StatusCode != http.StatusOK {
		check(fmt.Errorf("%s %s%s: %s %w", method, c.name, path, resp.Status, err))
	}
	first = time.Since(begun)
	_, err = io.Copy(io.Discard, resp.Body)
	check(err)
	return first, time.Since(begun)
}

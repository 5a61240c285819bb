package kit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// Load sends the same request again and again over some connections, and gives
// how long each took.
func Load(base string, text []byte, conns int, span time.Duration) []time.Duration {
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var wg sync.WaitGroup
	end := time.Now().Add(span)
	for range conns {
		wg.Go(func() {
			took, err := repeat(strings.TrimPrefix(base, "http://"), text, end)
			mu.Lock()
			defer mu.Unlock()
			all, failed = append(all, took...), errors.Join(failed, err)
		})
	}
	wg.Wait()
	Check(failed)
	return all
}

// Forward measures a process that forwards a request: over 32 connections, and
// over one. Name says what is sent.
func Forward(p *Process, name string, text []byte, span time.Duration) []Figure {
	const connections = 32
	_ = Load(p.Base, text, connections, span/4) // warm
	cpu := p.CPU()
	many := Load(p.Base, text, connections, span)
	cpu = p.CPU() - cpu
	one := Load(p.Base, text, 1, span/2)
	return []Figure{
		{name + " at 32, req/s", float64(len(many)) / span.Seconds()},
		{"  its CPU, us/request", float64(cpu.Microseconds()) / float64(len(many))},
		{"  p50, ms", At(many, 50)},
		{"  p99, ms", At(many, 99)},
		{"  one connection, p50, us", 1e3 * At(one, 50)},
		{"  peak memory, MiB", p.Peak()},
	}
}

// At is a percentile in milliseconds.
func At(list []time.Duration, percent int) float64 {
	slices.Sort(list)
	return float64(list[len(list)*percent/100].Microseconds()) / 1e3
}

func repeat(addr string, text []byte, end time.Time) (took []time.Duration, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for begun := time.Now(); begun.Before(end); {
		if err := Once(conn, in, text); err != nil {
			return took, err
		}
		now := time.Now()
		took = append(took, now.Sub(begun))
		begun = now
	}
	return took, nil
}

// Once sends a request and reads its answer, which must be 200 and of a known
// length.
func Once(conn net.Conn, in *bufio.Reader, text []byte) error {
	if _, err := conn.Write(text); err != nil {
		return err
	}
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

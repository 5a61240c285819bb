package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gatepass/gatepass/bench/kit"
)

// load posts 1 KiB over 32 connections and over one.
func load(c kit.Candidate, span time.Duration) []kit.Figure {
	p := c.Start()
	defer p.Stop()
	text := request(cmp.Or(c.Host, strings.TrimPrefix(p.Base, "http://")))
	return kit.Forward(p, "POST 1 KiB", text, span)
}

// request is a POST of 1 KiB.
func request(addr string) []byte {
	return fmt.Appendf(nil, "POST /notes?a=1 HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nUser-Agent: bench\r\nAccept: */*\r\nContent-Length: 1024\r\n\r\n%s",
		addr, bytes.Repeat([]byte("a"), 1024))
}

const big = 256 << 20

// large moves 256 MiB either way, each through a fresh process, and events.
func large(c kit.Candidate) []kit.Figure {
	var out []kit.Figure
	p := c.Start()
	begun := time.Now()
	send(p, c, http.MethodPost, "/notes", io.LimitReader(zeros{}, big), big)
	out = append(out, kit.Figure{Name: "upload 256 MiB, s", Value: time.Since(begun).Seconds()}, kit.Figure{Name: "  peak memory, MiB", Value: p.Peak()})
	p.Stop()

	p = c.Start()
	defer p.Stop()
	first, took := send(p, c, http.MethodGet, fmt.Sprintf("/bytes/%d", big), nil, 0)
	out = append(
		out,
		kit.Figure{Name: "download 256 MiB, s", Value: took.Seconds()}, kit.Figure{Name: "  first byte, ms", Value: first.Seconds() * 1e3},
		kit.Figure{Name: "  peak memory, MiB", Value: p.Peak()},
	)
	first, _ = send(p, c, http.MethodGet, "/events", nil, 0)
	return append(out, kit.Figure{Name: "event stream, first byte, ms", Value: first.Seconds() * 1e3})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// send makes one request, and says when the first and the last byte came.
func send(p *kit.Process, c kit.Candidate, method, path string, body io.Reader, size int64) (first, last time.Duration) {
	r, err := http.NewRequest(method, p.Base+path, body)
	kit.Check(err)
	r.Host, r.ContentLength = c.Host, size
	begun := time.Now()
	resp, err := http.DefaultTransport.RoundTrip(r)
	kit.Check(err)
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 1)); err != nil || resp.StatusCode != http.StatusOK {
		kit.Check(fmt.Errorf("%s %s%s: %s %w", method, c.Name, path, resp.Status, err))
	}
	first = time.Since(begun)
	_, err = io.Copy(io.Discard, resp.Body)
	kit.Check(err)
	return first, time.Since(begun)
}

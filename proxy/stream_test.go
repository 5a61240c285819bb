package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/proxy"
)

// TestEventsArriveAtOnce holds that each event is there before the next is made.
func TestEventsArriveAtOnce(t *testing.T) {
	next := make(chan string)
	up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		for event := range next {
			fmt.Fprintf(w, "data: %s\n\n", event)
			_ = http.NewResponseController(w).Flush()
		}
	})
	front := serve(t, up.URL)
	resp, err := http.DefaultClient.Do(request(t, "GET", front.URL, "")) // the headers are here without an event
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	for i := range 10 {
		event := strconv.Itoa(i)
		next <- event
		line, err := in.ReadString('\n')
		if err != nil || line != "data: "+event+"\n" {
			t.Fatalf("event %d: %q %v", i, line, err)
		}
		_, _ = in.ReadString('\n')
	}
	close(next)
	if _, err := in.ReadString('\n'); err != io.EOF {
		t.Errorf("the end: %v", err)
	}
}

// sums hashes what it gets and answers with the sum.
func sums(w http.ResponseWriter, r *http.Request) {
	d := sha256.New()
	n, err := io.Copy(d, r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "%d %x %s", n, d.Sum(nil), strings.Join(r.TransferEncoding, ","))
}

// TestBodies holds that bodies of every size, in memory and in a file, with and
// without a length, arrive whole and with the right hash.
func TestBodies(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(sums))
	defer up.Close()
	for mode, want := range map[proxy.Payload]string{proxy.PayloadSigned: "", proxy.PayloadUnsigned: "chunked"} {
		front := serve(t, up.URL, func(p *proxy.Proxy) { p.Payload = mode })
		for _, size := range []int{0, 1, 511, 512, 64 << 10, 1<<20 - 1, 1 << 20, 1<<20 + 1, 5 << 20} {
			data := make([]byte, size)
			fill := rand.NewChaCha8([32]byte{byte(size)})
			_, _ = fill.Read(data)
			for _, known := range []bool{true, false} {
				r := request(t, "POST", front.URL, string(data))
				if !known && size > 0 {
					r.ContentLength = -1
				}
				encoding := ""
				if !known && size > 0 {
					encoding = want
				}
				_, got := do(t, r)
				sum := sha256.Sum256(data)
				if text := fmt.Sprintf("%d %x %s", size, sum, encoding); got != text {
					t.Errorf("payload %v, %d bytes, length known %v: %q, want %q", mode, size, known, got, text)
				}
			}
		}
	}
}

// TestPayloadFollowsTheClient holds what PayloadAuto makes of the client's own
// X-Amz-Content-Sha256.
func TestPayloadFollowsTheClient(t *testing.T) {
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Amz-Content-Sha256"))
	}))
	defer echo.Close()
	hash := hex.EncodeToString(make([]byte, 32))
	for _, c := range []struct {
		service, said, want string
		mode                proxy.Payload
		status              int
	}{
		{"lambda", "", "", proxy.PayloadAuto, 200},
		{"lambda", hash, "", proxy.PayloadAuto, 200},
		{"lambda", "UNSIGNED-PAYLOAD", "UNSIGNED-PAYLOAD", proxy.PayloadAuto, 200},
		{"execute-api", "UNSIGNED-PAYLOAD", "", proxy.PayloadAuto, 200},
		{"s3", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", proxy.PayloadAuto, 200},
		{"s3", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "", proxy.PayloadAuto, 400},
		{"lambda", "UNSIGNED-PAYLOAD", "", proxy.PayloadSigned, 200},
		{"lambda", hash, "UNSIGNED-PAYLOAD", proxy.PayloadUnsigned, 200},
		{"s3", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "", proxy.PayloadSigned, 400},
	} {
		front := serve(t, echo.URL, func(p *proxy.Proxy) { p.Upstream.Service, p.Payload = c.service, c.mode })
		r := request(t, "PUT", front.URL, "body")
		r.Header.Set("X-Amz-Content-Sha256", c.said)
		resp, got := do(t, r)
		if resp.StatusCode != c.status || c.status == 200 && got != c.want {
			t.Errorf("%s, %q, mode %d: %d %q, want %d %q", c.service, c.said, c.mode, resp.StatusCode, got, c.status, c.want)
		}
	}
}

func TestMaxBody(t *testing.T) {
	up := newUpstream(t, nil)
	for _, mode := range []proxy.Payload{proxy.PayloadSigned, proxy.PayloadUnsigned} {
		front := serve(t, up.URL, func(p *proxy.Proxy) { p.MaxBody, p.Payload = 1<<10, mode })
		for _, known := range []bool{true, false} {
			r := request(t, "POST", front.URL, strings.Repeat("a", 1<<10+1))
			if !known {
				r.ContentLength = -1
			}
			resp, body := do(t, r)
			if resp.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(body, "over 1 KiB") {
				t.Errorf("mode %d, length known %v: %d %s", mode, known, resp.StatusCode, body)
			}
		}
	}
	front := serve(t, up.URL, func(p *proxy.Proxy) { p.MaxBody = 1 << 10 })
	if resp, body := do(t, request(t, "POST", front.URL, strings.Repeat("a", 1<<10))); resp.StatusCode != 200 {
		t.Errorf("a body of the limit: %d %s", resp.StatusCode, body)
	}
}

// TestBrokenAnswers holds that an answer that breaks off does so for the client too,
// and is not taken for a whole one.
func TestBrokenAnswers(t *testing.T) {
	for name, head := range map[string]string{
		"length":  "Content-Length: 100\r\n\r\nhalf",
		"chunked": "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			front := serve(t, "http://"+canned(t, "HTTP/1.1 200 OK\r\n"+head))
			resp, err := http.DefaultClient.Do(request(t, "POST", front.URL, "x"))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%q, %v", b, err)
			}
		})
	}
}

// TestBrokenUpstreams holds what the client hears of an upstream without an answer.
func TestBrokenUpstreams(t *testing.T) {
	const nobody = "127.0.0.1:1" // a port that the system gives to no other test
	for name, addr := range map[string]string{"nobody listens": nobody, "closes": canned(t, ""), "no HTTP": canned(t, "SSH-2.0-x\r\n")} {
		front := serve(t, "http://"+addr, func(p *proxy.Proxy) { p.Retries = -1 })
		resp, body := do(t, request(t, "POST", front.URL, "x"))
		if resp.StatusCode != http.StatusBadGateway || !strings.Contains(body, `{"message":"gatepass proxy: no answer of the upstream`) {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
}

// canned answers every connection with a text, after the head of a request, and
// closes it.
func canned(t *testing.T, answer string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(conn, answer)
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = ln.Close(); <-done })
	return ln.Addr().String()
}

// TestClientLeaves holds that the upstream's work ends when nobody waits for it, and
// that the proxy does not count it as refused.
func TestClientLeaves(t *testing.T) {
	begun, over := make(chan struct{}), make(chan struct{})
	up := newUpstream(t, func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
		close(over)
	})
	var p *proxy.Proxy
	front := serve(t, up.URL, func(made *proxy.Proxy) { p = made })
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", front.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-begun; cancel() }()
	if _, err := http.DefaultClient.Do(r); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	<-over
	front.CloseClientConnections()
	front.Close() // waits for the handler
	if text := metrics(t, p); !strings.Contains(text, `requests_total{code="499"} 1`) || !strings.Contains(text, "refused_total 0\n") {
		t.Errorf("%s", text)
	}
}

func TestTrailersAndHead(t *testing.T) {
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("X-Sum", "5")
		w.Header().Set(http.TrailerPrefix+"X-Late", "6")
	})
	front := serve(t, up.URL)
	resp, body := do(t, request(t, "GET", front.URL, ""))
	if body != "body" || resp.Trailer.Get("X-Sum") != "5" || resp.Trailer.Get("X-Late") != "6" {
		t.Errorf("%q with trailers %v", body, resp.Trailer)
	}
	plain := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("a"), 100)) })
	if resp, body := do(t, request(t, "HEAD", serve(t, plain.URL).URL, "")); resp.ContentLength != 100 || body != "" {
		t.Errorf("HEAD: length %d, body %q", resp.ContentLength, body)
	}
}

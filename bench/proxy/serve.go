package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gatepass/gatepass/bench/kit"
)

// serve is one of the processes; it prints where it listens.
func serve(what, up string) error {
	var h http.Handler
	switch what {
	case "backend":
		h = backend()
	case "default", "tuned":
		h = kit.Reverse(up, what == "tuned")
	}
	return kit.Serve(h)
}

// backend answers 27 bytes; or what the path asks for: bytes, or events.
func backend() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"message":"hello, world!"}`)
	})
	mux.HandleFunc("/bytes/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.PathValue("n"))
		w.Header().Set("Content-Length", strconv.Itoa(n))
		buf := make([]byte, 64<<10)
		for ; n > 0; n -= len(buf) {
			_, _ = w.Write(buf[:min(n, len(buf))])
		}
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 10 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
			time.Sleep(100 * time.Millisecond)
		}
	})
	return mux
}

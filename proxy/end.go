package proxy

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// end counts and logs the exchange.
func (x *exchange) end() {
	if x.opened {
		defer x.p.sockets.under.Done()
	}
	took := time.Since(x.begun)
	x.p.metrics.count(x, took)
	if x.p.Log == nil {
		return
	}
	level := slog.LevelInfo
	if x.err != nil || x.status >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	if ctx := x.r.Context(); x.p.Log.Enabled(ctx, level) {
		x.p.Log.LogAttrs(ctx, level, "request", x.attrs(took)...)
	}
}

// attrs are what may be in a log: no query and no header, which can hold secrets.
func (x *exchange) attrs(took time.Duration) []slog.Attr {
	path, _, _ := strings.Cut(x.r.RequestURI, "?")
	attrs := append(
		make([]slog.Attr, 0, 10),
		slog.String("method", x.r.Method), slog.String("path", path), slog.Int("status", x.status),
		slog.Float64("ms", float64(took.Microseconds())/1e3), slog.Int64("in", x.in.Load()), slog.Int64("out", x.out),
	)
	if x.target.route != nil {
		attrs = append(attrs, slog.String("upstream", x.target.host))
	}
	if x.attempts > 1 {
		attrs = append(attrs, slog.Int("attempts", x.attempts))
	}
	if x.id != "" {
		attrs = append(attrs, slog.String("request_id", x.id))
	}
	if x.err != nil {
		attrs = append(attrs, slog.String("error", x.err.Error()))
	}
	return attrs
}

// sizeText is a number of bytes for people.
func sizeText(n int64) string {
	for _, unit := range []string{"bytes", "KiB", "MiB", "GiB"} {
		if n < 1<<10 || n%(1<<10) != 0 || unit == "GiB" {
			return fmt.Sprint(n, " ", unit)
		}
		n >>= 10
	}
	return ""
}

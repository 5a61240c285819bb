package curl

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// writeOut prints the format of -w, if there is one.
func (c *Client) writeOut(a *Answer, d *Delivery, s Streams, failed error) error {
	format := c.Output.WriteOut
	if name, ok := strings.CutPrefix(format, "@"); ok {
		b, err := os.ReadFile(name)
		if err != nil {
			return errorf("--write-out: %v", err)
		}
		format = string(b)
	}
	w := &reporter{c: c, a: a, d: d, s: s, failed: failed, out: s.Out}
	w.print(format)
	return wrapWrite(w.err)
}

// reporter prints a --write-out.
type reporter struct {
	c      *Client
	a      *Answer
	d      *Delivery
	s      Streams
	failed error
	out    io.Writer
	err    error
}

func (w *reporter) text(s string) {
	if _, err := io.WriteString(w.out, s); err != nil && w.err == nil {
		w.err = err
	}
}

// said writes what may be the server's word.
func (w *reporter) said(s string) { w.text(string(w.s.safe(s))) }

func (w *reporter) print(f string) {
	for f != "" {
		i := strings.IndexAny(f, `%\`)
		if i < 0 || i+1 == len(f) {
			w.text(f)
			return
		}
		w.text(f[:i])
		f = f[i:]
		switch {
		case f[0] == '\\':
			w.text(escapeOf(f[:2]))
			f = f[2:]
		case f[1] == '%':
			w.text("%")
			f = f[2:]
		default:
			f = w.variable(f)
		}
	}
}

func escapeOf(s string) string {
	switch s[1] {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 'r':
		return "\r"
	}
	return s
}

// variable prints %{name} or %header{name} at the start of f and gives the rest.
func (w *reporter) variable(f string) string {
	kind, rest, ok := strings.Cut(f[1:], "{")
	name, after, closed := strings.Cut(rest, "}")
	if !ok || !closed || kind != "" && kind != "header" {
		w.text("%")
		return f[1:]
	}
	if kind == "header" {
		w.said(w.a.Header.Get(name))
		return after
	}
	switch name {
	case "stderr":
		w.out = w.s.Err
	case "stdout":
		w.out = w.s.Out
	case "onerror":
		if w.failed == nil {
			return ""
		}
	case "json":
		w.json()
	case "header_json":
		w.headerJSON()
	default:
		w.known(name)
	}
	return after
}

func (w *reporter) known(name string) {
	v, ok := w.values()[name]
	if !ok {
		fmt.Fprintf(w.s.Err, "gatepass: unknown --write-out variable: '%s'\n", name)
		return
	}
	switch v := v.(type) {
	case string:
		w.said(v)
	case httpStatus:
		w.text(fmt.Sprintf("%03d", v))
	case int:
		w.text(strconv.Itoa(v))
	case int64:
		w.text(strconv.FormatInt(v, 10))
	case seconds6:
		w.text(v.String())
	}
}

// httpStatus is a status as curl prints it: 000 where there was no answer.
type httpStatus int

// seconds6 is a time as curl prints it.
type seconds6 time.Duration

func (s seconds6) String() string { return strconv.FormatFloat(time.Duration(s).Seconds(), 'f', 6, 64) }

// MarshalJSON gives a number.
func (s seconds6) MarshalJSON() ([]byte, error) { return []byte(s.String()), nil }

// values are curl's variables. Those about things that gatepass has not are left
// out.
func (w *reporter) values() map[string]any {
	a, t := w.a, &w.a.Times
	t.mu.Lock()
	defer t.mu.Unlock()
	remoteIP, remotePort, _ := net.SplitHostPort(t.remote)
	localIP, localPort, _ := net.SplitHostPort(t.local)
	total := t.since(t.end)
	v := map[string]any{
		"http_code": httpStatus(a.StatusCode), "response_code": httpStatus(a.StatusCode), "http_version": version(a.Response),
		"method": a.method, "url": w.c.URL, "url_effective": a.Request.URL.String(), "scheme": a.Request.URL.Scheme,
		"content_type": a.Header.Get("Content-Type"), "filename_effective": w.d.File, "redirect_url": "",
		"num_redirects": a.Redirects, "num_retries": a.Retries, "num_headers": headerCount(a.Header), "num_connects": 1,
		"size_download": w.d.Size, "size_upload": a.Uploaded, "size_header": len(headerText(a.Response)),
		"speed_download": rate(w.d.Size, total), "speed_upload": rate(a.Uploaded, total),
		"remote_ip": remoteIP, "remote_port": intOf(remotePort), "local_ip": localIP, "local_port": intOf(localPort),
		"time_namelookup": seconds6(t.since(t.dns)), "time_connect": seconds6(t.since(t.connect)), "time_appconnect": seconds6(t.since(t.app)),
		"time_pretransfer": seconds6(t.since(t.pretransfer)), "time_starttransfer": seconds6(t.since(t.firstByte)),
		"time_redirect": seconds6(t.redirect), "time_total": seconds6(total),
		"exitcode": 0, "errormsg": "", "ssl_verify_result": 0,
	}
	if to := a.RedirectURL(); to != nil {
		v["redirect_url"] = to.String()
	}
	if w.failed != nil {
		v["errormsg"], v["exitcode"] = w.failed.Error(), w.exitCode()
	}
	return v
}

func (w *reporter) exitCode() int {
	switch _, status := w.failed.(refused); {
	case status:
		return 22
	case w.c.ExitCode != nil:
		return w.c.ExitCode(w.failed)
	}
	return 1
}

func version(r *http.Response) string {
	if r.ProtoMajor != 1 {
		return strconv.Itoa(r.ProtoMajor)
	}
	return fmt.Sprintf("%d.%d", r.ProtoMajor, r.ProtoMinor)
}

func headerCount(h http.Header) int {
	n := 0
	for _, v := range h {
		n += len(v)
	}
	return n
}

func rate(n int64, d time.Duration) int64 { return int64(float64(n) / max(d.Seconds(), 1e-6)) }

func intOf(s string) int {
	n, _ := strconv.Atoi(s) // "" is 0, as in curl
	return n
}

func (w *reporter) json() {
	b, err := json.Marshal(w.values())
	if err != nil {
		w.err = err
		return
	}
	w.said(string(b))
}

func (w *reporter) headerJSON() {
	h := map[string][]string{}
	for key, v := range w.a.Header {
		h[strings.ToLower(key)] = v
	}
	b, err := json.MarshalIndent(h, "", "")
	if err != nil {
		w.err = err
		return
	}
	w.said(string(b))
}

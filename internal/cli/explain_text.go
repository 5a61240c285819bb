package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gatepass/gatepass/internal/curl"
	"github.com/gatepass/gatepass/internal/explain"
)

// maxReports is how many refusals of one recording are written out as text.
const maxReports = 10

// writeReports writes the reports for a person.
func (a *app) writeReports(reports []explained) error {
	w := reportWriter{color: a.color(a.io.Out)}
	for i, r := range reports {
		if i == maxReports {
			w.wrap("", fmt.Sprintf("There are %d more refusals; --format json has them all.", len(reports)-i))
			break
		}
		if i > 0 {
			w.line("")
		}
		w.report(r)
	}
	if _, err := fmt.Fprint(a.io.Out, w.b.String()); err != nil {
		return &writeError{err}
	}
	return nil
}

// reportWriter writes reports in 80 columns.
type reportWriter struct {
	b     strings.Builder
	color bool
}

const (
	styleBold  = "1"
	styleRed   = "31"
	styleGreen = "32"
)

func (w *reportWriter) style(code, text string) string {
	if !w.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (w *reportWriter) line(text string) { w.b.WriteString(text + "\n") }

// wrap writes text behind first, broken at spaces; the other lines begin below
// the text. A word that is too long stays whole, so that it can be copied.
func (w *reportWriter) wrap(first, text string) {
	w.b.WriteString(hung(first, text))
}

func hung(first, text string) string {
	var b strings.Builder
	wrapped(&b, strings.Repeat(" ", width(first)), text)
	return first + strings.TrimLeft(b.String(), " ")
}

func (w *reportWriter) report(r explained) {
	head := fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status))
	switch {
	case r.Status == 0:
		head = "no answer"
	case r.Code != "":
		head += ": " + r.Code
	}
	style := styleRed
	if !r.Refused {
		style = styleGreen
	}
	w.line(w.style(style, head))
	if r.request != nil {
		w.line(plain(r.request.Method) + " " + shownURL(r.request.URL))
	}
	if r.RequestID != "" {
		w.line("request id " + r.RequestID)
	}
	if !r.Refused {
		w.wrap("", "Nothing is wrong: the request was answered.")
		if r.Decision != nil {
			w.wrap("", r.Decision.String())
		}
	}
	for i, c := range r.Causes {
		w.line("")
		w.cause(i, len(r.Causes), c)
	}
}

// cause writes one cause: title, what was seen, differences, what to do.
func (w *reportWriter) cause(i, n int, c explain.Cause) {
	mark := ""
	if n > 1 {
		mark = fmt.Sprintf("%d. ", i+1)
	}
	for row := range strings.Lines(hung(mark, c.Title)) {
		w.line(w.style(styleBold, strings.TrimSuffix(row, "\n")))
	}
	for _, s := range c.Seen {
		w.wrap("   ", s)
	}
	for _, d := range c.Diff {
		w.difference(d)
	}
	for j, f := range c.Fix {
		first := "        "
		if j == 0 {
			first = "   fix: "
		}
		if isCommand(f) {
			w.command(first, f)
		} else {
			w.wrap(first, f)
		}
	}
	if c.Policy != nil {
		for line := range strings.SplitSeq(string(c.Policy), "\n") {
			w.line("        " + line)
		}
	}
}

// isCommand tells a line that a shell runs from one that a person reads.
func isCommand(s string) bool {
	word, rest, ok := strings.Cut(s, " ")
	switch word {
	case "gatepass", "aws", "sudo", "unset":
		return ok && !strings.Contains(rest, ", ") && !strings.Contains(rest, "; ")
	}
	return false
}

// command writes a command that stays one when it is copied: it is broken where
// a shell goes on reading, and never inside quotes.
func (w *reportWriter) command(first, s string) {
	if len(first)+len(s) <= columns || strings.ContainsAny(s, "'\"") && strings.Contains(s[strings.IndexAny(s, "'\""):], " ") {
		w.line(first + s)
		return
	}
	head, last := s, ""
	if i := strings.LastIndexByte(s, ' '); i >= 0 {
		head, last = s[:i], s[i+1:]
	}
	w.line(first + head + " \\")
	w.line("          " + last)
}

// difference shows two forms of one part of the request under each other, with
// a mark where they part.
func (w *reportWriter) difference(d explain.Part) {
	const room = columns - len("     service  ")
	at := 0
	for at < len(d.Service) && at < len(d.Signed) && d.Service[at] == d.Signed[at] {
		at++
	}
	for at > 0 && at < len(d.Service) && !utf8.RuneStart(d.Service[at]) {
		at--
	}
	from := 0
	if at > room/2 && max(len(d.Service), len(d.Signed)) > room {
		from = at - room/2
	}
	w.line("     service  " + w.style(styleGreen, window(d.Service, from, room)))
	w.line("     signed   " + w.style(styleRed, window(d.Signed, from, room)))
	w.line("              " + strings.Repeat(" ", width(d.Service[min(from, len(d.Service)):min(at, len(d.Service))])) + "^")
}

// window is the part of s that fits, from a byte on.
func window(s string, from, room int) string {
	if from >= len(s) {
		return "(nothing)"
	}
	s = strings.ToValidUTF8(s[from:], "")
	if s == "" {
		return "(nothing)"
	}
	r := []rune(s)
	if len(r) > room {
		return string(r[:room-1]) + "…"
	}
	return s
}

// shownURL is a URL without the secrets of a presigned one.
func shownURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		base, _, _ := strings.Cut(raw, "?")
		return fmt.Sprintf("%q", base)
	}
	return curl.RedactURL(u).String()
}

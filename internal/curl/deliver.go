package curl

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Streams are where an answer goes.
type Streams struct {
	Out, Err io.Writer
	Terminal bool // a person reads Out
	Color    bool // Out may be coloured
}

// A WriteError is an output that could not be written: curl's exit code 23.
type WriteError struct{ Err error }

// Error names what could not be written.
func (e *WriteError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *WriteError) Unwrap() error { return e.Err }

const (
	// maxHead is how much of an answer is kept for those who explain refusals.
	maxHead = 64 << 10
	// maxPretty is the longest JSON that is laid out for a person, in bytes.
	maxPretty = 8 << 20
)

// A Delivery is what was written.
type Delivery struct {
	Head []byte // the first 64 KiB of the body
	Size int64  // of the body
	File string // "": stdout
}

// Deliver writes the answer where the options say: headers, body, --write-out.
// Failure to write is a [WriteError].
func (c *Client) Deliver(a *Answer, s Streams) (*Delivery, error) {
	defer a.Body.Close()
	c.Meter.end() // of the upload
	d := &Delivery{}
	err := c.deliver(a, s, d)
	c.Meter.end()
	a.Times.end = c.clock()
	failed := err
	if failed == nil && (c.Transfer.Fail || c.Transfer.FailWithBody) && a.StatusCode >= http.StatusBadRequest {
		failed = refused(a.StatusCode)
	}
	if werr := c.writeOut(a, d, s, failed); err == nil {
		err = werr
	}
	return d, err
}

// Failed writes --write-out for a request that [Client.Do] got no answer to, with
// the status 000, as curl does: scripts read the status from there.
func (c *Client) Failed(r *Request, failed error, s Streams) error {
	c.Meter.end()
	a := c.last
	if a == nil {
		a = &Answer{}
	}
	if a.Response == nil {
		a.Response, a.method = &http.Response{Request: r.Request}, r.Method
	}
	a.Uploaded, a.Times.end = c.sent.Load(), c.clock()
	return c.writeOut(a, &Delivery{}, s, failed)
}

// refused is a status that --fail makes an error of.
type refused int

func (s refused) Error() string { return fmt.Sprintf("the API answered with status %d", int(s)) }

func (c *Client) deliver(a *Answer, s Streams, d *Delivery) error {
	if err := c.dumpHeader(a, s); err != nil {
		return err
	}
	out, done, err := c.open(a, s, d)
	if err != nil || out == nil {
		return err
	}
	err = c.body(a, s, d, out)
	if cerr := done(); err == nil && cerr != nil {
		err = &WriteError{cerr}
	}
	return err
}

// dumpHeader writes the headers for -D.
func (c *Client) dumpHeader(a *Answer, s Streams) error {
	switch name := c.Output.DumpHeader; name {
	case "":
		return nil
	case "-":
		return written(s.Out.Write(s.safe(a.hops + headerText(a.Response))))
	default:
		return wrapWrite(os.WriteFile(name, []byte(a.hops+headerText(a.Response)), 0o666))
	}
}

func written(_ int, err error) error { return wrapWrite(err) }

func wrapWrite(err error) error {
	if err == nil {
		return nil
	}
	return &WriteError{err}
}

// headerText is the head of the answer as it came, sorted by name.
func headerText(r *http.Response) string {
	if r.StatusCode == 0 {
		return "" // there was no answer
	}
	var b strings.Builder
	status := r.Status
	if r.ProtoMajor >= 2 {
		status = strconv.Itoa(r.StatusCode) + " "
		fmt.Fprintf(&b, "HTTP/%d %s\r\n", r.ProtoMajor, status)
	} else {
		fmt.Fprintf(&b, "%s %s\r\n", r.Proto, status)
	}
	for _, key := range sortedKeys(r.Header) {
		for _, v := range r.Header[key] {
			fmt.Fprintf(&b, "%s: %s\r\n", key, v)
		}
	}
	if len(r.TransferEncoding) > 0 {
		fmt.Fprintf(&b, "Transfer-Encoding: %s\r\n", strings.Join(r.TransferEncoding, ", "))
	}
	return b.String() + "\r\n"
}

func sortedKeys(h http.Header) []string { return slices.Sorted(maps.Keys(h)) }

// open gives what the body is written to; nil: no body is wanted.
func (c *Client) open(a *Answer, s Streams, d *Delivery) (io.Writer, func() error, error) {
	none := func() error { return nil }
	if c.withheld(a) && !c.Output.Include && !c.Head {
		d.Head, _ = io.ReadAll(io.LimitReader(a.Body, maxHead))
		return nil, none, nil
	}
	name, err := c.FileName(a.Request)
	if err != nil {
		return nil, none, err
	}
	if name == "" || name == "-" {
		return s.Out, none, nil
	}
	d.File = name
	if c.Output.CreateDirs {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return nil, none, &WriteError{err}
		}
	}
	skip, mode, err := c.resume(a)
	if skip || err != nil {
		return nil, none, err
	}
	f, err := os.OpenFile(name, mode, 0o666)
	if err != nil {
		return nil, none, &WriteError{err}
	}
	return f, f.Close, nil
}

// withheld says whether --fail keeps the body back.
func (c *Client) withheld(a *Answer) bool {
	return c.Transfer.Fail && !c.Transfer.FailWithBody && a.StatusCode >= http.StatusBadRequest
}

// FileName is the file that the body goes to; "" and "-" are stdout.
func (c *Client) FileName(r *http.Request) (string, error) {
	name := c.Output.File
	if c.Output.RemoteName && name == "" {
		if name = path.Base(typedPath(c.URL)); name == "." || name == "/" || name == ".." || strings.ContainsAny(name, `\:`) {
			return "", &Error{Text: "the URL ends in no file name", Hint: "name one: -o FILE"}
		}
	}
	if c.Output.Dir != "" && name != "" && name != "-" {
		name = filepath.Join(c.Output.Dir, name)
	}
	return name, nil
}

// typedPath is the path of what the user typed: what a server answers must not
// name files here.
func typedPath(typed string) string {
	typed, _, _ = strings.Cut(typed, "#")
	typed, _, _ = strings.Cut(typed, "?")
	_, rest, ok := strings.Cut(typed, "://")
	if !ok {
		return typed
	}
	_, p, _ := strings.Cut(rest, "/")
	if strings.HasSuffix(p, "/") {
		return ""
	}
	return p
}

func (c *Client) body(a *Answer, s Streams, d *Delivery, out io.Writer) error {
	toScreen := s.Terminal && c.Output.File == "" && d.File == ""
	if c.Output.Include || c.Head {
		head := Streams{Terminal: toScreen}.safe(a.hops + headerText(a.Response))
		if err := written(out.Write(head)); err != nil {
			return err
		}
	}
	if c.withheld(a) {
		d.Head, _ = io.ReadAll(io.LimitReader(a.Body, maxHead))
		return nil
	}
	in, err := c.unpacked(a.Response)
	if err != nil {
		return err
	}
	show := func(int64) {}
	if d.File != "" || !s.Terminal {
		show = c.Meter.download(a.ContentLength, a.offset)
	}
	in = &counting{c.limit(a.Request.Context(), in), func(n int) {
		d.Size += int64(n)
		show(d.Size)
	}}
	switch ok := a.StatusCode < http.StatusBadRequest; {
	case ok && c.Output.JQ != "":
		return c.filter(in, d, out, s)
	case ok && c.Output.Template != "":
		return c.template(in, d, out, s)
	case toScreen || c.pretty(s, d):
		return screen(in, d, out, s)
	}
	return copyBody(in, d, out)
}

// pretty says whether colour was forced for a stdout that is no terminal.
func (c *Client) pretty(s Streams, d *Delivery) bool {
	return s.Color && d.File == "" && c.Output.File == ""
}

// copyBody writes every piece as it comes.
func copyBody(in io.Reader, d *Delivery, out io.Writer) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := in.Read(buf)
		if n > 0 {
			d.keep(buf[:n])
			if _, err := out.Write(buf[:n]); err != nil {
				return &WriteError{err}
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("reading the answer: %w", err)
		}
	}
}

func (d *Delivery) keep(p []byte) {
	d.Head = append(d.Head, p[:min(len(p), maxHead-len(d.Head))]...)
}

// screen writes for a person: JSON laid out and coloured, text with a line end
// and without what would be a command to the terminal, and nothing that is binary.
func screen(in io.Reader, d *Delivery, out io.Writer, s Streams) error {
	first := make([]byte, 32<<10)
	n, err := in.Read(first)
	first = first[:n]
	if err != nil && err != io.EOF {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if s.Terminal && bytes.IndexByte(first, 0) >= 0 {
		d.keep(first)
		return &WriteError{&Error{Text: "the answer is binary and would spoil the terminal", Hint: "-o FILE, or -o - to write it all the same"}}
	}
	in = io.MultiReader(bytes.NewReader(first), in)
	if start := bytes.TrimLeft(first, " \t\r\n"); len(start) > 0 && (start[0] == '{' || start[0] == '[') {
		return screenJSON(in, d, out, s)
	}
	end := &lastWritten{w: s.tamed(out), last: '\n'}
	if err := copyBody(in, d, end); err != nil {
		return err
	}
	return end.line()
}

func screenJSON(in io.Reader, d *Delivery, out io.Writer, s Streams) error {
	all, err := io.ReadAll(io.LimitReader(in, maxPretty+1))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	d.keep(all)
	if text, ok := prettyJSON(all, s); ok && len(all) <= maxPretty {
		return written(out.Write(text))
	}
	end := &lastWritten{w: s.tamed(out), last: '\n'}
	if _, err := end.Write(all); err != nil {
		return &WriteError{err}
	}
	if _, err := io.Copy(end, in); err != nil {
		return &WriteError{err}
	}
	return end.line()
}

// lastWritten remembers the last byte, so that the prompt of a terminal begins on
// a line of its own.
type lastWritten struct {
	w    io.Writer
	last byte
}

func (l *lastWritten) Write(p []byte) (int, error) {
	if len(p) > 0 {
		l.last = p[len(p)-1]
	}
	return l.w.Write(p)
}

func (l *lastWritten) line() error {
	if l.last == '\n' {
		return nil
	}
	return written(io.WriteString(l.w, "\n"))
}

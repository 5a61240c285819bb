package curl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxMemory is how much of a stream is kept in memory, in bytes; the rest goes
// to a temporary file.
const maxMemory = 1 << 20

// A Body is what a request sends. It can be opened as often as asked and holds
// no file in memory. The zero value is no body.
type Body struct {
	parts []part
	size  int64
	given bool // also an empty body is one
}

// A part is a piece of a body: bytes, or a file.
type part struct {
	data []byte
	path string      // opened for each reading
	at   io.ReaderAt // a spooled stream, already open
	size int64
}

// Size is the length in bytes.
func (b *Body) Size() int64 { return b.size }

// File is the name of the file that is the whole body; "" if there is none.
func (b *Body) File() string {
	if len(b.parts) == 1 {
		return b.parts[0].path
	}
	return ""
}

// Close removes what was spooled to disk.
func (b *Body) Close() error {
	var errs []error
	for _, p := range b.parts {
		if c, ok := p.at.(io.Closer); ok {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

// Open gives the body from its start.
func (b *Body) Open() (io.ReadCloser, error) {
	open := &openBody{}
	readers := make([]io.Reader, 0, len(b.parts))
	for _, p := range b.parts {
		r, err := open.part(p)
		if err != nil {
			return nil, errors.Join(err, open.Close())
		}
		readers = append(readers, r)
	}
	open.Reader = io.MultiReader(readers...)
	return open, nil
}

type openBody struct {
	io.Reader
	files []*os.File
}

func (o *openBody) part(p part) (io.Reader, error) {
	switch {
	case p.at != nil:
		return io.NewSectionReader(p.at, 0, p.size), nil
	case p.path == "":
		return bytes.NewReader(p.data), nil
	}
	f, err := os.Open(p.path)
	if err != nil {
		return nil, err
	}
	o.files = append(o.files, f)
	return &exactly{f, p.path, p.size}, nil
}

// Close closes the files.
func (o *openBody) Close() error {
	var errs []error
	for _, f := range o.files {
		errs = append(errs, f.Close())
	}
	o.files = nil
	return errors.Join(errs...)
}

// exactly reads the size that a file had when the request was made: that is what
// Content-Length says and what was hashed.
type exactly struct {
	r    io.Reader
	name string
	left int64
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if err == io.EOF && e.left > 0 {
		return n, fmt.Errorf("%s has become shorter while it was sent", e.name)
	}
	return n, err
}

func (b *Body) add(p part) {
	b.given = true
	b.size += p.size
	if p.size > 0 {
		b.parts = append(b.parts, p)
	}
}

func (b *Body) addBytes(p []byte) { b.add(part{data: p, size: int64(len(p))}) }

func (b *Body) addString(s string) { b.addBytes([]byte(s)) }

// maxText is the longest body that is shown, in bytes.
const maxText = 1 << 20

// Text is the body for a person to read: what is no text, or too long, is named.
func (b *Body) Text() (string, error) {
	if b.size > maxText {
		return fmt.Sprintf("(%d bytes)\n", b.size), nil
	}
	p, err := b.all(maxText)
	switch {
	case err != nil || len(p) == 0:
		return "", err
	case !printable(p):
		return fmt.Sprintf("(%d bytes that are no text)\n", b.size), nil
	case p[len(p)-1] != '\n':
		p = append(p, '\n')
	}
	return string(p), nil
}

// all reads the body if it is no longer than max bytes.
func (b *Body) all(max int64) ([]byte, error) {
	if b.size > max {
		return nil, errorf("%d bytes are too many here; the limit is %d", b.size, max)
	}
	r, err := b.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// source gives what -d @name and its like mean.
type source struct {
	stdin io.Reader
	used  bool
}

// file adds a file as it is, or stdin, or a pipe.
func (s *source) file(b *Body, flag, name string) error {
	if name != "-" {
		info, err := os.Stat(name)
		if err != nil {
			return errorf("%s: %v", flag, err)
		}
		if info.IsDir() {
			return errorf("%s: %s is a directory", flag, name)
		}
		if info.Mode().IsRegular() {
			b.add(part{path: name, size: info.Size()})
			return nil
		}
	}
	return s.stream(b, flag, name, func(r io.Reader) io.Reader { return r })
}

// stream adds what filter makes of a file, of stdin, or of a pipe.
func (s *source) stream(b *Body, flag, name string, filter func(io.Reader) io.Reader) error {
	r, err := s.open(flag, name)
	if err != nil {
		return err
	}
	defer r.Close()
	p, err := spool(filter(r))
	if err != nil {
		return fmt.Errorf("%s: reading %s: %w", flag, name, err)
	}
	b.add(p)
	return nil
}

func (s *source) open(flag, name string) (io.ReadCloser, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, errorf("%s: %v", flag, err)
		}
		return f, nil
	}
	if s.used || s.stdin == nil {
		return nil, errorf("%s: stdin can be read only once", flag)
	}
	s.used = true
	return io.NopCloser(s.stdin), nil
}

// spool reads a stream to its end, into memory as far as it is short.
func spool(r io.Reader) (part, error) {
	head, err := io.ReadAll(io.LimitReader(r, maxMemory+1))
	if err != nil || len(head) <= maxMemory {
		return part{data: head, size: int64(len(head))}, err
	}
	f, err := os.CreateTemp("", "gatepass-*") // mode 0600
	if err != nil {
		return part{}, err
	}
	t := &temporary{File: f}
	if os.Remove(f.Name()) != nil { // an open file cannot go on Windows
		t.left = f.Name()
	}
	n, err := io.Copy(f, io.MultiReader(bytes.NewReader(head), r))
	if err != nil {
		return part{}, errors.Join(err, t.Close())
	}
	return part{at: t, size: n}, nil
}

// temporary is a file that nobody else can see, where the system allows that.
type temporary struct {
	*os.File
	left string
}

// Close closes the file, and removes it if it is still there.
func (t *temporary) Close() error {
	err := t.File.Close()
	if t.left != "" {
		err = errors.Join(err, os.Remove(t.left))
	}
	return err
}

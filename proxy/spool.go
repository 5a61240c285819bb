package proxy

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"sync"

	"github.com/gatepass/gatepass/sigv4"
)

const (
	// inMemory is how much of a body is kept in memory.
	inMemory = 1 << 20
	// trusted is how much memory a Content-Length may ask for before the body comes.
	trusted = 64 << 10
	// chunk is how much is copied at a time.
	chunk = 32 << 10
)

var chunks = sync.Pool{New: func() any { return new([chunk]byte) }}

// body is that of a request: kept, so that it can be sent again, or streamed.
type body struct {
	hash   sigv4.Hash
	size   int64 // -1: not known
	mem    []byte
	file   *os.File // unlinked
	stream io.ReadCloser
	spent  bool // the stream was given out
}

// clientError is a body that did not come whole.
type clientError struct{ err error }

func (e *clientError) Error() string { return "reading the request: " + e.err.Error() }

func (e *clientError) Unwrap() error { return e.err }

// take takes the client's body over.
func (x *exchange) take() (*body, error) {
	words, unhashed, err := x.unhashed()
	if err != nil {
		return nil, err
	}
	r, limit := x.r, x.plan.maxBody
	if limit > 0 && r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	in := r.Body
	if in != nil && limit > 0 {
		in = http.MaxBytesReader(x.w, in, limit)
	}
	switch {
	case in == nil || r.Body == http.NoBody || r.ContentLength == 0:
		if !unhashed {
			words = sigv4.EmptyHash
		}
		return &body{hash: words}, nil
	case unhashed:
		return &body{hash: words, size: r.ContentLength, stream: &counted{in, x}}, nil
	}
	b, err := spool(in, r.ContentLength)
	if b != nil {
		x.in.Store(b.size)
	}
	return b, err
}

// counted counts what is streamed.
type counted struct {
	io.ReadCloser
	x *exchange
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.x.in.Add(int64(n))
	if err != nil && !errors.Is(err, io.EOF) {
		err = &clientError{err}
	}
	return n, err
}

// spool reads and hashes a body of a length, -1 if that is not known.
func spool(r io.Reader, length int64) (*body, error) {
	d := sha256.New()
	buf := make([]byte, 0, max(512, min(length+1, trusted)))
	for len(buf) <= inMemory {
		n, err := r.Read(buf[len(buf):cap(buf)])
		d.Write(buf[len(buf) : len(buf)+n])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			b := &body{mem: buf, size: int64(len(buf))}
			d.Sum(b.hash[:0])
			return b, nil
		}
		if err != nil {
			return nil, &clientError{err}
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
	return spill(buf, r, d)
}

// spill puts a body into a file that nobody else can open: made with mode 0600 and
// unlinked at once where the system allows that.
func spill(head []byte, r io.Reader, d hash.Hash) (*body, error) {
	f, err := os.CreateTemp("", "gatepass-proxy-")
	if err != nil {
		return nil, fmt.Errorf("a large body needs a file: %w", err)
	}
	_ = os.Remove(f.Name()) // Windows: close does it
	b := &body{file: f}
	if _, err = f.Write(head); err == nil {
		b.size, err = pour(f, r, d)
		b.size += int64(len(head))
	}
	if err != nil {
		b.close()
		return nil, err
	}
	d.Sum(b.hash[:0])
	return b, nil
}

// pour copies and hashes what is left of a body.
func pour(f io.Writer, r io.Reader, d hash.Hash) (size int64, err error) {
	buf := chunks.Get().(*[chunk]byte)
	defer chunks.Put(buf)
	for {
		n, err := r.Read(buf[:])
		d.Write(buf[:n])
		size += int64(n)
		if _, err := f.Write(buf[:n]); err != nil {
			return size, fmt.Errorf("a large body needs a file: %w", err)
		}
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, &clientError{err}
		}
	}
}

// open gives the body from its beginning.
func (b *body) open() (io.ReadCloser, error) {
	switch {
	case b.stream != nil:
		b.spent = true
		return b.stream, nil
	case b.file != nil:
		return io.NopCloser(io.NewSectionReader(b.file, 0, b.size)), nil
	case b.size == 0:
		return http.NoBody, nil
	}
	return io.NopCloser(bytes.NewReader(b.mem)), nil
}

// streams says whether the client may still be sending the body.
func (b *body) streams() bool { return b != nil && b.stream != nil }

// again says whether the body can be sent once more.
func (b *body) again() bool { return !b.spent }

// close gives up what is kept. A transport that still reads gets an error.
func (b *body) close() {
	if b.stream != nil {
		_ = b.stream.Close() // the server's: it drains what it wants to
	}
	if b.file == nil {
		return
	}
	_ = b.file.Close()           // nothing that was written is needed
	_ = os.Remove(b.file.Name()) // gone already where open files can be unlinked
}

package gateway

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
)

// Sizes of a WebSocket API, in bytes ("Quotas for configuring and running a
// WebSocket API"): a longer message comes in several frames.
const (
	maxMessage = 128 << 10
	maxFrame   = 32 << 10
)

var errFrame = errors.New("gateway: a WebSocket frame of more than 32 KiB")

// frameHijacker gives its taker a connection that lets no frame pass that is too
// large: the library that reads them knows only messages.
type frameHijacker struct{ http.ResponseWriter }

// Hijack is http.Hijacker.
func (w *frameHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	limited := &frameConn{Conn: conn}
	early, _ := rw.Reader.Peek(rw.Reader.Buffered()) // what came with the handshake
	limited.rest = bytes.Clone(early)
	rw.Reader.Reset(limited)
	return limited, rw, nil
}

// frameConn reads along in the frames a client sends (RFC 6455 section 5.2).
type frameConn struct {
	net.Conn
	head     [10]byte // of the frame under way: the opcode, the length
	have     int      // bytes of it
	skip     uint64   // of the frame's mask and payload
	rest     []byte   // that was read after the head of a frame that is too large
	tooLarge bool     // the next Read says so
	discard  bool     // what is skipped is not passed on
}

// Read is net.Conn. Where a frame is too large it gives errFrame once, in its
// place; what follows the frame is read as ever, so that the client's answer to a
// close is heard.
func (f *frameConn) Read(p []byte) (int, error) {
	if f.tooLarge {
		f.tooLarge, f.discard = false, true
		return 0, errFrame
	}
	for {
		n, err := f.more(p)
		n = f.drop(p[:n])
		kept := f.scan(p[:n])
		if f.tooLarge {
			f.rest = append(bytes.Clone(p[kept+1:n]), f.rest...)
			if kept == 0 {
				f.tooLarge, f.discard = false, true
				return 0, errFrame
			}
		}
		if kept > 0 || err != nil {
			return kept, err
		}
	}
}

// more gives what was left over, else what comes.
func (f *frameConn) more(p []byte) (int, error) {
	if len(f.rest) == 0 {
		return f.Conn.Read(p)
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// drop removes the rest of a frame that is too large from the front of p.
func (f *frameConn) drop(p []byte) int {
	if !f.discard {
		return len(p)
	}
	n := int(min(f.skip, uint64(len(p))))
	f.skip -= uint64(n)
	f.discard = f.skip > 0
	return copy(p, p[n:])
}

// scan follows the frames in p and gives how much of it may be read: all, or what
// is before the last byte of the head of a frame that is too large.
func (f *frameConn) scan(p []byte) int {
	for at := 0; at < len(p); {
		if f.skip > 0 {
			n := min(f.skip, uint64(len(p)-at))
			f.skip -= n
			at += int(n)
			continue
		}
		f.head[f.have] = p[at]
		f.have++
		at++
		if f.have < 2 || f.have < f.headSize() {
			continue
		}
		f.have = 0
		f.skip = f.length()
		f.tooLarge = f.skip > maxFrame
		if f.head[1]&0x80 != 0 {
			f.skip += 4 // the mask
		}
		if f.tooLarge {
			return at - 1
		}
	}
	return len(p)
}

// headSize is the size of the opcode and the length.
func (f *frameConn) headSize() int {
	switch f.head[1] & 0x7f {
	case 126:
		return 4
	case 127:
		return 10
	}
	return 2
}

func (f *frameConn) length() uint64 {
	switch n := f.head[1] & 0x7f; n {
	case 126:
		return uint64(binary.BigEndian.Uint16(f.head[2:]))
	case 127:
		return binary.BigEndian.Uint64(f.head[2:]) &^ (1 << 63) // that bit is not of the length
	default:
		return uint64(n)
	}
}

package curl

import "io"

// safe is text of a server as it may be written to s: on a terminal nothing in it
// is a command.
func (s Streams) safe(text string) []byte {
	if !s.Terminal {
		return []byte(text)
	}
	return new(tamer).tame([]byte(text))
}

// tamed is out for what a server says.
func (s Streams) tamed(out io.Writer) io.Writer {
	if !s.Terminal {
		return out
	}
	return &tamer{w: out}
}

// A tamer replaces the control characters that terminals obey, in whatever pieces
// the text comes: all but tab and line ends, and those above ASCII, which UTF-8
// writes as C2 and a byte from 80 to 9F.
type tamer struct {
	w    io.Writer
	lead bool // the last byte was a C2, which is not written yet
}

// Write writes what is left of p.
func (t *tamer) Write(p []byte) (int, error) {
	if _, err := t.w.Write(t.tame(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (t *tamer) tame(p []byte) []byte {
	out := make([]byte, 0, len(p)+1)
	for _, c := range p {
		high := t.lead && 0x80 <= c && c < 0xa0
		if t.lead && !high {
			out = append(out, 0xc2)
		}
		t.lead = c == 0xc2
		switch {
		case high, c == 0x7f, c < ' ' && c != '\n' && c != '\r' && c != '\t':
			out = append(out, '?')
		case !t.lead:
			out = append(out, c)
		}
	}
	return out
}

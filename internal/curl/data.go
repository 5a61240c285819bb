package curl

import (
	"bufio"
	"io"
	"strings"
)

const upperHex = "0123456789ABCDEF"

// data joins the data flags as curl does.
func (o *Options) data(src *source) (*Body, error) {
	b := new(Body)
	for _, d := range o.Data {
		if d.Kind != DataJSON && b.size > 0 {
			b.addString("&")
		}
		if err := d.add(b, src); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (d Data) add(b *Body, src *source) error {
	file, isFile := strings.CutPrefix(d.Value, "@")
	switch {
	case d.Kind == DataURLEncode:
		return addEncoded(b, src, d.Value)
	case d.Kind == DataRaw || !isFile:
		b.addString(d.Value)
		return nil
	case d.Kind == DataASCII:
		return src.stream(b, "--data", file, func(r io.Reader) io.Reader { return &oneLine{bufio.NewReader(r)} })
	case d.Kind == DataJSON:
		return src.file(b, "--json", file)
	}
	return src.file(b, "--data-binary", file)
}

// oneLine leaves out what curl's --data leaves out of a file.
type oneLine struct{ r *bufio.Reader }

func (l *oneLine) Read(p []byte) (int, error) {
	for {
		n, err := l.r.Read(p)
		kept := p[:0]
		for _, c := range p[:n] {
			if c != '\r' && c != '\n' && c != 0 {
				kept = append(kept, c)
			}
		}
		if len(kept) > 0 || err != nil {
			return len(kept), err
		}
	}
}

// addEncoded adds one of the five forms of --data-urlencode.
func addEncoded(b *Body, src *source, v string) error {
	i := strings.IndexAny(v, "=@")
	if i < 0 {
		b.addString(formEscape(v))
		return nil
	}
	name, content := v[:i], v[i+1:]
	if name != "" {
		name += "="
	}
	if v[i] == '=' {
		b.addString(name + formEscape(content))
		return nil
	}
	b.addString(name)
	return src.stream(b, "--data-urlencode", content, func(r io.Reader) io.Reader {
		return &escaping{r: bufio.NewReader(r)}
	})
}

// formEscape is curl's encoding of form data: "+" is a space.
func formEscape(s string) string {
	var out []byte
	for i := range len(s) {
		out = appendFormEscaped(out, s[i])
	}
	return string(out)
}

func appendFormEscaped(out []byte, c byte) []byte {
	switch {
	case unreserved(c):
		return append(out, c)
	case c == ' ':
		return append(out, '+')
	}
	return append(out, '%', upperHex[c>>4], upperHex[c&15])
}

// escaping encodes what it reads.
type escaping struct {
	r    *bufio.Reader
	rest []byte
}

func (e *escaping) Read(p []byte) (int, error) {
	for len(e.rest) < len(p) {
		c, err := e.r.ReadByte()
		if err != nil && len(e.rest) == 0 {
			return 0, err
		}
		if err != nil {
			break // it comes again
		}
		e.rest = appendFormEscaped(e.rest, c)
	}
	n := copy(p, e.rest)
	e.rest = append(e.rest[:0], e.rest[n:]...)
	return n, nil
}

// unreserved are the bytes of RFC 3986, section 2.3.
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// pctEncode encodes every byte that keep does not list and that is not unreserved.
func pctEncode(s, keep string) string {
	var out []byte
	for i := range len(s) {
		if c := s[i]; unreserved(c) || strings.IndexByte(keep, c) >= 0 {
			out = append(out, c)
		} else {
			out = append(out, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return string(out)
}

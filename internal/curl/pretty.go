package curl

import (
	"bytes"
	"encoding/json"
)

// The colours of JSON on a terminal, as jq has them by and large.
const (
	colorKey    = "\x1b[34;1m"
	colorString = "\x1b[32m"
	colorWord   = "\x1b[33m"
	colorOff    = "\x1b[0m"
)

// prettyJSON lays JSON out over lines and colours it, if s says so. Numbers, the
// order of keys and keys that are there twice stay as they are. False: it is not
// JSON.
func prettyJSON(in []byte, s Streams) ([]byte, bool) {
	var buf bytes.Buffer
	if err := json.Indent(&buf, bytes.TrimSpace(in), "", "  "); err != nil {
		return nil, false
	}
	buf.WriteByte('\n')
	text := s.safe(buf.String())
	if !s.Color {
		return text, true
	}
	return colored(text), true
}

// colored colours what json.Indent wrote.
func colored(in []byte) []byte {
	out := make([]byte, 0, 2*len(in))
	for i := 0; i < len(in); {
		n, color := tokenAt(in[i:])
		if color == "" {
			out = append(out, in[i:i+n]...)
		} else {
			out = append(append(append(out, color...), in[i:i+n]...), colorOff...)
		}
		i += n
	}
	return out
}

func tokenAt(s []byte) (n int, color string) {
	switch c := s[0]; {
	case c == '"':
		n = 1
		for s[n] != '"' {
			if s[n] == '\\' {
				n++
			}
			n++
		}
		n++
		if n < len(s) && s[n] == ':' {
			return n, colorKey
		}
		return n, colorString
	case bytes.IndexByte([]byte(" \n{}[],:"), c) >= 0:
		return 1, ""
	}
	for n < len(s) && bytes.IndexByte([]byte(" \n{}[],:"), s[n]) < 0 {
		n++
	}
	return n, colorWord
}

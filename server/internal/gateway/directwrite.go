package gateway

import (
	"bytes"
	"errors"
)

// write appends the request as it goes on the wire.
func (q *question) write(b []byte) ([]byte, error) {
	b = append(append(append(b, q.method...), ' '), q.target...)
	l := lines{text: append(b, " HTTP/1.1\r\n"...), n: 1}
	l.add("Host", q.host)
	agent := q.agent
	for key, values := range q.header {
		if key == "User-Agent" && len(values) > 0 {
			agent = values[0] // there is one of it
			continue
		}
		for _, v := range values {
			l.add(key, v)
		}
	}
	for i := range q.more {
		if h := &q.more[i]; h.value != "" {
			l.add(h.key, h.value)
		}
	}
	if agent != "" {
		l.add("User-Agent", agent)
	}
	return l.end()
}

// lines is the head of a message on its way to the wire.
type lines struct {
	text []byte
	n    int
}

func (l *lines) add(key, value string) {
	l.text = append(append(l.text, key...), ": "...)
	l.text = append(append(l.text, value...), "\r\n"...)
	l.n++
}

// end ends the head. No value may have made a line of its own: there are as many
// as were added.
func (l *lines) end() ([]byte, error) {
	l.text = append(l.text, "\r\n"...)
	l.n++
	if bytes.Count(l.text, []byte{'\n'}) != l.n || bytes.Count(l.text, []byte{'\r'}) != l.n || bytes.IndexByte(l.text, 0) >= 0 {
		return l.text, errors.New("a header of the request to the backend has a control byte in it")
	}
	return l.text, nil
}

package explain

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// ReadResponse reads a saved answer: what curl -i prints, what curl -v prints
// (which has the request too), or a body alone. Of several heads, as proxies,
// redirects and 100 Continue leave them, the last counts. A body alone gets the
// status 403. The request is nil unless it is in the file. The error is an
// [ErrFormat].
func ReadResponse(data []byte) (Response, *Request, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(data)) == 0 {
		return Response{}, nil, fmt.Errorf("%w as a response: it is empty", ErrFormat)
	}
	if isVerbose(data) {
		return readVerbose(string(data))
	}
	if bytes.HasPrefix(data, []byte("* ")) || bytes.HasPrefix(data, []byte("curl: (")) {
		return Response{}, nil, fmt.Errorf("%w as a response: curl got none", ErrFormat)
	}
	if !bytes.HasPrefix(data, []byte("HTTP/")) {
		return Response{Status: http.StatusForbidden, Header: http.Header{}, Body: data}, nil, nil
	}
	var resp Response
	for bytes.HasPrefix(data, []byte("HTTP/")) {
		head, rest := cutHead(data)
		status, header, err := readHead(head)
		if err != nil {
			return Response{}, nil, err
		}
		resp = Response{Status: status, Header: header, Body: rest}
		data = rest
	}
	return resp, nil, nil
}

// cutHead splits at the first empty line.
func cutHead(data []byte) (head string, rest []byte) {
	for at := 0; at < len(data); {
		end := bytes.IndexByte(data[at:], '\n')
		if end < 0 {
			break
		}
		line := bytes.TrimRight(data[at:at+end], "\r")
		if len(line) == 0 {
			return string(data[:at]), data[at+end+1:]
		}
		at += end + 1
	}
	return string(data), nil
}

func readHead(head string) (int, http.Header, error) {
	line, rest, _ := strings.Cut(head, "\n")
	f := strings.Fields(line)
	if len(f) < 2 {
		return 0, nil, fmt.Errorf("%w as a response: the first line is %q", ErrFormat, clean(line))
	}
	status, err := strconv.Atoi(f[1])
	if err != nil || status < 100 || status > 999 {
		return 0, nil, fmt.Errorf("%w as a response: %q is no status", ErrFormat, clean(f[1]))
	}
	return status, readHeaders(rest), nil
}

func readHeaders(text string) http.Header {
	h := http.Header{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			h.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	return h
}

// isVerbose tells the output of curl -v by its answer's first line.
func isVerbose(data []byte) bool {
	return bytes.HasPrefix(data, []byte("< HTTP/")) || bytes.Contains(data, []byte("\n< HTTP/"))
}

// readVerbose reads the output of curl -v: lines of the request begin with "> ",
// those of the answer with "< ", notes with "* " and figures with "{" or "}".
func readVerbose(text string) (Response, *Request, error) {
	var sent, got, body strings.Builder
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "> "):
			if strings.Contains(line, " HTTP/") && !strings.Contains(line, ": ") {
				sent.Reset()
			}
			sent.WriteString(line[2:])
		case strings.HasPrefix(line, "< "):
			if strings.HasPrefix(line, "< HTTP/") {
				got.Reset()
				body.Reset()
			}
			got.WriteString(line[2:])
		case strings.HasPrefix(line, "* "), strings.HasPrefix(line, ">"), strings.HasPrefix(line, "<\r"), strings.HasPrefix(line, "<\n"),
			strings.HasPrefix(line, "{ ["), strings.HasPrefix(line, "} ["), got.Len() == 0:
		default:
			body.WriteString(line)
		}
	}
	status, header, err := readHead(got.String())
	if err != nil {
		return Response{}, nil, err
	}
	return Response{Status: status, Header: header, Body: []byte(body.String())}, sentRequest(sent.String()), nil
}

// sentRequest reads the head of a request; the body is not in curl's output.
func sentRequest(head string) *Request {
	line, rest, _ := strings.Cut(head, "\n")
	f := strings.Fields(line)
	if len(f) < 2 {
		return nil
	}
	h := readHeaders(rest)
	host := h.Get("Host")
	h.Del("Host")
	length, _ := strconv.Atoi(h.Get("Content-Length"))
	scheme := "https"
	if placeOf(host).local {
		scheme = "http"
	}
	return &Request{Method: f[0], URL: scheme + "://" + host + f[1], Host: host, Header: h, NoBody: length > 0}
}

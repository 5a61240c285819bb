package explain

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// ErrFormat is every error about a file that cannot be read as what it should be.
var ErrFormat = errors.New("not readable")

// maxFile is the largest recording that is read, in bytes.
const maxFile = 64 << 20

// Exchange is one request of a recording and its answer.
type Exchange struct {
	Request  Request
	Response Response
	Started  time.Time // by the client's clock; zero if the recording does not say
	// Failed is the client's word for why there is no answer; empty if there is.
	Failed string
}

// Refused says whether there is anything to explain about it.
func (e *Exchange) Refused() bool {
	s := e.Response.Status
	return s == 0 || s >= http.StatusBadRequest
}

type harFile struct {
	Log *struct {
		Entries []harEntry `json:"entries"`
	} `json:"log"`
}

type harEntry struct {
	Started time.Time `json:"startedDateTime"`
	Request struct {
		Method   string    `json:"method"`
		URL      string    `json:"url"`
		Headers  []harPair `json:"headers"`
		BodySize int64     `json:"bodySize"`
		PostData *struct {
			Text string `json:"text"`
		} `json:"postData"`
	} `json:"request"`
	Response struct {
		Status  int       `json:"status"`
		Headers []harPair `json:"headers"`
		Content struct {
			Text     string `json:"text"`
			Encoding string `json:"encoding"`
		} `json:"content"`
		Error string `json:"_error"`
	} `json:"response"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ReadHAR reads the exchanges of a recording in HAR 1.2, as browsers export
// them, at most 64 MiB. The error is an [ErrFormat] or that of r.
func ReadHAR(r io.Reader) ([]Exchange, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%w: the recording is larger than 64 MiB: record less", ErrFormat)
	}
	var f harFile
	if err := json.Unmarshal([]byte(strings.TrimPrefix(string(data), "\ufeff")), &f); err != nil {
		return nil, fmt.Errorf("%w as HAR: %w", ErrFormat, err)
	}
	if f.Log == nil {
		return nil, fmt.Errorf("%w as HAR: it has no log", ErrFormat)
	}
	out := make([]Exchange, len(f.Log.Entries))
	for i := range f.Log.Entries {
		out[i] = f.Log.Entries[i].exchange()
	}
	return out, nil
}

func (e *harEntry) exchange() Exchange {
	x := Exchange{Started: e.Started, Failed: clean(e.Response.Error)}
	x.Request = Request{Method: e.Request.Method, URL: e.Request.URL, Header: http.Header{}}
	for _, p := range e.Request.Headers {
		switch strings.ToLower(p.Name) {
		case "host", ":authority":
			x.Request.Host = p.Value
		default:
			addHeader(x.Request.Header, p)
		}
	}
	if e.Request.PostData != nil {
		x.Request.Body = []byte(e.Request.PostData.Text)
	} else {
		x.Request.NoBody = e.Request.BodySize > 0
	}
	x.Response = Response{Status: e.Response.Status, Header: http.Header{}}
	for _, p := range e.Response.Headers {
		addHeader(x.Response.Header, p)
	}
	x.Response.Body = e.body()
	return x
}

func (e *harEntry) body() []byte {
	c := e.Response.Content
	if c.Encoding == "base64" {
		if b, err := base64.StdEncoding.DecodeString(c.Text); err == nil {
			return b
		}
	}
	return []byte(c.Text)
}

func addHeader(h http.Header, p harPair) {
	if !strings.HasPrefix(p.Name, ":") {
		h.Add(p.Name, p.Value)
	}
}

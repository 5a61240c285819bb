package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	maxReply   = 10 << 20
	maxRefusal = 64 << 10
)

// Caller makes JSON 1.1 calls. The zero value is ready: [http.DefaultClient] and
// unsigned.
type Caller struct {
	HTTP *http.Client                             // nil: http.DefaultClient
	Sign func(r *http.Request, body []byte) error // nil: unsigned, as the public operations are
	Seen func(http.Header)                        // called with the headers of every answer; nil: nobody listens
}

// Call posts in to endpoint as target.op and reads the answer into out. A
// refusal is an [*Error]. Redirects are not followed: what is in the body is for
// the host that was named.
func (c Caller) Call(ctx context.Context, endpoint, target, op string, in, out any) error {
	body := marshal(in)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(endpoint, "/")+"/", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	r.Header.Set("Content-Type", TypeJSON11)
	r.Header.Set("X-Amz-Target", target+"."+op)
	if c.Sign != nil {
		if err := c.Sign(r, body); err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
	}
	resp, err := c.client().Do(r)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	defer resp.Body.Close()
	if c.Seen != nil {
		c.Seen(resp.Header)
	}
	reply, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s: reading the answer: %w", op, err)
	case len(reply) > maxReply:
		return fmt.Errorf("%s: the answer is larger than %d bytes", op, maxReply)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %w", op, ReadError(resp.StatusCode, resp.Header, reply))
	}
	if err := json.Unmarshal(reply, out); err != nil {
		return fmt.Errorf("%s: the answer of %s is not JSON 1.1: %w", op, endpoint, err)
	}
	return nil
}

func (c Caller) client() *http.Client {
	base := c.HTTP
	if base == nil {
		base = http.DefaultClient
	}
	own := *base
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// ReadError reads a refusal of any AWS JSON service: the code is in the
// x-amzn-errortype header (cut at a colon or comma), else in code, else in
// __type after a #; the text is message or Message. One of a Query service (STS,
// IAM) is XML, with Code and Message in Error. Cause is filled in where the table of
// conditions knows one.
func ReadError(status int, h http.Header, body []byte) *Error {
	var b struct {
		Type     string `json:"__type"`
		Code     string `json:"code"`
		Message  string `json:"message"`
		Message2 string `json:"Message"`
	}
	_ = json.Unmarshal(body, &b) // a body that is not JSON leaves the header's word
	if len(body) > 0 && body[0] == '<' {
		b.Code, b.Message = xmlError(body)
	}
	e := &Error{Status: status, RequestID: h.Get("x-amzn-RequestId"), Message: b.Message}
	if e.Message == "" {
		e.Message = b.Message2
	}
	for _, c := range []string{h.Get("x-amzn-ErrorType"), b.Code, b.Type} {
		if c != "" {
			e.Code = shortCode(c)
			break
		}
	}
	if e.Code == "" {
		e.Code = http.StatusText(status)
	}
	e.Cause, _ = Condition(e.Code, e.Message)
	return e
}

// xmlError is the code and the text of a refusal of a Query service, as far as they
// are there.
func xmlError(body []byte) (code, message string) {
	var b struct {
		XMLName xml.Name `xml:"ErrorResponse"`
		Code    string   `xml:"Error>Code"`
		Message string   `xml:"Error>Message"`
	}
	_ = xml.Unmarshal(body, &b) // a page of a proxy has none
	return b.Code, b.Message
}

// PeekError reads a refusal and leaves the response as it was, in memory.
func PeekError(resp *http.Response) (*Error, error) {
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if err != nil {
		return nil, errors.Join(err, resp.Body.Close())
	}
	rest := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(b), rest), rest}
	return ReadError(resp.StatusCode, resp.Header, b), nil
}

func shortCode(c string) string {
	if i := strings.IndexAny(c, ":,"); i >= 0 {
		c = c[:i]
	}
	return strings.TrimSpace(c[strings.LastIndexByte(c, '#')+1:])
}

// DateOf is the server's clock in an answer, the zero time if it says nothing
// usable.
func DateOf(h http.Header) time.Time {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}

package gatepass

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Call makes one signed call of an API: in goes as JSON (nil: no body), the
// answer comes back as a T; an empty answer is the zero T. An answer that is not a
// success is an [*HTTPError], for which [ErrDenied], [ErrSignatureMismatch],
// [ErrClockSkew] and [ErrCredentialsExpired] hold by [errors.Is]; other errors are
// those of [Transport.RoundTrip]. Answers over 10 MiB are an error.
func Call[T any](ctx context.Context, s *Session, method, url string, in any) (T, error) {
	var out T
	r, err := newCall(ctx, method, url, in)
	if err != nil {
		return out, err
	}
	resp, err := s.caller().Do(r)
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal)) // the status says enough
		return out, newHTTPError(resp.StatusCode, resp.Header, body)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return out, err
	case len(body) > maxBody:
		return out, fmt.Errorf("%s %s: the answer is larger than %d bytes", method, url, maxBody)
	case len(body) == 0:
		return out, nil
	}
	if err := json.Unmarshal(body, &out); err != nil {
		return out, fmt.Errorf("%s %s: the answer is not the JSON expected: %w", method, url, err)
	}
	return out, nil
}

// caller keeps one transport for all calls: its signing keys and its measure of
// the API's clock are used again.
func (s *Session) caller() *http.Client {
	s.calls.Do(func() { s.transport = s.Transport() })
	return &http.Client{Transport: s.transport, Timeout: s.http().Timeout}
}

func newCall(ctx context.Context, method, url string, in any) (*http.Request, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"

	"github.com/gatepass/gatepass/internal/wire"
)

// respond streams the answer, each read flushed.
func (x *exchange) respond(resp *http.Response) error {
	defer resp.Body.Close()
	dropHops(resp.Header)
	h := x.w.Header()
	for key, values := range resp.Header {
		h[key] = values
	}
	announced := len(resp.Trailer)
	for key := range resp.Trailer {
		h.Add("Trailer", key)
	}
	x.status, x.id = resp.StatusCode, resp.Header.Get("X-Amzn-Requestid")
	x.w.WriteHeader(resp.StatusCode)
	if err := x.stream(resp); err != nil {
		x.err = err
		panic(http.ErrAbortHandler) // so that the client sees that something is missing
	}
	x.trailers(resp, announced)
	return nil
}

// stream copies the body. Its length tells where it ends, so that the last piece
// needs no flush of its own, unless the client may still be sending.
func (x *exchange) stream(resp *http.Response) error {
	flush := http.NewResponseController(x.w).Flush
	if resp.ContentLength < 0 && x.r.Method != http.MethodHead {
		_ = flush() // the headers may be all for a while
	}
	buf := chunks.Get().(*[chunk]byte)
	defer chunks.Put(buf)
	for {
		n, err := resp.Body.Read(buf[:])
		if n > 0 {
			if _, err := x.w.Write(buf[:n]); err != nil {
				return &clientError{err}
			}
			x.out += int64(n)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n > 0 && (x.out != resp.ContentLength || x.body.streams()) {
			_ = flush() // the next write tells if the client is gone
		}
	}
}

// trailers passes them on, those that were announced and those that were not.
func (x *exchange) trailers(resp *http.Response, announced int) {
	prefix := ""
	if len(resp.Trailer) != announced {
		prefix = http.TrailerPrefix
	}
	for key, values := range resp.Trailer {
		x.w.Header()[prefix+key] = values
	}
}

// closedRequest is what the log calls a request whose client has gone.
const closedRequest = 499

// refuse answers what has no answer of an upstream.
func (x *exchange) refuse(err error) {
	x.err = err
	e := x.explain(err)
	x.status = e.Status
	if e.Status == closedRequest {
		panic(http.ErrAbortHandler)
	}
	x.p.metrics.refused.Add(1)
	text, err := json.Marshal(map[string]string{"message": e.Message})
	if err != nil {
		text = nil // a string always marshals
	}
	h := x.w.Header()
	h.Set("Content-Type", wire.TypeJSON)
	h.Set("X-Amzn-ErrorType", e.Code)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	x.w.WriteHeader(e.Status)
	_, _ = x.w.Write(text) // the client is gone: nothing to tell it
}

// explain says what an error means to the client.
func (x *exchange) explain(err error) *wire.Error {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return refusal(http.StatusRequestEntityTooLarge, "RequestTooLargeException", "the body is over "+sizeText(e.Limit)+", the most this proxy takes")
	}
	if x.r.Context().Err() != nil {
		return &wire.Error{Status: closedRequest}
	}
	if e, ok := errors.AsType[*walletError](err); ok {
		return refusal(http.StatusServiceUnavailable, "CredentialsUnavailableException", e.Error())
	}
	if _, ok := errors.AsType[*clientError](err); ok {
		return refusal(http.StatusBadRequest, "BadRequestException", "the body did not come whole")
	}
	if e, ok := errors.AsType[*ConfigError](err); ok {
		return refusal(http.StatusInternalServerError, "InternalErrorException", e.Error())
	}
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return refusal(http.StatusGatewayTimeout, "GatewayTimeoutException", "the upstream took too long: "+err.Error())
	}
	return refusal(http.StatusBadGateway, "BadGatewayException", "no answer of the upstream: "+err.Error())
}

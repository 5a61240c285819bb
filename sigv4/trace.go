package sigv4

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// unknownPayload stands for the payload in the canonical request of a [Trace] whose
// body is not known.
const unknownPayload = "(the body is not known)"

// TraceOf works out what the signature of a request covers from the request as
// it was sent, without the secret: the headers that SignedHeaders names, the
// query parameters, the scope that the credential names. It is for requests that
// somebody else signed, as a pasted command or a recording holds them; r may be
// one that is to be sent or one that was received. Payload is the hash of the
// body, the zero Hash if the body is not known. An X-Amz-Content-Sha256 that was
// signed stands in its place, because that is what signers sign.
//
// The result follows the profile's rules, which the signer may have broken:
// where it agrees with the service and the signature is refused all the same,
// the secret or the signer is wrong ([Trace].Rebuilt). A request that is not
// signed is an [*Error] of kind [ErrMissing]; one whose authentication cannot be
// read is the [*Error] a verifier would give.
func TraceOf(r *http.Request, p Profile, payload Hash) (Trace, error) {
	c := Claim{verifier: &Verifier{Profile: p}, request: asReceived(r), bodyHash: payload}
	if err := c.read(); err != nil {
		return Trace{}, err
	}
	s := c.verifier.pool.get()
	c.canonical(s, candidate{host: c.request.Host, path: c.rawPath})
	c.setPayload(s)
	s.stringToSign(string(c.when[:]), &c.scope)
	return Trace{
		CanonicalRequest: string(s.canon), StringToSign: string(s.sts),
		Scope: string(appendScope(nil, &c.scope)), SignedHeaders: c.names,
		Signature: c.signatureText(), AccessKeyID: c.accessKeyID, Rebuilt: true,
	}, nil
}

// asReceived is what a server sees of a request, which is left alone.
func asReceived(r *http.Request) *http.Request {
	in := &http.Request{Method: r.Method, RequestURI: r.RequestURI, Host: r.Host, Header: make(http.Header, len(r.Header))}
	if in.Method == "" {
		in.Method = http.MethodGet
	}
	if in.RequestURI == "" && r.URL != nil {
		in.RequestURI = r.URL.RequestURI()
	}
	if in.Host == "" && r.URL != nil {
		in.Host = r.URL.Host
	}
	for key, values := range r.Header {
		key = http.CanonicalHeaderKey(key)
		in.Header[key] = append(in.Header[key], values...)
	}
	if _, has := in.Header[headerLength]; !has && r.ContentLength > 0 {
		in.Header[headerLength] = []string{strconv.FormatInt(r.ContentLength, 10)}
	}
	return in
}

// read takes the claim apart without judging its time, scope or order.
func (c *Claim) read() error {
	if err := c.readMode(); err != nil {
		return err
	}
	if err := c.readDate(); err != nil {
		return err
	}
	if _, err := c.readScope(); err != nil {
		return err
	}
	c.names = strings.Split(c.signed, ";")
	for _, name := range c.names {
		if _, _, ok := c.header(name); !ok {
			c.request.Header[http.CanonicalHeaderKey(name)] = []string{""} // as lost on the way
		}
	}
	for n := range min(len(c.names), len(c.values)) {
		c.values[n], _, _ = c.header(c.names[n])
	}
	return nil
}

func (c *Claim) readMode() *Error {
	if err := c.parseTarget(); err != nil {
		return err
	}
	mode, err := c.query.mode(c.request.Header[headerAuthorization])
	switch {
	case err != nil:
		return err
	case mode == Header:
		return c.parseHeader(c.request.Header[headerAuthorization][0])
	case mode == Presigned:
		return c.parseQuery()
	}
	return missing()
}

// setPayload replaces the last line of the canonical request where the signer
// will have written another than the hash of the body.
func (c *Claim) setPayload(s *scratch) {
	line := ""
	if sent := c.request.Header[headerSHA256]; len(sent) == 1 && slices.Contains(c.names, strings.ToLower(headerSHA256)) {
		line = sent[0]
	} else if c.bodyHash == (Hash{}) {
		line = unknownPayload
	}
	if line != "" {
		s.canon = append(s.canon[:len(s.canon)-hex.EncodedLen(len(c.bodyHash))], line...)
	}
}

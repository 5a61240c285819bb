package sigv4

import (
	"crypto/hmac"
	"errors"
	"hash"
	"io"
	"net/http"
	"strings"
)

// Verify is rule 16: it reads and hashes the body, at most the profile's
// MaxBody, and compares the signature in constant time. The key is that of the
// access key id the claim names ([KeyCache.Key]); looking it up, and checking
// the session token against it, is the caller's, before ([InvalidToken],
// [ExpiredToken]). The error is an [*Error]. Verify may be called again with
// another key; the body is read once.
func (c *Claim) Verify(key Key) (*Verified, error) {
	if c.verifier == nil || c.accessKeyID == "" || key.state == nil {
		return nil, InvalidToken()
	}
	if !c.exact {
		return nil, invalid(16, ErrSignatureMismatch, mismatchText)
	}
	s := c.verifier.pool.get()
	defer c.verifier.pool.put(s)
	if err := c.readBody(s); err != nil {
		return nil, err
	}
	if sent := c.request.Header[headerSHA256]; len(sent) > 0 && sent[0] != c.bodyHash.String() {
		return nil, invalid(16, ErrSignatureMismatch, "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	path, ok := c.match(s, key.state)
	if !ok {
		return nil, c.mismatch(s)
	}
	c.verified = Verified{claim: c, path: path}
	return &c.verified, nil
}

// A candidate is one way in which the request may have been put into canonical
// form.
type candidate struct {
	host, path string
	once       bool // the path is taken as it is
}

// match tries the forms in turn and gives the path of the one that verifies.
func (c *Claim) match(s *scratch, key *keyState) (path string, ok bool) {
	std := candidate{host: c.request.Host, path: c.rawPath}
	if c.try(s, std, key) {
		return std.path, true
	}
	if n, _ := normalizePath(c.rawPath); c.verifier.Profile.Normalize && n != c.rawPath {
		if c.try(s, candidate{host: std.host, path: n}, key) {
			return n, true
		}
	}
	if !c.verifier.Lenient || c.presigned {
		return "", false
	}
	return c.rawPath, c.matchLenient(s, std, key)
}

// matchLenient tries the host without its port and the path encoded once.
func (c *Claim) matchLenient(s *scratch, std candidate, key *keyState) bool {
	bare := std
	bare.host = stripPort(std.host)
	once := std
	once.once = true
	both := bare
	both.once = true
	guarded := strings.Contains(c.rawPath, "%25")
	return bare.host != std.host && c.try(s, bare, key) ||
		!guarded && c.try(s, once, key) ||
		!guarded && bare.host != std.host && c.try(s, both, key)
}

func stripPort(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.IndexByte(host, ']') {
		return host[:i]
	}
	return host
}

func (c *Claim) try(s *scratch, as candidate, key *keyState) bool {
	c.canonical(s, as)
	s.seal(string(c.when[:]), &c.scope, key)
	return hmac.Equal(s.sum[:], c.signature[:])
}

// canonical writes the canonical request of a candidate.
func (c *Claim) canonical(s *scratch, as candidate) {
	if as.once {
		s.canon = append(append(s.canon[:0], c.request.Method...), '\n')
		s.canon = append(append(s.canon, as.path...), '\n')
	} else {
		s.begin(c.request.Method, as.path, c.verifier.Profile.EncodePath)
	}
	s.query, s.params = s.query[:0], s.params[:0]
	s.addQuery(c.rawQuery)
	if c.presigned {
		s.dropParam(presignNames[slotSignature])
		if c.verifier.Profile.Token == TokenAfter {
			s.dropParam(presignNames[slotToken])
		}
	}
	s.canon = append(s.appendQuery(s.canon), '\n')
	c.appendHeaders(s, as.host)
	s.appendPayload(&c.bodyHash)
}

func (c *Claim) appendHeaders(s *scratch, host string) {
	for n, name := range c.names {
		var values []string // nil only for the host
		if n < len(c.values) {
			values = c.values[n]
		} else {
			values, _, _ = c.header(name)
		}
		s.canon = append(append(s.canon, name...), ':')
		s.canon = appendValues(s.canon, values, host)
	}
	s.canon = append(s.canon, '\n')
	s.canon = append(s.canon, c.signed...)
}

// readBody reads and hashes the body, once.
func (c *Claim) readBody(s *scratch) error {
	r := c.request
	if c.bodyRead {
		return nil
	}
	if r.Body == nil || r.Body == http.NoBody {
		c.bodyHash, c.bodyRead = EmptyHash, true
		return nil
	}
	limit := c.verifier.Profile.maxBody()
	if r.ContentLength > limit {
		return tooLarge()
	}
	s.mac.hash.Reset()
	body, err := readHashing(r.Body, r.ContentLength, limit, s.mac.hash)
	if err != nil {
		return err
	}
	s.mac.hash.Sum(c.bodyHash[:0])
	c.body, c.bodyRead = body, true
	return nil
}

// trusted is how much memory a Content-Length may ask for before any byte of
// the body has come.
const trusted = 64 << 10

func readHashing(r io.Reader, length, limit int64, d hash.Hash) ([]byte, error) {
	buf := make([]byte, 0, max(512, min(length+1, trusted)))
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		d.Write(buf[len(buf) : len(buf)+n])
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > limit {
			return nil, tooLarge()
		}
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if err != nil {
			return nil, unreadable(err)
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

func unreadable(cause error) *Error {
	if tooLong := (*http.MaxBytesError)(nil); errors.As(cause, &tooLong) {
		return tooLarge()
	}
	e := malformed(0, "The body could not be read")
	e.cause = cause
	return e
}

const mismatchText = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// mismatch is the refusal of rule 16, with AWS's echo of what was computed if
// the verifier is to give it. The echo holds what the caller sent and no key.
func (c *Claim) mismatch(s *scratch) *Error {
	if !c.verifier.EchoCanonical {
		return invalid(16, ErrSignatureMismatch, mismatchText)
	}
	c.canonical(s, candidate{host: c.request.Host, path: c.rawPath})
	s.stringToSign(string(c.when[:]), &c.scope)
	return invalid(16, ErrSignatureMismatch, mismatchText+
		"\n\nThe Canonical String for this request should have been\n'"+string(s.canon)+
		"'\n\nThe String-to-Sign should have been\n'"+string(s.sts)+"'\n")
}

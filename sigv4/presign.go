package sigv4

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Presign gives a URL that carries the signature in its query and is good for
// expires from now on: whole seconds, at least one, at most the profile's
// MaxExpires. r is not changed. Whoever opens the URL must use r's method and
// body and send the headers that were signed: Host, and of r's headers
// Content-Type, X-Amz-* and those of SignHeaders. Presign parameters of an
// earlier signature are replaced. What cannot be sent as signed is
// [ErrUnsignable].
func (s *Signer) Presign(r *http.Request, c Credentials, payload Hash, expires time.Duration, now time.Time) (*url.URL, error) {
	j := job{scratch: s.pool.get()}
	defer s.pool.put(j.scratch)
	if err := s.presign(&j, r, &c, &payload, expires, now); err != nil {
		return nil, err
	}
	j.seal(j.when, &j.scope, s.keys.get(j.scope, c.SecretAccessKey))
	if c.SessionToken != "" && s.Profile.Token == TokenAfter {
		j.sendParam(slotToken, c.SessionToken)
	}
	j.out = append(append(j.out, '&'), presignNames[slotSignature]...)
	j.out = hex.AppendEncode(append(j.out, '='), j.sum[:])

	u := *r.URL
	j.target.apply(&u)
	u.Host, u.Fragment, u.RawFragment = j.target.host, "", ""
	u.RawQuery = string(j.out)
	return &u, nil
}

// presign builds the canonical request of a query signature, and in j.out the
// query to be sent as far as it is signed.
func (s *Signer) presign(j *job, r *http.Request, c *Credentials, payload *Hash, expires time.Duration, now time.Time) error {
	if err := s.checkPresign(r, expires); err != nil {
		return err
	}
	if payload.words() != "" {
		return unsignable("a presigned URL always has its body hashed")
	}
	j.when = j.scratch.when(now)
	if err := s.open(j, r, c); err != nil {
		return err
	}
	if err := s.collect(j, r, payload); err != nil {
		return err
	}
	if sent := r.Header[headerSHA256]; len(sent) == 1 && sent[0] != j.sha256 {
		return unsignable("X-Amz-Content-Sha256 is not the hash of the payload")
	}
	if twice := j.sortFields(); twice != "" {
		return unsignable("the header " + twice + " is there in two spellings")
	}
	j.out = append(j.out[:0], j.target.query...)
	j.addQuery(j.target.query)
	s.presignParams(j, c, expires)
	return s.canonical(j, payload)
}

func (s *Signer) checkPresign(r *http.Request, expires time.Duration) error {
	if expires < time.Second || expires%time.Second != 0 || expires > s.Profile.maxExpires() {
		return unsignable("a presigned URL lives a whole number of seconds, from 1 s to " + s.Profile.maxExpires().String())
	}
	if r.URL.User != nil {
		return unsignable("a presigned URL cannot carry a user name: take it out of the URL")
	}
	if r.Host != "" && r.URL.Host != "" && r.Host != r.URL.Host {
		return unsignable("the URL's host is not the request's Host: whoever opens the URL would send the former")
	}
	return nil
}

// presignParams adds the parameters that are signed.
func (s *Signer) presignParams(j *job, c *Credentials, expires time.Duration) {
	credential := appendScope(append(append(j.sts[:0], c.AccessKeyID...), '/'), &j.scope)
	j.addPresign(slotAlgorithm, algorithm)
	j.addPresign(slotCredential, string(credential))
	j.addPresign(slotDate, j.when)
	j.addPresign(slotSignedHeaders, string(j.appendNames(j.sts[:0])))
	j.addPresign(slotExpires, strconv.Itoa(int(expires/time.Second)))
	if c.SessionToken != "" && s.Profile.Token != TokenAfter {
		j.addPresign(slotToken, c.SessionToken)
	}
}

func (j *job) addPresign(slot int, value string) {
	p := param{name: len(j.query)}
	j.query = append(j.query, presignNames[slot]...)
	p.value = len(j.query)
	j.query = appendEncoded(j.query, value, &unreservedSet)
	p.end = len(j.query)
	j.params = append(j.params, p)
	j.sendRaw(slot, j.query[p.value:p.end])
}

// sendParam appends a parameter to what is sent, outside the signature.
func (j *job) sendParam(slot int, value string) {
	start := len(j.query)
	j.query = appendEncoded(j.query, value, &unreservedSet)
	j.sendRaw(slot, j.query[start:])
}

func (j *job) sendRaw(slot int, value []byte) {
	if len(j.out) > 0 {
		j.out = append(j.out, '&')
	}
	j.out = append(append(j.out, presignNames[slot]...), '=')
	j.out = append(j.out, value...)
}

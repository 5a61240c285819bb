package sigv4

import (
	"net/http"
	"slices"
)

// Verified is a request whose signature was right, and the only thing later
// steps should read: what it gives was signed, or is harmless. Only
// [Claim.Verify] makes one; the zero value panics. It lives in its Claim and is
// void once that is parsed into again.
type Verified struct {
	claim *Claim
	path  string
}

// allowedHeaders may pass unsigned: content negotiation and conditions, which
// proxies change and which name nobody. Content-Type is among them because
// clients of API Gateway add it after signing; see [Verified.Signed].
var allowedHeaders = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Encoding", "Content-Language",
	headerType, "If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "Origin", "Range", "Referer", "User-Agent",
}

// Method is the request's method.
func (v *Verified) Method() string { return v.claim.request.Method }

// RawPath is the path, still percent-encoded, in the form that was signed. It
// differs from the path as sent if the client signed the normalised path and
// sent another; route, authorise and forward by this one.
func (v *Verified) RawPath() string { return v.path }

// Host is the host and port the request was sent to.
func (v *Verified) Host() string { return v.claim.request.Host }

// AccessKeyID is the access key that signed the request.
func (v *Verified) AccessKeyID() string { return v.claim.accessKeyID }

// Presigned says whether the signature was in the query.
func (v *Verified) Presigned() bool { return v.claim.presigned }

// Body is the body that was hashed; nil if there was none.
func (v *Verified) Body() []byte { return v.claim.body }

// RawQuery is the query as it was sent, without the presign parameters.
func (v *Verified) RawQuery() string {
	raw := v.claim.rawQuery
	if !v.claim.presigned {
		return raw
	}
	return WithoutPresign(raw)
}

// Signed says whether the signature covers a header, whatever the case of name.
func (v *Verified) Signed(name string) bool { return v.claim.signs(name) }

// Header is a copy of the headers that were signed and of those allowed to be
// unsigned (content negotiation and the verifier's AllowHeaders). Authorization
// and X-Amz-Security-Token are never among them.
func (v *Verified) Header() http.Header {
	received := v.claim.request.Header
	out := make(http.Header, len(received))
	all := make([]string, 0, len(received)) // one for each, but for what is repeated
	for key, values := range received {
		if len(values) > 0 && v.passes(key) {
			n := len(all)
			all = append(all, values...)
			out[key] = all[n:len(all):len(all)]
		}
	}
	return out
}

// passes tells the headers that Header gives, by their keys: the canonical
// spelling, in which signed headers were looked up, and no other.
func (v *Verified) passes(key string) bool {
	if key == headerAuthorization || key == headerToken || http.CanonicalHeaderKey(key) != key {
		return false
	}
	return v.claim.signs(key) || slices.Contains(allowedHeaders, key) ||
		slices.ContainsFunc(v.claim.verifier.AllowHeaders, func(name string) bool { return http.CanonicalHeaderKey(name) == key })
}

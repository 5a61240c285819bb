package sigv4

import (
	"encoding/hex"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// A Trace is how a signature came about, for comparing it with what a service
// says it should have been ([Diagnose]). CanonicalRequest contains the session
// token where that is signed; String and LogValue withhold it.
type Trace struct {
	// CanonicalRequest is the request in canonical form.
	CanonicalRequest string
	// StringToSign is what the signing key is applied to.
	StringToSign string
	// Scope is the credential scope: date/region/service/aws4_request.
	Scope string
	// SignedHeaders are the signed headers in order, in lower case.
	SignedHeaders []string
	// Signature is the result, in hexadecimal. It opens what the request opens:
	// String and LogValue withhold it.
	Signature string
	// AccessKeyID is the access key that the signature names.
	AccessKeyID string
	// Rebuilt says that this is what should have been signed, worked out from the
	// request as it was sent ([TraceOf]), and not what the signer wrote.
	Rebuilt bool
}

// Explain works out the signature that [Signer.Sign] would make, without
// touching r. The errors are those of Sign.
func (s *Signer) Explain(r *http.Request, c Credentials, payload Hash, now time.Time) (Trace, error) {
	j := job{scratch: s.pool.get()}
	defer s.pool.put(j.scratch)
	if err := s.prepare(&j, r, &c, &payload, now); err != nil {
		return Trace{}, err
	}
	j.seal(j.when, &j.scope, s.keys.get(j.scope, c.SecretAccessKey))
	return j.trace(), nil
}

func (j *job) trace() Trace {
	return Trace{
		CanonicalRequest: string(j.canon),
		StringToSign:     string(j.sts),
		Scope:            string(appendScope(nil, &j.scope)),
		SignedHeaders:    strings.Split(string(j.canon[j.list[0]:j.list[1]]), ";"),
		Signature:        string(hex.AppendEncode(nil, j.sum[:])),
		AccessKeyID:      j.accessKeyID,
	}
}

// String shows the canonical request and the string to sign, without the
// session token and the signature.
func (t Trace) String() string {
	var b strings.Builder
	b.WriteString("Canonical request:\n")
	for line := range strings.SplitSeq(t.CanonicalRequest, "\n") {
		b.WriteString(redactLine(line))
		b.WriteByte('\n')
	}
	b.WriteString("\nString to sign:\n")
	b.WriteString(t.StringToSign)
	b.WriteByte('\n')
	return b.String()
}

// GoString is String, so that %#v withholds the token too.
func (t Trace) GoString() string { return t.String() }

// LogValue is the scope and the signed headers.
func (t Trace) LogValue() slog.Value {
	return slog.GroupValue(slog.String("scope", t.Scope), slog.String("signed_headers", strings.Join(t.SignedHeaders, ";")))
}

const redacted = "(redacted)"

// redactLine withholds the session token in a line of a canonical request:
// as a header, or as a parameter of the canonical query.
func redactLine(line string) string {
	const header = "x-amz-security-token:"
	if strings.HasPrefix(line, header) {
		return header + redacted
	}
	const name = "X-Amz-Security-Token="
	i := strings.Index(line, name)
	if i < 0 || strings.Contains(line, ":") {
		return line
	}
	rest := line[i+len(name):]
	if end := strings.IndexByte(rest, '&'); end >= 0 {
		return line[:i+len(name)] + redacted + rest[end:]
	}
	return line[:i+len(name)] + redacted
}

package sigv4

import (
	"net/http"
	"strings"
)

// AuthMode says how a request claims to be authenticated. The zero value is [None].
type AuthMode int

const (
	// None: the request carries no credentials.
	None AuthMode = iota
	// Header: there is one Authorization header; it may be of another scheme.
	Header
	// Presigned: the query carries a signature, or parts of one.
	Presigned
)

// maxParams bounds the work that a query can cause.
const maxParams = 1000

// queryAuth is what a raw query says about authentication: the raw value of
// each presign parameter.
type queryAuth struct {
	value [slotCount]string
	seen  [slotCount]bool
	odd   bool // one of them twice, or in another spelling
	any   bool
}

// Mode says how a request is authenticated, from its raw target (RequestURI; of
// a request that is to be sent, its URL) and headers, and checks nothing else. A
// mixture of header and query, a second Authorization header, and a repeated or
// oddly spelled presign parameter are an [*Error] of kind [ErrMalformed].
func Mode(r *http.Request) (AuthMode, error) {
	target := r.RequestURI
	if target == "" {
		target = r.URL.RequestURI()
	}
	_, raw, _ := strings.Cut(target, "?")
	var q queryAuth
	if err := q.scan(raw); err != nil {
		return None, err
	}
	mode, err := q.mode(r.Header[headerAuthorization])
	if err != nil {
		return None, err
	}
	return mode, nil
}

// scan makes rule 4 of the order of checks and finds the presign parameters.
func (q *queryAuth) scan(raw string) *Error {
	if bad := badEscape(raw); bad != "" {
		return malformed(4, bad)
	}
	for count := 0; raw != ""; {
		var seg string
		seg, raw, _ = strings.Cut(raw, "&")
		if seg == "" {
			continue
		}
		if count++; count > maxParams {
			return malformed(4, "The query has more than 1000 parameters")
		}
		name, value, _ := strings.Cut(seg, "=")
		if name == "" {
			return malformed(4, "The query has a parameter without a name")
		}
		q.note(name, value)
	}
	return nil
}

func (q *queryAuth) note(name, value string) {
	slot, exact := presignSlot(name)
	if slot < 0 {
		return
	}
	q.odd = q.odd || !exact || q.seen[slot]
	q.any, q.seen[slot], q.value[slot] = true, true, value
}

// mode is rule 5: exactly one kind of authentication, or none.
func (q *queryAuth) mode(authorization []string) (AuthMode, *Error) {
	switch {
	case len(authorization) > 1:
		return None, mixed("Found more than one 'Authorization' HTTP header.")
	case len(authorization) == 1 && q.any:
		return None, mixed("Found both '" + q.first() + "' as a query-string param and 'Authorization' as HTTP header.")
	case len(authorization) == 1:
		return Header, nil
	case !q.seen[slotAlgorithm] && !q.seen[slotCredential] && !q.seen[slotSignature]:
		return None, nil
	case q.odd:
		return None, mixed("An authentication parameter of the query is repeated or spelled differently. Re-examine the query-string parameters.")
	}
	return Presigned, nil
}

func (q *queryAuth) first() string {
	for i, name := range presignNames {
		if q.seen[i] {
			return name
		}
	}
	return ""
}

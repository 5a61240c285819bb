package sigv4

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

// scratch is the working memory of one signature. It is pooled, so that signing
// and verifying allocate nothing once warm.
type scratch struct {
	canon  []byte  // canonical request
	sts    []byte  // string to sign
	out    []byte  // what is sent
	query  []byte  // encoded parameters, see param
	params []param // the parameters of the canonical query
	names  []byte  // lower-case names, see field
	fields []field // the headers to be signed
	list   [2]int  // where in canon the signed headers are listed
	mac    macHash
	sum    [32]byte // the signature
	stamp  stamp    // the last time written, and its text, which many
	text   string   // signatures of one second share
}

// when is a time as X-Amz-Date.
func (s *scratch) when(t time.Time) string {
	if st := stampOf(t); st != s.stamp || s.text == "" {
		s.stamp, s.text = st, string(st[:])
	}
	return s.text
}

// field is a header to be signed: its lower-case name as offsets into names,
// and its values; one stands for a single value that is not in a header map.
type field struct {
	name, end int
	values    []string
	one       string
}

type scratchPool struct{ pool sync.Pool }

func (p *scratchPool) get() *scratch {
	if s, ok := p.pool.Get().(*scratch); ok {
		return s
	}
	return &scratch{
		canon: make([]byte, 0, 2048), sts: make([]byte, 0, 192), out: make([]byte, 0, 512),
		query: make([]byte, 0, 256), names: make([]byte, 0, 128),
		params: make([]param, 0, 16), fields: make([]field, 0, 8), mac: newMAC(),
	}
}

// maxPooled is the largest canonical request whose memory is kept.
const maxPooled = 64 << 10

func (p *scratchPool) put(s *scratch) {
	if cap(s.canon) > maxPooled || cap(s.query) > maxPooled {
		return
	}
	s.reset()
	p.pool.Put(s)
}

// reset forgets what the last request left, so that the pool keeps no secrets'
// strings alive.
func (s *scratch) reset() {
	clear(s.fields)
	s.canon, s.sts, s.out, s.query, s.names = s.canon[:0], s.sts[:0], s.out[:0], s.query[:0], s.names[:0]
	s.params, s.fields = s.params[:0], s.fields[:0]
}

func (s *scratch) addField(name string, values []string, one string) {
	f := field{name: len(s.names), values: values, one: one}
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		s.names = append(s.names, c)
	}
	f.end = len(s.names)
	s.fields = append(s.fields, f)
}

func (s *scratch) fieldName(f field) []byte { return s.names[f.name:f.end] }

// sortFields puts the headers in canonical order and reports a name that occurs
// twice, which a header map can hold in two spellings.
func (s *scratch) sortFields() (twice string) {
	slices.SortFunc(s.fields, func(a, b field) int {
		return bytes.Compare(s.fieldName(a), s.fieldName(b))
	})
	for i := 1; i < len(s.fields); i++ {
		if bytes.Equal(s.fieldName(s.fields[i-1]), s.fieldName(s.fields[i])) {
			return string(s.fieldName(s.fields[i]))
		}
	}
	return ""
}

// begin writes the first two lines of the canonical request.
func (s *scratch) begin(method, path string, encodeOnceMore bool) {
	s.canon = append(append(s.canon[:0], method...), '\n')
	if encodeOnceMore {
		s.canon = appendEncoded(s.canon, path, &pathSet)
	} else {
		s.canon = appendRecoded(s.canon, path, &pathSet, false)
	}
	s.canon = append(s.canon, '\n')
}

func (s *scratch) appendFields() {
	for _, f := range s.fields {
		s.canon = append(append(s.canon, s.fieldName(f)...), ':')
		s.canon = appendValues(s.canon, f.values, f.one)
	}
	s.canon = append(s.canon, '\n')
	s.list[0] = len(s.canon)
	s.canon = s.appendNames(s.canon)
	s.list[1] = len(s.canon)
}

func (s *scratch) appendNames(dst []byte) []byte {
	for i, f := range s.fields {
		if i > 0 {
			dst = append(dst, ';')
		}
		dst = append(dst, s.fieldName(f)...)
	}
	return dst
}

// appendValues writes the values of one header, joined by commas, and a newline.
func appendValues(dst []byte, values []string, one string) []byte {
	if values == nil {
		dst = appendFolded(dst, one)
	}
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendFolded(dst, v)
	}
	return append(dst, '\n')
}

func (s *scratch) appendPayload(payload *Hash) {
	s.canon = append(s.canon, '\n')
	if words := payload.words(); words != "" {
		s.canon = append(s.canon, words...)
		return
	}
	s.canon = hex.AppendEncode(s.canon, payload[:])
}

// seal computes the string to sign and the signature of the canonical request.
func (s *scratch) seal(when string, sc *scope, key *keyState) {
	s.stringToSign(when, sc)
	s.mac.sum(key, s.sts, &s.sum)
}

func (s *scratch) stringToSign(when string, sc *scope) {
	sum := sha256.Sum256(s.canon)
	s.sts = append(s.sts[:0], algorithm+"\n"...)
	s.sts = append(append(s.sts, when...), '\n')
	s.sts = append(appendScope(s.sts, sc), '\n')
	s.sts = hex.AppendEncode(s.sts, sum[:])
}

// appendScope writes date/region/service/aws4_request.
func appendScope(dst []byte, sc *scope) []byte {
	for _, part := range [...]string{sc.date, sc.region, sc.service} {
		dst = append(append(dst, part...), '/')
	}
	return append(dst, terminator...)
}

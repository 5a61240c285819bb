package sigv4

import (
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	upperHex   = "0123456789ABCDEF"
	lowerHex   = "0123456789abcdef"
	letters    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits     = "0123456789"
	unreserved = letters + digits + "-._~" // RFC 3986 section 2.3
)

var (
	// unreservedSet is never percent-encoded in canonical form.
	unreservedSet = byteSet(unreserved)
	// pathSet is what a canonical path keeps.
	pathSet = byteSet(unreserved + "/")
	// querySet is what a query may carry as it is. RFC 3986 allows '+' and ';'
	// too, but receivers disagree about their meaning.
	querySet = byteSet(unreserved + "!$'()*,:@/?=&")
	hexValue = hexTable()
	// controlSet are the bytes that no part of a request target can hold.
	controlSet = controlBytes()
)

func controlBytes() (set [256]bool) {
	for c := range ' ' {
		set[c] = true
	}
	set[0x7f] = true
	return set
}

// holds says whether s has a byte of a set.
func holds(s string, set *[256]bool) bool {
	for i := range len(s) {
		if set[s[i]] {
			return true
		}
	}
	return false
}

func byteSet(chars string) (set [256]bool) {
	for i := range len(chars) {
		set[chars[i]] = true
	}
	return set
}

// hexTable maps hexadecimal digits to their value and all else to 0xff.
func hexTable() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i := range 16 {
		t[lowerHex[i]], t[upperHex[i]] = byte(i), byte(i)
	}
	return t
}

func appendEscape(dst []byte, c byte) []byte {
	return append(dst, '%', upperHex[c>>4], upperHex[c&15])
}

// appendEncoded percent-encodes every byte of s that is not in keep.
func appendEncoded(dst []byte, s string, keep *[256]bool) []byte {
	start := 0
	for i := range len(s) {
		if keep[s[i]] {
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, s[i])
		start = i + 1
	}
	return append(dst, s[start:]...)
}

// appendRecoded decodes s and encodes it again, so that every spelling of the
// same bytes gives the same result. Bytes in keep stay as they are; an escape
// of an unreserved byte is undone; plus says that '+' is a space.
func appendRecoded(dst []byte, s string, keep *[256]bool, plus bool) []byte {
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if keep[c] {
			continue
		}
		dst = append(dst, s[start:i]...)
		if c == '%' && i+2 < len(s) {
			c = hexValue[s[i+1]]<<4 | hexValue[s[i+2]]&15
			i += 2
		} else if c == '+' && plus {
			c = ' '
		}
		if unreservedSet[c] {
			dst = append(dst, c)
		} else {
			dst = appendEscape(dst, c)
		}
		start = i + 1
	}
	return append(dst, s[start:]...)
}

// unescape decodes a query component whose escapes have been checked.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	return string(appendUnescaped(make([]byte, 0, len(s)), s))
}

func appendUnescaped(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '%' && c != '+' {
			continue
		}
		dst = append(dst, s[start:i]...)
		if c == '%' && i+2 < len(s) {
			c = hexValue[s[i+1]]<<4 | hexValue[s[i+2]]&15
			i += 2
		} else if c == '+' {
			c = ' '
		}
		dst = append(dst, c)
		start = i + 1
	}
	return append(dst, s[start:]...)
}

// badEscape gives AWS's text for the first escape of s that is not one.
func badEscape(s string) string {
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return ""
		}
		if i+2 >= len(s) {
			return "Incomplete trailing escape % sequence"
		}
		if hexValue[s[i+1]] > 15 || hexValue[s[i+2]] > 15 {
			return "Illegal hex character in escape % pattern: " + s[i:i+3]
		}
		s = s[i+3:]
	}
}

// decodeSignature reads exactly 64 lower-case hexadecimal digits.
func decodeSignature(dst *[32]byte, s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := range dst {
		hi, lo := s[2*i], s[2*i+1]
		if !lowerDigit(hi) || !lowerDigit(lo) {
			return false
		}
		dst[i] = hexValue[hi]<<4 | hexValue[lo]
	}
	return true
}

func lowerDigit(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' }

// appendFolded writes a header value in canonical form: no white space around
// it, runs of it made one space.
func appendFolded(dst []byte, v string) []byte {
	if strings.IndexByte(v, ' ') < 0 && strings.IndexByte(v, '\t') < 0 {
		return append(dst, v...)
	}
	v = strings.Trim(v, " \t")
	gap := false
	for i := range len(v) {
		blank := v[i] == ' ' || v[i] == '\t'
		if blank && !gap {
			dst = append(dst, ' ')
		} else if !blank {
			dst = append(dst, v[i])
		}
		gap = blank
	}
	return dst
}

// stampLayout is ISO 8601's basic format, the only one of X-Amz-Date.
const stampLayout = "20060102T150405Z"

// A stamp is a time in stampLayout; its first eight bytes are the scope's date.
type stamp [len(stampLayout)]byte

func stampOf(t time.Time) (s stamp) {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	put2(s[0:], year/100)
	put2(s[2:], year%100)
	put2(s[4:], int(month))
	put2(s[6:], day)
	s[8] = 'T'
	put2(s[9:], hour)
	put2(s[11:], minute)
	put2(s[13:], second)
	s[15] = 'Z'
	return s
}

func put2(b []byte, n int) {
	b[0], b[1] = '0'+byte(n/10%10), '0'+byte(n%10)
}

// parseStamp reads stampLayout; a day that no month has is refused.
func parseStamp(s string) (time.Time, bool) {
	if len(s) != len(stampLayout) || s[8] != 'T' || s[15] != 'Z' {
		return time.Time{}, false
	}
	for i := range 15 {
		if i != 8 && (s[i] < '0' || s[i] > '9') {
			return time.Time{}, false
		}
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	month, day, hour, minute, second := two(4), two(6), two(9), two(11), two(13)
	if month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(two(0)*100+two(2), time.Month(month), day, hour, minute, second, 0, time.UTC)
	// time.Date carries 30 February over into March: such a day must not pass.
	return t, day <= 28 || t.Day() == day
}

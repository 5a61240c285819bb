package srp

import (
	"encoding/hex"
	"strings"
)

const (
	maxDigits     = 2*fieldSize + 2 // hex digits of A or B, with room for a sign byte
	maxSaltDigits = 256             // hex digits of a salt; Cognito's have 32
	maxSaltBytes  = maxSaltDigits / 2
)

// ParseA checks an SRP_A as a client sent it, at the cost of reading it once:
// hex of at most 770 digits, odd length and leading zeros allowed, between 1 and
// N-1. Any other is [ErrHostile]. A server calls it before it looks the user up.
func ParseA(hex string) error {
	_, err := parsePublic("SRP_A", hex)
	return err
}

// parsePublic reads A or B.
func parsePublic(name, s string) (*element, error) {
	b, err := parseHex(name, s, maxDigits)
	if err != nil {
		return nil, err
	}
	if b = minimal(b); len(b) > fieldSize {
		return nil, hostile("%s is longer than N", name)
	}
	e := new(element).setBytes(b)
	if e.isZero() || e.equal(&modulus) {
		return nil, hostile("%s is zero modulo N", name)
	}
	if !e.less(&modulus) {
		return nil, hostile("%s is not below N", name)
	}
	return e, nil
}

// parseHex reads unsigned hex of at most limit digits, odd lengths included. It
// looks at the length first, so that a huge input costs nothing.
func parseHex(name, s string, limit int) ([]byte, error) {
	if s == "" {
		return nil, hostile("%s is empty", name)
	}
	if len(s) > limit {
		return nil, hostile("%s has %d characters; at most %d are allowed", name, len(s), limit)
	}
	if len(s)%2 == 1 {
		s = "0" + s
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil, hostile("%s is not an unsigned hexadecimal number", name)
	}
	return b, nil
}

// parseSalt reads the SALT of a challenge and returns the bytes that are hashed.
// Cognito has sent negative salts for users who do not exist: they are read as
// Java's BigInteger reads them, so that such a sign-in fails like any other.
func parseSalt(s string) ([]byte, error) {
	digits, negative := strings.CutPrefix(s, "-")
	b, err := parseHex("SALT", digits, maxSaltDigits)
	if err != nil {
		return nil, err
	}
	if negative {
		return negativeBytes(b), nil
	}
	return toBytes(b), nil
}

// minimal drops leading zero bytes.
func minimal(b []byte) []byte {
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	return b
}

// toBytes encodes an unsigned big-endian number as Java's
// BigInteger.toByteArray does; zero is a single zero byte.
func toBytes(b []byte) []byte {
	if b = minimal(b); len(b) == 0 || b[0] >= 0x80 {
		return append([]byte{0}, b...)
	}
	return b
}

// negativeBytes is toByteArray of minus the number: its two's complement, cut to
// the shortest form that still has the sign bit set.
func negativeBytes(b []byte) []byte {
	out := make([]byte, len(b)+1)
	carry := 1
	for i := len(b) - 1; i >= 0; i-- {
		carry += int(^b[i])
		out[i+1] = byte(carry)
		carry >>= 8
	}
	out[0] = byte(0xff + carry)
	for len(out) > 1 && (out[0] == 0xff && out[1] >= 0x80 || out[0] == 0 && out[1] < 0x80) {
		out = out[1:]
	}
	return out
}

// minimalHex writes a number as the wire has it: lower case, no leading zeros.
func minimalHex(b []byte) string {
	s := strings.TrimLeft(hex.EncodeToString(b), "0")
	if s == "" {
		return "0"
	}
	return s
}

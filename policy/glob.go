package policy

import (
	"strings"
	"unicode/utf8"
)

// A pattern is text in which the wildcards * and ? are these two bytes. They
// never occur in UTF-8, so text put in for a policy variable cannot become one.
const (
	anyRun  = 0xFE // *: any run of characters, "/" and ":" included
	anyChar = 0xFF // ?: exactly one character
)

// encodeGlob appends text to out with its wildcards encoded.
func encodeGlob(out []byte, text string) []byte {
	for i := range len(text) {
		switch c := text[i]; c {
		case '*':
			out = append(out, anyRun)
		case '?':
			out = append(out, anyChar)
		default:
			out = append(out, c)
		}
	}
	return out
}

// matchGlob reports whether the encoded pattern p matches all of s.
//
// The pattern is cut at its stars; the first piece is anchored at the start,
// the last at the end, and each between them is taken at its leftmost place,
// which never loses a match. Every byte of s is passed once, so the time is
// linear in len(s) for pieces without ?, and for those with ? linear in
// len(s) times 1/64 of the piece.
func matchGlob(p, s string) bool {
	star := strings.IndexByte(p, anyRun)
	if star < 0 && p == s {
		return true
	}
	if strings.IndexByte(p, anyChar) < 0 {
		return star >= 0 && matchRuns(p, star, s)
	}
	if star < 0 {
		return prefixLen(p, s) == len(s)
	}
	n := prefixLen(p[:star], s)
	for n >= 0 {
		p, s = p[star+1:], s[n:]
		if star = strings.IndexByte(p, anyRun); star < 0 {
			return hasSuffix(p, s)
		}
		n = searchEnd(p[:star], s)
	}
	return false
}

// matchRuns is matchGlob for patterns without ?, the first star at star.
func matchRuns(p string, star int, s string) bool {
	if !strings.HasPrefix(s, p[:star]) {
		return false
	}
	s = s[star:]
	for {
		p = p[star+1:]
		if star = strings.IndexByte(p, anyRun); star < 0 {
			return strings.HasSuffix(s, p)
		}
		i := strings.Index(s, p[:star])
		if i < 0 {
			return false
		}
		s = s[i+star:]
	}
}

// prefixLen is the length of the prefix of s that piece matches, -1 for none.
func prefixLen(piece, s string) int {
	n := 0
	for {
		q := strings.IndexByte(piece, anyChar)
		lit := piece
		if q >= 0 {
			lit = piece[:q]
		}
		if !strings.HasPrefix(s[n:], lit) {
			return -1
		}
		n += len(lit)
		if q < 0 {
			return n
		}
		_, size := utf8.DecodeRuneInString(s[n:])
		if size == 0 {
			return -1
		}
		n += size
		piece = piece[q+1:]
	}
}

func hasSuffix(piece, s string) bool {
	for {
		q := strings.LastIndexByte(piece, anyChar)
		lit := piece[q+1:]
		if !strings.HasSuffix(s, lit) {
			return false
		}
		if q < 0 {
			return true
		}
		s = s[:len(s)-len(lit)]
		_, size := utf8.DecodeLastRuneInString(s)
		if size == 0 {
			return false
		}
		s, piece = s[:len(s)-size], piece[:q]
	}
}

// searchEnd is where the leftmost match of piece in s ends, -1 for none.
func searchEnd(piece, s string) int {
	if strings.IndexByte(piece, anyChar) >= 0 {
		return shiftAnd(piece, s)
	}
	i := strings.Index(s, piece)
	if i < 0 {
		return -1
	}
	return i + len(piece)
}

// shiftAnd finds a piece with ? in it by the bit-parallel Shift-And method of
// Baeza-Yates and Gonnet: bit j of the state says that piece[:j+1] matches
// just before here. Trying every start would be quadratic.
func shiftAnd(piece, s string) int {
	words := (len(piece) + 63) / 64
	var one [1]uint64
	var rows [258]uint64 // one for each byte, one for ?, one empty
	state, table := one[:], rows[:]
	if words > 1 {
		state, table = make([]uint64, words), make([]uint64, 258*words)
	}
	fillRows(table, piece, words)
	chars, none := table[256*words:257*words], table[257*words:]
	lastBit := uint64(1) << ((len(piece) - 1) & 63)
	for i := 0; i < len(s); {
		_, size := utf8.DecodeRuneInString(s[i:])
		shiftByte(state, table[int(s[i])*words:], chars, none)
		for k := 1; k < size; k++ { // inside a character ? stays where it is
			shiftByte(state, table[int(s[i+k])*words:], none, chars)
		}
		i += size
		if state[words-1]&lastBit != 0 {
			return i
		}
	}
	return -1
}

// fillRows notes, for each byte and for ?, the positions of piece that hold it.
func fillRows(table []uint64, piece string, words int) {
	for j := range len(piece) {
		row := int(piece[j])
		if piece[j] == anyChar {
			row = 256
		}
		table[row*words+j>>6] |= 1 << (j & 63)
	}
}

// shiftByte advances state over one byte, to the positions in lits and those in
// enter; positions in stay keep their bit.
func shiftByte(state, lits, enter, stay []uint64) {
	lits, enter, stay = lits[:len(state)], enter[:len(state)], stay[:len(state)]
	carry := uint64(1)
	for w, old := range state {
		state[w] = (old<<1|carry)&(lits[w]|enter[w]) | old&stay[w]
		carry = old >> 63
	}
}

package store

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// MaxLetter is the longest letter in bytes.
const MaxLetter = 256 << 10

// payloadText is the text of a letter that one notification carries: less than
// 8000 bytes with its head ("NOTIFY", PostgreSQL).
const payloadText = 7900

// split gives the payloads of a letter. Each begins with its place and with + if
// another follows, so that no two are the same, of which PostgreSQL would send
// one.
func split(letter []byte) []string {
	text := base64.RawStdEncoding.EncodeToString(letter)
	var out []string
	for {
		piece, more := text[:min(len(text), payloadText)], "+"
		text = text[len(piece):]
		if text == "" {
			more = "."
		}
		out = append(out, strconv.Itoa(len(out))+more+piece)
		if text == "" {
			return out
		}
	}
}

// parts joins what split has split. The payloads of a transaction come together
// and in order.
type parts struct {
	text strings.Builder
	next int
}

// add gives a letter that is whole, else nil. What does not go on from the payload
// before is dropped: it is no letter, or the rest of one whose beginning is lost.
func (p *parts) add(payload string) []byte {
	mark := strings.IndexAny(payload, "+.")
	if mark < 0 {
		return nil
	}
	if payload[:mark] == "0" {
		p.drop()
	}
	if payload[:mark] != strconv.Itoa(p.next) || p.text.Len() > MaxLetter*4/3 {
		p.drop()
		return nil
	}
	p.next++
	p.text.WriteString(payload[mark+1:])
	if payload[mark] == '+' {
		return nil
	}
	letter, err := base64.RawStdEncoding.DecodeString(p.text.String())
	p.drop()
	if err != nil {
		return nil
	}
	return letter
}

func (p *parts) drop() {
	p.text.Reset()
	p.next = 0
}

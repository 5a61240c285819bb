package server

import (
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// refuseJoined refuses a colon right after a plain word in braces, with more
// right after it. YAML takes that for one word (1.2.2, section 7.3.3), the library
// for a key and its value: {aws:SourceIp: x} would be the key aws.
func refuseJoined(name string, text []byte) error {
	all := lexer.Tokenize(string(text))
	for i := 1; i < len(all)-1; i++ {
		key, colon, value := all[i-1], all[i], all[i+1]
		if colon.Type != token.MappingValueType || inQuotes(key) || !touch(colon, value) {
			continue
		}
		word, _, _ := strings.Cut(value.Value+" ", ": ")
		return &ConfigError{
			File: name, Line: colon.Position.Line,
			Message: "put quotes around \"" + key.Value + ":" + strings.TrimSpace(word) + "\", or a space after its colon",
		}
	}
	return nil
}

func inQuotes(t *token.Token) bool {
	return t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType
}

// touch says whether a word follows a colon with nothing between.
func touch(colon, next *token.Token) bool {
	switch next.Type {
	case token.MappingStartType, token.MappingEndType, token.SequenceStartType, token.SequenceEndType, token.CollectEntryType:
		return false // these end a word
	}
	return next.Position.Line == colon.Position.Line && next.Position.Column == colon.Position.Column+1
}

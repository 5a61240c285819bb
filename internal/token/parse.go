package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const maxDepth = 32

// refusedHeaders carry keys, change what is signed or nest tokens (RFC 7515 section 4.1, RFC 7797, RFC 7516).
var refusedHeaders = []string{"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "cty", "enc"}

// types are the values of typ that mean a signed token.
var types = map[string]bool{"JWT": true, "JWS": true, "at+jwt": true}

type header struct{ keyID, alg string }

func parseHeader(encoded string) (header, error) {
	m, err := parseObject(encoded)
	if err != nil {
		return header{}, err
	}
	for _, name := range refusedHeaders {
		if _, there := m[name]; there {
			return header{}, fmt.Errorf("%w: header %q is refused", ErrMalformed, name)
		}
	}
	if typ, there := m["typ"]; there {
		if s, _ := typ.(string); !types[s] {
			return header{}, fmt.Errorf("%w: typ is %v", ErrMalformed, typ)
		}
	}
	h := header{}
	h.keyID, _ = m["kid"].(string)
	h.alg, _ = m["alg"].(string)
	if _, known := hashes[h.alg]; !known {
		return header{}, fmt.Errorf("%w: algorithm %.32q", ErrMalformed, fmt.Sprint(m["alg"]))
	}
	if h.keyID == "" || len(h.keyID) > maxKeyID {
		return header{}, fmt.Errorf("%w: no usable kid", ErrMalformed)
	}
	return h, nil
}

func parseClaims(encoded string) (claims, error) {
	m, err := parseObject(encoded)
	if err != nil {
		return claims{}, err
	}
	for _, name := range []string{"exp", "nbf", "iat", "auth_time"} {
		v, there := m[name]
		if !there {
			continue
		}
		if _, ok := seconds(v); !ok {
			return claims{}, fmt.Errorf("%w: %s is not a whole number of seconds", ErrMalformed, name)
		}
	}
	return claims{m}, nil
}

// parseObject reads one JSON object as RFC 8259 would have it written: unique names, UTF-8 and nothing after it.
func parseObject(encoded string) (map[string]any, error) {
	data, err := decodeSegment(encoded)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := readValue(dec, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: not a JSON object", ErrMalformed)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the JSON object", ErrMalformed)
	}
	return m, nil
}

func readValue(dec *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('{'):
		return readObject(dec, depth)
	case json.Delim('['):
		return readArray(dec, depth)
	}
	// The decoder writes U+FFFD for bytes that are not UTF-8 and for lone surrogates, so that two different strings would
	// become the same one.
	if s, ok := tok.(string); ok && strings.ContainsRune(s, utf8.RuneError) {
		return nil, errors.New("replacement character in a string")
	}
	return tok, nil
}

func readObject(dec *json.Decoder, depth int) (any, error) {
	m := map[string]any{}
	for dec.More() {
		name, err := readValue(dec, depth)
		if err != nil {
			return nil, err
		}
		key, _ := name.(string) // the decoder lets only strings be names
		if _, twice := m[key]; twice {
			return nil, fmt.Errorf("name %.64q occurs twice", key)
		}
		if m[key], err = readValue(dec, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return m, err
}

func readArray(dec *json.Decoder, depth int) (any, error) {
	list := []any{}
	for dec.More() {
		v, err := readValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := dec.Token()
	return list, err
}

package schema

import (
	"cmp"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// maxNumber is how many characters a number has, and the most of its exponent:
// 1e999999 has a million digits.
const maxNumber = 400

// kinds is a set of the types of draft 4.
type kinds uint8

const (
	isNull kinds = 1 << iota
	isBool
	isString
	isNumber
	isInteger
	isList
	isObject
)

var kindNames = [...]string{"null", "boolean", "string", "number", "integer", "array", "object"}

// kindNamed is the type of a name; 0 if there is none.
func kindNamed(name string) kinds {
	if i := slices.Index(kindNames[:], name); i >= 0 {
		return 1 << i
	}
	return 0
}

func (k kinds) String() string {
	var names []string
	for i, name := range kindNames {
		if k&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " or ")
}

// kindOf is the type of a value; of a whole number, however it is written, both.
func kindOf(v any) kinds {
	switch v := v.(type) {
	case nil:
		return isNull
	case bool:
		return isBool
	case string:
		return isString
	case json.Number:
		if _, exponent := normal(string(v)); exponent >= 0 {
			return isNumber | isInteger
		}
		return isNumber
	case []any:
		return isList
	}
	return isObject
}

// exact is a number that checkNumber passed.
func exact(n json.Number) *big.Rat {
	if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return new(big.Rat).SetInt64(i)
	}
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return new(big.Rat) // no JSON number is like this
	}
	return r
}

// checkNumbers refuses numbers that are exact only at great cost.
func checkNumbers(v any) error {
	switch v := v.(type) {
	case json.Number:
		return checkNumber(string(v))
	case []any:
		for _, item := range v {
			if err := checkNumbers(item); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, item := range v {
			if err := checkNumbers(item); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkNumber(text string) error {
	_, power, _ := strings.Cut(strings.ToLower(text), "e")
	n, err := strconv.Atoi(cmp.Or(power, "0"))
	if err != nil || len(text) > maxNumber || n > maxNumber || n < -maxNumber {
		return ErrNumber
	}
	return nil
}

// canonical appends a text that equal values have, and no others.
func canonical(to []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(to, "null"...)
	case bool:
		return strconv.AppendBool(to, v)
	case string:
		return strconv.AppendQuote(to, v)
	case json.Number:
		return canonicalNumber(to, v)
	case []any:
		to = append(to, '[')
		for _, item := range v {
			to = append(canonical(to, item), ',')
		}
		return append(to, ']')
	case map[string]any:
		return canonicalObject(to, v)
	}
	return to
}

func canonicalObject(to []byte, v map[string]any) []byte {
	to = append(to, '{')
	for _, name := range sortedKeys(v) {
		to = append(strconv.AppendQuote(to, name), ':')
		to = append(canonical(to, v[name]), ',')
	}
	return append(to, '}')
}

// canonicalNumber appends the digits that count and their power of ten.
func canonicalNumber(to []byte, n json.Number) []byte {
	digits, exponent := normal(string(n))
	if digits == "" {
		return append(to, '0')
	}
	if n[0] == '-' {
		to = append(to, '-')
	}
	return strconv.AppendInt(append(append(to, digits...), 'e'), int64(exponent), 10)
}

// normal gives the digits of a number without zeros on either side, and the power
// of ten they are multiplied with; of zero it gives none.
func normal(n string) (digits string, exponent int) {
	if i := strings.IndexAny(n, "eE"); i >= 0 {
		exponent, _ = strconv.Atoi(n[i+1:])
		n = n[:i]
	}
	whole, part, _ := strings.Cut(strings.TrimPrefix(n, "-"), ".")
	digits = strings.TrimLeft(whole+part, "0")
	trimmed := strings.TrimRight(digits, "0")
	if trimmed == "" {
		return "", 0
	}
	return trimmed, exponent - len(part) + len(digits) - len(trimmed)
}

// size is about how long the JSON text of a value is.
func size(v any) int {
	n := 4
	switch v := v.(type) {
	case string:
		n += len(v)
	case json.Number:
		n += len(v)
	case []any:
		for _, item := range v {
			n += size(item)
		}
	case map[string]any:
		for name, item := range v {
			n += len(name) + size(item)
		}
	}
	return n
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

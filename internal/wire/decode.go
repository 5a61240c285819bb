package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const maxDepth = 64

// DecodeJSON reads one JSON object into the struct v points to, strictly: a
// repeated key, a key v does not have (in exactly that case), trailing data,
// invalid UTF-8 and nesting over 64 are refused. Only what AWS models and
// gatepass acts on or may safely ignore is in the shapes, so that a field that
// would change a check is never passed over in silence.
func DecodeJSON(data []byte, v any) error {
	if !utf8.Valid(data) || loneSurrogate(data) {
		return serialization("the body is not valid UTF-8")
	}
	w := walker{dec: json.NewDecoder(bytes.NewReader(data))}
	w.dec.UseNumber()
	if err := w.document(reflect.TypeOf(v).Elem()); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return serialization(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// loneSurrogate finds a \u escape that is half of a character: encoding/json
// reads every one of them as U+FFFD, so that two keys or passwords become one.
func loneSurrogate(data []byte) bool {
	for {
		i := bytes.IndexByte(data, '\\')
		if i < 0 || i+1 >= len(data) {
			return false
		}
		data = data[i:]
		r, n := escape(data)
		if n == 2 || !utf16.IsSurrogate(r) {
			data = data[n:]
			continue
		}
		second, m := escape(data[n:])
		if utf16.DecodeRune(r, second) == utf8.RuneError {
			return true
		}
		data = data[n+m:]
	}
}

// escape reads the \uXXXX that data begins with, and its length; any other
// escape has length 2.
func escape(data []byte) (rune, int) {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return 0, min(2, len(data))
	}
	v, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	if err != nil {
		return 0, 2
	}
	return rune(v), 6
}

func serialization(text string) *Error { return Errorf("SerializationException", "%s", text) }

type walker struct {
	dec   *json.Decoder
	depth int
}

func (w *walker) document(t reflect.Type) error {
	tok, err := w.dec.Token()
	if err != nil {
		return serialization("the body is not JSON")
	}
	if tok != json.Delim('{') {
		return serialization("the body is not a JSON object")
	}
	if err := w.object(t); err != nil {
		return err
	}
	if _, err := w.dec.Token(); !errors.Is(err, io.EOF) {
		return serialization("data after the JSON object")
	}
	return nil
}

func (w *walker) value(t reflect.Type) error {
	tok, err := w.dec.Token()
	if err != nil {
		return serialization("the body is not JSON")
	}
	switch tok {
	case json.Delim('{'):
		return w.object(t)
	case json.Delim('['):
		return w.array(t)
	}
	return nil
}

func (w *walker) enter() error {
	if w.depth++; w.depth > maxDepth {
		return serialization("the body is nested too deeply")
	}
	return nil
}

func (w *walker) object(t reflect.Type) error {
	if err := w.enter(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for w.dec.More() {
		tok, err := w.dec.Token()
		if err != nil {
			return serialization("the body is not JSON")
		}
		key, _ := tok.(string) // a key of an object is a string
		if seen[key] {
			return serialization("the key " + key + " is repeated")
		}
		seen[key] = true
		elem, known := member(t, key)
		if !known {
			return Errorf("InvalidParameterException", "gatepass does not support the field %s here", key)
		}
		if err := w.value(elem); err != nil {
			return err
		}
	}
	return w.leave()
}

func (w *walker) array(t reflect.Type) error {
	if err := w.enter(); err != nil {
		return err
	}
	var elem reflect.Type
	if t = deref(t); t != nil && t.Kind() == reflect.Slice {
		elem = t.Elem()
	}
	for w.dec.More() {
		if err := w.value(elem); err != nil {
			return err
		}
	}
	return w.leave()
}

func (w *walker) leave() error {
	w.depth--
	if _, err := w.dec.Token(); err != nil {
		return serialization("the body is not JSON")
	}
	return nil
}

// member gives the type of the member key of t; a type that is not a struct
// takes any key.
func member(t reflect.Type, key string) (reflect.Type, bool) {
	t = deref(t)
	switch {
	case t == nil:
		return nil, true
	case t.Kind() == reflect.Map:
		return t.Elem(), true
	case t.Kind() != reflect.Struct:
		return nil, true
	}
	for i := range t.NumField() {
		if t.Field(i).Anonymous {
			if inner, known := member(t.Field(i).Type, key); known {
				return inner, true
			}
			continue
		}
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == key || (name == "" && t.Field(i).Name == key) {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}

func deref(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

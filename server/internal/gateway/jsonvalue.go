package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A JSON value of a body is nil, a bool, a string, a json.Number, a *jsonList or
// a *jsonObject: what goes through a template comes out in the order and the
// digits it came in.

// jsonObject keeps the order of its keys.
type jsonObject struct {
	keys   []string
	values map[string]any
	fold   bool // keys are headers: their case does not matter
}

// jsonList is shared by those who hold it, as lists in templates are.
type jsonList struct{ items []any }

func newObject() *jsonObject { return &jsonObject{values: map[string]any{}} }

func (o *jsonObject) get(key string) any {
	v, _ := o.lookup(key)
	return v
}

func (o *jsonObject) lookup(key string) (any, bool) {
	if o == nil {
		return nil, false
	}
	if v, there := o.values[key]; there || !o.fold {
		return v, there
	}
	for _, k := range o.keys {
		if strings.EqualFold(k, key) {
			return o.values[k], true
		}
	}
	return nil, false
}

func (o *jsonObject) put(key string, value any) {
	if _, there := o.values[key]; !there {
		o.keys = append(o.keys, key)
	}
	o.values[key] = value
}

// maxDepth is how deep a JSON text may be nested.
const maxDepth = 200

var errDepth = errors.New("JSON is nested too deep")

// decodeJSON reads one JSON value and nothing after it.
func decodeJSON(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	v, err := decodeValue(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("JSON is followed by something else")
	}
	return v, nil
}

func decodeValue(dec *json.Decoder, depth int) (any, error) {
	t, err := dec.Token()
	if err != nil {
		return nil, err
	}
	open, isDelim := t.(json.Delim)
	switch {
	case depth > maxDepth:
		return nil, errDepth
	case !isDelim:
		return t, nil
	case open == '{':
		return decodeObject(dec, depth)
	}
	return decodeList(dec, depth)
}

func decodeObject(dec *json.Decoder, depth int) (any, error) {
	out := newObject()
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		v, err := decodeValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		out.put(key.(string), v) // the decoder gives only texts here
	}
	_, err := dec.Token()
	return out, err
}

func decodeList(dec *json.Decoder, depth int) (any, error) {
	out := &jsonList{}
	for dec.More() {
		v, err := decodeValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		out.items = append(out.items, v)
	}
	_, err := dec.Token()
	return out, err
}

// writeJSON appends a value as JSON, up to limit bytes in all.
func writeJSON(out *strings.Builder, v any, limit, depth int) error {
	if depth > maxDepth {
		return errDepth // a list may have been put into itself
	}
	if out.Len() > limit {
		return errTemplateSize
	}
	switch v := v.(type) {
	case *jsonObject:
		return writeObject(out, v, limit, depth)
	case *jsonList:
		out.WriteByte('[')
		for i, item := range v.items {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := writeJSON(out, item, limit, depth+1); err != nil {
				return err
			}
		}
		out.WriteByte(']')
	case nil:
		out.WriteString("null")
	case string:
		out.WriteString(jsonString(v))
	default:
		fmt.Fprint(out, v)
	}
	return nil
}

func writeObject(out *strings.Builder, o *jsonObject, limit, depth int) error {
	out.WriteByte('{')
	for i, key := range o.keys {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(jsonString(key))
		out.WriteByte(':')
		if err := writeJSON(out, o.values[key], limit, depth+1); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

// plain is a value as a template or a mapping prints it: a text without quotes,
// an object as {a=1}, a list as JSON.
func plain(v any) (string, error) {
	var out strings.Builder
	err := writePlain(&out, v, 0)
	return out.String(), err
}

func writePlain(out *strings.Builder, v any, depth int) error {
	o, isObject := v.(*jsonObject)
	switch s := v.(type) {
	case nil:
		return nil
	case string:
		out.WriteString(s)
		return nil
	}
	if !isObject {
		return writeJSON(out, v, maxPayload, depth)
	}
	if depth > maxDepth {
		return errDepth
	}
	out.WriteByte('{')
	for i, key := range o.keys {
		if i > 0 {
			out.WriteString(", ")
		}
		out.WriteString(key + "=")
		if err := writePlain(out, o.values[key], depth+1); err != nil {
			return err
		}
		if out.Len() > maxPayload {
			return errTemplateSize
		}
	}
	out.WriteByte('}')
	return nil
}

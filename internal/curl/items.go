package curl

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
)

// An itemKind says what an item adds to the request.
type itemKind int

const (
	itemHeader itemKind = iota
	itemQuery
	itemString
	itemJSON
	itemBody
)

// An item is one of HTTPie's request items, taken apart.
type item struct {
	kind       itemKind
	key, value string
	file       bool // value is the name of a file
}

// separators in the order in which they are tried at each place: the longest first.
var separators = []struct {
	text string
	kind itemKind
	file bool
}{
	{":=@", itemJSON, true},
	{"==@", itemQuery, true},
	{":=", itemJSON, false},
	{"==", itemQuery, false},
	{"=@", itemString, true},
	{"=", itemString, false},
	{":@", itemHeader, true},
	{":", itemHeader, false},
	{"@", itemBody, true},
}

// parseItem takes an item apart at its first separator. A backslash takes the
// meaning of the byte after it.
func parseItem(s string) (item, error) {
	var key []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`:=@\`, s[i+1]) >= 0 {
			i++
			key = append(key, s[i])
			continue
		}
		for _, sep := range separators {
			if value, ok := strings.CutPrefix(s[i:], sep.text); ok {
				return newItem(item{sep.kind, string(key), value, sep.file}, s)
			}
		}
		if s[i] == ';' && i == len(s)-1 && i > 0 {
			return newItem(item{kind: itemHeader, key: string(key) + ";"}, s)
		}
		key = append(key, s[i])
	}
	return item{}, notItem(s)
}

func notItem(s string) error {
	return &Error{
		Text: quoteArg(s) + " is neither a method in capital letters nor an item",
		Hint: "items are k=v k:=json k==query Header:value @file",
	}
}

func newItem(it item, s string) (item, error) {
	switch {
	case it.kind == itemBody && it.key != "":
		return it, errorf("%s: a file in a form is --form %s=@%s", quoteArg(s), it.key, it.value)
	case it.kind == itemHeader && strings.HasPrefix(it.value, "//") && (strings.EqualFold(it.key, "https") || strings.EqualFold(it.key, "http")):
		return it, errorf("%s: only one URL can be called at a time", quoteArg(s))
	case it.kind != itemBody && it.key == "":
		return it, notItem(s)
	case (it.kind == itemString || it.kind == itemJSON) && strings.Contains(it.key, "["):
		return it, errorf("%s: nested keys are not supported: write key:='{...}'", quoteArg(s))
	}
	return it, nil
}

// items are what the items of a request add up to.
type items struct {
	headers, query []string
	body           *Body  // of an @file
	json           []byte // of k=v and k:=json
}

func (o *Options) items(src *source) (*items, error) {
	out := new(items)
	var fields []byte
	for _, s := range o.Items {
		it, err := parseItem(s)
		if err != nil {
			return nil, err
		}
		if err := it.load(src); err != nil {
			return nil, err
		}
		if fields, err = out.take(it, fields, src); err != nil {
			return nil, err
		}
	}
	if fields != nil {
		out.json = append(fields, '}')
	}
	if out.json != nil && out.body != nil {
		return nil, errorf("the items give two bodies: fields and a file")
	}
	return out, nil
}

// load reads the value from its file, but not that of a body.
func (it *item) load(*source) error {
	if !it.file || it.kind == itemBody {
		return nil
	}
	b, err := os.ReadFile(it.value)
	if err != nil {
		return errorf("%s: %v", it.key, err)
	}
	it.value = string(b)
	if it.kind == itemHeader {
		it.value = strings.TrimRight(it.value, "\r\n")
	}
	return nil
}

func (l *items) take(it item, fields []byte, src *source) ([]byte, error) {
	switch it.kind {
	case itemHeader:
		l.headers = append(l.headers, headerLine(it))
		return fields, nil
	case itemQuery:
		l.query = append(l.query, it.key+"="+it.value)
		return fields, nil
	case itemBody:
		if l.body != nil {
			return nil, errorf("the items give two bodies")
		}
		l.body = new(Body)
		return fields, src.file(l.body, "@"+it.value, it.value)
	}
	return it.appendField(fields)
}

func headerLine(it item) string {
	if strings.HasSuffix(it.key, ";") {
		return it.key
	}
	return it.key + ":" + it.value
}

// appendField writes the field behind the others; the order stays as typed.
func (it item) appendField(fields []byte) ([]byte, error) {
	if fields == nil {
		fields = append(fields, '{')
	} else {
		fields = append(fields, ',')
	}
	fields = append(appendJSON(fields, it.key), ':')
	if it.kind == itemString {
		return appendJSON(fields, it.value), nil
	}
	var buf bytes.Buffer
	if err := json.Compact(&buf, []byte(it.value)); err != nil {
		return nil, &Error{Text: it.key + ":=" + it.value + " is not JSON", Hint: "for a string write " + it.key + "=" + it.value}
	}
	return append(fields, buf.Bytes()...), nil
}

func appendJSON(dst []byte, s string) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return append(dst, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}

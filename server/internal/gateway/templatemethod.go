package gateway

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// methodArgs are the methods of texts, lists and objects, with the fewest and the
// most arguments they take.
var methodArgs = map[string][2]int{
	"length": {0, 0}, "size": {0, 0}, "isEmpty": {0, 0}, "toString": {0, 0}, "trim": {0, 0},
	"toLowerCase": {0, 0}, "toUpperCase": {0, 0}, "keySet": {0, 0}, "values": {0, 0}, "entrySet": {0, 0},
	"getKey": {0, 0}, "getValue": {0, 0}, "intValue": {0, 0}, "parseInt": {1, 1},
	"get": {1, 1}, "add": {1, 1}, "contains": {1, 1}, "containsKey": {1, 1}, "containsValue": {1, 1}, "remove": {1, 1},
	"startsWith": {1, 1}, "endsWith": {1, 1}, "equals": {1, 1}, "equalsIgnoreCase": {1, 1}, "indexOf": {1, 1},
	"lastIndexOf": {1, 1}, "matches": {1, 1}, "concat": {1, 1}, "split": {1, 1}, "addAll": {1, 1}, "putAll": {1, 1},
	"substring": {1, 2}, "replace": {2, 2}, "replaceAll": {2, 2}, "replaceFirst": {2, 2}, "put": {2, 2},
}

// plain is a value as it prints. What had to be put together counts.
func (r *run) plain(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	s, err := plain(v)
	if err != nil {
		return "", err
	}
	return s, r.work(len(s) / 64)
}

// method calls a method of a value; one that the value does not have gives null.
func (r *run) method(v any, name string, args []any) (any, error) {
	switch name {
	case "toString":
		s, err := r.plain(v)
		if err != nil {
			return nil, err
		}
		return r.text(s)
	case "equals":
		return r.equal(v, args[0])
	case "parseInt":
		return r.toInteger(args[0])
	case "intValue":
		return r.toInteger(v)
	}
	switch v := v.(type) {
	case *jsonObject:
		return r.objectMethod(v, name, args)
	case *jsonList:
		return r.listMethod(v, name, args)
	case string:
		return r.textMethod(v, name, args)
	}
	return nil, nil
}

// toInteger is a number without its fraction, or one that a text is.
func (r *run) toInteger(v any) (any, error) {
	text, err := r.plain(v)
	if err != nil {
		return nil, err
	}
	f, ok := toNumber(json.Number(strings.TrimSpace(text)))
	if !ok {
		return nil, fmt.Errorf("%.20q is not a number", text)
	}
	return fromNumber(math.Trunc(f)), nil
}

func count(n int) json.Number { return json.Number(strconv.Itoa(n)) }

func (r *run) objectMethod(o *jsonObject, name string, args []any) (any, error) {
	key := ""
	if len(args) > 0 {
		var err error
		if key, err = r.plain(args[0]); err != nil {
			return nil, err
		}
	}
	switch name {
	case "size":
		return count(len(o.keys)), nil
	case "isEmpty":
		return len(o.keys) == 0, nil
	case "get":
		return o.get(key), nil
	case "getKey", "getValue":
		return o.get(strings.ToLower(name[len("get"):])), nil
	case "containsKey":
		_, there := o.lookup(key)
		return there, nil
	case "put":
		before := o.get(key)
		o.put(key, args[1])
		return before, nil
	case "remove":
		return o.remove(key), r.work(len(o.keys) / 16)
	case "keySet", "values", "entrySet":
		return o.views(name), r.work(len(o.keys))
	case "putAll":
		if other, ok := args[0].(*jsonObject); ok {
			for _, k := range slices.Clone(other.keys) {
				o.put(k, other.values[k])
			}
			return nil, r.work(len(other.keys))
		}
	}
	return nil, nil
}

func (o *jsonObject) remove(key string) any {
	before := o.get(key)
	delete(o.values, key)
	o.keys = slices.DeleteFunc(o.keys, func(k string) bool { return k == key })
	return before
}

// views are the keys, the values or the entries, each with key and value.
func (o *jsonObject) views(name string) *jsonList {
	out := &jsonList{}
	for _, key := range o.keys {
		switch name {
		case "keySet":
			out.items = append(out.items, key)
		case "values":
			out.items = append(out.items, o.values[key])
		default:
			entry := newObject()
			entry.put("key", key)
			entry.put("value", o.values[key])
			out.items = append(out.items, entry)
		}
	}
	return out
}

func (r *run) listMethod(l *jsonList, name string, args []any) (any, error) {
	switch name {
	case "size":
		return count(len(l.items)), nil
	case "isEmpty":
		return len(l.items) == 0, nil
	case "add":
		l.items = append(l.items, args[0])
		return true, nil
	case "addAll":
		if other, ok := args[0].(*jsonList); ok {
			l.items = append(l.items, other.items...)
			return true, r.work(len(other.items))
		}
		return false, nil
	case "get", "remove":
		n, ok := toNumber(args[0])
		if !ok || n < 0 || int(n) >= len(l.items) {
			return nil, nil
		}
		found := l.items[int(n)]
		if name == "remove" {
			l.items = slices.Delete(l.items, int(n), int(n)+1)
		}
		return found, r.work(len(l.items) / 16)
	case "contains", "indexOf":
		i, err := l.index(r, args[0])
		if name == "contains" {
			return i >= 0, err
		}
		return count(i), err
	}
	return nil, nil
}

func (l *jsonList) index(r *run, v any) (int, error) {
	for i, item := range l.items {
		same, err := r.equal(item, v)
		if err != nil {
			return -1, err
		}
		if err := r.work(1); err != nil {
			return -1, err
		}
		if same {
			return i, nil
		}
	}
	return -1, nil
}

func (r *run) textMethod(s, name string, args []any) (any, error) {
	text := make([]string, len(args))
	for i, a := range args {
		var err error
		if text[i], err = r.plain(a); err != nil {
			return nil, err
		}
	}
	if err := r.work(len(s) / 64); err != nil {
		return nil, err
	}
	switch len(args) {
	case 0:
		return r.textMethod0(s, name)
	case 1:
		if name == "substring" {
			return r.substring(s, args[0], count(runes(s)))
		}
		return r.textMethod1(s, name, text[0])
	}
	switch name {
	case "substring":
		return r.substring(s, args[0], args[1])
	case "replace":
		return r.replace(s, text[0], text[1])
	case "replaceAll", "replaceFirst":
		return r.expand(s, text[0], text[1], name == "replaceAll")
	}
	return nil, nil
}

func (r *run) textMethod0(s, name string) (any, error) {
	switch name {
	case "length", "size":
		return count(runes(s)), nil
	case "isEmpty":
		return s == "", nil
	case "trim":
		return r.text(strings.TrimSpace(s))
	case "toLowerCase":
		return r.text(strings.ToLower(s))
	case "toUpperCase":
		return r.text(strings.ToUpper(s))
	}
	return nil, nil
}

func (r *run) textMethod1(s, name, arg string) (any, error) {
	switch name {
	case "contains":
		return strings.Contains(s, arg), nil
	case "startsWith":
		return strings.HasPrefix(s, arg), nil
	case "endsWith":
		return strings.HasSuffix(s, arg), nil
	case "equalsIgnoreCase":
		return strings.EqualFold(s, arg), nil
	case "concat":
		return r.text(s + arg)
	case "indexOf", "lastIndexOf":
		find := strings.Index
		if name == "lastIndexOf" {
			find = strings.LastIndex
		}
		if i := find(s, arg); i >= 0 {
			return count(runes(s[:i])), nil
		}
		return count(-1), nil
	case "matches":
		re, err := r.regexp("^(?:"+arg+")$", len(s))
		if err != nil {
			return nil, err
		}
		return re.MatchString(s), nil
	case "split":
		return r.split(s, arg)
	}
	return nil, nil
}

// substring counts characters; ends beyond the text are an error in Velocity, so
// there is no value.
func (r *run) substring(s string, from, to any) (any, error) {
	a, okA := toNumber(from)
	b, okB := toNumber(to)
	chars := []rune(s)
	if !okA || !okB || a < 0 || a > b || int(b) > len(chars) {
		return nil, nil
	}
	return r.text(string(chars[int(a):int(b)]))
}

func (r *run) replace(s, from, to string) (any, error) {
	if n := strings.Count(s, from); n > 0 && len(to) > len(from) && n > maxPayload/(len(to)-len(from)) {
		return nil, errTemplateSize
	}
	return r.text(strings.ReplaceAll(s, from, to))
}

// split is Java's: empty texts at the end are left out.
func (r *run) split(s, pattern string) (any, error) {
	re, err := r.regexp(pattern, len(s))
	if err != nil {
		return nil, err
	}
	parts := re.Split(s, -1)
	for len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	out := &jsonList{}
	for _, part := range parts {
		out.items = append(out.items, part)
	}
	return out, r.work(len(parts))
}

package apigateway

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
)

// patch applies the operations of an Update call to the shape v points to. paths
// are those that may change, * for one segment of any name (Amazon API Gateway
// REST API Reference, "Patch Operations").
func patch(v any, ops []wire.PatchOperation, paths ...string) error {
	for _, op := range ops {
		if op.Op != "add" && op.Op != "remove" && op.Op != "replace" {
			return badRequest("Invalid patch operation specified. Must be one of: [add, remove, replace]")
		}
		keys := pointer(op.Path)
		if !slices.ContainsFunc(paths, func(p string) bool { return fits(keys, p) }) {
			return badRequest("Invalid patch path  '%s' specified for op '%s'. Must be one of: [%s]", op.Path, op.Op, strings.Join(paths, ", "))
		}
		if err := change(reflect.ValueOf(v).Elem(), keys, op); err != nil {
			return err
		}
	}
	return nil
}

// pointer takes a JSON pointer (RFC 6901) apart.
func pointer(path string) []string {
	keys := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, k := range keys {
		keys[i] = strings.ReplaceAll(strings.ReplaceAll(k, "~1", "/"), "~0", "~")
	}
	return keys
}

func fits(keys []string, pattern string) bool {
	want := strings.Split(pattern[1:], "/")
	if len(want) != len(keys) {
		return false
	}
	for i := range want {
		if want[i] != "*" && want[i] != keys[i] {
			return false
		}
	}
	return true
}

// change goes down the keys and changes what it finds there.
func change(v reflect.Value, keys []string, op wire.PatchOperation) error {
	if len(keys) == 0 {
		return changeLeaf(v, op)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return change(v.Elem(), keys, op)
	case reflect.Struct:
		return change(fieldOf(v, keys[0]), keys[1:], op)
	case reflect.Map:
		return changeMap(v, keys, op)
	case reflect.Slice:
		changeList(v, keys[0], op)
		return nil
	}
	return badRequest("Invalid patch path %s", op.Path)
}

// fieldOf finds the field of a JSON name, also of an embedded struct.
func fieldOf(v reflect.Value, name string) reflect.Value {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			if inner := fieldOf(v.Field(i), name); inner.IsValid() {
				return inner
			}
			continue
		}
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag == name {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

func changeMap(v reflect.Value, keys []string, op wire.PatchOperation) error {
	key := reflect.ValueOf(keys[0])
	if len(keys) == 1 && op.Op == "remove" {
		v.SetMapIndex(key, reflect.Value{}) // of a nil map: nothing
		return nil
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	elem := reflect.New(v.Type().Elem()).Elem()
	if old := v.MapIndex(key); old.IsValid() {
		elem.Set(old)
	}
	if err := change(elem, keys[1:], op); err != nil {
		return err
	}
	v.SetMapIndex(key, elem)
	return nil
}

// changeList changes a list of texts, in which a key names the element itself.
func changeList(v reflect.Value, key string, op wire.PatchOperation) {
	list := slices.DeleteFunc(slices.Clone(v.Interface().([]string)), func(s string) bool { return s == key })
	switch {
	case op.Op == "add":
		list = append(list, key)
	case op.Op == "replace" && op.Value != nil:
		list = append(list, *op.Value)
	}
	v.Set(reflect.ValueOf(list))
}

func changeLeaf(v reflect.Value, op wire.PatchOperation) error {
	switch {
	case !v.IsValid():
		return badRequest("Invalid patch path %s", op.Path)
	case op.Op == "remove":
		v.SetZero()
		return nil
	case op.Value == nil:
		return badRequest("Invalid patch operation: %s of %s needs a value", op.Op, op.Path)
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(*op.Value)
	case reflect.Bool:
		on := strings.EqualFold(*op.Value, "true")
		if !on && !strings.EqualFold(*op.Value, "false") {
			return badRequest("Invalid value %q for %s: it is true or false", *op.Value, op.Path)
		}
		v.SetBool(on)
	case reflect.Int:
		n, err := strconv.Atoi(*op.Value)
		if err != nil {
			return badRequest("Invalid value %q for %s: it is a whole number", *op.Value, op.Path)
		}
		v.SetInt(int64(n))
	case reflect.Float64:
		f, err := strconv.ParseFloat(*op.Value, 64)
		if err != nil || !(f >= 0 && f <= 1e9) {
			return badRequest("Invalid value %q for %s: it is a number", *op.Value, op.Path)
		}
		v.SetFloat(f)
	default:
		return badRequest("Invalid patch path %s", op.Path)
	}
	return nil
}

package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Limits of holding a body against a model. A schema that refers to itself in two
// alternatives looks at a body nested n deep 2^n times, so what is counted is how
// often a schema looks at a value.
const (
	modelLooks     = 5_000     // for a body of no size
	modelLooksByte = 4         // more for each of its bytes
	maxModelLooks  = 5_000_000 // in all
	maxNumber      = 400       // characters of a number, and its exponent
)

var (
	errLooks  = errors.New("the body takes too much work to validate")
	errNumber = errors.New("the body has a number with too many digits")
)

// looks is what is left of a validation. One validation at a time has it.
type looks struct {
	ctx  context.Context
	left int
}

// begin makes room for a body.
func (l *looks) begin(ctx context.Context, size int) {
	l.ctx, l.left = ctx, min(modelLooks+modelLooksByte*size, maxModelLooks)
}

// look counts one. It ends a validation by a panic, for the library has no other
// way out.
func (l *looks) look() {
	if l.left--; l.left < 0 || l.left%64 == 0 && l.ctx.Err() != nil {
		panic(errLooks)
	}
}

// catch makes an error of the panic.
func (l *looks) catch(err *error) {
	switch p := recover(); p {
	case nil:
	case errLooks:
		*err = errLooks
	default:
		panic(p)
	}
}

// countIn lets every schema below s count: the format is what each asks before it
// goes on to others.
func (l *looks) countIn(s *jsonschema.Schema, seen map[*jsonschema.Schema]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	of := &jsonschema.Format{Validate: func(any) error { l.look(); return nil }}
	if own := s.Format; own != nil {
		of.Name = own.Name + " " // regex by its very name is not asked
		of.Validate = func(v any) error { l.look(); return own.Validate(v) }
	}
	s.Format = of
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			l.countBelow(v.Field(i), seen)
		}
	}
}

// countBelow finds the schemas in a field of a schema.
func (l *looks) countBelow(v reflect.Value, seen map[*jsonschema.Schema]bool) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			l.countBelow(v.Elem(), seen)
		}
	case reflect.Pointer:
		switch to := v.Interface().(type) {
		case *jsonschema.Schema:
			l.countIn(to, seen)
		case *jsonschema.DynamicRef:
			if to != nil {
				l.countIn(to.Ref, seen)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			l.countBelow(v.Index(i), seen)
		}
	case reflect.Map:
		for each := v.MapRange(); each.Next(); {
			l.countBelow(each.Value(), seen)
		}
	}
}

// checkNumbers refuses numbers that are exact only at great cost: 1e999999 has a
// million digits.
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
	if len(text) > maxNumber {
		return errNumber
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		if n, err := strconv.Atoi(text[i+1:]); err != nil || n > maxNumber || n < -maxNumber {
			return errNumber
		}
	}
	return nil
}

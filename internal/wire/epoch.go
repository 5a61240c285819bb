package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Epoch is a time as Cognito writes it: seconds since 1970 as a JSON number in
// exponent form, 1.522664214E9. The zero value is written as 0.
type Epoch struct{ time.Time }

// MarshalJSON writes whole milliseconds at most.
func (e Epoch) MarshalJSON() ([]byte, error) {
	if e.IsZero() {
		return []byte("0"), nil
	}
	s := strconv.FormatFloat(float64(e.UnixMilli())/1000, 'E', -1, 64)
	if !strings.Contains(s, ".") {
		s = strings.Replace(s, "E", ".0E", 1) // a whole mantissa has a digit after the point
	}
	return []byte(strings.Replace(s, "E+0", "E", 1)), nil
}

// UnmarshalJSON reads any JSON number.
func (e *Epoch) UnmarshalJSON(b []byte) error {
	var f float64
	if err := json.Unmarshal(b, &f); err != nil || math.Abs(f) > 1e12 {
		return fmt.Errorf("%q is not a time in seconds", b)
	}
	e.Time = time.UnixMilli(int64(math.Round(f * 1000)))
	return nil
}

package curl

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"
)

// template writes a JSON answer by a Go template, with gh's functions.
func (c *Client) template(in io.Reader, d *Delivery, out io.Writer, s Streams) error {
	v, err := decode(in, d, s.Terminal)
	if err != nil {
		return err
	}
	f := &templateFuncs{color: s.Color, now: c.clock()}
	text, err := runTemplate(c.Output.Template, v, f.table())
	if err != nil {
		return err
	}
	return written(io.WriteString(out, text+f.render()))
}

// templateFuncs are the functions that templates of gh use.
type templateFuncs struct {
	color bool
	now   time.Time
	rows  [][]string
}

// table has text/template's own functions, as far as they are about JSON, and gh's.
func (f *templateFuncs) table() map[string]function {
	t := map[string]function{
		"not":       fixed(1, func(a []any) (any, error) { return !truth(a[0]), nil }),
		"len":       fixed(1, func(a []any) (any, error) { return length(a[0]) }),
		"index":     index,
		"print":     func(a []any) (any, error) { return fmt.Sprint(a...), nil },
		"println":   func(a []any) (any, error) { return fmt.Sprintln(a...), nil },
		"printf":    func(a []any) (any, error) { return fmt.Sprintf(shown(first(a)), a[min(1, len(a)):]...), nil },
		"urlquery":  fixed(1, func(a []any) (any, error) { return formEscape(shown(a[0])), nil }),
		"autocolor": fixed(2, func(a []any) (any, error) { return styled(shown(a[0]), textOf(a[1]), f.color) }),
		"color":     fixed(2, func(a []any) (any, error) { return styled(shown(a[0]), textOf(a[1]), true) }),
		"hyperlink": fixed(2, func(a []any) (any, error) {
			return "\x1b]8;;" + textOf(a[0]) + "\x1b\\" + textOf(a[1]) + "\x1b]8;;\x1b\\", nil
		}),
		"join":        fixed(2, join),
		"pluck":       fixed(2, pluck),
		"tablerow":    f.row,
		"tablerender": fixed(0, func([]any) (any, error) { return f.render(), nil }),
		"timeago":     fixed(1, f.timeAgo),
		"timefmt":     fixed(2, timeFormat),
		"truncate":    fixed(2, truncate),
	}
	for name, holds := range map[string]func(int) bool{
		"lt": func(c int) bool { return c < 0 }, "le": func(c int) bool { return c <= 0 },
		"gt": func(c int) bool { return c > 0 }, "ge": func(c int) bool { return c >= 0 },
		"ne": func(c int) bool { return c != 0 },
	} {
		t[name] = fixed(2, func(a []any) (any, error) {
			c, err := compare(a[0], a[1], name == "ne")
			return holds(c), err
		})
	}
	t["eq"] = equal
	return t
}

func first(a []any) any {
	if len(a) == 0 {
		return ""
	}
	return a[0]
}

// fixed checks the number of arguments.
func fixed(n int, f function) function {
	return func(a []any) (any, error) {
		if len(a) != n {
			return nil, fmt.Errorf("takes %d arguments, not %d", n, len(a))
		}
		return f(a)
	}
}

func equal(a []any) (any, error) {
	if len(a) < 2 {
		return nil, fmt.Errorf("takes 2 arguments or more, not %d", len(a))
	}
	for _, b := range a[1:] {
		if c, err := compare(a[0], b, true); err != nil || c == 0 {
			return c == 0, err
		}
	}
	return false, nil
}

// compare orders two values. Values of different kinds only are equal or not.
func compare(a, b any, orNot bool) (int, error) {
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			return cmp.Compare(x, y), nil
		}
	}
	if x, ok := float(a); ok {
		if y, ok := float(b); ok {
			return x.Cmp(y), nil
		}
	}
	if !orNot {
		return 0, fmt.Errorf("%s and %s have no order", shown(a), shown(b))
	}
	switch a.(type) {
	case nil, bool:
		if a == b {
			return 0, nil
		}
	}
	return 1, nil
}

func float(v any) (*big.Float, bool) {
	switch v := v.(type) {
	case int:
		return new(big.Float).SetInt64(int64(v)), true
	case *big.Int:
		return new(big.Float).SetInt(v), true
	case float64:
		if !math.IsNaN(v) {
			return big.NewFloat(v), true
		}
	}
	return nil, false
}

func length(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return len(v), nil
	case []any:
		return len(v), nil
	case map[string]any:
		return len(v), nil
	}
	return nil, fmt.Errorf("%s has no length", shown(v))
}

func index(a []any) (v any, err error) {
	v = first(a)
	for _, i := range a[min(1, len(a)):] {
		switch m := v.(type) {
		case map[string]any:
			v = m[shown(i)]
		case []any:
			n, ok := i.(int)
			if !ok || n < 0 || n >= len(m) {
				return nil, fmt.Errorf("there is no element %s", shown(i))
			}
			v = m[n]
		default:
			return nil, fmt.Errorf("%s has no elements", shown(v))
		}
	}
	return v, nil
}

func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int:
		return v != 0
	case float64:
		return v != 0
	}
	n, err := length(v)
	return err != nil || n != 0
}

// shown prints a value as text/template does, but a whole number without an
// exponent.
func shown(v any) string {
	if v == nil {
		return "<no value>"
	}
	return textOf(v)
}

// textOf is shown where nothing is the empty text.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		if math.Abs(v) < 1e21 {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return fmt.Sprint(v)
}

func (f *templateFuncs) row(fields []any) (any, error) {
	row := make([]string, len(fields))
	for i, v := range fields {
		row[i] = strings.NewReplacer("\n", " ", "\t", " ").Replace(textOf(v))
	}
	f.rows = append(f.rows, row)
	return "", nil
}

// render gives the rows so far as a table.
func (f *templateFuncs) render() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range f.rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // into memory
	f.rows = nil
	return b.String()
}

// colours of the foreground, as mgutz/ansi names them, by their code from 30 on.
var colours = []string{"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"}

// styled colours text by a style like "green+b".
func styled(style, text string, color bool) (any, error) {
	name, attributes, _ := strings.Cut(style, "+")
	base, codes := 30, []string{}
	for _, c := range attributes {
		switch c {
		case 'h':
			base = 90
		case 'b', 'd', 'i', 'u', 'B':
			codes = append(codes, map[rune]string{'b': "1", 'd': "2", 'i': "3", 'u': "4", 'B': "5"}[c])
		default:
			return nil, fmt.Errorf("no style is named %q", string(c))
		}
	}
	at := -1
	for i, known := range colours {
		if known == name {
			at = i
		}
	}
	if at < 0 && name != "" && name != "default" {
		return nil, fmt.Errorf("no colour is named %q", name)
	}
	if at >= 0 {
		codes = append(codes, strconv.Itoa(base+at))
	}
	if !color {
		return text, nil
	}
	return "\x1b[" + strings.Join(codes, ";") + "m" + text + colorOff, nil
}

func join(a []any) (any, error) {
	list, ok := a[1].([]any)
	if !ok && a[1] != nil {
		return nil, fmt.Errorf("%s is not a list", shown(a[1]))
	}
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = textOf(v)
	}
	return strings.Join(out, shown(a[0])), nil
}

func pluck(a []any) (any, error) {
	list, _ := a[1].([]any)
	out := make([]any, 0, len(list))
	for _, v := range list {
		m, _ := v.(map[string]any)
		out = append(out, m[shown(a[0])])
	}
	return out, nil
}

func timeFormat(a []any) (any, error) {
	t, err := time.Parse(time.RFC3339, shown(a[1]))
	return t.Format(shown(a[0])), err
}

func (f *templateFuncs) timeAgo(a []any) (any, error) {
	t, err := time.Parse(time.RFC3339, shown(a[0]))
	if err != nil {
		return nil, err
	}
	const day = 24 * time.Hour
	switch ago := f.now.Sub(t); {
	case ago < time.Minute:
		return "just now", nil
	case ago < time.Hour:
		return count(ago/time.Minute, "minute"), nil
	case ago < day:
		return count(ago/time.Hour, "hour"), nil
	case ago < 30*day:
		return count(ago/day, "day"), nil
	case ago < 365*day:
		return count(ago/(30*day), "month"), nil
	default:
		return count(ago/(365*day), "year"), nil
	}
}

func count(n time.Duration, unit string) string {
	if n == 1 {
		return "1 " + unit + " ago"
	}
	return strconv.Itoa(int(n)) + " " + unit + "s ago"
}

// truncate shortens text to a number of characters.
func truncate(a []any) (any, error) {
	most, ok := a[0].(int)
	s := textOf(a[1])
	switch {
	case !ok || most < 0:
		return nil, fmt.Errorf("%s is not a number of characters", shown(a[0]))
	case utf8.RuneCountInString(s) <= most:
		return s, nil
	case most <= 3:
		return string([]rune(s)[:most]), nil
	}
	return string([]rune(s)[:most-3]) + "...", nil
}

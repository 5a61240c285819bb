package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gatepass/gatepass/internal/profile"
)

// printImport shows what was read from where.
func (a *app) printImport(im *profile.Imported) error {
	var b strings.Builder
	for _, group := range byFile(im.Values) {
		fmt.Fprintf(&b, "%s\n", group.title)
		for _, v := range group.values {
			tableRow(&b, importPlace(v), v.Field, v.Text, v.Note)
		}
	}
	if len(im.Unused) > 0 {
		fmt.Fprintf(&b, "seen, not used\n")
	}
	for _, v := range im.Unused {
		fmt.Fprintf(&b, "%s\n", cut("  "+v.From(), columns))
		text := v.Field + ": " + v.Note
		if with := v.Field + " " + v.Text + ": " + v.Note; v.Text != "" && width(with) <= columns-6 {
			text = with
		}
		wrapped(&b, "      ", text)
	}
	for _, c := range im.Conflicts {
		if c.Values[0].File != c.Values[1].File { // the first file has the last word
			continue
		}
		fmt.Fprintf(&b, "%s: several values\n", c.Field)
		for _, v := range c.Values {
			fmt.Fprintf(&b, "      %s\n%s\n", v.Text, cut("        "+v.From(), columns))
		}
	}
	if _, err := fmt.Fprint(a.io.Out, b.String()); err != nil {
		return &writeError{err}
	}
	return nil
}

type fileGroup struct {
	title  string
	values []profile.Value
}

// byFile groups values by their file, in the order in which the files come up;
// what was derived comes last.
func byFile(values []profile.Value) []fileGroup {
	var groups []fileGroup
	derived := fileGroup{title: "from what was read"}
	for _, v := range values {
		switch n := len(groups); {
		case v.File == "":
			derived.values = append(derived.values, v)
		case n > 0 && groups[n-1].title == v.File:
			groups[n-1].values = append(groups[n-1].values, v)
		default:
			groups = append(groups, fileGroup{v.File, []profile.Value{v}})
		}
	}
	if len(derived.values) > 0 {
		groups = append(groups, derived)
	}
	return groups
}

func importPlace(v profile.Value) string {
	if v.Line == 0 {
		return ""
	}
	return fmt.Sprint(v.Line)
}

// tableRow writes a line, a field and its value; on a line of its own if that
// would be too wide.
func tableRow(b *strings.Builder, place, field, value, note string) {
	head := fmt.Sprintf("%5s  %-16s  ", place, field)
	if note != "" {
		note = "  (" + note + ")"
	}
	switch {
	case width(head+value+note) <= columns:
		fmt.Fprintf(b, "%s%s%s\n", head, value, note)
	case width(head+value) <= columns:
		fmt.Fprintf(b, "%s%s\n", head, value)
		wrapped(b, strings.Repeat(" ", width(head)), strings.TrimSpace(note))
	default:
		fmt.Fprintf(b, "%s\n         %s\n", strings.TrimRight(head, " "), value)
		wrapped(b, "         ", strings.TrimSpace(note))
	}
}

// wrapped writes text in lines that begin with indent. A word that is too long
// has a line of its own.
func wrapped(b *strings.Builder, indent, text string) {
	line := indent
	for _, word := range strings.Fields(text) {
		if line != indent && width(line)+1+width(word) > columns {
			fmt.Fprintf(b, "%s\n", line)
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	if line != indent {
		fmt.Fprintf(b, "%s\n", line)
	}
}

// cut shortens a line in its middle, where a long key has the least to say.
func cut(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	half := (most - 1) / 2
	return string(r[:half]) + "…" + string(r[len(r)-half:])
}

func width(s string) int { return utf8.RuneCountInString(s) }

package explain

import (
	"strings"
	"unicode"
)

// Hint is the first cause in two lines for the foot of another command's output:
// what is wrong, and what to do. Both are empty where nothing is.
func (r *Report) Hint() (what, next string) {
	if len(r.Causes) == 0 {
		return "", ""
	}
	c := r.Causes[0]
	what = lower(c.Title)
	if len(r.Causes) > 1 && len(what)+len(r.Causes[1].Title) <= 68 { // a line of 80 columns
		what += ", or " + lower(r.Causes[1].Title)
	}
	if len(c.Fix) > 0 && c.Policy == nil { // a policy needs more room
		next = strings.TrimSuffix(lower(c.Fix[0]), ".")
	}
	if next == "" || next == r.done {
		next = r.again
	}
	return what, next
}

// lower makes a sentence part of another, unless it begins with a name.
func lower(s string) string {
	word, _, _ := strings.Cut(s, " ")
	for i, r := range word {
		if i > 0 && unicode.IsUpper(r) {
			return s
		}
	}
	return strings.ToLower(s[:1]) + s[1:]
}

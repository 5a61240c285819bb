package explain

import (
	"strconv"
	"strings"
)

// Decision is what a gatepass server that shows its decisions says about the
// policies of the caller's role (X-Gatepass-Decision).
type Decision struct {
	Result    string `json:"result"`              // Allow, ExplicitDeny or ImplicitDeny
	Policy    string `json:"policy,omitempty"`    // of the statement that decided
	Statement string `json:"statement,omitempty"` // its Sid, or its place from 0
	Nearest   string `json:"nearest,omitempty"`   // policy of the statement that came closest to allowing
	Fails     string `json:"fails,omitempty"`     // what of that did not fit
}

func (v *view) decision() *Decision {
	return readDecision(v.Response.Header.Get("X-Gatepass-Decision"))
}

// readDecision reads RESULT; name=value; name="value".
func readDecision(header string) *Decision {
	if header == "" {
		return nil
	}
	result, rest, _ := strings.Cut(header, ";")
	d := &Decision{Result: clean(result)}
	fields := map[string]*string{"policy": &d.Policy, "statement": &d.Statement, "nearest": &d.Nearest, "fails": &d.Fails}
	for rest != "" {
		name, value, ok := strings.Cut(strings.TrimLeft(rest, "; "), "=")
		if !ok {
			break
		}
		value, rest = cutValue(value)
		if f := fields[name]; f != nil {
			*f = clean(value)
		}
	}
	return d
}

func cutValue(s string) (value, rest string) {
	if quoted, err := strconv.QuotedPrefix(s); err == nil {
		if plain, err := strconv.Unquote(quoted); err == nil {
			return plain, s[len(quoted):]
		}
	}
	value, rest, _ = strings.Cut(s, ";")
	return value, rest
}

// String is the decision in a sentence.
func (d *Decision) String() string {
	switch {
	case d.Statement == "":
		return "The server's decision: " + d.Result + "; no statement of the role's policies comes near."
	case d.Nearest != "":
		return "The server's decision: " + d.Result + ". Nearest is statement " + d.Statement + " of the policy " + d.Nearest + ": its " + element(d.Fails) + "."
	}
	return "The server's decision: " + d.Result + ", by statement " + d.Statement + " of the policy " + d.Policy + "."
}

// element says what of a statement does not fit.
func element(fails string) string {
	if key, ok := strings.CutPrefix(fails, "Condition "); ok {
		return "condition on " + key + " does not hold"
	}
	return strings.ToLower(fails) + " does not fit"
}

func (v *view) decided() []string {
	if d := v.decision(); d != nil {
		return []string{d.String()}
	}
	return nil
}

package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/policy"
)

// simulation is a decision and what led to it, as --json prints it.
type simulation struct {
	Allowed    bool          `json:"allowed"`
	Reason     string        `json:"reason"`
	Kind       string        `json:"kind"`
	Message    string        `json:"message"`
	Statements []simulatedBy `json:"statements"`
}

// simulatedBy is what one statement said.
type simulatedBy struct {
	Kind      string    `json:"kind"`
	File      string    `json:"file"`
	Line      int       `json:"line"`
	Statement string    `json:"statement"`
	Effect    string    `json:"effect"`
	Outcome   string    `json:"outcome"` // decides, applies, almost or fails
	Fails     []misfits `json:"fails,omitempty"`
}

type misfits struct {
	Element  string   `json:"element"`
	Operator string   `json:"operator,omitempty"`
	Key      string   `json:"key,omitempty"`
	Wants    []string `json:"wants,omitempty"`
	Has      []string `json:"has"`
}

func simulated(d policy.Decision, steps []policy.Step) simulation {
	out := simulation{d.Allowed, d.Reason.String(), d.Kind.String(), verdictOf(d), []simulatedBy{}}
	near := nearest(d, steps)
	for i, s := range steps {
		by := simulatedBy{s.Kind.String(), s.Policy, s.Statement.Line, nameOf(s.Statement), string(s.Statement.Effect), outcome(d, s, i == near), nil}
		for _, f := range s.Fails {
			by.Fails = append(by.Fails, misfits{f.Element, f.Operator, f.Key, f.Want, append([]string{}, f.Got...)})
		}
		out.Statements = append(out.Statements, by)
	}
	return out
}

// verdictOf is a decision in one sentence.
func verdictOf(d policy.Decision) string {
	switch {
	case d.Statement == nil:
		return "denied" + d.Suffix()
	case d.Allowed:
		return fmt.Sprintf("allowed by statement %s of %s, line %d", nameOf(d.Statement), d.Policy, d.Statement.Line)
	}
	return fmt.Sprintf("denied by statement %s of %s, line %d", nameOf(d.Statement), d.Policy, d.Statement.Line)
}

// nameOf is the Sid of a statement, or its place in the document from 0.
func nameOf(st *policy.Statement) string {
	if st.Sid != "" {
		return st.Sid
	}
	return fmt.Sprint(st.Index)
}

func outcome(d policy.Decision, s policy.Step, near bool) string {
	switch {
	case s.Statement == d.Statement:
		return "decides"
	case s.Applies():
		return "applies"
	case near:
		return "almost"
	}
	return "fails"
}

// nearest is the statement of the kind that was silent of which one element does
// not fit: the conditions rather than the resource, and that rather than the
// action. -1 for none.
func nearest(d policy.Decision, steps []policy.Step) int {
	best, rank := -1, -1
	for i, s := range steps {
		if d.Reason != policy.ImplicitDeny || s.Kind != d.Kind || s.Statement.Effect != policy.EffectAllow || s.Applies() {
			continue
		}
		r := slices.Index([]string{"Principal", "Action", "Resource", "Condition"}, onlyFails(s.Fails))
		if r > rank {
			best, rank = i, r
		}
	}
	return best
}

// onlyFails is the element that fails, "" where it is not one alone.
func onlyFails(fails []policy.Failure) string {
	element := strings.TrimPrefix(fails[0].Element, "Not")
	for _, f := range fails {
		if strings.TrimPrefix(f.Element, "Not") != element {
			return ""
		}
	}
	return element
}

// simulation writes a decision and what every statement said, policy by policy.
func (w *reportWriter) simulation(req policy.Request, d policy.Decision, steps []policy.Step) {
	style := styleRed
	if d.Allowed {
		style = styleGreen
	}
	for row := range strings.Lines(hung("", plain(verdictOf(d)))) {
		w.line(w.style(style, strings.TrimSuffix(row, "\n")))
	}
	for _, row := range [][2]string{{"caller", req.Principal.ARN}, {"action", req.Action}, {"resource", req.Resource}} {
		if row[1] != "" {
			w.wrap(fmt.Sprintf("  %-8s ", row[0]), plain(row[1]))
		}
	}
	near, title := nearest(d, steps), ""
	for i, s := range steps {
		if t := s.Kind.String() + " policy " + s.Policy; t != title {
			title = t
			w.line("\n" + w.style(styleBold, plain(t)))
		}
		o := outcome(d, s, i == near)
		w.line(fmt.Sprintf("  %-8s %-5s  %s, line %d", o, s.Statement.Effect, nameOf(s.Statement), s.Statement.Line))
		for _, f := range s.Fails {
			w.misfit(f)
		}
	}
}

// misfit writes what of an element does not fit. Action and resource of the
// request stand above all statements.
func (w *reportWriter) misfit(f policy.Failure) {
	if f.Key == "" {
		w.element(f)
		return
	}
	w.wrap("    ", plain("Condition "+f.Operator+" "+f.Key+" does not hold"))
	w.wrap("      wants  ", plain(strings.Join(f.Want, " or ")))
	has := "nothing"
	if len(f.Got) > 0 {
		has = strings.Join(f.Got, ", ")
	}
	w.wrap("      has    ", plain(has))
}

func (w *reportWriter) element(f policy.Failure) {
	switch {
	case strings.HasSuffix(f.Element, "Principal") && len(f.Got) == 0:
		w.line("    " + f.Element + " does not fit a caller without a name (--principal)")
	case strings.HasPrefix(f.Element, "Not"):
		w.line("    " + f.Element + " names it")
	case f.Element == "Principal":
		w.line("    Principal does not name the caller")
	default:
		w.line("    " + f.Element + " is another")
	}
	for _, want := range f.Want {
		w.wrap("      ", plain(want))
	}
}

package gateway

import (
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// withStage puts a stage's variables into a text, ${stageVariables.name}. What a
// call needs must be there when the API is loaded.
func withStage(field, text string, st *apidef.Stage) (string, error) {
	const open = "${stageVariables."
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, open)
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		value, ok := st.Variables[name]
		if !closed || !ok {
			return "", invalid(field, "the stage %q has no variable %q", st.Name, name)
		}
		out.WriteString(value)
		text = after
	}
}

// Limits of stage variables (API Gateway Developer Guide, "stage variables
// reference").
const (
	maxStageVars     = 100
	maxStageVarName  = 64
	maxStageVarValue = 512
)

// validateVariables holds a stage's variables to API Gateway's rules.
func validateVariables(st *apidef.Stage) error {
	if len(st.Variables) > maxStageVars {
		return invalid("Stages", "%q has more than %d variables", st.Name, maxStageVars)
	}
	for name, value := range st.Variables {
		switch {
		case name == "" || len(name) > maxStageVarName || strings.ContainsFunc(name, notIn("_")):
			return invalid("Stages", "%q: the variable %q is not 1 to 64 letters, digits and _", st.Name, name)
		case len(value) > maxStageVarValue || strings.ContainsFunc(value, notIn("-._~:/?#&=,$")):
			return invalid("Stages", "%q: the value of the variable %q is not up to 512 letters, digits and -._~:/?#&=,", st.Name, name)
		}
	}
	return nil
}

// notIn tells what is no letter, digit or one of extra.
func notIn(extra string) func(rune) bool {
	return func(c rune) bool {
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		return !alnum && !strings.ContainsRune(extra, c)
	}
}

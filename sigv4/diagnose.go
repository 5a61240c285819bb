package sigv4

// A Finding is one difference between what a service computed and what was signed.
type Finding struct {
	// Part is what differs: "method", "path", "query", "header NAME", "signed headers", "payload", "string to sign" or "key".
	Part string
	// Theirs and Ours are the two values.
	Theirs, Ours string
	// Cause says in words what usually makes this difference, and what to do.
	Cause string
}

// Diagnose compares the text of a mismatch with a Trace.
func Diagnose(message string, t Trace) []Finding { return nil }

package policy

import (
	"errors"
	"fmt"
	"strings"
)

// ErrMalformed is what every *SyntaxError wraps: errors.Is(err, ErrMalformed)
// tells a bad document from any other failure.
var ErrMalformed = errors.New("policy: malformed policy document")

// SyntaxError says what is wrong with a policy document, where, and what to
// write instead. Code and Message are fit for the wire as they are.
type SyntaxError struct {
	Line, Column int    // both from 1; Column counts bytes
	Code         string // always "MalformedPolicyDocument"
	Message      string // the text IAM answers with, without position
	Detail       string // what exactly is wrong and the next step
}

// Error gives position, message and detail on one line.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("policy:%d:%d: %s %s", e.Line, e.Column, e.Message, e.Detail)
}

// Unwrap makes errors.Is(err, ErrMalformed) hold.
func (e *SyntaxError) Unwrap() error { return ErrMalformed }

// The texts IAM answers CreatePolicy and its siblings with.
const (
	msgSyntax      = "Syntax errors in policy."
	msgLegacy      = "The policy failed legacy parsing"
	msgNoActions   = "Policy statement must contain actions."
	msgNoResources = "Policy statement must contain resources."
	msgPrincipal   = "Policy document should not specify a principal."
	msgSid         = "Statement IDs (SID) in a single policy must be unique."
	msgVendor      = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
	msgBadVendor   = "Vendor %s is not valid"
	msgNotARN      = `Resource %s must be in ARN format or "*".`
	msgPartition   = `Partition "%s" is not valid for resource "%s".`
)

// failAt builds the error for the byte at offset pos of src.
func failAt(src string, pos int, message, format string, args ...any) *SyntaxError {
	line, column := position(src, pos)
	return &SyntaxError{
		Line:    line,
		Column:  column,
		Code:    "MalformedPolicyDocument",
		Message: message,
		Detail:  fmt.Sprintf(format, args...),
	}
}

// position gives line and column, both from 1, of the byte at offset pos.
func position(src string, pos int) (line, column int) {
	before := src[:min(pos, len(src))]
	return strings.Count(before, "\n") + 1, len(before) - strings.LastIndexByte(before, '\n')
}

// Package curl is curl's command line as a library: its flags with its meaning,
// the request they describe, that request as a curl command again, and what
// becomes of the answer. HTTPie's items and the path templates of RFC 6570 come
// on top.
//
// An [Options] is filled by [Options.Flags] or by [ParseCommand]. [Options.Build]
// makes the request, [Client.Do] sends it, [Client.Deliver] writes the answer.
// What curl has and this package has not is refused by name, never ignored. The
// path and the query are kept byte for byte as they were typed.
package curl

import "fmt"

// An Error is a flag, an item or a command that is wrong or not supported.
type Error struct {
	Text string // what is wrong, with the name of the flag
	Hint string // the next step; may be empty
}

// Error is the text, without the hint.
func (e *Error) Error() string { return e.Text }

func errorf(format string, args ...any) error { return &Error{Text: fmt.Sprintf(format, args...)} }

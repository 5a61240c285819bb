//go:build unix

package gateway

import (
	"errors"
	"syscall"
)

// goesDirect tells that a kept connection can be looked at before it is used.
const goesDirect = true

// isQuiet tells that a kept connection is open and that nothing has come on it
// since its last answer: bytes that nobody asked for would be taken for the next
// caller's answer.
func (c *backendConn) isQuiet() bool {
	return c.raw != nil && c.raw.Read(c.lookAt) == nil && errors.Is(c.found, syscall.EAGAIN)
}

// look reads without waiting. Whatever there is to read, the connection is of no
// use then.
func (c *backendConn) look(fd uintptr) bool {
	var one [1]byte
	_, c.found = syscall.Read(int(fd), one[:])
	return true
}

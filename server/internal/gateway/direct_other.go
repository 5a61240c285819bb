//go:build !unix

package gateway

// goesDirect tells that a kept connection can be looked at before it is used.
const goesDirect = false

func (c *backendConn) isQuiet() bool { return false }

func (c *backendConn) look(uintptr) bool { return true }

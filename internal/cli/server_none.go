//go:build client

package cli

// gateCommands are none in a client alone.
func gateCommands() []command { return nil }

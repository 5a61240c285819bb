//go:build !client

package cli

// gateCommands are the commands that hold the server half. The build tag client
// leaves them out, for a program little more than half the size.
func gateCommands() []command {
	return []command{
		{"demo", groupGate, "show the whole chain on this machine", newDemo},
		{"serve", groupGate, "be the gate: user pools, identity pools, STS and APIs", newServe},
	}
}

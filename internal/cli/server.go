//go:build !client

package cli

import "github.com/spf13/cobra"

// gateCommands are the commands that hold the server half. The build tag client
// leaves them out, for a program little more than half the size.
func gateCommands(a *app) []*cobra.Command { return []*cobra.Command{newDemo(a), newServe(a)} }

//go:build client

package cli

import "github.com/spf13/cobra"

// gateCommands are none in a client alone.
func gateCommands(*app) []*cobra.Command { return nil }

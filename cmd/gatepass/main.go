// Command gatepass takes a signed-in user through an IAM-secured API gateway,
// and is also the gate: see gatepass help.
package main

import (
	"os"

	"github.com/gatepass/gatepass/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], cli.System())) }

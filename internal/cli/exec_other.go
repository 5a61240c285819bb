//go:build !unix

package cli

import (
	"errors"
	"os"
)

// forwarded are the signals this process must not end by before the command does.
var forwarded = []os.Signal{os.Interrupt}

// replaceProcess is not possible here.
func replaceProcess(string, []string, []string) error { return errors.ErrUnsupported }

// fromTerminal: the console sends an interrupt to all of its processes.
func fromTerminal(os.Signal) bool { return true }

func signalOf(*os.ProcessState) int { return 0 }

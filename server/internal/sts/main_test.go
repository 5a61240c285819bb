package sts

import (
	"flag"
	"os"
	"testing"
)

// TestMain has properties tried with the same values in every run, unless a seed
// is given.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("rapid.seed").Value.String() == "0" {
		_ = flag.Set("rapid.seed", "1")
	}
	os.Exit(m.Run())
}
